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
"""Summaries, the newest first, each after the aliases of its entry."""


def to_store(stored: Stored, entries: Iterable[Entry]) -> Stored:
    """Returns what to store after a document: its summaries, then older ones, within the limits."""
    pairs: Stored = []
    replaced = set[str]()
    for entry in entries:
        if entry.summary:
            aliases = _aliases(entry.id, entry.link)
            pairs.append((aliases, entry.summary[:_MAX_LENGTH]))
            replaced.update(aliases)
    for aliases, summary in stored:
        if replaced.isdisjoint(aliases):
            pairs.append((aliases, summary))
    return pairs[:_MAX_COUNT]


def by_alias(stored: Stored) -> dict[str, str]:
    """Returns the summaries by the aliases of their entries, without aliases that several have."""
    found: dict[str, str] = {}
    shared = set[str]()
    for aliases, summary in stored:
        for alias in aliases:
            if alias in found:
                shared.add(alias)
            found[alias] = summary
    return {alias: summary for alias, summary in found.items() if alias not in shared}


def of_story(story: Story, summaries: Mapping[str, str]) -> str:
    """Returns the summary of a story; "" if there is none."""
    for alias in _aliases(story.id, story.link):
        if alias in summaries:
            return summaries[alias]
    return ""


def _aliases(guid: str, link: str) -> list[str]:
    """Returns the aliases of an entry or a story, strongest first."""
    return [*([f"guid:{guid}"] if guid else []), *aliases_of_link(link)]
