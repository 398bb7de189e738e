"""Makes the changes of a merge in a story's text, and words its lines of the report.

A text is never left half changed: if the changes cannot be made in place, it stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from digest import urls
from digest.content.edit import edited
from digest.content.ledger import PendingChange, hash_of_value
from digest.content.pending import ANOTHERS, CHANGED, KEPT, REPLACED, WITHDRAWN, Pending, words_of
from digest.content.story_file import Vocabulary
from digest.intake.merge import MOVED, Kept, Merged
from digest.model import Story


@dataclass(frozen=True, slots=True)
class Revision:
    """A story and its text after a merge, the hashes of what pull wrote, and what to report.

    `done` is False if the text could not be changed in place.
    """

    story: Story
    text: str
    wrote: Mapping[str, str]
    kept: tuple[str, ...] = ()
    done: bool = True


def revise(
    story: Story, text: str, merged: Merged, vocabulary: Vocabulary, wrote: Mapping[str, str]
) -> Revision:
    """Makes the changes of a merge in a story's text.

    `wrote` has the hashes that stay valid if that is impossible.
    """
    kept = tuple(
        f"{story.file}: {_kept(one)}; the feed now says '{one.theirs}'" for one in merged.kept
    )
    if not merged.changes:
        return Revision(story, text, merged.wrote, kept)
    after = edited(text, story, merged.changes, vocabulary)
    if after is None:
        return Revision(story, text, wrote, (*kept, f"{story.file}: {_left(merged)}"), done=False)
    story = replace(story, **merged.changes)  # type: ignore[arg-type]
    return Revision(story, after, merged.wrote, kept)


def _kept(one: Kept) -> str:
    if one.why == ANOTHERS:
        ours = f" '{one.ours}'" if one.ours else ", which is none"
        return f"kept another feed's {one.field}{ours}"
    if one.why == MOVED:
        return f"kept the excerpt below your note, '{one.ours}'"
    if one.ours:
        return f"kept your {one.field} '{one.ours}'"
    return f"kept the {one.field} out, as you did"


def _left(merged: Merged) -> str:
    """Returns the line for changes that cannot be made in place, with the feed's words."""
    said = ", ".join(
        f"{name}: '{words_of(name, value)}'"
        for name, value in merged.changes.items()
        if name not in {"updated", "id"}
    )
    return (
        f"the feed now says {said}; the file cannot be changed in place: "
        "add by hand what you want of it"
    )


_WATCHED = ("title", "link")

_LONGEST = 300
"""Characters of a wording that are stored in the ledger."""
_SHORT = frozenset({"title", "link", "authors", "image"})


def pending_after_merge(
    before: Pending, story: Story, merged: Merged, *, reviewed: bool, done: bool
) -> dict[str, PendingChange]:
    """Returns what is pending after a merge.

    `story` is the story after the merge. `reviewed`: an editor has written about it, and a new
    headline or link may make that wrong. `done`: the file could be changed.
    """
    found = {name: change for name, change in before.items() if name not in merged.incoming}
    if not done:
        theirs = {name: value for name, value in merged.changes.items() if name in merged.incoming}
        found |= {name: _their(name, words_of(name, value)) for name, value in theirs.items()}
    for name in _WATCHED if done else ():
        was, now = before.get(name), words_of(name, getattr(story, name))
        old = words_of(name, merged.replaced.get(name, ""))
        if was and was.kind in {CHANGED, REPLACED}:
            old = was.words
        if name not in merged.incoming or not old:
            continue
        is_same = old == now or (name == "link" and urls.canonical(old) == urls.canonical(now))
        if not is_same:
            found[name] = PendingChange(CHANGED if reviewed else REPLACED, old[:_LONGEST])
    found |= {one.field: _their(one.field, one.whole, one.why == ANOTHERS) for one in merged.kept}
    return found | {name: PendingChange(WITHDRAWN) for name in merged.withdrawn}


def reworded(
    before: Pending, fresh: Story, said: Mapping[str, str], incoming: Mapping[str, str]
) -> Pending:
    """Returns what is pending, with a feed's new words in place of those that it `said` before."""
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
