"""The plan of the themes: the list of them, each one's pages, and what leads on from the ids that it had before.

The newest 100 to 199 stories stand on a theme's own page, older ones on pages of 100 that are numbered from the
oldest: so a new story touches its theme's first page alone, and a full page never changes again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from digest.model import Page, Story, Storyline
from digest.pages import addresses, wording
from digest.pages.cards import Link
from digest.pages.setting import Setting
from digest.pages.views import Head, described

T = TypeVar("T")

PAGE = 100


def theme_pages(setting: Setting) -> Iterator[Page]:
    """Yields the pages of all themes."""
    yield _themes(setting)
    for storyline in setting.archive.storylines:
        yield from _storyline(setting, storyline)
        yield from _former(setting, storyline)


def parted(stories: Sequence[T]) -> tuple[Sequence[T], list[Sequence[T]]]:
    """Returns a theme's newest 100 to 199 stories, and the older ones by page, the oldest page first."""
    older = max(0, len(stories) // PAGE - 1)
    newest = len(stories) - older * PAGE
    return stories[:newest], [stories[newest + at * PAGE : newest + (at + 1) * PAGE] for at in reversed(range(older))]


def _themes(setting: Setting) -> Page:
    titles = wording.listed(theme.title for theme in setting.config.themes)
    site = setting.config.site.title
    return setting.page(
        "themes.html",
        "the page of all themes",
        Head(
            title=setting.titled("Themes"),
            description=f"What {site} follows: {titles}." if titles else f"{site} has no themes yet.",
            place=addresses.THEMES,
        ),
        themes=tuple(map(setting.views.theme_line, setting.archive.storylines)),
    )


def _storyline(setting: Setting, storyline: Storyline) -> Iterator[Page]:
    theme = storyline.theme
    newest, pages = parted(storyline.stories)
    numbered = [
        Link(f"Older stories, page {number}", addresses.theme_page(theme.id, number))
        for number in range(1, len(pages) + 1)
    ]
    introduction = setting.views.introduction(storyline)
    words = described(introduction)
    head = Head(
        title=setting.titled(theme.title),
        description=words or f"{theme.title} in {setting.config.site.title}: {_extent(storyline.stories)}.",
        place=addresses.theme(theme.id),
        feeds=(_feed_link(storyline),),
    )
    yield _stories(setting, storyline, newest, head, introduction, None, numbered[-1] if numbered else None)
    newer = [*numbered[1:], Link("Newest stories", head.place)]
    older = [None, *numbered[:-1]]
    for at, (stories, here) in enumerate(zip(pages, numbered, strict=True)):
        head = Head(
            title=setting.titled(f"{theme.title}: {here.title.lower()}"),
            description=f"{theme.title}, page {at + 1}: {_extent(stories)}.",
            place=here.place,
            feeds=(_feed_link(storyline),),
        )
        yield _stories(setting, storyline, stories, head, "", newer[at], older[at])


def _stories(
    setting: Setting,
    storyline: Storyline,
    stories: Sequence[Story],
    head: Head,
    introduction: str,
    newer: Link | None,
    older: Link | None,
) -> Page:
    theme = storyline.theme
    return setting.page(
        "theme.html",
        f"the page {head.place} of a theme",
        head,
        title=f"{theme.title}, older stories" if newer else theme.title,
        introduction=introduction,
        extent=_extent(stories if newer else storyline.stories),
        feed=addresses.theme_feed(theme.id),
        groups=setting.views.by_week(stories, theme.id),
        newer=newer,
        older=older,
    )


def _former(setting: Setting, storyline: Storyline) -> Iterator[Page]:
    """Yields a page that leads on for each page that the theme had, or would have, under each of its old ids."""
    theme = storyline.theme
    numbers = range(1, len(parted(storyline.stories)[1]) + 1)
    for old in theme.was:
        moves = [(addresses.theme(old), addresses.theme(theme.id))]
        moves += [(addresses.theme_page(old, number), addresses.theme_page(theme.id, number)) for number in numbers]
        for before, now in moves:
            head = Head(
                title=setting.titled(f"{theme.title} (moved from {before})"),
                description=f"{theme.title} was at {before} and is now at {now}.",
                place=before,
            )
            yield setting.page("moved.html", f"the old id {old} of theme {theme.id}", head, to=Link(theme.title, now))


def _feed_link(storyline: Storyline) -> Link:
    return Link(storyline.theme.title, addresses.theme_feed(storyline.theme.id))


def _extent(stories: Sequence[Story]) -> str:
    """Returns how many stories there are and from which days, in words."""
    if not stories:
        return "No stories yet"
    first, last = wording.day(stories[-1].published), wording.day(stories[0].published)
    days = first if first == last else f"{first} to {last}"
    return f"{wording.stories(len(stories))}, {days}"
