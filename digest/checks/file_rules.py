"""Hints about ledgers, pictures and files that are not published."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from posixpath import basename

from digest.checks.hint import Hint
from digest.content import file_names, paths
from digest.content.identity import in_its_scope
from digest.content.ledger import Ledgers, Record
from digest.content.load import Survey
from digest.errors import did_you_mean
from digest.model import Config, Copied
from digest.names import is_picture

_MAX_PIXELS = 2000
"""Of a picture's longer side."""
_MAX_BYTES = 1_000_000


def unknown_feeds(survey: Survey, config: Config) -> Iterator[Hint]:
    """Finds feeds missing in digest.toml: stories without a ledger, ledgers without stories."""
    configured = {feed.id for feed in config.feeds}
    files: dict[str, str] = {}
    for story in survey.content.stories:
        files.update(dict.fromkeys(story.feeds, story.file))
    for feed_id in sorted(files.keys() - configured - survey.ledgers.keys()):
        what = f"is a story of a feed '{feed_id}' that digest.toml does not have"
        cure = did_you_mean(feed_id, configured)
        cure = cure or "add it there, with retired = true: its stories then keep their source"
        yield Hint(files[feed_id], what, cure)
    for feed_id in sorted(survey.ledgers.keys() - files.keys() - configured):
        names = (basename(record.file) for record in survey.ledgers[feed_id].values())
        if survey.content.mentions_any(names):
            continue  # a link to a story that is gone becomes text, as long as its ledger is there
        what = f"is the ledger of a feed '{feed_id}' that is not in digest.toml and has no stories"
        cure = (
            "add it there, with retired = true; if you delete this and pull it again, "
            "stories that you deleted return"
        )
        yield Hint(paths.ledger(feed_id), what, cure)


def files_of_two_stories(ledgers: Ledgers) -> Iterator[Hint]:
    """Finds story files of two entries without a common name, after git merged two pulls."""
    records_of: dict[str, list[Record]] = defaultdict(list)
    for records in ledgers.values():
        for record in records.values():
            records_of[record.file].append(record)
    for file, records_of_file in sorted(records_of.items()):
        first, *others = _unrelated(records_of_file)
        if others:
            what = f"'{first.id}' and '{others[0].id}' both name {file}"
            cure = (
                "delete the lines of the story that is not in that file; "
                "the next pull adds it again"
            )
            yield Hint(paths.ledger(first.feed), what, cure)


def _unrelated(records: Iterable[Record]) -> list[Record]:
    """Returns the first record of each group of records that are connected by common names."""
    groups: list[tuple[frozenset[str], Record]] = []
    for record in records:
        aliases = (*record.aliases, f"guid:{record.id}")
        names = frozenset(in_its_scope(alias, record.feed) for alias in aliases)
        related = [group for group in groups if group[0] & names]
        first = related[0][1] if related else record
        groups = [group for group in groups if group not in related]
        groups.append((names.union(*(group[0] for group in related)), first))
    return [first for _, first in groups]


def pictures(copied: Iterable[Copied]) -> Iterator[Hint]:
    """Finds pictures that may be damaged, and those too large for a page."""
    found = [picture for picture in copied if is_picture(picture.file)]
    for picture in found:
        if picture.size is None:
            what = "the width and height of this picture cannot be read; it may be damaged"
            yield Hint(picture.file, what, "open it, and save it again")
    for picture in found:
        sizes = []
        if (
            picture.size
            and max(picture.size) > _MAX_PIXELS
            and not picture.file.lower().endswith(".svg")
        ):
            sizes.append(f"{picture.size[0]} by {picture.size[1]} pixels")
        if picture.byte_size > _MAX_BYTES:
            sizes.append(f"{picture.byte_size / 1e6:.1f} MB")
        if sizes:
            what = f"this picture is large: {', '.join(sizes)}"
            cure = f"save it with at most {_MAX_PIXELS} pixels a side and 1 MB"
            yield Hint(picture.file, what, cure)


def unpublished(files: Iterable[str]) -> Iterator[Hint]:
    """Finds files beside stories that are neither Markdown nor pictures."""
    for file in filter(file_names.is_left_out, files):
        what = "is neither Markdown nor a picture, so it is not published"
        cure = "to publish it, move it to content/static/; if not, move it out of content/"
        yield Hint(file, what, cure)
