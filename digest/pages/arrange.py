"""The archive out of the content: what is published, in which order, under which week and theme, at which anchor.

Content and Config in, Archive out. Refuses to know addresses, markup or a clock: whether a week is closed follows
from the weeks and letters alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from digest.model import (
    Archive,
    Config,
    Content,
    Edition,
    Forward,
    FreePage,
    Letter,
    Section,
    Story,
    Storyline,
    Theme,
)
from digest.naming import current_ids
from digest.pages.anchors import anchors_of
from digest.week import Week

FEED_STORIES = 50


def arrange(content: Content, config: Config, *, drafts: bool = False) -> Archive:
    """Returns all that is published, arranged; with `drafts`, stories, letters and pages that wait as such as well."""
    names = current_ids(config.themes)
    anchors, left = anchors_of(content)
    shown = [story for story in content.stories if not story.hide and (drafts or not story.draft)]
    stories = sorted((_renamed(story, names) for story in shown), key=_newest, reverse=True)
    letters = {letter.week: letter for letter in content.letters if drafts or not letter.draft}
    forwards = _forwards(left, stories)
    editions = _editions(stories, letters, forwards, config)
    here = {edition.week for edition in editions}
    return Archive(
        stories=tuple(stories),
        editions=editions,
        vacated=tuple(Edition(week=week, closed=True, moved=forwards[week]) for week in sorted(forwards.keys() - here)),
        storylines=_storylines(stories, _written(content.introductions, drafts), config.themes, names),
        pages=_written(content.pages, drafts),
        anchors=anchors,
    )


def front(archive: Archive) -> Edition | None:
    """Returns the edition that home leads with: the newest closed one, or the newest where none is closed."""
    closed = (edition for edition in archive.editions if edition.closed)
    return next(closed, archive.editions[0] if archive.editions else None)


def recent(archive: Archive) -> tuple[Story, ...]:
    """Returns the stories of `/feed.atom`: the newest 50, or all of the open weeks where they have more."""
    still_open = sum(len(edition.stories) for edition in archive.editions if not edition.closed)
    return archive.stories[: max(FEED_STORIES, still_open)]


def closed_weeks(weeks: Iterable[Week], lettered: Iterable[Week], close: str) -> frozenset[Week]:
    """Returns which of the weeks are closed.

    With "next-week" all but the newest are. With "letter" those that have their letter are, and all before them.
    """
    known = sorted(weeks)
    if close == "next-week":
        return frozenset(known[:-1])
    last = max(lettered, default=None)
    return frozenset(week for week in known if last is not None and week <= last)


def _written(pages: Iterable[FreePage], drafts: bool) -> tuple[FreePage, ...]:
    return tuple(page for page in pages if drafts or not page.draft)


def _newest(story: Story) -> tuple[Week, float, str]:
    return story.week, story.published.timestamp(), story.file


def _renamed(story: Story, names: Mapping[str, str]) -> Story:
    themes = tuple(dict.fromkeys(names[theme] for theme in story.themes if theme in names))
    return story if themes == story.themes else replace(story, themes=themes)


def _forwards(left: Mapping[Week, Mapping[str, str]], stories: Iterable[Story]) -> dict[Week, tuple[Forward, ...]]:
    by_file = {story.file: story for story in stories}
    found = {
        week: tuple(Forward(anchor=anchor, story=by_file[file]) for anchor, file in gone.items() if file in by_file)
        for week, gone in left.items()
    }
    return {week: forwards for week, forwards in found.items() if forwards}


def _editions(
    stories: Iterable[Story],
    letters: Mapping[Week, Letter],
    forwards: Mapping[Week, tuple[Forward, ...]],
    config: Config,
) -> tuple[Edition, ...]:
    by_week: dict[Week, list[Story]] = defaultdict(list)
    for story in stories:
        by_week[story.week].append(story)
    weeks = sorted(by_week.keys() | letters.keys(), reverse=True)
    final = (week for week, letter in letters.items() if not letter.draft)
    closed = closed_weeks(weeks, final, config.close)
    return tuple(
        _edition(week, week in closed, by_week[week], letters.get(week), forwards.get(week, ()), config.themes)
        for week in weeks
    )


def _edition(
    week: Week,
    closed: bool,
    stories: list[Story],
    letter: Letter | None,
    moved: tuple[Forward, ...],
    themes: Iterable[Theme],
) -> Edition:
    lead = next((story for story in stories if story.lead), None)
    return Edition(
        week=week,
        closed=closed,
        stories=tuple(stories),
        letter=letter,
        lead=lead,
        sections=_sections([story for story in stories if story is not lead], themes),
        moved=moved,
    )


def _sections(stories: Iterable[Story], themes: Iterable[Theme]) -> tuple[Section, ...]:
    by_theme: dict[str, list[Story]] = defaultdict(list)
    for story in stories:
        by_theme[next(iter(story.themes), "")].append(story)
    order: list[Theme | None] = [*themes, None]
    sections = (Section(theme=theme, stories=tuple(by_theme[theme.id if theme else ""])) for theme in order)
    return tuple(section for section in sections if section.stories)


def _storylines(
    stories: Iterable[Story], introductions: Iterable[FreePage], themes: Iterable[Theme], names: Mapping[str, str]
) -> tuple[Storyline, ...]:
    by_theme: dict[str, list[Story]] = defaultdict(list)
    for story in stories:
        for theme in story.themes:
            by_theme[theme].append(story)
    written = {names.get(page.name, page.name): page for page in introductions}
    return tuple(
        Storyline(theme=theme, stories=tuple(by_theme[theme.id]), introduction=written.get(theme.id))
        for theme in themes
    )
