"""Whole summaries of entries, stored in the cache: story files may have only their first words.

    what is stored, a document's entries ──▶ what to store ──▶ the summary of a story

Used by the preview, theme rules and longer excerpts; builds never read it. The newest summaries of
each feed are kept, up to limits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from digest.content.identity import aliases_of_link
from digest.model import Entry, Story

_MAX_COUNT = 1_000
_MAX_LENGTH = 10_000  # characters

KIND = "summary"
"""The kind of a feed's summaries in the cache, by feed id."""
Stored = list[tuple[list[str], str]]
"""Summaries, the newest first, each after the names of its entry."""


def kept(stored: Stored, entries: Iterable[Entry]) -> Stored:
    """Returns what to store after a document: its summaries, then older ones, within the limits."""
    pairs: Stored = []
    replaced = set[str]()
    for entry in entries:
        if entry.summary:
            names = _names(entry.id, entry.link)
            pairs.append((names, entry.summary[:_MAX_LENGTH]))
            replaced.update(names)
    for names, summary in stored:
        if replaced.isdisjoint(names):
            pairs.append((names, summary))
    return pairs[:_MAX_COUNT]


def by_name(stored: Stored) -> dict[str, str]:
    """Returns the summaries by the names of their entries, without names that several have."""
    by_name: dict[str, str] = {}
    shared = set[str]()
    for names, summary in stored:
        for name in names:
            if name in by_name:
                shared.add(name)
            by_name[name] = summary
    return {name: summary for name, summary in by_name.items() if name not in shared}


def of_story(story: Story, summaries: Mapping[str, str]) -> str:
    """Returns the summary of a story; "" if there is none."""
    for name in _names(story.id, story.link):
        if name in summaries:
            return summaries[name]
    return ""


def _names(guid: str, link: str) -> list[str]:
    """Returns the names of an entry or a story, strongest first."""
    return [*([f"guid:{guid}"] if guid else []), *aliases_of_link(link)]
