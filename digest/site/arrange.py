"""Arranges the content as an archive: what is published, in order, by week and theme.

    Content ──▶ published stories ──▶ by week, newest first ──▶ editions, themes ──▶ Archive

No clock is read: whether a week is closed follows from the weeks and letters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache, partial
from itertools import chain
from operator import attrgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo

from digest.cache import key_of
from digest.model import Config, Content, FreePage, Letter, Story
from digest.names import current_ids, last_change
from digest.same_event import PresentFile, group_stories, present_file_of
from digest.site.anchors import Anchors, anchors_of
from digest.site.archive import Archive, Edition, StoryRedirect, ThemeStories
from digest.site.keys import BuildMemory, Keys
from digest.urls import has_own_link
from digest.week import Week, without_mistyped


class _WeekStories(NamedTuple):
    """The published stories of one week, newest first, and what is counted of them.

    `below` has those that are shown below another one, by its file. `keys` and `changed` (when a
    story last changed) are by file, `stories_by_theme` and `main_theme_counts` by theme.
    """

    stories: tuple[Story, ...]
    below: Mapping[str, tuple[Story, ...]]
    keys: Mapping[str, bytes]
    changed: Mapping[str, datetime]
    stories_by_theme: Mapping[str, tuple[Story, ...]]
    main_theme_counts: Mapping[str, int]


_NO_STORIES = _WeekStories((), {}, {}, {}, {}, {})


def arrange(
    content: Content, config: Config, *, drafts: bool = False, memory: BuildMemory | None = None
) -> Archive:
    """Returns everything that is published as an archive; with `drafts`, drafts as well.

    `memory` is that of the builder, with the weeks that it has arranged before.
    """
    memory = memory or BuildMemory()
    anchors = anchors_of(content)
    shown = [story for story in content.stories if not story.hide and (drafts or not story.draft)]
    links_key = _links_key(shown, content, anchors, drafts)
    by_week = _by_week(shown, content, config, anchors, links_key, memory)
    story_keys: dict[str, bytes] = {}
    changed: dict[str, datetime] = {}
    for week in by_week.values():
        story_keys |= week.keys
        changed |= week.changed
    keys = Keys(story_keys)
    letters = {letter.week: letter for letter in content.letters if drafts or not letter.draft}
    redirects_of = _redirects(anchors, shown)
    editions = _editions(
        by_week, letters, redirects_of, links_key, config, keys, memory, content.reached
    )
    introductions = {}
    ids = current_ids(config.themes)
    for page in _published(content.introductions, drafts):
        introductions[ids.get(page.name, page.name)] = page
    by_theme = []
    for theme in config.themes:
        stories: list[Story] = []
        for edition in editions:
            stories += edition.stories_by_theme.get(theme.id, ())
        by_theme.append(ThemeStories(theme, tuple(stories), introductions.get(theme.id)))
    below: dict[str, tuple[Story, ...]] = {}
    for edition in editions:
        below |= edition.below
    return Archive(
        stories=tuple(chain.from_iterable(edition.stories for edition in editions)),
        editions=editions,
        vacated=_vacated(
            content, by_week.keys() | letters.keys(), redirects_of, config.close, keys
        ),
        by_theme=tuple(by_theme),
        pages=_published(content.pages, drafts),
        anchors=anchors,
        below=below,
        draft_weeks=frozenset(letter.week for letter in content.letters if letter.draft),
        changed=changed,
        links_key=links_key,
        keys=keys,
        drafts=drafts,
        content=content,
    )


def closed_weeks(
    weeks: Iterable[Week], lettered: Iterable[Week], close: str, reached: Week | None
) -> frozenset[Week]:
    """Returns which of the weeks are closed; `close` is from digest.toml, `reached` of the content.

    With "next-week", all but the newest. With "letter", those that have a letter (`lettered`), and
    all before them. A week that is taken for mistyped closes none, and is not closed itself.
    """
    known = without_mistyped(weeks, reached)
    if close == "next-week":
        return frozenset(known[:-1])
    last = max(set(lettered).intersection(known), default=None)
    return frozenset(week for week in known if last is not None and week <= last)


def _published(pages: Iterable[FreePage], drafts: bool) -> tuple[FreePage, ...]:
    return tuple([page for page in pages if drafts or not page.draft])


def _links_key(shown: Iterable[Story], content: Content, anchors: Anchors, drafts: bool) -> bytes:
    """Returns a hash of everything that decides where a link in a text leads."""
    unpublished = []
    for story in content.stories:
        if story.hide or (story.draft and not drafts):
            unpublished.append(story.file)
    moved_files = []
    for address in content.story_addresses:
        if address.present_file != address.file:
            moved_files.append((address.file, address.present_file, address.since))
    texts = [(text.file, text.draft) for text in content.texts]
    copied = [(file.file, file.size) for file in content.copied]
    gone = [(story.file, story.former_files) for story in content.gone]
    files = "\n".join([story.file for story in shown])
    return key_of(
        files,
        unpublished,
        moved_files,
        texts,
        copied,
        gone,
        anchors.by_file,
        sorted(content.unread),
    )


def _key(
    story: Story,
    hashes: Mapping[str, bytes],
    facts: Mapping[str, Mapping[str, object]],
    links_key: bytes,
) -> bytes:
    """Returns a hash of everything that a page may show of a story.

    That is its file (by `Content.hashes`) and the `facts` that its file does not have, each by file.
    Where links lead counts only if its texts have links.
    """
    file = story.file
    facts_of_story = {name: fact[file] for name, fact in facts.items() if file in fact}
    if has_own_link(story.note) or has_own_link(story.excerpt):
        facts_of_story["links"] = links_key
    text = hashes.get(file) or key_of(story)
    return key_of(text, facts_of_story) if facts_of_story else text


def _by_week(
    shown: Iterable[Story],
    content: Content,
    config: Config,
    anchors: Anchors,
    links_key: bytes,
    memory: BuildMemory,
) -> dict[Week, _WeekStories]:
    """Returns the stories of each week; a week that is as in the last build is not made again."""
    by_week: dict[Week, list[Story]] = defaultdict(list)
    for story in shown:
        by_week[story.week].append(story)
    facts: dict[str, Mapping[str, object]] = {
        "anchor": anchors.by_file,
        "earlier headlines": content.earlier_headlines,
        "lasting name": content.lasting_names,
        "writer": content.excerpt_writers,
        "public secrets": content.public_secrets,
    }
    facts = {name: fact for name, fact in facts.items() if fact}
    ids, zone = current_ids(config.themes), config.site.zone

    @cache  # stories have few combinations of themes
    def current_themes(themes: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(ids[id] for id in themes if id in ids))

    key = partial(_key, hashes=content.hashes, facts=facts, links_key=links_key)
    present_file = present_file_of(content.story_addresses)
    weeks = {}
    for week, stories in by_week.items():
        files = [story.file for story in stories]
        facts_of_week = [(name, list(map(fact.get, files))) for name, fact in facts.items()]
        make = partial(_week_stories, stories, key, current_themes, zone, present_file)
        weeks[week] = memory.memo(("stories", week), stories, (links_key, facts_of_week), make)
    return weeks


def _week_stories(
    stories: Iterable[Story],
    key: Callable[[Story], bytes],
    current_themes: Callable[[tuple[str, ...]], tuple[str, ...]],
    zone: ZoneInfo,
    present_file: PresentFile,
) -> _WeekStories:
    """Returns a week's stories; `current_themes` returns today's ids, without removed ones."""
    below = group_stories(stories, present_file).below
    files_below = {story.file for group in below.values() for story in group}
    by_theme: dict[str, list[Story]] = defaultdict(list)
    counts: dict[str, int] = defaultdict(int)
    all_stories, shown = [], []
    for story in sorted(stories, key=attrgetter("published", "file"), reverse=True):
        themes = current_themes(story.themes)
        if themes != story.themes or story.file in below:
            # Memory compares objects, and a change of a story below another is a change of both.
            story = replace(story, themes=themes)
        all_stories.append(story)
        if story.file in files_below:
            continue
        shown.append(story)
        counts[themes[0] if themes else ""] += 1
        for theme in themes:
            by_theme[theme].append(story)
    keys = {story.file: key(story) for story in all_stories}
    changed = {story.file: last_change(story, zone) for story in all_stories}
    stories_below = {}
    if below:
        by_file = {story.file: story for story in all_stories}
        for file, group in below.items():
            files = [story.file for story in group]
            keys[file] = key_of(keys[file], *[keys[other] for other in files])
            changed[file] = max([changed[file], *[changed[other] for other in files]])
            stories_below[file] = tuple([by_file[other] for other in files])
    return _WeekStories(
        stories=tuple(shown),
        below=stories_below,
        keys=keys,
        changed=changed,
        stories_by_theme={theme: tuple(of_theme) for theme, of_theme in by_theme.items()},
        main_theme_counts=dict(counts),
    )


def _redirects(anchors: Anchors, shown: Iterable[Story]) -> dict[Week, tuple[StoryRedirect, ...]]:
    """Returns the redirects of each week: the anchors of stories that were moved away from it."""
    if not anchors.moved_away:
        return {}
    by_file = {story.file: story for story in shown}
    redirects = {}
    for week, moved_anchors in anchors.moved_away.items():
        of_week = [
            StoryRedirect(anchor, by_file[file])
            for anchor, file in moved_anchors.items()
            if file in by_file
        ]
        if of_week:
            redirects[week] = tuple(of_week)
    return redirects


def _vacated(
    content: Content,
    published: Collection[Week],
    redirects_of: Mapping[Week, tuple[StoryRedirect, ...]],
    close: str,
    keys: Keys,
) -> tuple[Edition, ...]:
    """Returns the weeks whose stories were all moved, hidden or deleted."""
    hidden = {story.file: story.week for story in content.stories if story.hide and not story.draft}
    weeks = {*redirects_of, *hidden.values()}
    weeks.update(
        address.week for address in content.story_addresses if address.present_file in hidden
    )
    weeks.update(gone.week for gone in content.gone if not gone.never_committed)
    weeks.difference_update(published)
    lettered = (letter.week for letter in content.letters if not letter.draft)
    closed = redirects_of.keys() | closed_weeks(
        {*published, *weeks}, lettered, close, content.reached
    )
    vacated = []
    for week in sorted(weeks):
        is_closed, redirects = week in closed, redirects_of.get(week, ())
        key = keys.of(week, is_closed, redirects)
        vacated.append(Edition(week=week, closed=is_closed, redirects=redirects, key=key))
    return tuple(vacated)


def _editions(
    by_week: Mapping[Week, _WeekStories],
    letters: Mapping[Week, Letter],
    redirects_of: Mapping[Week, tuple[StoryRedirect, ...]],
    links_key: bytes,
    config: Config,
    keys: Keys,
    memory: BuildMemory,
    reached: Week | None,
) -> tuple[Edition, ...]:
    """Returns the editions, newest first; one that is as in the last build is not made again."""
    weeks = sorted(by_week.keys() | letters.keys(), reverse=True)
    final = (week for week, letter in letters.items() if not letter.draft)
    closed = closed_weeks(weeks, final, config.close, reached)
    editions = []
    for week in weeks:
        stories, letter = by_week.get(week, _NO_STORIES), letters.get(week)
        is_closed, redirects = week in closed, redirects_of.get(week, ())
        links = links_key if letter and has_own_link(letter.body) else b""
        make = partial(_edition, week, stories, is_closed, letter, redirects, links, config, keys)
        values = is_closed, links, keys.of(redirects) if redirects else b""
        editions.append(memory.memo(("edition", week), (stories, letter), values, make))
    return tuple(editions)


def _edition(
    week: Week,
    week_stories: _WeekStories,
    closed: bool,
    letter: Letter | None,
    redirects: tuple[StoryRedirect, ...],
    links: bytes,
    config: Config,
    keys: Keys,
) -> Edition:
    return Edition(
        week=week,
        closed=closed,
        stories=week_stories.stories,
        letter=letter,
        lead=next((story for story in week_stories.stories if story.lead), None),
        below=week_stories.below,
        redirects=redirects,
        stories_by_theme=week_stories.stories_by_theme,
        main_theme_counts=week_stories.main_theme_counts,
        theme_order=config.themes,
        key=keys.of(week, week_stories.stories, closed, letter, redirects, links),
    )
