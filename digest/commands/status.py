"""`digest status`: what is done and what is not, by week and by feed.

    survey, what pull remembers ──count──▶ a row a week, newest first, and a row a feed ──▶ report

Problems are for `digest check`: a file that cannot be read is named, and the rest is counted.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from digest import json_files
from digest.checks.markdown_scan import is_silent
from digest.commands import git_history, reviewed
from digest.content import load, paths, store
from digest.content.ledger import Record
from digest.content.letter_draft import unlinked
from digest.content.load import ContentReport, Skipped
from digest.errors import DigestError
from digest.feeds import feed_state
from digest.intake.snapshot import search_texts
from digest.model import Config, Letter, Story
from digest.site.arrange import closed_weeks
from digest.themes.suggest import Suggestions, likeliest, missing, suggestions
from digest.week import Week


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekRow:
    """A week's stories: all, the hidden ones, and of the others drafts, those with a note and those
    without a theme.

    `letter` is "written", "draft", "unread" or empty; `unlinked` stories are not in it, while it or
    its week is open.
    """

    week: Week
    closed: bool
    stories: int
    noted: int
    themeless: int
    drafts: int
    hidden: int
    lead: bool
    letter: str
    unlinked: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRow:
    """What a feed has brought in all, and what of it is still there or deleted; `hidden` are some
    of those kept.

    `pulled` is when it last answered, `age` how long ago that is. If this machine has not pulled
    it, `sure` is False and it is when its ledger last grew. `new` is the count of the last pull,
    None if not known. `state` is "pulled", "retired" or "ledger only". `reason` says why the last
    pull failed, empty where it did not.
    """

    feed: str
    state: str
    pulled: datetime | None
    age: timedelta | None
    sure: bool
    new: int | None
    brought: int
    kept: int
    hidden: int
    reason: str

    @property
    def deleted(self) -> int:
        """How many of the stories that it brought are no longer there."""
        return self.brought - self.kept


@dataclass(frozen=True, slots=True)
class StatusReport:
    """The weeks newest first, the feeds in the order of digest.toml, and the files that cannot be
    read.

    `unsettled` are files in which a pull has left something to look at, `restored` those that were
    deleted and that a merge has brought back: `digest check` has a hint for each.
    """

    weeks: tuple[WeekRow, ...]
    feeds: tuple[FeedRow, ...]
    skipped: Skipped
    unsettled: tuple[str, ...] = ()
    restored: tuple[str, ...] = ()
    to_look_at: Mapping[str, str] = field(default_factory=dict)
    """The stories that are "new" or "changed" (`reviewed`), by file."""
    themeless: tuple[Suggestions, ...] = ()
    """The stories without a theme, with suggestions for the newest; none where there are no themes."""

    @property
    def likely(self) -> dict[str, int]:
        """How many of the newest stories without a theme look like each theme."""
        return likeliest(self.themeless)

    @property
    def empty(self) -> bool:
        """True if nothing was ever written or pulled here."""
        return not self.weeks and not any(
            row.brought or row.pulled or row.reason for row in self.feeds
        )


def run(root: Path, config: Config, *, now: datetime) -> StatusReport:
    """Counts everything; files that cannot be read are only named."""
    survey = load.survey(root, config)
    unsettled, stories = reviewed.changed_since(root, survey), survey.content.stories
    asked = missing(stories) if config.themes else []
    return StatusReport(
        weeks=_weeks(survey, config.close),
        feeds=feed_rows(root, survey, config, now),
        skipped=survey.skipped,
        themeless=suggestions(asked, stories, config.themes),
        restored=tuple(problem.file for problem in git_history.brought_back(root, survey)),
        to_look_at=reviewed.to_look_at(root, config, survey, unsettled),
        unsettled=unsettled,
    )


# ---------------------------------------------------------------- by week


def _weeks(survey: ContentReport, close: str) -> tuple[WeekRow, ...]:
    stories: dict[Week, list[Story]] = {}
    for story in survey.content.stories:
        stories.setdefault(story.week, []).append(story)
    letters = {letter.week: letter for letter in survey.content.letters}
    unread = {week for file in survey.unread if (week := paths.week_of(file))}
    lettered = {letter.week for letter in survey.content.letters if not letter.draft}
    seen = {story.week for story in survey.content.stories if not (story.hide or story.draft)}
    last = max(closed_weeks(seen | lettered, lettered, close), default=None)
    rows = []
    for week in sorted(stories.keys() | letters.keys() | unread, reverse=True):
        closed = last is not None and week <= last
        letter = letters.get(week)
        shown = [story for story in stories.get(week, ()) if not (story.hide or story.draft)]
        missing = (
            unlinked(letter.body, shown, survey.content.places)
            if letter and (letter.draft or not closed)
            else []
        )
        rows.append(
            _week(
                week,
                stories.get(week, ()),
                _letter(week, letters, survey.unread),
                closed,
                unlinked=len(missing),
            )
        )
    return tuple(rows)


def _week(
    week: Week, stories: Iterable[Story], letter: str, closed: bool, unlinked: int
) -> WeekRow:
    stories = tuple(stories)
    shown = [story for story in stories if not story.hide]
    return WeekRow(
        week=week,
        closed=closed,
        stories=len(stories),
        noted=sum(not is_silent(story.note) for story in shown),
        themeless=sum(not story.themes for story in shown),
        drafts=sum(story.draft for story in shown),
        hidden=len(stories) - len(shown),
        lead=any(story.lead for story in shown),
        letter=letter,
        unlinked=unlinked,
    )


def _letter(week: Week, letters: Mapping[Week, Letter], unread: Iterable[str]) -> str:
    if week in letters:
        return "draft" if letters[week].draft else "written"
    is_unread = any(paths.is_letter(file) and paths.week_of(file) == week for file in unread)
    return "unread" if is_unread else ""


# ---------------------------------------------------------------- by feed


def feed_rows(
    root: Path, survey: ContentReport, config: Config, now: datetime
) -> tuple[FeedRow, ...]:
    """Returns a row for each feed in digest.toml, then for those that have only a ledger."""
    memory = feed_state.valid(json_files.recall(root, feed_state.NAME), now)
    texts = {}
    for file in survey.unread:
        if file.startswith(paths.LEDGERS):
            continue
        with contextlib.suppress(DigestError):
            texts[file] = store.read_text(root, file)
    there = _there(survey, texts)
    states = {feed.id: "retired" if feed.retired else "pulled" for feed in config.feeds}
    states |= {feed: "ledger only" for feed in survey.ledgers if feed not in states}
    zone = ZoneInfo(config.site.timezone)
    return tuple(
        _feed(
            feed,
            state,
            survey.ledgers.get(feed, {}),
            there,
            memory.get(feed, {}),
            now.astimezone(zone),
        )
        for feed, state in states.items()
    )


def _feed(
    feed: str,
    state: str,
    records: Mapping[str, Record],
    there: Mapping[tuple[str, str], bool],
    memory: Mapping[str, Any],
    now: datetime,
) -> FeedRow:
    asked = memory.get("asked", "")
    at = asked or max((record.at for record in records.values()), default="")
    pulled = datetime.fromisoformat(at).astimezone(now.tzinfo) if at else None
    kept = [there[feed, id] for id in records if (feed, id) in there]
    return FeedRow(
        feed=feed,
        state=state,
        pulled=pulled,
        age=now - pulled if pulled else None,
        sure=bool(asked),
        new=memory.get("new"),
        brought=len(records),
        kept=len(kept),
        hidden=sum(kept),
        reason=memory.get("failed", "") if state == "pulled" else "",
    )


def _there(survey: ContentReport, unread: Mapping[str, str]) -> dict[tuple[str, str], bool]:
    """Returns the records, by feed and id, whose story is still there, each with whether it is
    hidden.

    One whose file cannot be read is found by its place or its names. What is found by the record of
    one feed is there for every feed that brought it.
    """
    history = survey.history
    found: dict[tuple[str, str], bool] = {}
    met: dict[str, bool] = {}
    for story in survey.content.stories:
        records = history.of(story)
        found |= {(feed, record.id): story.hide for feed, record in records}
        met |= {record.file: story.hide for _, record in records}
    for feed, by_id in survey.ledgers.items():
        for record in by_id.values():
            if record.file in met or _is_in(unread, record):
                found.setdefault((feed, record.id), met.get(record.file, False))
    return found


def _is_in(unread: Mapping[str, str], record: Record) -> bool:
    """Tells whether a file that cannot be read is, by its place or by a name in it, the story of a
    record."""
    names = search_texts(record.aliases) if unread else ()
    return record.file in unread or any(name in text for text in unread.values() for name in names)
