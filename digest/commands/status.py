"""`digest status`: what is done and what is not, by week and by feed.

    survey, what pull remembers ──count──▶ a row a week, newest first, and a row a feed ──▶ report

Problems are for `digest check`: a file that cannot be read is named, and the rest is counted.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from digest.cache import Cache
from digest.checks.markdown_scan import renders_nothing
from digest.commands.shared import git_history, reviewed
from digest.commands.shared.undecided import themeless_stories
from digest.content import load, paths, store
from digest.content.letter_draft import absent_stories
from digest.content.load import Survey
from digest.errors import DigestError
from digest.feeds import feed_state
from digest.feeds.feed_state import FeedState
from digest.intake.snapshot import search_texts
from digest.model import Config, Skipped, Story
from digest.site.arrange import closed_weeks
from digest.themes.suggest import StorySuggestions, suggested_counts, suggestions
from digest.week import Week


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekRow:
    """How far a week is.

    - `stories`: all of the week, with the `hidden` ones; only the others count below
    - `noted`: stories with a note
    - `themeless`: stories without a theme that no editor has decided to leave without one
    - `letter`: "written", "draft", "unread", or "" without one
    - `unlinked`: stories that are not in the letter, while it or its week is open
    """

    week: Week
    is_closed: bool
    stories: int
    noted: int
    themeless: int
    drafts: int
    hidden: int
    has_lead: bool
    letter: str
    unlinked: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRow:
    """What a feed has brought, and how it answered last.

    - `state`: "active", "retired" or "ledger only"
    - `answered_at`: when it last answered, and `age`, how long ago that is
    - `is_sure`: False if this machine has not pulled it: then that is when its ledger last grew
    - `new`: how many stories the last pull added, None if not known
    - `brought`: how many stories it has brought in all
    - `present`: how many of these are still there, `hidden` ones among them
    - `reason`: why the last pull failed, "" if it did not
    """

    feed: str
    state: str
    answered_at: datetime | None
    age: timedelta | None
    is_sure: bool
    new: int | None
    brought: int
    present: int
    hidden: int
    reason: str

    @property
    def deleted(self) -> int:
        """How many of the stories that it brought are no longer there."""
        return self.brought - self.present


@dataclass(frozen=True, slots=True)
class StatusReport:
    """What is done and what is not.

    - `weeks`: the newest first
    - `feeds`: in the order of digest.toml
    - `skipped`: the files that cannot be read
    - `changed_by_pull`: files in which a pull has left something to look at
    - `brought_back`: files that were deleted and that a merge has brought back
    - `to_review`: the stories that are "new" or "changed" (`reviewed`), by file
    - `themeless`: the stories that still need a theme, with suggestions for the newest; none if
      there are no themes
    """

    weeks: tuple[WeekRow, ...]
    feeds: tuple[FeedRow, ...]
    skipped: Skipped
    changed_by_pull: tuple[str, ...] = ()
    brought_back: tuple[str, ...] = ()
    to_review: Mapping[str, str] = field(default_factory=dict)
    themeless: tuple[StorySuggestions, ...] = ()

    @property
    def likely(self) -> dict[str, int]:
        """How many of the newest stories without a theme look like each theme."""
        return suggested_counts(self.themeless)

    @property
    def is_empty(self) -> bool:
        """True if nothing was ever written or pulled here."""
        return not self.weeks and not any(
            row.brought or row.answered_at or row.reason for row in self.feeds
        )


def run(root: Path, config: Config, *, now: datetime) -> StatusReport:
    """Counts everything; files that cannot be read are only named."""
    survey = load.survey(root, config)
    changed = reviewed.changed_by_pull(root, survey)
    stories = survey.content.stories
    themeless = themeless_stories(root, survey).needing
    asked = themeless if config.themes else []
    return StatusReport(
        weeks=_weeks(survey, config.close, {story.file for story in themeless}),
        feeds=feed_rows(root, survey, config, now),
        skipped=survey.skipped,
        themeless=suggestions(asked, stories, config.themes),
        brought_back=tuple(
            problem.file for problem in git_history.brought_back_hints(root, survey)
        ),
        to_review=reviewed.stories_to_review(root, config, survey, changed),
        changed_by_pull=changed,
    )


def _weeks(survey: Survey, close: str, themeless: Collection[str]) -> tuple[WeekRow, ...]:
    """Returns a row for each week that has a file, the newest first.

    `themeless` are the files of the stories that still need a theme.
    """
    stories: dict[Week, list[Story]] = {}
    for story in survey.content.stories:
        stories.setdefault(story.week, []).append(story)
    letters = {letter.week: letter for letter in survey.content.letters}
    unread = {week for file in survey.unread if (week := paths.week_of(file))}
    unread_letters = {paths.week_of(file) for file in survey.unread if paths.is_letter(file)}
    published = {week for week, letter in letters.items() if not letter.draft}
    reached = survey.content.reached
    visible = {story.week for story in survey.content.stories if not (story.hide or story.draft)}
    last = max(closed_weeks(visible | published, published, close, reached), default=None)
    rows = []
    for week in sorted(stories.keys() | letters.keys() | unread, reverse=True):
        is_closed = last is not None and week <= last
        of_week = stories.get(week, [])
        shown = [story for story in of_week if not story.hide]
        letter = letters.get(week)
        state, absent = "unread" if week in unread_letters else "", list[Story]()
        if letter:
            state = "draft" if letter.draft else "written"
            if letter.draft or not is_closed:
                absent = absent_stories(letter, survey.content)
        rows.append(
            WeekRow(
                week=week,
                is_closed=is_closed,
                stories=len(of_week),
                noted=sum(not renders_nothing(story.note) for story in shown),
                themeless=sum(story.file in themeless for story in shown),
                drafts=sum(story.draft for story in shown),
                hidden=len(of_week) - len(shown),
                has_lead=any(story.lead for story in shown),
                letter=state,
                unlinked=len(absent),
            )
        )
    return tuple(rows)


def feed_rows(root: Path, survey: Survey, config: Config, now: datetime) -> tuple[FeedRow, ...]:
    """Returns a row for each feed in digest.toml, then for those that have only a ledger."""
    with Cache(root) as cache:
        pulls = feed_state.valid(cache.get_kind(feed_state.KIND, FeedState), now)
    hidden_by_record = _hidden_by_record(root, survey)
    states = {feed.id: "retired" if feed.retired else "active" for feed in config.feeds}
    states |= {feed: "ledger only" for feed in survey.ledgers if feed not in states}
    zone = config.site.zone
    rows = []
    for feed, state in states.items():
        records = survey.ledgers.get(feed, {})
        last = pulls.get(feed, feed_state.UNKNOWN)
        grown = max((record.at for record in records.values()), default="")
        answered = last.answered or (datetime.fromisoformat(grown) if grown else None)
        answered_at = answered.astimezone(zone) if answered else None
        are_hidden = [
            hidden_by_record[feed, id] for id in records if (feed, id) in hidden_by_record
        ]
        rows.append(
            FeedRow(
                feed=feed,
                state=state,
                answered_at=answered_at,
                age=now - answered_at if answered_at else None,
                is_sure=last.answered is not None,
                new=last.new,
                brought=len(records),
                present=len(are_hidden),
                hidden=sum(are_hidden),
                reason=last.failed if state == "active" else "",
            )
        )
    return tuple(rows)


def _hidden_by_record(root: Path, survey: Survey) -> dict[tuple[str, str], bool]:
    """Returns for each record, by feed and id, whose story is still there, whether it is hidden.

    One whose file cannot be read is found by its path, or by a name in its text. What is found by
    the record of one feed is there for every feed that brought it.
    """
    history = survey.history
    present: dict[tuple[str, str], bool] = {}
    is_hidden: dict[str, bool] = {}
    for story in survey.content.stories:
        for record in history.of(story):
            present[record.feed, record.id] = is_hidden[record.file] = story.hide
    unread = {}
    for file in survey.unread:
        if not file.startswith(paths.LEDGERS):
            with contextlib.suppress(DigestError):
                unread[file] = store.read_text(root, file)
    for feed, by_id in survey.ledgers.items():
        for record in by_id.values():
            if record.file not in is_hidden and record.file not in unread:
                texts = search_texts(record.aliases) if unread else ()
                if not any(text in content for content in unread.values() for text in texts):
                    continue
            present.setdefault((feed, record.id), is_hidden.get(record.file, False))
    return present
