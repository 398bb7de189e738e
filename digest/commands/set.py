"""`digest set` and `digest note`: what an editor changes in stories, said in words.

files, words ──▶ new values by field ──▶ requests ──▶ curate ──▶ edits and refusals
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from digest.checks import also_rules
from digest.commands.shared import curate
from digest.content import excerpt, load, pending, recut, store, story_file
from digest.content.change_requests import ChangeRequest, Refusal, Shown, publisher_values
from digest.content.edit import Edit
from digest.content.load import ContentReport
from digest.errors import Faults, suggestion
from digest.model import FLAGS, PUBLISHER_FIELDS, Config, Correction, Story
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
_YES, _NO = frozenset({"", "true", "yes", "on"}), frozenset({"false", "no", "off"})


@dataclass(frozen=True, slots=True)
class SetResult:
    """A story's file now and before (`was`), whether it was changed, or why that was refused."""

    file: str
    was: str
    changed: bool
    refused: str = ""


def run(
    root: Path, config: Config, files: Sequence[str], words: Sequence[str], *, now: datetime
) -> tuple[SetResult, ...]:
    """Changes what the words say in each of the files.

    Raises ValueError for a word that cannot be understood, before anything is written.
    """
    values = parsed(words, config)
    today = now.astimezone(ZoneInfo(config.site.timezone)).date()
    with store.writing(root):
        survey = load.survey(root, config)
        stories = {story.file: story for story in survey.content.stories}
        requests, refused = list[ChangeRequest](), list[Edit | Refusal]()
        for file in files:
            story = stories.get(file)
            try:
                requests.append(_request(root, config, survey, file, story, values, today))
            except LookupError as error:
                why = f"{file}: {error.args[0]}"
                refused.append(Refusal(request=ChangeRequest(file=file), why=why))
        results = curate.carry_out(root, config, requests, survey.content.stories)
    return tuple(map(_result, refused + results))


def look(root: Path, config: Config, file: str) -> Shown:
    """Returns the story of a file; raises Faults if it cannot be read."""
    stories = load.survey(root, config).content.stories
    story = next((story for story in stories if story.file == file), None)
    if story is None:
        raise Faults(curate.unknown(root, config, file))
    return curate.look(root, config, story)


def write_note(root: Path, config: Config, seen: Shown, note: str) -> tuple[SetResult, ...]:
    """Writes the note of a story, if its file still is as it was seen."""
    request = ChangeRequest(file=seen.story.file, seen_hash=seen.seen_hash, changes={"note": note})
    return tuple(map(_result, curate.run(root, config, [request], [seen.story])))


def parsed(words: Sequence[str], config: Config) -> Mapping[str, Any]:
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
        values[key] = _value(key, value.strip(), config)
        if key in {"correction", "take"} and not values[key]:
            raise ValueError(f"'{key}' needs a value: {key}=…")
    if not values:
        raise ValueError(f"nothing to change; write one of {', '.join(KEYS)}")
    return values


def _result(result: Edit | Refusal) -> SetResult:
    if isinstance(result, Refusal):
        return SetResult(result.request.file, result.request.file, False, result.why)
    is_changed = bool(result.new_file) or result.before != result.after
    return SetResult(result.new_file or result.file, result.file, is_changed)


def _value(key: str, value: str, config: Config) -> Any:
    if key in FLAGS:
        if value.lower() not in _YES | _NO:
            raise ValueError(f"'{key}={value}': write {key} or {key}=false")
        return value.lower() in _YES
    if key == "week":
        return Week.typed(value)
    if key == "ahead":
        try:
            return (story_file.due_date(value),) if value else ()
        except ValueError as error:
            raise ValueError("; ".join(error.args)) from None
    known = PUBLISHER_FIELDS if key == "take" else [theme.id for theme in config.themes]
    if key not in {"themes", "also", "take"}:
        return value
    names = tuple(dict.fromkeys(filter(None, (part.strip() for part in value.split(",")))))
    if key == "also":
        return tuple(name.rpartition("/")[2] for name in names)
    for name in names:
        if name not in known:
            kind = "theme" if key == "themes" else "field"
            raise ValueError(f"unknown {kind} '{name}'; {suggestion(name, known)}")
    return names


def _request(
    root: Path,
    config: Config,
    survey: ContentReport,
    file: str,
    story: Story | None,
    values: Mapping[str, Any],
    today: date,
) -> ChangeRequest:
    """Returns what is wanted of one file; raises LookupError if a value is impossible there."""
    changes = dict(values)
    week, correction = changes.pop("week", None), changes.pop("correction", "")
    taken = changes.pop("take", ())
    if story is None:  # which is refused when it is carried out
        return ChangeRequest(file=file, changes=changes, week=week)
    if correction:
        changes["corrections"] = (*story.corrections, Correction(today, correction))
    if why := also_rules.refused(story, changes.get("also", ()), survey.content):
        raise LookupError(why)
    if changes.get("ahead"):
        changes["ahead"] = (*story.ahead, *changes["ahead"])
    if taken:
        records = survey.history.of(story)
        differing = pending.in_file(
            [record for _, record in records], store.read_text(root, story.file)
        )
        feed = recut.feed_of(story, records, {feed.id: feed for feed in config.feeds})
        summary = next(iter(store.summaries_of(root)(story)), "")
        cut = excerpt.cut(summary, feed.excerpt if feed else 0)
        versions = publisher_values(story, differing, cut)
        for name in taken:
            if name not in versions:
                raise LookupError(f"no other {name} by its publisher is known; see 'digest check'")
            changes[name] = versions[name]
    return ChangeRequest(file=file, changes=changes, week=week)
