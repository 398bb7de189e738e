"""The cards of the desk: each story as its file has it now, and the stories of the same event.

a week's files ──▶ cards      cards ──same_event──▶ groups, ──event_pairs──▶ likely pairs ──▶ EventView
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from digest import disk
from digest.checks import also_rules
from digest.commands.desk.content import DeskContent
from digest.commands.shared import curate, reviewed
from digest.content import change_requests, paths, pending
from digest.errors import DigestError, Faults, Problem
from digest.model import Content, Story
from digest.preview.desk import view
from digest.preview.desk.view import NOT_REFUSED, DeskCard, EventView, OtherStory, RefusedForm
from digest.same_event import group_stories, present_file_of
from digest.site import cards
from digest.themes.reapply import stays_without_theme
from digest.week import Week

_NO_EVENT = EventView()


class DeskCards:
    """Reads the cards of stories, and keeps those of each week that were read last."""

    def __init__(self, root: Path, content: DeskContent) -> None:
        self._root, self._content = root, content
        self._cards: dict[Week, dict[str, DeskCard]] = {}
        self._stories: tuple[Story, ...] = ()  # those that the events were found among
        self._events: Mapping[str, EventView] = {}

    def in_week(self, week: Week) -> Collection[DeskCard]:
        """Returns the cards of a week as they were read last."""
        return self._cards.get(week, {}).values()

    def read_week(self, week: Week, refused: Mapping[str, RefusedForm]) -> list[DeskCard]:
        """Reads the cards of a week, the newest story first; `refused` has refused saves by file."""
        self._content.current()  # which may find stories and problems
        files = {file for file, story in self._content.stories.items() if story.week == week}
        files |= {problem.file for problem in self._content.problems}
        hashes = reviewed.known_hashes(self._root)
        found = []
        for file in sorted(filter(paths.is_story, files)):
            if paths.week_of(file) == week:
                card = self._read(file, hashes, refused.get(file, NOT_REFUSED))
                if card.exists or card.refused.why:
                    found.append(card)
        found.sort(key=lambda card: card.story.published.timestamp() if card.story else 0)
        found.reverse()
        self._cards[week] = {card.file: card for card in found}
        return found

    def read_again(self, week: Week, files: Iterable[str]) -> list[DeskCard]:
        """Reads the cards of those of the files that are stories of the week."""
        cards_of_week = self._cards.setdefault(week, {})
        hashes = reviewed.known_hashes(self._root)
        found = []
        for file in dict.fromkeys(files):
            if paths.week_of(file) == week and paths.is_story(file):
                card = self._read(file, hashes)
                cards_of_week.pop(file, None)
                if card.exists:
                    cards_of_week[file] = card
                found.append(card)
        return found

    def read_refused(self, file: str, refused: RefusedForm) -> DeskCard:
        """Reads the card of a story whose save was refused."""
        return self._read(file, reviewed.known_hashes(self._root), refused)

    def _read(
        self, file: str, hashes: Mapping[str, str], refused: RefusedForm = NOT_REFUSED
    ) -> DeskCard:
        build = self._content.current()
        before = self._content.stories.get(file)
        try:
            data = disk.read_inside(self._root, file)
            if data is None:
                return DeskCard(file=file, refused=refused)
            names = curate.known_names(self._root, build.config)
            excerpt = before.excerpt if before else ""
            shown = change_requests.story_in_file(
                data, file, excerpt, names, build.config.site.zone
            )
        except Faults as faults:
            return DeskCard(file=file, problems=faults.problems, refused=refused)
        except DigestError as error:
            what = str(error).replace(f"{self._root}/", "").removeprefix(f"{file}: ")
            return DeskCard(file=file, problems=(Problem(file, 0, what),), refused=refused)
        story = shown.story
        annotation = build.annotations.of_file(file)
        records = build.annotations.records(story)
        likely = build.annotations.likely(file)
        feeds = {feed.id: feed for feed in build.config.feeds}
        is_reviewed = reviewed.is_reviewed(story, hashes)
        is_new = curate.is_untouched(story, records, build.config)
        is_changed = bool(pending.to_review(records, story, shown.text))
        stays_without = stays_without_theme(story, shown.text, build.annotations.history())
        needs_theme = not (story.themes or story.hide or stays_without)
        summary = annotation.summary or story.excerpt
        return DeskCard(
            file=file,
            seen_hash=refused.seen_hash or shown.seen_hash,
            story=story,
            publisher=cards.publisher(story, feeds)[0],
            summary=tuple(filter(None, summary.split("\n\n"))),
            chips=view.chips(story, build.config.themes, annotation.reasons, likely),
            hints=annotation.hints,
            done=is_reviewed or not (is_new or is_changed),
            reviewed=is_reviewed,
            needs_theme=needs_theme,
            refused=refused,
        )

    def event(self, card: DeskCard) -> EventView:
        """Returns the stories of the event that a card's story reports, found again when a story
        of its week has changed."""
        week = paths.week_of(card.file)
        by_file = {card.file: card for card in self.in_week(week) if card.story} if week else {}
        stories = tuple(card.story for card in by_file.values() if card.story)
        if stories != self._stories:
            content = self._content.current().content
            self._stories, self._events = stories, _events(by_file, stories, content)
        return self._events.get(card.file, _NO_EVENT)


def _events(
    by_file: Mapping[str, DeskCard], stories: tuple[Story, ...], content: Content
) -> dict[str, EventView]:
    """Returns by file which stories are shown above and below it, and which likely belong to it."""
    shown = [story for story in stories if not story.hide]
    below = group_stories(shown, present_file_of(content.story_addresses)).below
    events: dict[str, EventView] = {}
    for file, group in below.items():
        events[file] = EventView(below=tuple(_other(by_file[story.file]) for story in group))
    for file, group in below.items():
        for story in group:
            event = events.get(story.file, _NO_EVENT)
            events[story.file] = event._replace(above=_other(by_file[file]))
    for pair in also_rules.likely(shown, content):
        for story, other in ((pair.first, pair.second), (pair.second, pair.first)):
            is_free = not (other.also or other.lead)
            likely = _other(by_file[other.file], pair.why, is_free=is_free)
            event = events.get(story.file, _NO_EVENT)
            events[story.file] = event._replace(likely=(*event.likely, likely))
    return events


def _other(card: DeskCard, why: str = "", *, is_free: bool = False) -> OtherStory:
    return OtherStory(card.name, card.anchor, card.headline, card.publisher, why, is_free)
