"""`digest sheet`: a week as one Markdown file to work through, and carrying it out.

load ──▶ the stories of a week ──▶ content/sheet.md
content/sheet.md ──▶ what each line asks ──▶ curate ──▶ story files; only refused lines stay
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from posixpath import basename

from digest import disk
from digest.commands.shared import curate
from digest.commands.shared.week_choice import choose_week
from digest.content import load, paths, sheet, store
from digest.content.change_requests import ChangeRequest, Refusal
from digest.content.edit import Edit
from digest.content.load import Survey
from digest.content.read import decode
from digest.content.sheet import Sheet, SheetEntry
from digest.errors import DigestError, Faults, Problem
from digest.model import Config, Story
from digest.names import without_ending
from digest.themes.reapply import is_by_hand
from digest.week import Week, without_mistyped

FILE = paths.SHEET
_TWICE = "an earlier entry changes the same story; run 'digest sheet --apply' again for this one"


@dataclass(frozen=True, slots=True)
class SheetReport:
    """A sheet that was written: its week, how many stories it has, and files that cannot be read."""

    week: Week
    stories: int
    unread: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AppliedReport:
    """What a sheet has changed, and the lines that stay in it, each with its reason.

    `refused` also has why other stories could not be made to lead no longer, which are in no line.
    `is_changed` is False if no line of it was changed, so that nothing was done.
    """

    changed: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    is_changed: bool = True


def run(root: Path, config: Config, week: str = "") -> SheetReport:
    """Writes a sheet; `week` is what the editor typed, such as w20, or "" for the newest week that
    has stories.

    Raises ValueError for words that name no week, DigestError if the week has no stories, or if
    there is a sheet with changes.
    """
    with store.locked_for_writing(root):
        survey = load.survey(root, config)
        weeks = {story.week for story in survey.content.stories}
        plausible = without_mistyped(weeks, survey.content.reached)
        chosen = choose_week(week, weeks if week else plausible, "story")
        stories = [story for story in survey.content.stories if story.week == chosen]
        new = curate.untouched(survey, config)
        stories.sort(key=lambda story: (story.file not in new, story.file))
        before = disk.read_inside(root, FILE)
        if before and _read(before).is_changed:
            cure = "run 'digest sheet --apply'; if that leaves something in it, do that by hand and delete the sheet"
            raise DigestError(f"{FILE}: has changes that are not carried out yet; {cure}")
        in_files = [curate.read_story(root, config, story).story for story in stories]
        disk.write(root, FILE, sheet.render(chosen, in_files, config.themes).encode())
    unread = tuple(file for file in survey.unread if paths.week_of(file) == chosen)
    return SheetReport(chosen, len(stories), unread)


def apply(root: Path, config: Config) -> AppliedReport | None:
    """Carries out the sheet; None if there is none."""
    with store.locked_for_writing(root):
        return apply_locked(root, config)


def apply_locked(root: Path, config: Config) -> AppliedReport | None:
    """Does what `apply` does, for a caller that holds the digest's lock.

    A sheet that no one has changed stays as it is. A story that cannot be changed keeps its lines.
    """
    try:
        data = disk.read_inside(root, FILE)
        if data is None:
            return None
        read = _read(data)
    except DigestError as error:
        return AppliedReport(refused=(str(error),))
    if not read.is_changed:
        return AppliedReport(is_changed=False)
    survey = load.survey(root, config)
    requests, refused = _requests(root, config, read, survey)
    results = curate.apply_requests_locked(root, config, requests.values(), survey.content.stories)
    changed = []
    for result in results:
        if isinstance(result, Edit) and result.before != result.after:
            changed.append(result.file)
    others = []  # why other stories still lead
    for entry, result in zip_longest(requests, results):
        if isinstance(result, Refusal):
            if entry:
                refused[entry] = result.why
            else:
                others.append(result.why)
    refused = {entry: refused[entry] for entry in read.entries if entry in refused}
    rest = sheet.remaining(read, refused).encode() if refused else b""
    if rest:
        disk.replace(root, FILE, data, rest)
    elif disk.read_inside(root, FILE) == data:
        disk.remove(root, FILE)
    lines = []
    for entry, why in refused.items():
        name = entry.name or f"'{entry.lines[0][:40]}'"
        lines.append(f"{FILE}: {name}: {' '.join(why.split())}")
    return AppliedReport(tuple(dict.fromkeys(changed)), (*lines, *others))


def _read(data: bytes) -> Sheet:
    """Returns what a sheet says; raises Faults if it is not UTF-8."""
    if b"\0" in data:  # UTF-16, which is valid UTF-8 if it is ASCII without a byte order mark
        raise Faults([Problem(FILE, 0, "not UTF-8 text", "save it as UTF-8")])
    return sheet.parse(decode(data, FILE))


def _requests(
    root: Path, config: Config, read: Sheet, survey: Survey
) -> tuple[dict[SheetEntry, ChangeRequest], dict[SheetEntry, str]]:
    """Returns what the lines of each story ask for, and why others cannot be carried out."""
    content, history = survey.content, survey.history
    by_name: dict[str, list[Story]] = {}
    for story in content.stories:
        by_name.setdefault(without_ending(basename(story.file)), []).append(story)
    requests, refused = dict[SheetEntry, ChangeRequest](), dict[SheetEntry, str]()
    files = set[str]()
    for entry in read.entries:
        if not entry.is_changed:
            continue
        named = by_name.get(entry.name, [])  # in whatever week
        matches = [story for story in named if story.week == read.week] or named
        if entry.problem or len(matches) != 1:
            refused[entry] = entry.problem or f"no readable story is called {entry.name}"
            continue
        (story,) = matches
        try:
            shown = curate.read_story(root, config, story)
            changes = sheet.changes_of(entry, shown.story, read.themes, config.themes)
            request = curate.new_request(shown, changes, content=content)
            if entry.stays_without_theme:
                by_hand = is_by_hand(shown.story, history)
                request = replace(request, empty_themes_line=by_hand)
        except (Faults, ValueError) as error:
            refused[entry] = str(error)
            continue
        if (changes or entry.stays_without_theme) and story.file in files:
            refused[entry] = _TWICE
        elif changes or entry.stays_without_theme:
            requests[entry] = request
            files.add(story.file)
    return requests, refused
