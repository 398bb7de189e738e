"""`digest set` and `digest note`: changes of stories, given as words such as `hide` or
`themes=a,b`.

files, words ──▶ new values by field ──▶ requests ──▶ curate ──▶ edits and refusals
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from posixpath import basename
from typing import Any

from digest.commands.shared import curate, future_weeks
from digest.content import excerpt, load, pending, recut, store, story_file
from digest.content.change_requests import ChangeRequest, Refusal, StoryInFile, publisher_values
from digest.content.edit import Edit
from digest.content.history import History
from digest.content.load import Survey
from digest.errors import Faults, suggestion
from digest.model import FLAGS, PUBLISHER_FIELDS, Config, Content, Correction, Story
from digest.themes.reapply import is_by_hand
from digest.week import Week

KEYS = (
    *FLAGS,
    "themes",
    "also",
    "headline",
    "source",
    "saved",
    "note",
    "correction",
    "ahead",
    "week",
    "take",
)
_SHORT_WEEK = re.compile(r"w?(\d{1,2})", re.IGNORECASE)
_YES, _NO = frozenset({"", "true", "yes", "on"}), frozenset({"false", "no", "off"})


@dataclass(frozen=True, slots=True)
class SetResult:
    """A story's file now and before (`was`), whether it was changed, or why that was refused.

    `hints` are lines about texts that link to it, if it is hidden now, and about a week that it
    was moved to and that has not begun. `lost_lead` is True if it was only changed to lead its week
    no longer, since another story does now.
    """

    file: str
    was: str
    changed: bool
    refused: str = ""
    hints: tuple[str, ...] = ()
    lost_lead: bool = False


def run(
    root: Path, config: Config, files: Sequence[str], words: Sequence[str], *, now: datetime
) -> tuple[SetResult, ...]:
    """Changes what the words say in each of the files.

    Raises ValueError for a word that cannot be understood, before anything is written.
    """
    today = now.astimezone(config.site.zone).date()
    values = parse_words(words, config, today)
    with store.locked_for_writing(root):
        survey = load.survey(root, config)
        stories = {story.file: story for story in survey.content.stories}
        history = survey.history
        requests, refused = list[ChangeRequest](), list[SetResult]()
        for file in files:
            try:
                shown = _shown(root, config, file, stories.get(file))
                changes = _changes(root, config, survey, shown, values)
                week = values.get("week")
                request = curate.new_request(shown, changes, week, content=survey.content)
                if values.get("themes") == ():
                    request = replace(request, empty_themes_line=_empty_line(shown.story, history))
                requests.append(request)
            except Faults as faults:
                refused.append(SetResult(file, file, False, str(faults)))
            except ValueError as error:
                refused.append(SetResult(file, file, False, f"{file}: {error}"))
        results = curate.apply_requests_locked(root, config, requests, survey.content.stories)
        done = list(map(_result, results))
        for index in range(len(requests), len(done)):
            done[index] = replace(done[index], lost_lead=not done[index].refused)
        for index, result in enumerate(done):
            if values.get("hide") and not result.refused and result.was in stories:
                linked = curate.links_to_hidden(stories[result.was], survey.content)
                done[index] = replace(result, hints=tuple(one.as_hint for one in linked))
        week = values.get("week")
        if week and not future_weeks.has_begun(week, now):
            content = load.survey(root, config).content
            ahead = {one.file: one for one in future_weeks.hints(content, config, now)}
            for index, result in enumerate(done):
                if not result.refused and result.file in ahead:
                    hints = (*result.hints, ahead[result.file].as_hint)
                    done[index] = replace(result, hints=hints)
    return (*refused, *done)


def read_story(root: Path, config: Config, file: str) -> StoryInFile:
    """Returns the story of a file; raises Faults if it cannot be read."""
    stories = load.survey(root, config).content.stories
    story = next((story for story in stories if story.file == file), None)
    return _shown(root, config, file, story)


def write_note(root: Path, config: Config, seen: StoryInFile, note: str) -> tuple[SetResult, ...]:
    """Writes the note of a story, if its file still is as it was seen."""
    content = Content(stories=(seen.story,))
    request = curate.new_request(seen, {"note": note}, content=content)
    return tuple(map(_result, curate.apply_requests(root, config, [request], content.stories)))


def parse_words(words: Sequence[str], config: Config, today: date) -> Mapping[str, Any]:
    """Returns the values that words such as `hide`, `lead=false`, `themes=a,b` give to keys."""
    values: dict[str, Any] = {}
    for word in words:
        key, given, value = word.partition("=")
        if key not in KEYS:
            raise ValueError(f"'{word}' is neither a file nor a key; {suggestion(key, KEYS)}")
        if key in values:
            raise ValueError(f"'{key}' is given twice")
        if key not in FLAGS and not given:
            raise ValueError(f"'{key}' needs a value: {key}=…")
        values[key] = _value(key, value.strip(), config, today)
        if key in {"correction", "take"} and not values[key]:
            raise ValueError(f"'{key}' needs a value: {key}=…")
    if not values:
        raise ValueError(f"nothing to change; write one of {', '.join(KEYS)}")
    return values


def _empty_line(story: Story, history: History) -> bool | None:
    """Returns how a story's file tells that it stays without a theme (`ChangeRequest`).

    A pull that finds no theme writes `themes: []`, which decides nothing. If it wrote themes, their
    absence tells it with or without the line.
    """
    if is_by_hand(story, history):
        return True
    records = history.of(story)
    wrote_themes = records and all("themes" in record.wrote for record in records)
    return None if wrote_themes else False


def _result(result: Edit | Refusal) -> SetResult:
    if isinstance(result, Refusal):
        return SetResult(result.request.file, result.request.file, False, result.why)
    is_changed = bool(result.new_file) or result.before != result.after
    return SetResult(result.new_file or result.file, result.file, is_changed)


def _value(key: str, value: str, config: Config, today: date) -> Any:
    if key in FLAGS:
        if value.lower() not in _YES | _NO:
            raise ValueError(f"'{key}={value}': write {key} or {key}=false")
        return value.lower() in _YES
    if key == "week":
        number = _SHORT_WEEK.fullmatch(value)
        this_year = f"{Week.of(today).year}-W{int(number[1]):02}" if number else ""
        if number and _is_week(this_year):
            raise ValueError(f"'{value}' needs its year: week={this_year}")
        return Week.parse_typed(value)
    if key == "correction":
        return (Correction(today, value),) if value else ()
    if key == "ahead":
        try:
            return (story_file.due_date(value),) if value else ()
        except ValueError as error:
            raise ValueError("; ".join(error.args)) from None
    allowed = PUBLISHER_FIELDS if key == "take" else [theme.id for theme in config.themes]
    if key not in {"themes", "also", "take"}:
        return value
    names = tuple(dict.fromkeys(filter(None, (part.strip() for part in value.split(",")))))
    if key == "also":
        return tuple(basename(name) for name in names)
    for name in names:
        if name not in allowed:
            kind = "theme" if key == "themes" else "field"
            raise ValueError(f"unknown {kind} '{name}'; {suggestion(name, allowed)}")
    return names


def _is_week(words: str) -> bool:
    with contextlib.suppress(ValueError):
        Week.parse(words)
        return True
    return False


def _shown(root: Path, config: Config, file: str, story: Story | None) -> StoryInFile:
    """Returns a story as its file has it now; raises Faults if there is none, or it cannot be read."""
    if story is None:
        raise Faults(curate.why_not_editable(root, config, file))
    return curate.read_story(root, config, story)


def _changes(
    root: Path, config: Config, survey: Survey, shown: StoryInFile, values: Mapping[str, Any]
) -> dict[str, Any]:
    """Returns the new values by field for one story; raises ValueError for one that is impossible
    there."""
    story, changes = shown.story, dict(values)
    changes.pop("week", None)
    if added := changes.pop("correction", ()):
        changes["corrections"] = (*story.corrections, *added)
    if changes.get("ahead"):
        changes["ahead"] = (*story.ahead, *changes["ahead"])
    if taken := changes.pop("take", ()):
        records = survey.history.of(story)
        differing = pending.of_text(records, shown.text)
        feed = recut.feed_of(story, records, {feed.id: feed for feed in config.feeds})
        summary = next(iter(store.summaries_of(root)(story)), "")
        cut = excerpt.cut(summary, feed.excerpt if feed else 0)
        versions = publisher_values(story, differing, cut)
        for name in taken:
            if name not in versions:
                raise ValueError(f"there is no other {name} by its publisher to take")
            changes[name] = versions[name]
    return changes
