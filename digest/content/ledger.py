"""The ledger of a feed: everything that it has ever brought, as JSON lines that are only added to.

    {"v": 1, "at": "2026-05-19T11:30:04.000000Z", "id": …, "aliases": […],
     "file": "content/2026/w20/….md", "title": …, "said": {field: hash}, "wrote": {field: hash},
     "themes": {theme: "'phrase' in the headline"}, "lacks": [field], "deleted": false}

`said` has what the feed said (the whole excerpt), `wrote` what was put into the file. A hash is the
first 16 hex digits of SHA-256 of the cleaned value; it is "" if the feed withdrew the value, or
gave no date at first. Optional keys:

- `lacks`: only if pull adopted a file that it had not written; the fields that were missing in it
- `deleted`: false in the first line of a story; true in a later line if pull saw that the file was
  deleted before git had it, which differs from a file that was never committed
- `held`: {field: hash} of fields that this feed has changed while an earlier feed of the story
  supplied them; the hash is of the value in the file
- `stood`: the hash of the whole file as the pull left it
- `pending`: {field: [kind, words]}, what the pull left for the editor to look at
  (`content/pending.py`), as long as the file has the hash `stood`; authors are one a line

Git merges ledgers by union, so order and repeats of lines do not matter: for each id the line with
the newest `at` wins, and aliases are combined. `file` differs between lines if two machines added
the entry under two names: then the newest line of the file that exists wins (`present_files`). Of
publishers' texts, only headlines are stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from operator import attrgetter
from typing import Any, NamedTuple

from digest import urls
from digest.content import excerpt, json_lines, paths
from digest.content.identity import hash_of, in_both_scopes, in_feed, in_its_scope, keys_of, rfc3339
from digest.errors import Problem
from digest.model import PUBLISHER_FIELDS, Story

VERSION = 1
NOTHING = hash_of("")
"""The hash in `wrote` for an excerpt that pull has removed."""
_NO_HASHES: Mapping[str, str] = {}


class PendingChange(NamedTuple):
    """A change to a field that an editor should look at: its kind (`pending.KINDS`), and words."""

    kind: str
    words: str = ""


_NOTHING_PENDING: Mapping[str, PendingChange] = {}


class EarlierPending(NamedTuple):
    """What an earlier line says is pending, and its time."""

    at: str
    pending: Mapping[str, PendingChange]


_NO_EARLIER_PENDING: Mapping[str, EarlierPending] = {}
_NOTHING_REPLACED: Mapping[str, frozenset[str]] = {}
_NO_OTHER_FILE: Mapping[str, Record] = {}


class Record(NamedTuple):
    """One line: an entry of a feed at one time; `id` is its guid, or its link without an own guid.

    `feed` is the id of the feed whose ledger has it, or `paths.ADDED`. `file` is where the story
    was first put. It identifies the story, even if the file has moved. From all lines with this id
    come:

    - `since`: the time of the first line
    - `earlier_titles`: the feed's earlier headlines, each with the time when it was replaced
    - `deleted`: True if any line says so, None if none mentions it, as in early versions
    - `excerpts`: the hashes of all excerpts that were written, each with the time of its first line
    - `replaced`: the hashes of what was written earlier, by field, where other words were written
      since
    - `earlier_pending`: what was pending by earlier lines, by their `stood`
    - `wrote_file`: True if the first line says that this feed's pull wrote the file, and did not
      join or adopt it

    `image` is the hash of the URL of the picture that was written.
    `files` are set only if two machines added the story under two names: all files in its lines,
    each with the time of the first line. `by_other_file` has what only the lines of each file but
    `file` say: they know what a pull wrote into that one.
    """

    feed: str
    at: str
    id: str
    aliases: tuple[str, ...]
    file: str
    title: str
    said: Mapping[str, str] = _NO_HASHES
    wrote: Mapping[str, str] = _NO_HASHES
    themes: Mapping[str, str] = _NO_HASHES
    held: Mapping[str, str] = _NO_HASHES
    stood: str = ""
    pending: Mapping[str, PendingChange] = _NOTHING_PENDING
    earlier_titles: tuple[tuple[str, str], ...] = ()
    since: str = ""
    excerpts: Mapping[str, str] = _NO_HASHES
    lacks: tuple[str, ...] | None = None
    deleted: bool | None = None
    wrote_file: bool = False
    image: str = ""
    files: Mapping[str, str] = _NO_HASHES
    by_other_file: Mapping[str, Record] = _NO_OTHER_FILE
    replaced: Mapping[str, frozenset[str]] = _NOTHING_REPLACED
    earlier_pending: Mapping[str, EarlierPending] = _NO_EARLIER_PENDING


Ledgers = Mapping[str, Mapping[str, Record]]
"""The records of all feeds: by the feed's id, then by the record's."""


def hash_of_value(value: str | tuple[str, ...] | datetime) -> str:
    """Returns the hash of a cleaned value: of a list as lines, of a time in UTC to the second."""
    if isinstance(value, datetime):
        return hash_of(rfc3339(value))
    return hash_of(value if isinstance(value, str) else "\n".join(value))


def hashes(values: Mapping[str, str | tuple[str, ...] | datetime | None]) -> dict[str, str]:
    """Returns the hash of each field that is not empty."""
    return {name: hash_of_value(value) for name, value in values.items() if value}


def hashes_of(story: Story) -> dict[str, str]:
    """Returns the hash of each field of a story that pull writes, the excerpt as plain text."""
    return hashes(
        {
            "title": story.title,
            "link": story.link,
            "published": story.published,
            "authors": story.authors,
            "feeds": story.feeds,
            "themes": story.themes,
            "image": story.image,
            "excerpt": excerpt.comparable(story.excerpt),
        }
    )


def timestamp(now: datetime) -> str:
    """Returns a time as `at` has it: UTC with microseconds, so that later lines sort later."""
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def later(at: str, than: str) -> str:
    """Returns `at`, or the next time after `than` if it is not later: clocks may differ."""
    if at > than:
        return at
    return timestamp(datetime.fromisoformat(than) + timedelta(microseconds=1))


def dumps(record: Record) -> str:
    """Returns a record as its line, with a line break."""
    line: dict[str, Any] = {
        "v": VERSION,
        "at": record.at,
        "id": record.id,
        "aliases": list(record.aliases),
        "file": record.file,
        "title": record.title,
        "said": dict(record.said),
        "wrote": dict(record.wrote),
        "themes": dict(record.themes),
    }
    if record.lacks is not None:
        line["lacks"] = list(record.lacks)
    if record.deleted is not None:
        line["deleted"] = record.deleted
    if record.held:
        line["held"] = dict(record.held)
    if record.stood:
        line |= {
            "stood": record.stood,
            "pending": {name: list(change) for name, change in record.pending.items()},
        }
    return json_lines.dumps(line)


def loads(content: bytes, feed: str) -> tuple[dict[str, Record], tuple[Problem, ...]]:
    """Returns the records of a feed's ledger by id, and a problem for each skipped line."""
    records, problems = json_lines.loads(content, paths.ledger(feed), partial(_parse, feed))
    return records_of_lines(records), problems


def records_of_lines(records: Iterable[Record]) -> dict[str, Record]:
    """Returns one record for each id: its newest line, with what is combined from all of them."""
    lines = tuple(records)
    rank: Callable[[Record], tuple[Any, ...]] = attrgetter("at", "title")
    if len(set(map(rank, lines))) < len(lines):  # rare: what they say decides, not their order
        rank = _whole_rank
    by_id: dict[str, list[Record]] = {}
    for line in sorted(lines, key=rank):
        by_id.setdefault(line.id, []).append(line)
    return {id: _combined(found) for id, found in by_id.items()}


def _whole_rank(record: Record) -> tuple[Any, ...]:
    return record.at, record.title, record.file, record.aliases, dumps(record)


def _combined(lines: Sequence[Record]) -> Record:
    """Returns the newest of an entry's lines, which are sorted, with what counts from all of them."""
    newest, since = lines[-1], lines[0].at
    if len(lines) == 1:
        return newest
    deleted = {line.deleted for line in lines} - {None}
    files = {line.file: line.at for line in reversed(lines)}
    return newest._replace(
        aliases=tuple(dict.fromkeys([alias for line in lines for alias in line.aliases])),
        earlier_titles=tuple(
            [(line.title, after.at) for line, after in pairwise(lines) if line.title != after.title]
        ),
        since=since,
        excerpts={hash: at for line in reversed(lines) for hash, at in line.excerpts.items()},
        deleted=True in deleted if deleted else None,
        # Two lines may have the same time: which of them is read first must not matter.
        wrote_file=any(line.wrote_file and line.at == since for line in lines),
        files=files if len(files) > 1 else _NO_HASHES,
        by_other_file=_by_other_file(lines, newest.file) if len(files) > 1 else _NO_OTHER_FILE,
        replaced=_replaced(lines),
        earlier_pending={
            line.stood: EarlierPending(line.at, line.pending)
            for line, after in pairwise(lines)
            if line.stood and line.stood != after.stood
        },
    )


def _by_other_file(lines: Sequence[Record], newest: str) -> Mapping[str, Record]:
    """Returns what only the lines of each file say, without the file of the newest line."""
    found: dict[str, list[Record]] = {}
    for line in lines:
        if line.file != newest:
            found.setdefault(line.file, []).append(line)
    return {file: _combined(of_file) for file, of_file in found.items()}


def _replaced(lines: Sequence[Record]) -> Mapping[str, frozenset[str]]:
    """Returns the hashes of what was written before a later line, by field."""
    found: dict[str, set[str]] = {}
    for line, after in pairwise(lines):
        if line.wrote != after.wrote:
            for name in PUBLISHER_FIELDS:
                before, now = line.wrote.get(name), after.wrote.get(name)
                if before and now and before != now:
                    found.setdefault(name, set()).add(before)
    return {name: frozenset(hashes) for name, hashes in found.items()}


def last_written(records: Iterable[Record]) -> dict[str, str]:
    """Returns the hashes of what pull last wrote into a story's file, from whichever feed."""
    found: dict[str, str] = {}
    for record in sorted(records, key=attrgetter("at")):
        found.update(record.wrote)
    return found


def known_files(ledgers: Ledgers) -> dict[str, tuple[str, ...]]:
    """Returns the files of the stories under each of their keys (`identity.keys_of`)."""
    known: dict[str, dict[str, None]] = {}
    for records in ledgers.values():
        for record in records.values():
            for key in keys_of_record(record):
                known.setdefault(key, {})[record.file] = None
    return {key: tuple(files) for key, files in known.items()}


def keys_of_record(record: Record) -> frozenset[str]:
    """Returns the keys under which the story of a record can be found."""
    is_bare = not has_guid(record)
    keys = keys_of(
        record.aliases, record.title, record.feed, bare=is_bare, said=record.said, id=record.id
    )
    return keys | {in_feed(unchanged_key(record.said), record.feed)}


def unchanged_key(said: Mapping[str, str]) -> str:
    """Returns the key of an entry for which its feed says the same as before, given its hashes."""
    return "unchanged:" + " ".join(
        said.get(name, "") for name in ("title", "link", "published", "excerpt")
    )


def alias_keys(ledgers: Ledgers) -> frozenset[str]:
    """Returns the keys of all aliases in the ledgers, both in the digest and in their own feed."""
    keys = set[str]()
    for records in ledgers.values():
        for record in records.values():
            for alias in record.aliases:
                keys.update(in_both_scopes(alias, record.feed))
    return frozenset(keys)


def has_guid(record: Record) -> bool:
    """True if the record's id is a guid, and not a link in its place."""
    return f"guid:{record.id}" in record.aliases


def is_adopted(record: Record) -> bool:
    """True if the record's file existed before its feed brought it, also in old lines."""
    had_no_id = not has_guid(record) and any(alias.startswith("guid:") for alias in record.aliases)
    return record.lacks is not None or had_no_id


def wrote_excerpt(records: Iterable[Record]) -> bool:
    """True if the newest of a story's records with an excerpt says that pull wrote one."""
    newest = _newest_excerpt(records)
    return newest is not None and newest.wrote["excerpt"] != NOTHING and not is_adopted(newest)


def removed_excerpt(records: Iterable[Record]) -> bool:
    """True if the newest of a story's records with an excerpt says that pull removed it."""
    newest = _newest_excerpt(records)
    return newest is not None and newest.wrote["excerpt"] == NOTHING


def _newest_excerpt(records: Iterable[Record]) -> Record | None:
    written = [record for record in records if "excerpt" in record.wrote]
    return max(written, key=attrgetter("at"), default=None)


def file_keys(record: Record) -> frozenset[str]:
    """Returns the keys of a record's story on disk (`identity.keys_of_story`), wherever it is now.

    They are made of its guids or, without a guid, its links. A guid that is the link itself also
    identifies a file without an `id`. If a pull has made a file's old link its `id`, that does as
    well (`id:`).
    """
    aliases, is_by_guid, permalink = [], has_guid(record), ""
    if is_by_guid and urls.web_link(record.id):
        permalink = f"link:{urls.canonical(record.id)}"
    for alias in record.aliases:
        if alias.startswith("id:"):
            aliases.append(alias.replace("id:", "guid:", 1))
        elif is_by_guid:
            if alias.startswith("guid:") or alias == permalink:
                aliases.append(alias)
        elif alias.startswith("link:"):
            aliases.append(alias)
    return frozenset([in_its_scope(alias, record.feed) for alias in aliases])


def published_dates(record: Record) -> Iterator[datetime]:
    """Yields each date that the feed has given the entry."""
    for alias in record.aliases:
        if alias.startswith("headline:"):
            with suppress(ValueError):  # the line was edited by hand
                date = datetime.fromisoformat(alias.removeprefix("headline:").partition(" ")[0])
                yield date if date.tzinfo else date.replace(tzinfo=UTC)


def by_file(ledgers: Ledgers) -> dict[str, dict[str, Record]]:
    """Returns the records of each story by its first file and by feed."""
    files: dict[str, dict[str, Record]] = {}
    for records in ledgers.values():
        for record in records.values():
            files.setdefault(record.file, {})[record.feed] = record
    return files


def _parse(feed: str, line: dict[str, Any]) -> Record:
    """Parses a line of a feed; raises ValueError, KeyError, TypeError or AttributeError if it is not a record."""
    at = line["at"]
    said = line["said"]
    wrote = line["wrote"]
    themes = line.get("themes", {})
    aliases, lacks = line["aliases"], line.get("lacks", [])
    texts = [at, line["id"], line["file"], line["title"], *aliases, *lacks]
    texts += [*said.values(), *wrote.values(), *themes.values()]
    lists = [aliases, lacks]
    held, stood, changes = _NO_HASHES, "", _NOTHING_PENDING
    if "held" in line or "stood" in line:
        held = line.get("held", {})
        stood = line.get("stood", "")
        pending = line.get("pending", {})
        changes = {name: PendingChange(*change) for name, change in pending.items()}
        texts += [stood, *held.values(), *(word for words in pending.values() for word in words)]
        lists += pending.values()
    if set(map(type, lists)) != {list} or set(map(type, texts)) != {str}:
        raise ValueError("a value of another type")
    deleted = line.get("deleted")
    if line["v"] != VERSION or not (deleted is None or isinstance(deleted, bool)):
        raise ValueError("another version, or neither true nor false")
    json_lines.check_time(at)
    excerpts = _NO_HASHES
    if wrote.get("excerpt", NOTHING) != NOTHING:
        excerpts = {wrote["excerpt"]: at}
    return Record(
        feed=feed,
        at=at,
        id=line["id"],
        aliases=tuple(aliases),
        file=line["file"],
        title=line["title"],
        said=said,
        wrote=wrote,
        themes=themes,
        held=held,
        stood=stood,
        pending=changes,
        excerpts=excerpts,
        lacks=tuple(lacks) if "lacks" in line else None,
        deleted=deleted,
        wrote_file="title" in wrote and "lacks" not in line,
        image=wrote.get("image", ""),
    )
