"""Revising one story: the merge decided, its changes made in the story's text, its lines of the report worded.

Refuses to leave a text half-changed: where the changes cannot be made in place, the text stays whole as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from digest import urls
from digest.content.edit import edited
from digest.content.ledger import PendingChange, hash_of_value
from digest.content.pending import ANOTHERS, CHANGED, KEPT, REPLACED, WITHDRAWN, Pending, words_of
from digest.content.story_file import Known
from digest.intake.merge import MOVED, Kept, Merged
from digest.model import Story


@dataclass(frozen=True, slots=True)
class Revision:
    """A story and its text after a merge, what of it counts as written by us, and what to report.

    It is not `done` where the text could not be changed in place.
    """

    story: Story
    text: str
    wrote: Mapping[str, str]
    kept: tuple[str, ...] = ()
    done: bool = True


def revise(
    story: Story, text: str, merged: Merged, known: Known, wrote: Mapping[str, str]
) -> Revision:
    """Returns the story with a merge carried out; `wrote` is what counts as ours where that proves impossible."""
    kept = tuple(
        f"{story.file}: {_kept(one)}; the feed now says '{one.theirs}'" for one in merged.kept
    )
    if not merged.changes:
        return Revision(story, text, merged.wrote, kept)
    after = edited(text, story, merged.changes, known)
    if after is None:
        return Revision(story, text, wrote, (*kept, f"{story.file}: {_left(merged)}"), done=False)
    return Revision(replace(story, **merged.changes), after, merged.wrote, kept)  # type: ignore[arg-type]


def _kept(one: Kept) -> str:
    if one.why == ANOTHERS:
        return f"kept another feed's {one.field}" + (
            f" '{one.ours}'" if one.ours else ", which is none"
        )
    if one.why == MOVED:
        return f"kept the excerpt below your note, '{one.ours}'"
    return (
        f"kept your {one.field} '{one.ours}'"
        if one.ours
        else f"kept the {one.field} out, as you did"
    )


def _left(merged: Merged) -> str:
    """Words for changes that cannot be made: the feed's, since they are told this once."""
    said = ", ".join(
        f"{name}: '{words_of(name, value)}'"
        for name, value in merged.changes.items()
        if name not in {"updated", "id"}
    )
    return f"the feed now says {said}; the file cannot be changed in place: put in by hand what you want of it"


_WATCHED = ("title", "link")

_LONGEST = 300
"""Characters of a wording that are stored in the ledger."""
_SHORT = frozenset({"title", "link", "authors", "image"})


def pending_after_merge(
    before: Pending, story: Story, merged: Merged, *, reviewed: bool, done: bool
) -> dict[str, PendingChange]:
    """Returns what is pending after a merge.

    `story` is as the merge leaves it. `reviewed`: an editor has written about it, which a new headline or link may
    make wrong. `done`: the file could be changed.
    """
    found = {name: change for name, change in before.items() if name not in merged.incoming}
    if not done:
        theirs = {name: value for name, value in merged.changes.items() if name in merged.incoming}
        found |= {name: _their(name, words_of(name, value)) for name, value in theirs.items()}
    for name in _WATCHED if done else ():
        was = before.get(name)
        old = (
            was.words
            if was and was.kind in {CHANGED, REPLACED}
            else words_of(name, merged.replaced.get(name, ""))
        )
        if (
            name in merged.incoming
            and old
            and not _is_same(name, old, words_of(name, getattr(story, name)))
        ):
            found[name] = PendingChange(CHANGED if reviewed else REPLACED, old[:_LONGEST])
    found |= {one.field: _their(one.field, one.whole, one.why == ANOTHERS) for one in merged.kept}
    return found | {name: PendingChange(WITHDRAWN) for name in merged.withdrawn}


def reworded(
    before: Pending, fresh: Story, said: Mapping[str, str], incoming: Mapping[str, str]
) -> Pending:
    """Returns what is pending, with a feed's new words where those that it `said` before are mentioned."""
    found = dict(before)
    for name, change in before.items():
        words = tuple(change.words.split(", ")) if name == "authors" else change.words
        is_its = (
            change.kind in {KEPT, ANOTHERS}
            and change.words
            and hash_of_value(words) == said.get(name)
        )
        if is_its and incoming.get(name, said.get(name)) != said.get(name):
            found[name] = change._replace(words=words_of(name, getattr(fresh, name))[:_LONGEST])
    return found


def _their(name: str, words: str, anothers: bool = False) -> PendingChange:
    return PendingChange(ANOTHERS if anothers else KEPT, words[:_LONGEST] if name in _SHORT else "")


def _is_same(name: str, one: str, other: str) -> bool:
    return one == other or (name == "link" and urls.canonical(one) == urls.canonical(other))
