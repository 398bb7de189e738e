"""The archive out of the content: what is published, in which order, under which week and theme, at which anchor.

    Content ──▶ shown ──▶ by week, newest first ──▶ editions, storylines ──▶ Archive

Knows no clock: whether a week is closed follows from the weeks and letters alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from operator import attrgetter
from zoneinfo import ZoneInfo

from digest.cache import key_of
from digest.model import Config, Content, FreePage, Letter, Story, Theme
from digest.names import current_ids, last_change
from digest.site.anchors import Anchors, anchors_of
from digest.site.archive import Archive, Edition, Redirect, Storyline
from digest.site.keys import Keys
from digest.urls import has_own_link
from digest.week import Week, reached

FEED_STORIES = 50


def arrange(content: Content, config: Config, *, drafts: bool = False) -> Archive:
    """Returns all that is published, arranged; with `drafts`, stories, letters and pages that wait as such as well."""
    anchors, zone = anchors_of(content), ZoneInfo(config.site.timezone)
    shown = [story for story in content.stories if not story.hide and (drafts or not story.draft)]
    places = _places(shown, content, anchors, drafts)
    keys = Keys({story.file: _key(story, content, anchors, places) for story in shown})
    by_week = _by_week(_with_current_themes(shown, current_ids(config.themes)))
    letters = {letter.week: letter for letter in content.letters if drafts or not letter.draft}
    moved = _moved(anchors, by_week.values())
    editions = _editions(by_week, letters, moved, places, config, keys)
    return Archive(
        stories=tuple(chain.from_iterable(edition.stories for edition in editions)),
        editions=editions,
        vacated=_vacated(content, by_week.keys() | letters.keys(), moved, config.close, keys),
        storylines=_storylines(editions, _written(content.introductions, drafts), config.themes),
        pages=_written(content.pages, drafts),
        anchors=anchors,
        held=frozenset(letter.week for letter in content.letters if letter.draft),
        changed={story.file: last_change(story, zone) for story in shown},
        places=places,
        keys=keys,
        drafts=drafts,
        content=content,
    )


def front(archive: Archive) -> Edition | None:
    """Returns the edition that home leads with: the newest closed one, or the newest where none is closed."""
    closed = (edition for edition in archive.editions if edition.closed)
    last = reached(edition.week for edition in archive.editions)[-1:]
    return next(
        closed, next((edition for edition in archive.editions if edition.week in last), None)
    )


def recent(archive: Archive) -> tuple[Story, ...]:
    """Returns the stories of `/feed.atom`: the newest 50, or all of the open weeks where they have more."""
    still_open = sum(len(edition.stories) for edition in archive.editions if not edition.closed)
    return archive.stories[: max(FEED_STORIES, still_open)]


def closed_weeks(weeks: Iterable[Week], lettered: Iterable[Week], close: str) -> frozenset[Week]:
    """Returns which of the weeks are closed.

    With "next-week" all but the newest are. With "letter" those that have their letter are, and all before them. A week
    far ahead closes none, and is not closed itself.
    """
    known = reached(weeks)
    if close == "next-week":
        return frozenset(known[:-1])
    last = max(set(lettered).intersection(known), default=None)
    return frozenset(week for week in known if last is not None and week <= last)


def _written(pages: Iterable[FreePage], drafts: bool) -> tuple[FreePage, ...]:
    return tuple(page for page in pages if drafts or not page.draft)


def _places(shown: Iterable[Story], content: Content, anchors: Anchors, drafts: bool) -> bytes:
    """Returns a hash of everything that decides where a link in a text leads."""
    waiting = [
        story.file for story in content.stories if story.hide or (story.draft and not drafts)
    ]
    moved = [
        (place.file, place.story, place.since)
        for place in content.places
        if place.story != place.file
    ]
    texts: tuple[Letter | FreePage, ...] = (
        *content.letters,
        *content.introductions,
        *content.pages,
    )
    others = [(text.file, text.draft) for text in texts]
    copied = [(one.file, one.size) for one in content.copied]
    gone = [(one.file, one.former) for one in content.gone]
    files = "\n".join([story.file for story in shown])
    decided = files, waiting, moved, others, copied, gone, anchors.unlike, sorted(content.unread)
    return key_of(repr(decided).encode(errors="surrogatepass"))


def _key(story: Story, content: Content, anchors: Anchors, places: bytes) -> bytes:
    """Returns a hash of all that a page may say of a story.

    Beside the words of its file that is which of them are the publisher's, and what the ledgers know of it. Where the
    links in a text lead counts only for a text with links.
    """
    file = story.file
    known = (
        anchors.unlike.get(file),
        content.earlier.get(file),
        content.names.get(file),
        content.writers.get(file),
        content.signed.get(file),
        places if has_own_link(story.note) or has_own_link(story.excerpt) else None,
    )
    words = content.hashes.get(file) or repr(story).encode(errors="surrogatepass")
    rest = repr(known) if any(known) else ""
    return key_of(
        words, *(part.encode(errors="surrogatepass") for part in (file, story.excerpt, rest))
    )


def _with_current_themes(stories: list[Story], names: Mapping[str, str]) -> list[Story]:
    """Returns the stories with the ids that their themes have today, and without themes that are no more."""
    asked = set(map(attrgetter("themes"), stories))
    known = {
        themes: tuple(dict.fromkeys(names[one] for one in themes if one in names))
        for themes in asked
    }
    return [
        story if known[story.themes] == story.themes else replace(story, themes=known[story.themes])
        for story in stories
    ]


def _by_week(stories: Iterable[Story]) -> dict[Week, tuple[Story, ...]]:
    """Returns the stories of each week, newest first."""
    found: dict[Week, list[Story]] = defaultdict(list)
    for story in stories:
        found[story.week].append(story)
    order = attrgetter("published", "file")
    return {week: tuple(sorted(here, key=order, reverse=True)) for week, here in found.items()}


def _moved(
    anchors: Anchors, stories: Iterable[Sequence[Story]]
) -> dict[Week, tuple[Redirect, ...]]:
    """Returns the anchors that stories were moved away from, by week, each with the story to which it leads."""
    if not anchors.left:
        return {}
    moved = {file for gone in anchors.left.values() for file in gone.values()}
    by_file = {story.file: story for here in stories for story in here if story.file in moved}
    found = {
        week: tuple(
            Redirect(anchor=anchor, story=by_file[file])
            for anchor, file in gone.items()
            if file in by_file
        )
        for week, gone in anchors.left.items()
    }
    return {week: forwards for week, forwards in found.items() if forwards}


def _vacated(
    content: Content,
    seen: Collection[Week],
    moved: Mapping[Week, tuple[Redirect, ...]],
    close: str,
    keys: Keys,
) -> tuple[Edition, ...]:
    """Returns the weeks that once had stories and now have none: all were moved, hidden or deleted."""
    taken_back = {
        story.file: story.week for story in content.stories if story.hide and not story.draft
    }
    left = {place.week for place in content.places if place.story in taken_back}
    gone = {one.week for one in content.gone if not one.fresh}
    weeks = sorted(left.union(taken_back.values(), gone, moved).difference(seen))
    lettered = (letter.week for letter in content.letters if not letter.draft)
    closed = moved.keys() | closed_weeks({*seen, *weeks}, lettered, close)
    return tuple(
        Edition(
            week=week,
            closed=week in closed,
            moved=moved.get(week, ()),
            key=keys.of(week, week in closed, moved.get(week, ())),
        )
        for week in weeks
    )


def _editions(
    by_week: Mapping[Week, tuple[Story, ...]],
    letters: Mapping[Week, Letter],
    moved: Mapping[Week, tuple[Redirect, ...]],
    places: bytes,
    config: Config,
    keys: Keys,
) -> tuple[Edition, ...]:
    weeks = sorted(by_week.keys() | letters.keys(), reverse=True)
    final = (week for week, letter in letters.items() if not letter.draft)
    closed = closed_weeks(weeks, final, config.close)
    found = []
    for week in weeks:
        stories, letter, forwards = by_week.get(week, ()), letters.get(week), moved.get(week, ())
        themed: dict[str, list[Story]] = defaultdict(list)
        main: dict[str, int] = defaultdict(int)
        for story in stories:
            main[story.themes[0] if story.themes else ""] += 1
            for theme in story.themes:
                themed[theme].append(story)
        linked = places if letter and has_own_link(letter.body) else b""
        found.append(
            Edition(
                week=week,
                closed=week in closed,
                stories=stories,
                letter=letter,
                lead=next((story for story in stories if story.lead), None),
                moved=forwards,
                themed={theme: tuple(here) for theme, here in themed.items()},
                main=dict(main),
                order=config.themes,
                key=keys.of(week, stories, week in closed, letter, forwards, linked),
            )
        )
    return tuple(found)


def _storylines(
    editions: Sequence[Edition], introductions: Iterable[FreePage], themes: Iterable[Theme]
) -> tuple[Storyline, ...]:
    names = current_ids(themes)
    written = {names.get(page.name, page.name): page for page in introductions}
    return tuple(
        Storyline(
            theme=theme,
            stories=tuple(
                chain.from_iterable(edition.themed.get(theme.id, ()) for edition in editions)
            ),
            introduction=written.get(theme.id),
        )
        for theme in themes
    )
