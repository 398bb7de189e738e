"""Arranges the content as an archive: what is published, in order, by week and theme.

    Content ──▶ published stories ──▶ by week, newest first ──▶ editions, storylines ──▶ Archive

No clock is read: whether a week is closed follows from the weeks and letters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import chain
from operator import attrgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo

from digest.cache import key_of
from digest.model import Config, Content, FreePage, Letter, Story
from digest.names import current_ids, last_change
from digest.same_event import Renamed, groups, renamed
from digest.site.anchors import Anchors, anchors_of
from digest.site.archive import Archive, Edition, Redirect, Storyline
from digest.site.keys import Keys, Memory
from digest.urls import has_own_link
from digest.week import Week, reached

FEED_STORIES = 50  # in /feed.atom and in the feeds of themes
EDITIONS = 26  # in /weeks.atom


class _WeekStories(NamedTuple):
    """The published stories of one week, newest first, and what is counted of them.

    `below` has those that are shown below another one, by its file. `keys` and `changed` (when a
    story last changed) are by file, `themed` and `main` by theme.
    """

    stories: tuple[Story, ...]
    below: Mapping[str, tuple[Story, ...]]
    keys: Mapping[str, bytes]
    changed: Mapping[str, datetime]
    themed: Mapping[str, tuple[Story, ...]]
    main: Mapping[str, int]


_NONE = _WeekStories((), {}, {}, {}, {}, {})


def arrange(
    content: Content, config: Config, *, drafts: bool = False, memory: Memory | None = None
) -> Archive:
    """Returns everything that is published as an archive; with `drafts`, drafts as well.

    `memory` is that of the builder, with the weeks that it has arranged before.
    """
    memory = memory or Memory()
    anchors = anchors_of(content)
    shown = [story for story in content.stories if not story.hide and (drafts or not story.draft)]
    places = _places(shown, content, anchors, drafts)
    by_week = _by_week(shown, content, config, anchors, places, memory)
    keys = Keys({file: key for here in by_week.values() for file, key in here.keys.items()})
    letters = {letter.week: letter for letter in content.letters if drafts or not letter.draft}
    moved = _moved(anchors, shown)
    editions = _editions(by_week, letters, moved, places, config, keys, memory)
    introductions = _written(content.introductions, drafts)
    names = current_ids(config.themes)
    by_theme = {names.get(page.name, page.name): page for page in introductions}
    storylines = []
    for theme in config.themes:
        stories = chain.from_iterable(edition.themed.get(theme.id, ()) for edition in editions)
        storylines.append(Storyline(theme, tuple(stories), by_theme.get(theme.id)))
    return Archive(
        stories=tuple(chain.from_iterable(edition.stories for edition in editions)),
        editions=editions,
        vacated=_vacated(content, by_week.keys() | letters.keys(), moved, config.close, keys),
        storylines=tuple(storylines),
        pages=_written(content.pages, drafts),
        anchors=anchors,
        below={file: under for edition in editions for file, under in edition.below.items()},
        held=frozenset(letter.week for letter in content.letters if letter.draft),
        changed={file: time for here in by_week.values() for file, time in here.changed.items()},
        places=places,
        keys=keys,
        memory=memory,
        drafts=drafts,
        content=content,
    )


def front(archive: Archive) -> Edition | None:
    """Returns the edition for the home page: the newest closed one, or the newest if none is."""
    closed = (edition for edition in archive.editions if edition.closed)
    last = reached(edition.week for edition in archive.editions)[-1:]
    return next(
        closed, next((edition for edition in archive.editions if edition.week in last), None)
    )


def weekly(archive: Archive) -> tuple[Edition, ...]:
    """Returns the editions in the weekly feed, newest first."""
    closed = [edition for edition in archive.editions if edition.closed]
    return tuple([edition for edition in closed if edition.week not in archive.held][:EDITIONS])


def recent(archive: Archive) -> tuple[Story, ...]:
    """Returns the stories of `/feed.atom`: the newest 50, or all of the open weeks if more."""
    still_open = sum(len(edition.stories) for edition in archive.editions if not edition.closed)
    return archive.stories[: max(FEED_STORIES, still_open)]


def closed_weeks(weeks: Iterable[Week], lettered: Iterable[Week], close: str) -> frozenset[Week]:
    """Returns which of the weeks are closed; `close` is from digest.toml.

    With "next-week", all but the newest. With "letter", those that have a letter (`lettered`), and
    all before them. A week far in the future closes none, and is not closed itself.
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
    unpublished = [
        story.file for story in content.stories if story.hide or (story.draft and not drafts)
    ]
    moved = [
        (place.file, place.story, place.since)
        for place in content.places
        if place.story != place.file
    ]
    others = [(text.file, text.draft) for text in content.texts]
    copied = [(one.file, one.size) for one in content.copied]
    gone = [(one.file, one.former) for one in content.gone]
    files = "\n".join([story.file for story in shown])
    inputs = files, unpublished, moved, others, copied, gone, anchors.unlike, sorted(content.unread)
    return key_of(repr(inputs).encode(errors="surrogatepass"))


def _key(story: Story, content: Content, anchors: Anchors, places: bytes) -> bytes:
    """Returns a hash of everything that a page may show of a story.

    That is its file, which of its words are the publisher's, and what the ledgers have on it. Where
    links lead counts only if its texts have links.
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
    text = content.hashes.get(file) or repr(story).encode(errors="surrogatepass")
    rest = repr(known) if any(known) else ""
    parts = [part.encode(errors="surrogatepass") for part in (file, story.excerpt, rest)]
    return key_of(text, *parts)


def _by_week(
    shown: Iterable[Story],
    content: Content,
    config: Config,
    anchors: Anchors,
    places: bytes,
    memory: Memory,
) -> dict[Week, _WeekStories]:
    """Returns the stories of each week; a week that is as in the last build is not made again."""
    found: dict[Week, list[Story]] = defaultdict(list)
    for story in shown:
        found[story.week].append(story)
    facts = (
        anchors.unlike,
        content.earlier,
        content.names,
        content.writers,
        content.signed,
        content.hashes,
    )
    names, zone = current_ids(config.themes), ZoneInfo(config.site.timezone)
    key = partial(_key, content=content, anchors=anchors, places=places)
    now = renamed(content.places)
    weeks = {}
    for week, stories in found.items():
        files = [story.file for story in stories]
        known = [list(map(one.get, files)) if one else [] for one in facts]
        make = partial(_week_stories, stories, key, names, zone, now)
        weeks[week] = memory.memo(("stories", week), stories, (places, known), make)
    return weeks


def _week_stories(
    stories: Iterable[Story],
    key: Callable[[Story], bytes],
    names: Mapping[str, str],
    zone: ZoneInfo,
    now: Renamed,
) -> _WeekStories:
    """Returns a week's stories with today's ids of their themes (`names`), without removed ones."""
    below = groups(stories, now).below
    under = {one.file for group in below.values() for one in group}
    themed: dict[str, list[Story]] = defaultdict(list)
    main: dict[str, int] = defaultdict(int)
    current = []
    for story in sorted(stories, key=attrgetter("published", "file"), reverse=True):
        themes = tuple(dict.fromkeys(names[one] for one in story.themes if one in names))
        if themes != story.themes or story.file in below:
            # Memory compares objects, and a change of a story below another is a change of both.
            story = replace(story, themes=themes)
        current.append(story)
        if story.file in under:
            continue
        main[themes[0] if themes else ""] += 1
        for theme in themes:
            themed[theme].append(story)
    keys = {story.file: key(story) for story in current}
    changed = {story.file: last_change(story, zone) for story in current}
    by_file = {story.file: story for story in current} if below else {}
    for file, group in below.items():
        keys[file] = key_of(keys[file], *(keys[one.file] for one in group))
        changed[file] = max(changed[file], *(changed[one.file] for one in group))
    return _WeekStories(
        stories=tuple(story for story in current if story.file not in under),
        below={file: tuple(by_file[one.file] for one in group) for file, group in below.items()},
        keys=keys,
        changed=changed,
        themed={theme: tuple(here) for theme, here in themed.items()},
        main=dict(main),
    )


def _moved(anchors: Anchors, shown: Iterable[Story]) -> dict[Week, tuple[Redirect, ...]]:
    """Returns the redirects of each week: the anchors of stories that were moved away from it."""
    if not anchors.left:
        return {}
    moved = {file for left in anchors.left.values() for file in left.values()}
    by_file = {story.file: story for story in shown if story.file in moved}
    found = {}
    for week, left in anchors.left.items():
        redirects = [
            Redirect(anchor, by_file[file]) for anchor, file in left.items() if file in by_file
        ]
        if redirects:
            found[week] = tuple(redirects)
    return found


def _vacated(
    content: Content,
    seen: Collection[Week],
    moved: Mapping[Week, tuple[Redirect, ...]],
    close: str,
    keys: Keys,
) -> tuple[Edition, ...]:
    """Returns the weeks whose stories were all moved, hidden or deleted."""
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
    by_week: Mapping[Week, _WeekStories],
    letters: Mapping[Week, Letter],
    moved: Mapping[Week, tuple[Redirect, ...]],
    places: bytes,
    config: Config,
    keys: Keys,
    memory: Memory,
) -> tuple[Edition, ...]:
    weeks = sorted(by_week.keys() | letters.keys(), reverse=True)
    final = (week for week, letter in letters.items() if not letter.draft)
    closed = closed_weeks(weeks, final, config.close)
    found = []
    for week in weeks:
        here, letter, redirects = by_week.get(week, _NONE), letters.get(week), moved.get(week, ())
        links = places if letter and has_own_link(letter.body) else b""
        values = week in closed, links, keys.of(redirects) if redirects else b""
        make = partial(_edition, week, here, week in closed, letter, redirects, links, config, keys)
        found.append(memory.memo(("edition", week), (here, letter), values, make))
    return tuple(found)


def _edition(
    week: Week,
    here: _WeekStories,
    closed: bool,
    letter: Letter | None,
    moved: tuple[Redirect, ...],
    links: bytes,
    config: Config,
    keys: Keys,
) -> Edition:
    return Edition(
        week=week,
        closed=closed,
        stories=here.stories,
        letter=letter,
        lead=next((story for story in here.stories if story.lead), None),
        below=here.below,
        moved=moved,
        themed=here.themed,
        main=here.main,
        order=config.themes,
        key=keys.of(week, here.stories, closed, letter, moved, links),
    )
