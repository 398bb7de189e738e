"""The archive out of the content: what is published, in which order, under which week and theme, at which anchor.

    Catalogue ──▶ shown, marked ──▶ by week, newest first ──▶ editions, storylines ──▶ Archive

Refuses to know addresses, markup or a clock: whether a week is closed follows from the weeks and letters alone. Looks
at each story a few times and no more, since an archive may have a hundred thousand.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import groupby
from operator import attrgetter

from digest.links import has_own_link
from digest.model import Catalogue, Config, FreePage, Letter, Outline, Theme
from digest.naming import current_ids
from digest.pages.anchors import Anchors, anchors_of
from digest.pages.archive import Archive, Edition, Forward, MadeOf, Section, Storyline
from digest.pages.marks import mark
from digest.week import Week

FEED_STORIES = 50


def arrange(catalogue: Catalogue, config: Config, *, drafts: bool = False, before: Archive | None = None) -> Archive:
    """Returns all that is published, arranged; with `drafts`, stories, letters and pages that wait as such as well.

    `before` is what was arranged the last time by the same config: weeks that are as they were are taken from there.
    """
    anchors = anchors_of(catalogue)
    names = current_ids(config.themes)
    listed = _shown(catalogue.stories, drafts)
    places = _places(listed, catalogue, anchors, drafts)
    shown = _renamed(_marked(listed, anchors, catalogue.earlier, places), names)
    by_week = _by_week(shown)
    letters = {letter.week: letter for letter in catalogue.letters if drafts or not letter.draft}
    forwards = _forwards(anchors, shown)
    editions = _editions(by_week, letters, forwards, places, config, before)
    vacated = sorted(forwards.keys() - (by_week.keys() | letters.keys()))
    stories = tuple(story for edition in editions for story in edition.stories)
    return Archive(
        stories=stories,
        editions=editions,
        vacated=tuple(
            Edition(week=week, closed=True, moved=forwards[week], mark=mark((week, forwards[week]))) for week in vacated
        ),
        storylines=_storylines(stories, _written(catalogue.introductions, drafts), config.themes, names),
        pages=_written(catalogue.pages, drafts),
        anchors=anchors,
        places=places,
        drafts=drafts,
    )


def front(archive: Archive) -> Edition | None:
    """Returns the edition that home leads with: the newest closed one, or the newest where none is closed."""
    closed = (edition for edition in archive.editions if edition.closed)
    return next(closed, archive.editions[0] if archive.editions else None)


def recent(archive: Archive) -> tuple[Outline, ...]:
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


def _shown(stories: Iterable[Outline], drafts: bool) -> list[Outline]:
    return [story for story in stories if not story.hide and (drafts or not story.draft)]


def _marked(
    stories: list[Outline], anchors: Anchors, earlier: Mapping[str, tuple[str, ...]], places: bytes
) -> list[Outline]:
    """Returns the stories with marks that also change when what is said of them elsewhere does.

    That is an anchor which is not their slug, headlines that they had before, and where the links in their notes lead.
    """
    told = anchors.unlike.keys() | earlier.keys()
    return [
        _told(story, anchors, earlier, places) if story.linked or story.file in told else story for story in stories
    ]


def _told(story: Outline, anchors: Anchors, earlier: Mapping[str, tuple[str, ...]], places: bytes) -> Outline:
    said = (anchors.of(story), earlier.get(story.file))
    marked = mark((story.mark, places if story.linked else b"", said))
    return Outline._make((*story[:-1], marked))  # which _replace does in ten times as long


def _places(shown: Iterable[Outline], catalogue: Catalogue, anchors: Anchors, drafts: bool) -> bytes:
    """Returns a hash of all that decides where a link in a note leads."""
    files = "\n".join([story.file for story in shown])
    waiting = [story.file for story in catalogue.stories if story.hide or (story.draft and not drafts)]
    texts: tuple[Letter | FreePage, ...] = (*catalogue.letters, *catalogue.introductions, *catalogue.pages)
    others = [(text.file, text.draft) for text in texts]
    rest = (
        waiting,
        anchors.unlike,
        others,
        [(one.file, one.size) for one in catalogue.copied],
        sorted(catalogue.unread),
    )
    return mark((files, repr(rest)))


def _renamed(stories: Iterable[Outline], names: Mapping[str, str]) -> list[Outline]:
    """Returns the stories with the ids that their themes have today, and without themes that are no more."""

    @cache
    def renamed(themes: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(names[theme] for theme in themes if theme in names))

    return [
        story if renamed(story.themes) == story.themes else story._replace(themes=renamed(story.themes))
        for story in stories
    ]


def _by_week(stories: Iterable[Outline]) -> dict[Week, list[Outline]]:
    """Returns the stories of each week, newest first."""
    found: dict[Week, list[Outline]] = defaultdict(list)
    for week, here in groupby(stories, key=attrgetter("week")):
        found[week].extend(here)
    for stories_of_week in found.values():
        stories_of_week.sort(key=attrgetter("at", "file"), reverse=True)
    return found


def _forwards(anchors: Anchors, stories: Iterable[Outline]) -> dict[Week, tuple[Forward, ...]]:
    if not anchors.left:
        return {}
    by_file = {story.file: story for story in stories}
    found = {
        week: tuple(Forward(anchor=anchor, story=by_file[file]) for anchor, file in gone.items() if file in by_file)
        for week, gone in anchors.left.items()
    }
    return {week: forwards for week, forwards in found.items() if forwards}


def _editions(
    by_week: Mapping[Week, list[Outline]],
    letters: Mapping[Week, Letter],
    forwards: Mapping[Week, tuple[Forward, ...]],
    places: bytes,
    config: Config,
    before: Archive | None,
) -> tuple[Edition, ...]:
    weeks = sorted(by_week.keys() | letters.keys(), reverse=True)
    final = (week for week, letter in letters.items() if not letter.draft)
    closed = closed_weeks(weeks, final, config.close)
    known = {edition.week: edition for edition in before.editions} if before else {}
    found = []
    for week in weeks:
        letter = letters.get(week)
        made_of = (
            tuple(by_week.get(week, ())),
            week in closed,
            letter,
            forwards.get(week, ()),
            places if letter and has_own_link(letter.body) else b"",
        )
        same = known.get(week)
        found.append(same if same and same.made_of == made_of else _edition(week, made_of, config.themes))
    return tuple(found)


def _edition(week: Week, made_of: MadeOf, themes: Iterable[Theme]) -> Edition:
    stories, closed, letter, moved, _ = made_of
    lead = next((story for story in stories if story.lead), None)
    return Edition(
        week=week,
        closed=closed,
        stories=stories,
        letter=letter,
        lead=lead,
        sections=_sections([story for story in stories if story is not lead], themes),
        moved=moved,
        themes=Counter([theme for story in stories for theme in story.themes]),
        main=Counter([story.themes[0] if story.themes else "" for story in stories]),
        made_of=made_of,
        mark=mark((week, *made_of)),
    )


def _sections(stories: Iterable[Outline], themes: Iterable[Theme]) -> tuple[Section, ...]:
    by_theme: dict[str, list[Outline]] = defaultdict(list)
    for story in stories:
        by_theme[next(iter(story.themes), "")].append(story)
    order: list[Theme | None] = [*themes, None]
    sections = (Section(theme=theme, stories=tuple(by_theme[theme.id if theme else ""])) for theme in order)
    return tuple(section for section in sections if section.stories)


def _storylines(
    stories: Iterable[Outline], introductions: Iterable[FreePage], themes: Iterable[Theme], names: Mapping[str, str]
) -> tuple[Storyline, ...]:
    by_theme: dict[str, list[Outline]] = defaultdict(list)
    for story in stories:
        for theme in story.themes:
            by_theme[theme].append(story)
    written = {names.get(page.name, page.name): page for page in introductions}
    return tuple(
        Storyline(theme=theme, stories=tuple(by_theme[theme.id]), introduction=written.get(theme.id))
        for theme in themes
    )
