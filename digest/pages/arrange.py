"""The archive out of the content: what is published, in which order, under which week and theme, at which anchor.

    Catalogue ──▶ shown, marked ──▶ by week, newest first ──▶ editions, storylines ──▶ Archive

Refuses to know addresses, markup or a clock: whether a week is closed follows from the weeks and letters alone. Looks
at each story a few times and no more, since an archive may have a hundred thousand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain, groupby
from operator import attrgetter, is_not

from digest.links import has_own_link
from digest.model import Catalogue, Config, FreePage, Letter, Outline, Theme
from digest.naming import current_ids
from digest.pages.anchors import Anchors, anchors_of
from digest.pages.archive import Archive, Edition, Forward, MadeOf, Storyline
from digest.pages.marks import mark
from digest.week import Week, reached

FEED_STORIES = 50


def arrange(catalogue: Catalogue, config: Config, *, drafts: bool = False, before: Archive | None = None) -> Archive:
    """Returns all that is published, arranged; with `drafts`, stories, letters and pages that wait as such as well.

    `before` is what was arranged the last time by the same config: what is as it was is taken from there.
    """
    return (before and _again(before, catalogue, config, drafts)) or _anew(catalogue, config, drafts, before)


def _anew(catalogue: Catalogue, config: Config, drafts: bool, before: Archive | None) -> Archive:
    """Returns the archive out of all stories; only what a week is made into is taken from before."""
    anchors = anchors_of(catalogue)
    listed = _shown(catalogue.stories, drafts)
    frame = _frame(listed, catalogue, anchors, drafts)
    places = _places(frame, catalogue)
    shown = _renamed(_marked(listed, anchors, catalogue, places), current_ids(config.themes))
    twinned = _has_twins(catalogue.stories)
    kept = Archive(anchors=anchors, frame=frame, places=places, drafts=drafts, twinned=twinned, catalogue=catalogue)
    return _whole(kept, _by_week(shown), config, before)


def _again(before: Archive, catalogue: Catalogue, config: Config, drafts: bool) -> Archive | None:
    """Returns what was arranged before with the stories that say something else now; None where more is another.

    This is what most saves in a preview come to, and then nothing costs time that grows with the archive.
    """
    changed = _changed(before.catalogue, catalogue) if before.drafts == drafts else None
    if changed is None or _places(before.frame, catalogue) != before.places:
        return None
    shown = _shown([new for _, new in changed], drafts)
    marked = _marked(shown, before.anchors, catalogue, before.places)
    found = {story.file: story for story in _renamed(marked, current_ids(config.themes))}
    by_week = {one.week: one.stories for one in before.editions if one.stories}
    for week in {story.week for story in shown}:
        by_week[week] = _in_order(found.get(story.file, story) for story in by_week[week])
    twinned = before.twinned if all(old.name == new.name for old, new in changed) else _has_twins(catalogue.stories)
    return _whole(replace(before, catalogue=catalogue, twinned=twinned), by_week, config, before)


def _changed(before: Catalogue, now: Catalogue) -> list[tuple[Outline, Outline]] | None:
    """Returns the stories that are others now, each with what it was; None where other things follow from that.

    Whatever was not read again is the very same object, so that is what a hundred thousand are compared by.
    """
    known = before.places, before.earlier, before.names
    if len(before.stories) != len(now.stories) or any(map(is_not, known, (now.places, now.earlier, now.names))):
        return None
    changed = [(old, new) for old, new in zip(before.stories, now.stories, strict=True) if old is not new]
    return changed if all(_standing(old) == _standing(new) for old, new in changed) else None


def _whole(
    kept: Archive, by_week: Mapping[Week, tuple[Outline, ...]], config: Config, before: Archive | None
) -> Archive:
    """Returns the archive of the stories of each week; what else it has is kept."""
    catalogue, drafts = kept.catalogue, kept.drafts
    letters = {letter.week: letter for letter in catalogue.letters if drafts or not letter.draft}
    forwards = _forwards(kept.anchors, by_week.values())
    editions = _editions(by_week, letters, forwards, kept.places, config, before)
    return replace(
        kept,
        stories=tuple(chain.from_iterable([edition.stories for edition in editions])),
        editions=editions,
        vacated=_vacated(catalogue, by_week.keys() | letters.keys(), forwards, config.close),
        storylines=_storylines(editions, _written(catalogue.introductions, drafts), config.themes, before),
        pages=_written(catalogue.pages, drafts),
        held=frozenset(letter.week for letter in catalogue.letters if letter.draft),
    )


def front(archive: Archive) -> Edition | None:
    """Returns the edition that home leads with: the newest closed one, or the newest where none is closed."""
    closed = (edition for edition in archive.editions if edition.closed)
    last = reached(edition.week for edition in archive.editions)[-1:]
    return next(closed, next((edition for edition in archive.editions if edition.week in last), None))


def recent(archive: Archive) -> tuple[Outline, ...]:
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


def _shown(stories: Iterable[Outline], drafts: bool) -> list[Outline]:
    return [story for story in stories if not story.hide and (drafts or not story.draft)]


def _marked(stories: list[Outline], anchors: Anchors, catalogue: Catalogue, places: bytes) -> list[Outline]:
    """Returns the stories with marks that also change when what is said of them elsewhere does.

    That is an anchor which is not their slug, a name which is not the one in their file, headlines that they had
    before, and where the links in their notes lead.
    """
    told = anchors.unlike.keys() | catalogue.earlier.keys() | catalogue.names.keys()
    return [
        _told(story, anchors, catalogue, places) if story.linked or story.file in told else story for story in stories
    ]


def _told(story: Outline, anchors: Anchors, catalogue: Catalogue, places: bytes) -> Outline:
    said = (anchors.of(story), catalogue.earlier.get(story.file), catalogue.names.get(story.file))
    marked = mark((story.mark, places if story.linked else b"", said))
    return Outline._make((*story[:-1], marked))  # which _replace does in ten times as long


def _frame(shown: Iterable[Outline], catalogue: Catalogue, anchors: Anchors, drafts: bool) -> bytes:
    """Returns a hash of all that the stories themselves decide of where a link in a note leads."""
    files = "\n".join([story.file for story in shown])
    waiting = tuple([story.file for story in catalogue.stories if story.hide or (story.draft and not drafts)])
    moved = [(place.file, place.story, place.since) for place in catalogue.places if place.story != place.file]
    return mark((files, waiting, repr((anchors.unlike, moved))))


def _places(frame: bytes, catalogue: Catalogue) -> bytes:
    """Returns a hash of all that decides where a link in a note leads."""
    texts: tuple[Letter | FreePage, ...] = (*catalogue.letters, *catalogue.introductions, *catalogue.pages)
    others = [(text.file, text.draft) for text in texts]
    copied = [(one.file, one.size) for one in catalogue.copied]
    gone = [(one.file, one.former) for one in catalogue.gone]
    return mark((frame, repr((others, copied, sorted(catalogue.unread), gone))))


def _has_twins(stories: Collection[Outline]) -> bool:
    return len(set(map(attrgetter("name"), stories))) < len(stories)


def _standing(story: Outline) -> tuple[object, ...]:
    """Returns what of a story others follow from: anchors, places, and whether it is there at all."""
    return story.file, story.week, story.slug, story.hide, story.draft


def _renamed(stories: list[Outline], names: Mapping[str, str]) -> list[Outline]:
    """Returns the stories with the ids that their themes have today, and without themes that are no more."""
    asked = set(map(attrgetter("themes"), stories))
    known = {themes: tuple(dict.fromkeys(names[one] for one in themes if one in names)) for themes in asked}
    if all(themes == today for themes, today in known.items()):
        return stories
    return [
        story if known[story.themes] == story.themes else story._replace(themes=known[story.themes])
        for story in stories
    ]


def _by_week(stories: Iterable[Outline]) -> dict[Week, tuple[Outline, ...]]:
    """Returns the stories of each week, newest first."""
    found: dict[Week, list[Outline]] = defaultdict(list)
    for week, here in groupby(stories, key=attrgetter("week")):
        found[week].extend(here)
    return {week: _in_order(here) for week, here in found.items()}


def _in_order(stories: Iterable[Outline]) -> tuple[Outline, ...]:
    return tuple(sorted(stories, key=attrgetter("at", "file"), reverse=True))


def _forwards(anchors: Anchors, stories: Iterable[Sequence[Outline]]) -> dict[Week, tuple[Forward, ...]]:
    if not anchors.left:
        return {}
    moved = {file for gone in anchors.left.values() for file in gone.values()}
    by_file = {story.file: story for here in stories for story in here if story.file in moved}
    found = {
        week: tuple(Forward(anchor=anchor, story=by_file[file]) for anchor, file in gone.items() if file in by_file)
        for week, gone in anchors.left.items()
    }
    return {week: forwards for week, forwards in found.items() if forwards}


def _vacated(
    catalogue: Catalogue, seen: Collection[Week], forwards: Mapping[Week, tuple[Forward, ...]], close: str
) -> tuple[Edition, ...]:
    """Returns the weeks that once had stories and now have none: all were moved, hidden or deleted."""
    taken_back = {story.file: story.week for story in catalogue.stories if story.hide and not story.draft}
    left = {place.week for place in catalogue.places if place.story in taken_back}
    gone = {one.week for one in catalogue.gone if not one.fresh}
    weeks = left.union(taken_back.values(), gone, forwards).difference(seen)
    if not weeks:
        return ()
    lettered = (letter.week for letter in catalogue.letters if not letter.draft)
    closed = forwards.keys() | closed_weeks({*seen, *weeks}, lettered, close)
    return tuple(
        Edition(week=week, closed=week in closed, moved=moved, mark=mark((week, week in closed, moved)))
        for week, moved in ((week, forwards.get(week, ())) for week in sorted(weeks))
    )


def _editions(
    by_week: Mapping[Week, tuple[Outline, ...]],
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
            by_week.get(week, ()),
            week in closed,
            letter,
            forwards.get(week, ()),
            places if letter and has_own_link(letter.body) else b"",
        )
        same = known.get(week)
        found.append(same if same and same.made_of == made_of else _edition(week, made_of, config.themes))
    return tuple(found)


def _edition(week: Week, made_of: MadeOf, themes: tuple[Theme, ...]) -> Edition:
    stories, closed, letter, moved, _ = made_of
    themed: dict[str, list[Outline]] = defaultdict(list)
    for story in stories:
        for theme in story.themes:
            themed[theme].append(story)
    return Edition(
        week=week,
        closed=closed,
        stories=stories,
        letter=letter,
        lead=next((story for story in stories if story.lead), None),
        moved=moved,
        themed={theme: tuple(here) for theme, here in themed.items()},
        main=_counted([story.themes[0] if story.themes else "" for story in stories]),
        order=themes,
        made_of=made_of,
        mark=mark((week, *made_of)),
    )


def _counted(words: Iterable[str]) -> dict[str, int]:
    """Returns how often each of a few words is there, for which a Counter takes twice as long to begin."""
    found: dict[str, int] = {}
    for word in words:
        found[word] = found.get(word, 0) + 1
    return found


def _storylines(
    editions: Sequence[Edition], introductions: Iterable[FreePage], themes: Iterable[Theme], before: Archive | None
) -> tuple[Storyline, ...]:
    names = current_ids(themes)
    written = {names.get(page.name, page.name): page for page in introductions}
    same = {line.theme.id: line for line in before.storylines} if before else {}
    stirred = _stirred(editions, before.editions if before else ())
    found = []
    for theme in themes:
        known, introduction = same.get(theme.id), written.get(theme.id)
        if known and known.introduction == introduction and theme.id not in stirred:
            found.append(known)
        else:
            stories = tuple(chain.from_iterable([edition.themed.get(theme.id, ()) for edition in editions]))
            found.append(Storyline(theme=theme, stories=stories, introduction=introduction))
    return tuple(found)


def _stirred(editions: Sequence[Edition], before: Sequence[Edition]) -> set[str]:
    """Returns the themes that have other stories than before, or have them in other weeks."""
    was, now = set(map(id, before)), set(map(id, editions))
    old = {edition.week: edition.themed for edition in before if id(edition) not in now}
    new = {edition.week: edition.themed for edition in editions if id(edition) not in was}
    return {
        theme
        for week in old.keys() | new.keys()
        for theme in old.get(week, {}).keys() | new.get(week, {}).keys()
        if old.get(week, {}).get(theme) != new.get(week, {}).get(theme)
    }
