"""Reads a page's JSON-LD (schema.org vocabulary): what its script elements say about the story.

Publishers nest it in many ways: one object, a list, an `@graph`, people by reference. A value of
the wrong type counts as missing. The result is not trusted yet.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

_MAX_OBJECTS = 10_000
_MAX_NAMES = 50
_NESTING_KEYS = ("@graph", "mainEntity", "mainEntityOfPage", "itemListElement", "item")
_STORY_TYPES = ("Article", "Posting", "Report", "Review")
"""The endings of types of stories: NewsArticle, BlogPosting, OpinionNewsArticle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedData:
    """What JSON-LD says about a story, empty if it says nothing."""

    headline: str = ""
    published: str = ""
    authors: tuple[str, ...] = ()
    publisher: str = ""
    image: str = ""
    description: str = ""


def read(scripts: Iterable[str]) -> LinkedData:
    """Returns the first story in a page's scripts, or else the first object with a headline."""
    objects = list(_objects(scripts))
    by_id = {one["@id"]: one for one in objects if isinstance(one.get("@id"), str)}
    with_headline = [one for one in objects if _text(one.get("headline"))]
    if not with_headline:
        return LinkedData()
    story = next(filter(_is_story, with_headline), with_headline[0])
    return LinkedData(
        headline=_text(story.get("headline")),
        published=_text(story.get("datePublished")),
        authors=tuple(_names(story.get("author"), by_id))[:_MAX_NAMES],
        publisher=next(_names(story.get("publisher"), by_id), ""),
        image=_address(story.get("image"), by_id),
        description=_text(story.get("description")),
    )


def _objects(scripts: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yields the objects in the scripts, in their order, and those nested where stories may be."""
    waiting = list[Any]()
    for script in scripts:
        bare = script.strip().removeprefix("<!--").removesuffix("-->")
        with suppress(ValueError, RecursionError):
            # many texts contain unescaped line breaks
            waiting.append(json.loads(bare, strict=False))
    waiting.reverse()
    for _ in range(_MAX_OBJECTS):
        if not waiting:
            return
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(reversed(value))
        elif isinstance(value, dict):
            yield value
            for key in reversed(_NESTING_KEYS):
                if isinstance(value.get(key), list | dict):
                    waiting.append(value[key])


def _is_story(one: Mapping[str, Any]) -> bool:
    types = one.get("@type")
    for name in types if isinstance(types, list) else [types]:
        if isinstance(name, str) and name.endswith(_STORY_TYPES):
            return True
    return False


def _names(value: object, by_id: Mapping[str, Any]) -> Iterator[str]:
    """Yields one or several names: strings, objects with a name, or references to these."""
    for one in value if isinstance(value, list) else [value]:
        target = _resolved(one, by_id)
        name = _text(target.get("name")) if isinstance(target, dict) else _text(target)
        if name:
            yield name


def _address(value: object, by_id: Mapping[str, Any]) -> str:
    for one in value if isinstance(value, list) else [value]:
        target = _resolved(one, by_id)
        if isinstance(target, dict):
            target = _text(target.get("url")) or target.get("contentUrl")
        if address := _text(target):
            return address
    return ""


def _resolved(value: object, by_id: Mapping[str, Any]) -> object:
    """Returns the object that a value refers to by `@id`, or the value itself."""
    if isinstance(value, dict) and not ({"name", "url", "contentUrl"} & value.keys()):
        return by_id.get(str(value.get("@id")), value)
    return value


def _text(value: object) -> str:
    """Returns a string; of a list, the first one."""
    first = value[0] if isinstance(value, list) and value else value
    return first.strip() if isinstance(first, str) else ""
