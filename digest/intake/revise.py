"""Makes the changes of a merge in a story's text, and words its lines of the report.

A text is never left half changed: if the changes cannot be made in place, it stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import tzinfo

from digest import urls
from digest.content.edit import try_changes
from digest.content.ledger import PendingChange, hash_of_value
from digest.content.pending import (
    ANOTHERS,
    CHANGED,
    KEPT,
    REPLACED,
    THEIRS,
    UNDONE,
    WITHDRAWN,
    Pending,
    stored,
    value_of,
    words_of,
)
from digest.intake.merge import MOVED, KeptField, Merged
from digest.model import Story

_WATCHED = ("title", "link")
"""Fields whose change may make wrong what an editor wrote about a story."""


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
    story: Story, text: str, merged: Merged, zone: tzinfo, wrote: Mapping[str, str]
) -> Revision:
    """Makes the changes of a merge in a story's text.

    `wrote` are the ledger's hashes, which stay as they are if the text cannot be changed.
    """
    lines = []
    for kept in merged.kept:
        lines.append(f"{story.file}: {_what_was_kept(kept)}; the feed now says '{kept.from_feed}'")
    if not merged.changes:
        return Revision(story, text, merged.wrote, tuple(lines))
    after = try_changes(text, story, merged.changes, zone)
    if after is None:
        said = []
        for name, value in merged.changes.items():
            if name not in {"updated", "id"}:
                said.append(f"{name}: '{words_of(name, value)}'")
        lines.append(
            f"{story.file}: the feed now says {', '.join(said)}; "
            "the file cannot be changed in place: add by hand what you want of it"
        )
        return Revision(story, text, wrote, tuple(lines), done=False)
    story = replace(story, **merged.changes)  # type: ignore[arg-type]
    return Revision(story, after, merged.wrote, tuple(lines))


def _what_was_kept(kept: KeptField) -> str:
    if kept.why == ANOTHERS:
        words = f" '{kept.in_file}'" if kept.in_file else ", which is none"
        return f"kept another feed's {kept.field}{words}"
    if kept.why == MOVED:
        return f"kept the excerpt below your note, '{kept.in_file}'"
    if kept.in_file:
        return f"kept your {kept.field} '{kept.in_file}'"
    return f"kept the {kept.field} out, as you did"


def pending_after_merge(
    before: Pending, story: Story, merged: Merged, *, is_written_about: bool, done: bool
) -> dict[str, PendingChange]:
    """Returns what is pending after a merge.

    `story` is the story after the merge. `is_written_about`: an editor has written about it, and a
    new headline or link may make that wrong. `done`: the file could be changed.
    """
    found = {name: change for name, change in before.items() if name not in merged.changed_fields}
    if not done:
        for name, value in merged.changes.items():
            if name in merged.changed_fields:
                found[name] = PendingChange(KEPT, stored(name, value))
    for name in merged.changed_fields:
        if not done or name not in _WATCHED:
            continue
        was, now = before.get(name), words_of(name, getattr(story, name))
        old = words_of(name, merged.replaced.get(name, ""))
        if was and was.kind in {CHANGED, REPLACED}:
            old = was.words
        is_same = old == now or (name == "link" and urls.canonical(old) == urls.canonical(now))
        if old and not is_same:
            found[name] = PendingChange(
                CHANGED if is_written_about else REPLACED, stored(name, old)
            )
    for kept in merged.kept:
        was = before.get(kept.field)
        kind = ANOTHERS if kept.why == ANOTHERS else KEPT
        if was and was.kind == UNDONE:
            kind = UNDONE
        found[kept.field] = PendingChange(kind, stored(kept.field, kept.value))
    return found | {name: PendingChange(WITHDRAWN) for name in merged.withdrawn}


def reworded(
    before: Pending, fresh: Story, said: Mapping[str, str], incoming: Mapping[str, str]
) -> Pending:
    """Returns what is pending, with a feed's new words in place of those that it `said` before."""
    found = dict(before)
    for name, change in before.items():
        if change.kind not in THEIRS or not change.words:
            continue
        is_of_feed = hash_of_value(value_of(name, change.words)) == said.get(name)
        if is_of_feed and incoming.get(name, said.get(name)) != said.get(name):
            found[name] = change._replace(words=stored(name, getattr(fresh, name)))
    return found
