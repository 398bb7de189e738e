"""What a page says of its own story as linked data: JSON-LD with the vocabulary of schema.org, in script elements.

Publishers nest it in many ways: one thing, a list, an `@graph`, people by reference. Refuses nothing for a wrong type:
what is not what it should be is as if it were not there. Everything here is still a stranger's text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_MOST_THINGS = 10_000
_MOST_NAMES = 50
_INWARD = ("@graph", "mainEntity", "mainEntityOfPage", "itemListElement", "item")
_STORIES = ("Article", "Posting", "Report", "Review")
"""How the types of things end that are stories: NewsArticle, BlogPosting, OpinionNewsArticle and their kin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What linked data says of a story, empty where it says nothing."""

    headline: str = ""
    published: str = ""
    authors: tuple[str, ...] = ()
    publisher: str = ""
    image: str = ""
    description: str = ""


def told(scripts: Iterable[str]) -> Told:
    """Returns what the first story in a page's scripts is said to be; any thing with a headline is one at need."""
    things = list(_things(scripts))
    known = {key: thing for thing in things if isinstance(key := thing.get("@id"), str)}
    headed = [thing for thing in things if _text(thing.get("headline"))]
    story = next((thing for thing in headed if _is_story(thing)), headed[0] if headed else None)
    if story is None:
        return Told()
    return Told(
        headline=_text(story.get("headline")),
        published=_text(story.get("datePublished")),
        authors=tuple(_names(story.get("author"), known))[:_MOST_NAMES],
        publisher=next(_names(story.get("publisher"), known), ""),
        image=_address(story.get("image"), known),
        description=_text(story.get("description")),
    )


def _things(scripts: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yields every thing in the scripts, in their order, down the ways on which a story may lie."""
    waiting = [value for script in scripts if (value := _value(script)) is not None][::-1]
    for _ in range(_MOST_THINGS):
        if not waiting:
            return
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(reversed(value))
        elif isinstance(value, dict):
            yield value
            waiting.extend(
                value[key] for key in reversed(_INWARD) if isinstance(value.get(key), list | dict)
            )


def _value(script: str) -> object:
    bare = script.strip().removeprefix("<!--").removesuffix("-->")
    try:
        return json.loads(bare, strict=False)  # publishers leave bare line breaks in their texts
    except (ValueError, RecursionError):
        return None


def _is_story(thing: Mapping[str, Any]) -> bool:
    types = thing.get("@type")
    named = types if isinstance(types, list) else [types]
    return any(isinstance(name, str) and name.endswith(_STORIES) for name in named)


def _names(value: object, known: Mapping[str, Any]) -> Iterator[str]:
    """Yields the names of one or several, each said as a text, a thing with a name, or a reference to one."""
    for one in value if isinstance(value, list) else [value]:
        thing = _resolved(one, known)
        name = _text(thing.get("name")) if isinstance(thing, dict) else _text(thing)
        if name:
            yield name


def _address(value: object, known: Mapping[str, Any]) -> str:
    for one in value if isinstance(value, list) else [value]:
        thing = _resolved(one, known)
        address = (
            _text(thing.get("url")) or _text(thing.get("contentUrl"))
            if isinstance(thing, dict)
            else _text(thing)
        )
        if address:
            return address
    return ""


def _resolved(value: object, known: Mapping[str, Any]) -> object:
    """Returns the thing that a value refers to by `@id` alone, or the value itself."""
    if isinstance(value, dict) and not ({"name", "url", "contentUrl"} & value.keys()):
        return known.get(str(value.get("@id")), value)
    return value


def _text(value: object) -> str:
    """Returns a text; the first of several, where there is a list of them."""
    first = value[0] if isinstance(value, list) and value else value
    return first.strip() if isinstance(first, str) else ""
