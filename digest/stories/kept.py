"""A catalogue as plain values, fit to be remembered, and back again.

Refuses nothing and checks nothing: whoever remembers it knows that it is whole.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from digest.model import Catalogue, Copied, FreePage, Letter, Outline, Place, Story
from digest.week import Week


def packed(catalogue: Catalogue) -> tuple[object, ...]:
    """Returns all of a catalogue but `story`."""
    return (
        [(story[0], story[1].year, story[1].number, *story[2:]) for story in catalogue.stories],
        [
            (one.file, one.week.year, one.week.number, one.title, one.body, one.line, one.draft)
            for one in catalogue.letters
        ],
        [_page(one) for one in catalogue.introductions],
        [_page(one) for one in catalogue.pages],
        [(one.file, one.path, one.size) for one in catalogue.copied],
        [(one.week.year, one.week.number, one.slug, one.file, one.story, one.since) for one in catalogue.places],
        dict(catalogue.earlier),
    )


def unpacked(values: Any, root: Path, story: Callable[[str], Story]) -> Catalogue:
    """Returns the catalogue that was packed."""
    stories, letters, introductions, pages, copied, places, earlier = values
    weeks: dict[tuple[int, int], Week] = {}

    def week(year: int, number: int) -> Week:
        if (year, number) not in weeks:
            weeks[year, number] = Week(year, number)
        return weeks[year, number]

    return Catalogue(
        stories=tuple(Outline._make((file, week(year, number), *rest)) for file, year, number, *rest in stories),
        story=story,
        letters=tuple(
            Letter(file=file, week=week(year, number), title=title, body=body, line=line, draft=draft)
            for file, year, number, title, body, line, draft in letters
        ),
        introductions=tuple(map(_free_page, introductions)),
        pages=tuple(map(_free_page, pages)),
        copied=tuple(Copied(source=root / file, file=file, path=path, size=size) for file, path, size in copied),
        places=tuple(
            Place(week=week(year, number), slug=slug, file=file, story=now, since=since)
            for year, number, slug, file, now, since in places
        ),
        earlier=earlier,
    )


def _page(page: FreePage) -> tuple[object, ...]:
    return page.file, page.name, page.title, page.body, page.line, page.draft


def _free_page(values: Any) -> FreePage:
    file, name, title, body, line, draft = values
    return FreePage(file=file, name=name, title=title, body=body, line=line, draft=draft)
