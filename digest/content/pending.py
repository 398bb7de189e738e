"""What a pull has changed, or kept, and an editor should look at.

It is pending until they edit the file, or the file says the same as the feed.

    kind       what happened                                        words stored in the ledger
    kept       the editor's words stayed, the feed has others       the feed's words
    another's  another feed's words stayed, this feed has others    this feed's words
    changed    a headline or link that the editor wrote about       the old words
    withdrawn  the feed dropped a field, the file still has it      none
    replaced   a headline or link that no editor wrote about yet    the old words
    undone     git has combined two edits without a correction      the feed's words

The ledger has the hash of the file as the pull left it: after any edit the change counts as seen.
If git has merged that file with an edit made elsewhere, the editor has not seen the result, so the
versions before the merge count. In these versions "undone" is found or, if git has rebased the
pull's own commit, in the ledger lines of that commit; a ledger has it once Digest itself has changed
the file. `stored` and `value_of` convert the words.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from operator import attrgetter
from posixpath import basename
from typing import NamedTuple

from digest.content import excerpt, story_file
from digest.content.edit import Edit
from digest.content.identity import hash_of
from digest.content.ledger import (
    NOTHING,
    PendingChange,
    Record,
    hashes_of,
    last_written,
    later,
    timestamp,
)
from digest.content.letter_draft import links_to
from digest.errors import Faults
from digest.model import PUBLISHER_FIELDS, Story

KINDS = KEPT, ANOTHERS, CHANGED, WITHDRAWN, REPLACED, UNDONE = (
    "kept",
    "another's",
    "changed",
    "withdrawn",
    "replaced",
    "undone",
)
THEIRS = frozenset({KEPT, ANOTHERS, UNDONE})
"""The kinds whose words are a feed's, and not in the file."""
_LABELS = {"title": "headline", "authors": "byline", "excerpt": "summary"}
_ENDS = "the hint disappears once you edit the file"
_STORED_FIELDS = frozenset({"title", "link", "authors", "image"})
_STORED_LENGTH = 300  # characters

Pending = Mapping[str, PendingChange]
"""What is pending in a story, by field."""


class GitMerge(NamedTuple):
    """What git has merged or rebased into a file since an editor last saw it.

    `versions` are the texts that were combined, even if one side won. `left_out` are fields whose
    correction no commit has: git has rebased the pull's commit and kept the editor's side.
    """

    versions: Collection[str] = ()
    left_out: Collection[str] = ()


NO_MERGE = GitMerge()
GitMerges = Mapping[str, GitMerge]
"""By file; none if it was edited since."""


def words_of(name: str, value: str | tuple[str, ...] | datetime) -> str:
    """Returns the value of a field as one line of text."""
    if isinstance(value, datetime):
        return value.isoformat()
    text = value if isinstance(value, str) else ", ".join(value)
    return " ".join((excerpt.unescape(text) if name == "excerpt" else text).split())


def stored(name: str, value: str | tuple[str, ...] | datetime) -> str:
    """Returns the value of a field as the ledger has it, at most 300 characters.

    Each author is a line, with a line break also after the last one: a name may contain commas, as
    in "Doe, Jane". Returns "" for an excerpt: the ledger never contains a publisher's sentences.
    """
    if name not in _STORED_FIELDS:
        return ""
    words = words_of(name, value)
    if isinstance(value, tuple):
        words = "".join(f"{words_of(name, author)}\n" for author in value)
    return words[:_STORED_LENGTH]


def value_of(name: str, words: str) -> str | tuple[str, ...]:
    """Returns the value of a field from what the ledger has of it (`stored`).

    Early versions of Digest stored authors as one line, with commas between them.
    """
    if name != "authors":
        return words
    separator = "\n" if "\n" in words else ", "
    return tuple(name for name in words.split(separator) if name)


def is_cut(words: str) -> bool:
    """True if a value may be longer than what the ledger has of it."""
    return len(words) >= _STORED_LENGTH


def file_hash(text: str) -> str:
    """Returns the hash of a story file's text, whatever its line breaks, which git may change."""
    return hash_of(text.removeprefix("\ufeff").replace("\r\n", "\n"))


def of_text(records: Collection[Record], *texts: str) -> Pending:
    """Returns what is pending in a story, given its file's text; nothing if it was edited.

    The first of the texts whose hash is in a record counts.
    """
    # Earlier lines count too: git may have merged two pulls and kept the file of the earlier one.
    for hashed in map(file_hash, texts):
        newest = [record for record in records if record.stood == hashed]
        if newest:
            return max(newest, key=attrgetter("at")).pending
        earlier = [record.earlier_pending.get(hashed) for record in records]
        if any(earlier):
            return max(filter(None, earlier), key=attrgetter("at")).pending
    return {}


def to_review(
    records: Collection[Record], story: Story, text: str, merged: GitMerge = NO_MERGE
) -> Pending:
    """Returns what an editor should look at in a story, given its file's text."""
    found = of_story(records, story, text, merged)
    return {name: change for name, change in found.items() if change.kind != REPLACED}


def of_story(
    records: Collection[Record], story: Story, text: str, merged: GitMerge = NO_MERGE
) -> Pending:
    """Returns all that is pending in a story, given its file's text.

    When Digest itself changes the file, this is to be stored with it: after the commit of that
    change, what a merge has left out can no longer be found in git.
    """
    found = dict(_unseen(records, story, text, merged.versions))
    for name, change in _undone(records, story, merged).items():
        if name not in found or found[name].kind != UNDONE:  # a ledger may have newer words
            found[name] = change
    return found


def _unseen(
    records: Collection[Record], story: Story, text: str, versions: Collection[str]
) -> Pending:
    """Returns what is pending in a story, given its file's text and the versions that git has
    merged into it; nothing if it was edited since.
    """
    if not is_edited(records, story, text):
        return of_text(records, text)
    pending = dict(of_text(records, *versions))
    if not pending:
        # If git has rebased a pull onto an edit, no commit has the file as that pull left it, but
        # the version below has the old words.
        newest = max(
            (record for record in records if record.pending), key=attrgetter("at"), default=None
        )
        for name, change in newest.pending.items() if newest else ():
            was_there = any(change.words in version for version in versions)
            if change.kind in {CHANGED, REPLACED} and was_there and change.words not in text:
                pending[name] = change
    for name, change in pending.items():
        if change.kind == REPLACED:
            pending[name] = change._replace(kind=CHANGED)
    return {
        name: change
        for name, change in pending.items()
        if change.kind != CHANGED or change.words != stored(name, getattr(story, name))
    }


def outdated_fields(records: Collection[Record], story: Story) -> list[str]:
    """Returns the fields in which a file has a feed's words that a pull has since replaced.

    An editor has put them back, or git has merged the file and kept the side without the
    correction.
    """
    if len(records) < 2 and not any(record.replaced for record in records):
        return []
    written = last_written(records)
    earlier = dict[str, set[str]]()
    for name, now in written.items():
        if name in PUBLISHER_FIELDS and now != NOTHING:
            known = {record.wrote.get(name, now) for record in records}
            known = known.union(*(record.replaced.get(name, ()) for record in records)) - {now}
            if known:
                earlier[name] = known
    if not earlier:
        return []
    in_file = hashes_of(story)
    return [name for name, known in earlier.items() if in_file.get(name) in known]


def _undone(
    records: Collection[Record], story: Story, merged: GitMerge
) -> dict[str, PendingChange]:
    """Returns the corrections that git has left out."""
    fields = outdated_fields(records, story) if any(merged) else []
    if not fields:
        return {}
    written, found = last_written(records), dict[str, PendingChange]()
    for name in fields:
        if name in merged.left_out:
            # Of the publishers' texts, the ledger has only headlines.
            titles = {hash_of(record.title): record.title for record in records}
            words = titles.get(written[name], "") if name == "title" else ""
            found[name] = PendingChange(UNDONE, stored(name, words))
    for version in merged.versions:
        with suppress(Faults):
            side = story_file.loads(version, story.file, by_pull=None)
            hashes = hashes_of(side)
            for name in fields:
                if hashes.get(name) == written[name]:
                    found[name] = PendingChange(UNDONE, stored(name, getattr(side, name)))
    return found


def is_edited(records: Collection[Record], story: Story, text: str) -> bool:
    """True if an editor wrote about a story, and its file is not as a pull left it."""
    hashed = file_hash(text)
    is_known = any(_left(record, hashed) for record in records)
    return has_any(records) and has_own_words(story) and not is_known


def has_any(records: Iterable[Record]) -> bool:
    """True if something may be pending, so that the file has to be read."""
    return any(record.pending or record.earlier_pending for record in records)


def _left(record: Record, hashed: str) -> bool:
    """True if a pull has left a file with this hash."""
    return record.stood == hashed or hashed in record.earlier_pending


def report_lines(
    file: str, story: Story, before: Pending, pending_now: Pending, changed_fields: Container[str]
) -> Iterator[str]:
    """Yields a report line for each changed headline or link, and for each withdrawn field."""
    for name, change in pending_now.items():
        if change != before.get(name) and change.kind == WITHDRAWN:
            yield f"{file}: {_withdrawn(name)}"
        elif change.kind == CHANGED and name in changed_fields:
            yield f"{file}: {_changed(name, change, story)}"


def is_written_about(story: Story, letters: Iterable[str], files: Iterable[str]) -> bool:
    """True if an editor has written about a story: a note, a headline, or a link in a letter.

    `letters` are the texts of letters; `files` are the story's files, which a letter may link to.
    """
    if has_own_words(story):
        return True
    names = [basename(file) for file in files]
    return any(links_to(letter, name) for letter in letters for name in names)


def has_own_words(story: Story) -> bool:
    """True if a story has a note, or a headline by the editor."""
    return bool(story.note.strip() or story.headline)


def carried_over(
    lines: Sequence[Record],
    records: Sequence[Record],
    story: Story,
    edit: Edit,
    merged: GitMerge,
    now: datetime,
) -> Sequence[Record]:
    """Returns the ledger lines for an edit by Digest itself, so that pending changes stay pending.

    `lines` are those that the edit needs anyway, `records` all records of the story, which is as
    before the edit. Records of a pull that left the old text get a line too; without any, the
    newest record gets one if something is pending.
    """
    before, after = file_hash(edit.before), file_hash(edit.after)
    pending = of_story(records, story, edit.before, merged)
    left = [record for record in records if _left(record, before)]
    if pending and not (left or lines):
        left = [max(records, key=attrgetter("at"))]
    new = {(line.feed, line.id) for line in lines}
    result = list(lines)
    for record in left:
        if (record.feed, record.id) not in new:
            result.append(record._replace(at=later(timestamp(now), record.at)))
    return [
        line._replace(stood=after, pending=pending) if pending or _left(line, before) else line
        for line in result
    ]


def hints(story: Story, pending: Pending, letter: str) -> Iterator[tuple[str, str, str]]:
    """Yields field, message and cure for each pending change; `letter` links to the story."""
    for name, change in pending.items():
        label = _LABELS.get(name, name)
        theirs = words_of(name, value_of(name, change.words))
        if change.kind == CHANGED:
            what = _changed(name, change, story, letter)
            yield name, what, f"check that your words still fit; {_ENDS}"
        elif change.kind == WITHDRAWN:
            yield name, _withdrawn(name), f"remove it or keep it; {_ENDS}"
        elif change.kind == ANOTHERS:
            what = f"its {label} is from one feed; another feed, which still has the story, has changed its own"
            if theirs:
                what += f" to '{theirs}'"
            yield name, what, f"use the new one or keep this one; {_ENDS}"
        elif change.kind == UNDONE:
            what = f"the feed has changed its {label}; the file has the earlier one"
            if theirs:
                yours = words_of(name, getattr(story, name))
                what = (
                    f"the feed's {label} is now '{theirs}'; the file has its earlier one, '{yours}'"
                )
            yield name, what, f"use the new one or keep this one; {_ENDS}"
        elif change.kind == KEPT:
            yours = words_of(name, getattr(story, name))
            what = f"the feed has changed its {label} since you edited it here"
            if theirs and yours:
                what = f"the feed's {label} is now '{theirs}', yours says '{yours}'"
            elif theirs:
                what = f"the feed's {label} is now '{theirs}', you have removed it"
            yield name, what, f"use theirs or keep yours; {_ENDS}"


def _changed(name: str, change: PendingChange, story: Story, letter: str = "") -> str:
    if story.note.strip():
        since = "your note"
    elif story.headline:
        since = "your own headline"
    else:
        since = f"{letter or 'a letter'} linked to it"
    now = words_of(name, getattr(story, name))
    return f"its {_LABELS.get(name, name)} has changed since {since}: '{change.words}' → '{now}'"


def _withdrawn(name: str) -> str:
    return f"the feed no longer gives its {_LABELS.get(name, name)}; the file still has one"
