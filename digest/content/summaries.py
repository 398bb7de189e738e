"""The publishers' whole summaries, for the preview, theme rules and longer excerpts: files may keep few words of them.

    what was kept, a document's entries ──▶ what to keep in `.digest/` ──▶ the summary of a story, by its names

Bounded: the newest of each feed, and no book among them. Refuses to be part of the site: no build reads it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from digest.content.identity import aliases_of_link
from digest.model import Entry, Story

_MOST = 1_000
_LONGEST = 10_000
_KEY = "summaries"

Memory = Mapping[str, Any]


def name(feed: str) -> str:
    """Returns the name of a feed's memory in `.digest/`."""
    return f"summaries/{feed}.json"


def kept(memory: Memory, entries: Iterable[Entry]) -> dict[str, Any]:
    """Returns the memory with what a document says of its entries, the newest first; what is too old or long is cut."""
    said = [
        [_names(entry.id, entry.link), entry.summary[:_LONGEST]]
        for entry in entries
        if entry.summary
    ]
    again = {alias for names, _ in said for alias in names}
    older = [[names, summary] for names, summary in _pairs(memory) if again.isdisjoint(names)]
    return {_KEY: [*said, *older][:_MOST]}


def by_name(memory: Memory) -> dict[str, str]:
    """Returns the summaries by the names of their entries; a name that several have is none of theirs."""
    pairs = _pairs(memory)
    shared = Counter(alias for names, _ in pairs for alias in names)
    return {alias: summary for names, summary in pairs for alias in names if shared[alias] == 1}


def of_story(story: Story, summaries: Mapping[str, str]) -> str:
    """Returns the summary of a story, nothing where there is none."""
    return next(
        (summaries[alias] for alias in _names(story.id, story.link) if alias in summaries), ""
    )


def _names(guid: str, link: str) -> list[str]:
    """Returns the names of an entry or a story, strongest first."""
    return [*([f"guid:{guid}"] if guid else []), *aliases_of_link(link)]


def _pairs(memory: Memory) -> list[tuple[list[str], str]]:
    """Returns what was kept, without what is damaged."""
    found = memory.get(_KEY)
    return [
        (pair[0], pair[1])
        for pair in (found if isinstance(found, list) else ())
        if isinstance(pair, list)
        and len(pair) == 2
        and isinstance(pair[0], list)
        and isinstance(pair[1], str)
        if all(isinstance(alias, str) for alias in pair[0])
    ]
