"""The three-way merge: what the feed said, what it says now, what the editor made of it.

A field that the editor left alone takes what the feed says now; one that the editor touched stays, and is reported with
both wordings. Touched is what is not what we wrote last, and it stays touched where the feed comes to say the same. A
field of which the feed says nothing new is not looked at. A feed that withdraws something takes nothing out of the
file; that is reported. The date of publication is fixed when a story is added, and never merged.
Refuses to write: values come in, the changes to make go out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Container, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from digest import urls
from digest.content import excerpt, ledger
from digest.content.ledger import hashes_of
from digest.content.pending import ANOTHERS, words_of
from digest.model import Story

FIELDS = ("title", "link", "authors", "image", "excerpt")
WITHDRAWABLE = ("authors", "image", "excerpt")
WORDS = frozenset({"title", "excerpt"})
"""Fields whose change is news to a reader, and so moves `updated`."""

Hashes = Mapping[str, str]
Value = str | tuple[str, ...] | datetime


MOVED = "moved"
"""Why a field was kept, if not for the editor's words: it has another feed's, or the excerpt is below the note."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A field that the feed has changed and the file has not: both wordings, and why."""

    field: str
    ours: str
    theirs: str
    why: str = ""
    whole: str = dataclasses.field(default="", compare=False)
    """What the feed says, uncut."""


@dataclass(frozen=True, slots=True)
class Merged:
    """What to change in a story, what was kept, and what is to count as written by us from now on.

    `incoming` are the fields of which the feed says something new, `replaced` has what stood in those that were changed,
    and `withdrawn` are those that the feed no longer gives, though the file still has them, edited or not.
    """

    changes: Mapping[str, Value]
    kept: tuple[Kept, ...]
    wrote: Mapping[str, str]
    incoming: tuple[str, ...] = ()
    replaced: Mapping[str, Value] = dataclasses.field(default_factory=dict)
    withdrawn: tuple[str, ...] = ()


def agreed(story: Story, ours: Story) -> dict[str, str]:
    """Returns what of a file that was there before counts as written by us: what is as we would write it.

    No ledger has known an excerpt of it, so that a quotation of the publisher's is in the note.
    """
    wrote = hashes_of(ours)
    standing = hashes_of(_with_opening(story, (wrote.get("excerpt", ""),)))
    return {name: mark for name, mark in wrote.items() if standing.get(name) == mark}


def agreed_excerpt(story: Story, ours: Story) -> dict[str, str]:
    """Returns the hash of the excerpt if the file has it as we would write it."""
    return {name: mark for name, mark in agreed(story, ours).items() if name == "excerpt"}


def lacking(story: Story) -> tuple[str, ...]:
    """Returns the fields that a file has not, though its editor could have filled them in."""
    has = hashes_of(_with_opening(story, ()))
    return tuple(name for name in ("authors", "image", "excerpt") if name not in has)


def _with_opening(story: Story, marks: Collection[str]) -> Story:
    """Returns the story with the quotation that opens its body as its excerpt, whoever wrote it."""
    if story.excerpt:
        return story
    words = excerpt.opening(story.note)[0]
    return replace(story, excerpt=excerpt.split(story.note, marks).excerpt or words)


def _with_excerpt(story: Story, marks: Collection[str], *, is_bare: bool) -> tuple[Story, str]:
    """Returns the story with what stands for its excerpt, and an excerpt that was moved below the note.

    A story is bare if pull has put no excerpt in: then a quotation is the editor's, and an excerpt comes above it.
    """
    moved = "" if story.excerpt else excerpt.below(story.note, marks)[0]
    if is_bare:
        story = replace(story, excerpt=story.excerpt or excerpt.split(story.note, marks).excerpt)
    elif not moved:  # the quotation that opens the body may be what the editor made of the excerpt
        story = _with_opening(story, marks)
    return _unwrapped(story, marks), moved


def merge(
    story: Story,
    fresh: Story,
    *,
    before: Hashes,
    incoming: Hashes,
    wrote: Hashes,
    now: datetime,
    aside: Collection[str] = (),
    begun: Story | None = None,
    has_guid: bool = False,
    adopted: bool = False,
) -> Merged:
    """Merges `fresh`, the story as it would be added today, into the story as its file has it.

    `before` and `incoming` are the hashes of what the feed said and says, `wrote` those of what we last put into the
    file; `now` is the moment of the pull. The fields `aside` are not changed, since the file has another feed's words
    there. `begun` is the story as it was before a pull that was killed after it had changed the file. `has_guid` says
    that a ledger has the story's guid, though its file may lack it, `adopted` that the file was there before a feed
    brought its story.
    """
    theirs = hashes_of(fresh)
    if "excerpt" in incoming:
        theirs.setdefault(
            "excerpt", ledger.NOTHING
        )  # the feed has a summary, and digest.toml keeps none of it
    marks = {mark for mark in (wrote.get("excerpt"), theirs.get("excerpt")) if mark}
    # Nothing in a file is known to be pull's where the ledger that knew what pull wrote is lost.
    forgotten = wrote.keys().isdisjoint(FIELDS)
    is_bare = wrote.get("excerpt", ledger.NOTHING) == ledger.NOTHING and not (adopted or forgotten)
    story, moved = _with_excerpt(story, marks, is_bare=is_bare)
    ours = {"excerpt": ledger.NOTHING, **hashes_of(story)}
    said = [
        name
        for name in FIELDS
        if name in theirs and name in incoming and incoming[name] != before.get(name)
    ]
    differ = [
        name
        for name in said
        if ours.get(name) != theirs[name] and not _is_untracked(name, story, fresh)
    ]
    written = {"excerpt": ledger.NOTHING, **wrote}
    ours_still = {name for name in theirs if ours.get(name) == written.get(name) and not forgotten}
    agree = {name for name in theirs if ours.get(name) == theirs[name]}
    free = [name for name in differ if name in ours_still and name not in aside]
    anothers = [
        name for name in FIELDS if name in aside and name in incoming and name in ours_still - agree
    ]
    done = _changed_before(story, begun, [name for name in said if name not in differ])
    changes: dict[str, Value] = {name: getattr(fresh, name) for name in free}
    agreed = {name: theirs[name] for name in (*free, *done)}
    updated = _updated(story, fresh, set(agreed), wrote, now)
    if "link" in changes and not story.id and not has_guid:
        changes["id"] = story.link  # the Atom id was made of the old link, and stays what it was
    return Merged(
        changes=changes | ({"updated": updated} if updated and changes else {}),
        kept=tuple(
            kept
            for name in dict.fromkeys((*differ, *anothers))
            if name not in free and theirs[name] != ledger.NOTHING
            if (kept := _kept(name, story, fresh, ANOTHERS if name in anothers else "", moved))
        ),
        wrote={**wrote, **agreed, **ledger.hashes({"updated": updated})},
        incoming=tuple(dict.fromkeys((*said, *anothers))),
        replaced={name: getattr(story, name) for name in free} | done,
        withdrawn=tuple(
            name
            for name in _written_once(wrote)
            if before.get(name)
            and name not in incoming
            and (getattr(story, name) or (name == "excerpt" and moved))
        ),
    )


def _written_once(wrote: Hashes) -> Iterable[str]:
    """Returns the fields that pull has written, of those that a feed may withdraw."""
    return (name for name in WITHDRAWABLE if wrote.get(name, ledger.NOTHING) != ledger.NOTHING)


def before_kill(story: Story, old: Story, new: Story) -> Story:
    """Returns a story as it was before a pull that was killed made `new` of `old`, in what still is as in `new`."""
    story, old, new = (_with_opening(one, ()) for one in (story, old, new))
    done = [name for name in FIELDS if getattr(new, name) == getattr(story, name)]
    return replace(story, **{name: getattr(old, name) for name in done})


def _changed_before(story: Story, begun: Story | None, names: Iterable[str]) -> dict[str, Value]:
    """Returns what stood in these fields before a pull that was killed gave them the words that they have."""
    if begun is None:
        return {}
    return {
        name: getattr(begun, name) for name in names if getattr(begun, name) != getattr(story, name)
    }


def _kept(name: str, story: Story, fresh: Story, why: str, moved: str) -> Kept | None:
    """Returns both wordings, None where they differ in white space alone and so read alike.

    `moved` is the excerpt that stands below the note.
    """
    if name == "excerpt" and moved:
        story, why = replace(story, excerpt=moved), MOVED
    ours, theirs = (words_of(name, getattr(one, name)) for one in (story, fresh))
    return Kept(name, *_side_by_side(ours, theirs), why, whole=theirs) if ours != theirs else None


def _updated(
    story: Story, fresh: Story, agreed: set[str], wrote: Mapping[str, str], now: datetime
) -> datetime | None:
    """Returns the moment of the publisher's last words, where these now stand and the editor has set none of theirs.

    Words that stand already without our knowing were put there by a pull that was killed; so was their moment.
    """
    if WORDS.isdisjoint(agreed):
        return None
    changed = any(getattr(story, name) != getattr(fresh, name) for name in WORDS & agreed)
    own = story.updated is not None and ledger.hash_of_value(story.updated) != wrote.get("updated")
    if not changed:
        return story.updated
    return None if own else now.astimezone(fresh.published.tzinfo)


def _is_untracked(name: str, story: Story, fresh: Story) -> bool:
    """Tells whether only trackers differ in a link: those in a file were taken for a part of it, and stay."""
    return name == "link" and urls.clean(story.link) == fresh.link


def _unwrapped(story: Story, marks: Container[str | None]) -> Story:
    """Returns the story with its excerpt in the lines that one of the hashes knows, where it was only wrapped anew."""
    whole = excerpt.unwrapped(story.excerpt)
    return (
        replace(story, excerpt=whole)
        if ledger.hash_of_value(excerpt.compared(whole)) in marks
        else story
    )


def _side_by_side(ours: str, theirs: str) -> tuple[str, str]:
    """Returns two wordings, of long ones the part where they begin to differ, with a few words before it."""
    parting = (
        at for at, (one, other) in enumerate(zip(ours, theirs, strict=False)) if one != other
    )
    begin = next(parting, min(len(ours), len(theirs))) - _BEFORE
    if max(len(ours), len(theirs)) <= _LONGEST or begin <= 0:
        return _cut(ours, 0), _cut(theirs, 0)
    begin = ours.find(" ", begin, begin + _BEFORE) + 1 or begin
    return _cut(ours, begin), _cut(theirs, begin)


def _cut(text: str, begin: int) -> str:
    end = begin + _LONGEST
    return f"{'… ' if begin else ''}{text[begin:end]}{'…' if len(text) > end else ''}"


_LONGEST = 120
"""Of a long wording the report shows so much."""
_BEFORE = 30
"""So much of what two long wordings share is shown before they part."""
