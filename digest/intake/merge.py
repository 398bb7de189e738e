"""The three-way merge: what the feed said, what it says now, and what the editor made of it.

- The editor has not touched a field: it gets what the feed says now.
- The editor has touched it (its value is not what pull wrote last): it stays, and both wordings are
  reported. It counts as touched even if the feed later says the same.
- The feed says nothing new: the field is not looked at.
- The feed withdraws a field: it stays in the file, and this is reported.

`published` is set when a story is added, and is not merged.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from digest import urls
from digest.content import excerpt, ledger
from digest.content.ledger import hashes_of
from digest.content.pending import ANOTHERS, words_of
from digest.model import PUBLISHER_FIELDS, Story

WITHDRAWABLE = ("authors", "image", "excerpt")
WORDS = frozenset({"title", "excerpt"})
"""Fields whose change is news to readers: it sets `updated`."""

Hashes = Mapping[str, str]
Value = str | tuple[str, ...] | datetime

MOVED = "moved"
"""Why an excerpt was kept: the editor has moved it below the note."""
_SHOWN_LENGTH = 120
"""Characters of a wording that the report shows."""
_SHOWN_BEFORE = 30
"""Characters that are shown before the first difference of two long wordings."""


@dataclass(frozen=True, slots=True)
class KeptField:
    """A field that the feed has changed and the file keeps: both wordings, and why."""

    field: str
    in_file: str
    from_feed: str
    why: str = ""
    value: Value = dataclasses.field(default="", compare=False)
    """What the feed says, in full."""


class Recorded(NamedTuple):
    """What the ledgers have of a story: hashes of what this feed said, and what pull last wrote.

    `has_guid`: a ledger has its guid, though its file may lack it. `is_adopted`: the file was there
    before its feed. `only_reported` are fields in which the file has another feed's words, so that
    this feed's are only reported.
    """

    said: Hashes
    wrote: Hashes
    has_guid: bool = False
    is_adopted: bool = False
    only_reported: Collection[str] = ()

    @property
    def is_lost(self) -> bool:
        """True if the ledger with pull's own hashes is lost: nothing in the file counts as pull's."""
        return self.wrote.keys().isdisjoint(PUBLISHER_FIELDS)


@dataclass(frozen=True, slots=True)
class Merged:
    """What to change in a story, and what to report."""

    changes: Mapping[str, Value]
    kept: tuple[KeptField, ...]
    wrote: Mapping[str, str]
    """Hashes of what counts as written by pull from now on."""
    changed_fields: tuple[str, ...] = ()
    """The fields that the feed has changed."""
    replaced: Mapping[str, Value] = dataclasses.field(default_factory=dict)
    """The old values of the fields in `changes`."""
    withdrawn: tuple[str, ...] = ()
    """The fields that the feed no longer gives, though the file still has them, edited or not."""


def agreed_hashes(story: Story, fresh: Story) -> dict[str, str]:
    """Returns the hashes of the fields of an adopted file that are as pull would write them.

    `fresh` is the story as it would be added today.

    No ledger knows the file's excerpt, so a quotation of the publisher's words is still part of its
    note.
    """
    from_feed = hashes_of(fresh)
    in_file = hashes_of(_with_opening(story, (from_feed.get("excerpt", ""),)))
    return {name: hash for name, hash in from_feed.items() if in_file.get(name) == hash}


def lacking(story: Story) -> tuple[str, ...]:
    """Returns the fields that a file lacks, though its editor could have filled them in."""
    has = hashes_of(_with_opening(story))
    return tuple(name for name in WITHDRAWABLE if name not in has)


def _with_opening(story: Story, hashes: Collection[str] = ()) -> Story:
    """Returns a story with any quotation at the top of its body as its excerpt."""
    if story.excerpt:
        return story
    words = excerpt.first_quotation(story.note)[0]
    return replace(story, excerpt=excerpt.split(story.note, hashes).excerpt or words)


def _with_excerpt(story: Story, recorded: Recorded, from_feed: Hashes) -> tuple[Story, str]:
    """Returns a story with what counts as its excerpt, and an excerpt moved below the note."""
    written = recorded.wrote.get("excerpt")
    hashes = {hash for hash in (written, from_feed.get("excerpt")) if hash}
    moved = "" if story.excerpt else excerpt.find_moved(story.note, hashes)[0]
    may_be_edited = recorded.is_adopted or recorded.is_lost
    if written in {None, ledger.NOTHING} and not may_be_edited:  # a quotation is the editor's
        story = replace(story, excerpt=story.excerpt or excerpt.split(story.note, hashes).excerpt)
    elif not moved:  # a quotation at the top may be what the editor made of the excerpt
        story = _with_opening(story, hashes)
    # An excerpt that was only wrapped into other lines is the same excerpt.
    unwrapped = excerpt.unwrapped(story.excerpt)
    if ledger.hash_of_value(excerpt.comparable(unwrapped)) in hashes:
        story = replace(story, excerpt=unwrapped)
    return story, moved


def merge(
    story: Story,
    fresh: Story,
    incoming: Hashes,
    recorded: Recorded,
    now: datetime,
) -> Merged:
    """Merges `fresh`, the story as it would be added today, into the story as its file has it.

    `incoming` has the hashes of what the feed says now.
    """
    from_feed = hashes_of(fresh)
    if "excerpt" in incoming:  # digest.toml may say that no excerpts of this feed are kept
        from_feed.setdefault("excerpt", ledger.NOTHING)
    wrote = {"excerpt": ledger.NOTHING, **recorded.wrote}
    story, moved = _with_excerpt(story, recorded, from_feed)
    in_file = {"excerpt": ledger.NOTHING, **hashes_of(story)}

    changes, replaced = dict[str, Value](), dict[str, Value]()
    changed_fields, kept = list[str](), list[KeptField]()
    agreed = dict[str, str]()  # the hashes of fields that are as the feed says from now on
    for name in filter(from_feed.__contains__, PUBLISHER_FIELDS):
        old, new = getattr(story, name), getattr(fresh, name)
        is_same = in_file.get(name) == from_feed[name]
        if name == "link" and urls.clean(old) == new:
            is_same = True  # the file's link has trackers that were mistaken for a part of it
        is_untouched = in_file.get(name) == wrote.get(name) and not recorded.is_lost
        is_changed = name in incoming and incoming[name] != recorded.said.get(name)
        may_change = is_untouched and name not in recorded.only_reported
        is_anothers = name in incoming and is_untouched and not (may_change or is_same)
        if not (is_changed or is_anothers):
            continue
        changed_fields.append(name)
        if is_same:
            continue
        if may_change:
            changes[name], agreed[name], replaced[name] = new, from_feed[name], old
        elif from_feed[name] != ledger.NOTHING:
            kept += _kept(name, story, fresh, ANOTHERS if is_anothers else "", moved)

    updated = None  # the publisher's last change, unless an editor has set another date
    is_editors = story.updated and ledger.hash_of_value(story.updated) != wrote.get("updated")
    if not is_editors and not WORDS.isdisjoint(agreed):
        updated = now.astimezone(fresh.published.tzinfo)
    if "link" in changes and not story.id and not recorded.has_guid:
        changes["id"] = story.link  # so that the Atom id, which was made from it, does not change
    if updated and changes:
        changes["updated"] = updated
    return Merged(
        changes=changes,
        kept=tuple(kept),
        wrote={**recorded.wrote, **agreed, **ledger.hashes({"updated": updated})},
        changed_fields=tuple(changed_fields),
        replaced=replaced,
        withdrawn=_withdrawn(story, moved, recorded.said, incoming, wrote),
    )


def _withdrawn(
    story: Story, moved: str, said: Hashes, incoming: Hashes, wrote: Hashes
) -> tuple[str, ...]:
    """Returns the fields by pull that the feed no longer gives and the file still has."""
    withdrawn = []
    for name in WITHDRAWABLE:
        is_gone = said.get(name) and name not in incoming
        by_pull = wrote.get(name, ledger.NOTHING) != ledger.NOTHING
        in_file = getattr(story, name) or (name == "excerpt" and moved)
        if is_gone and by_pull and in_file:
            withdrawn.append(name)
    return tuple(withdrawn)


def _kept(name: str, story: Story, fresh: Story, why: str, moved: str) -> Iterator[KeptField]:
    """Yields both wordings of a field, unless only their white space differs.

    `moved` is the excerpt if the editor has moved it below the note.
    """
    if name == "excerpt" and moved:
        story, why = replace(story, excerpt=moved), MOVED
    in_file = words_of(name, getattr(story, name))
    from_feed = words_of(name, getattr(fresh, name))
    if in_file != from_feed:
        value = getattr(fresh, name)
        yield KeptField(name, *_side_by_side(in_file, from_feed), why, value=value)


def _side_by_side(first: str, second: str) -> tuple[str, str]:
    """Returns two wordings.

    Long ones are cut to the part where they begin to differ, with a few words before it.
    """
    same = 0
    while same < min(len(first), len(second)) and first[same] == second[same]:
        same += 1
    begin = same - _SHOWN_BEFORE
    if max(len(first), len(second)) <= _SHOWN_LENGTH or begin <= 0:
        return _cut(first, 0), _cut(second, 0)
    begin = first.find(" ", begin, begin + _SHOWN_BEFORE) + 1 or begin
    return _cut(first, begin), _cut(second, begin)


def _cut(text: str, begin: int) -> str:
    end = begin + _SHOWN_LENGTH
    before = "… " if begin else ""
    after = "…" if len(text) > end else ""
    return before + text[begin:end] + after
