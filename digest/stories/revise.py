"""Revising one story: the merge decided, its changes made in the story's text, its lines of the report worded.

Refuses to leave a text half-changed: where the changes cannot be made in place, the text stays whole as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from digest.model import Story
from digest.stories.edit import edited
from digest.stories.merge import ANOTHERS, MOVED, Kept, Merged, words_of
from digest.stories.storyfile import Known


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


def revise(story: Story, text: str, merged: Merged, known: Known, wrote: Mapping[str, str]) -> Revision:
    """Returns the story with a merge carried out; `wrote` is what counts as ours where that proves impossible."""
    kept = tuple(f"{story.file}: {_kept(one)}; the feed now says '{one.theirs}'" for one in merged.kept)
    if not merged.changes:
        return Revision(story, text, merged.wrote, kept)
    after = edited(text, story, merged.changes, known)
    if after is None:
        return Revision(story, text, wrote, (*kept, f"{story.file}: {_left(merged)}"), done=False)
    return Revision(replace(story, **merged.changes), after, merged.wrote, kept)  # type: ignore[arg-type]


def _kept(one: Kept) -> str:
    if one.why == ANOTHERS:
        return f"kept another feed's {one.field}" + (f" '{one.ours}'" if one.ours else ", which is none")
    if one.why == MOVED:
        return f"kept the excerpt below your note, '{one.ours}'"
    return f"kept your {one.field} '{one.ours}'" if one.ours else f"kept the {one.field} out, as you did"


def _left(merged: Merged) -> str:
    """Words for changes that cannot be made: the feed's, since they are told this once."""
    said = ", ".join(
        f"{name}: '{words_of(name, value)}'" for name, value in merged.changes.items() if name not in {"updated", "id"}
    )
    return f"the feed now says {said}; the file cannot be changed in place: put in by hand what you want of it"
