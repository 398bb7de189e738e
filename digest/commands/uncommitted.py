"""Finds stories that the ledgers have and git does not, and records those that were deleted before
their first commit.

    .digest/brought.json ──▶ files that pulls wrote here ──in git now──▶ dropped from the list
                                                         ──gone──▶ deleted before git had them: recorded in the ledger
    ledgers, files, git's history ──▶ not there, not recorded as deleted, never committed ──▶ a problem that lists them

Changes only that list and the ledgers. Reports nothing if git's history is incomplete (a shallow
clone).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from digest import git, json_files
from digest.commands import locate
from digest.content import ledger, paths, store
from digest.content.ledger import Ledgers
from digest.content.load import ContentReport
from digest.errors import Problem
from digest.intake import snapshot, uncommitted
from digest.intake.pull_state import PullPlan
from digest.intake.uncommitted import Missing
from digest.model import Config

_CONTENT = "content"
_SHOWN = 5
_CURE = (
    "run 'git add content' and commit on the machine that pulled them; or delete their lines here, and the next pull "
    "brings back those that the feed still has"
)

_BY_HAND = "commit it on the machine where it was written; if it was renamed here, give it this"


def _is_moment(value: Any) -> bool:
    return isinstance(value, str)


def note_deletions(root: Path, config: Config) -> tuple[str, ...]:
    """Records in the ledgers which pulled files were deleted here before git had them; returns a
    message for each feed.

    Without a git repository the list is kept, since there may be one later. The caller holds the
    digest's lock.
    """
    remembered = json_files.recall(root, uncommitted.NAME, _is_moment)
    committed = git.tracked(root, _CONTENT) if remembered else None
    if committed is None:
        return ()
    waiting = {file: at for file, at in remembered.items() if file not in committed}
    gone = {file: at for file, at in waiting.items() if not (root / file).is_file()}
    messages: tuple[str, ...] = ()
    if gone:
        ever = committed | (git.once_had(root, _CONTENT, anywhere=True) or frozenset())
        ledgers, _ = store.read_ledgers(root)
        ours = uncommitted.never_committed(uncommitted.written_here(gone, ledgers), ever)
        deleted = _not_there(root, config, ledgers, ours)
        lines = uncommitted.deletions(deleted)
        store.add_lines(root, lines)
        messages = tuple(
            f"{paths.ledger(feed)}: records that {_stories(files)} deleted here before git had "
            f"{'it' if len(files) == 1 else 'them'}: {_listed(files)}"
            for feed, files in uncommitted.by_feed(deleted).items()
        )
        waiting = {
            file: at
            for file, at in waiting.items()
            if file not in gone or file in ours.keys() - deleted.keys()
        }
    if waiting != remembered:
        json_files.remember(root, uncommitted.NAME, waiting)
    return messages


def remember(root: Path, intake: PullPlan) -> None:
    """Adds the files that a pull has written here to the list."""
    new = uncommitted.written(intake.stories, intake.lines)
    if new:
        json_files.remember(
            root, uncommitted.NAME, {**json_files.recall(root, uncommitted.NAME, _is_moment), **new}
        )


def lost_stories(root: Path, config: Config, ledgers: Ledgers) -> tuple[Problem, ...]:
    """Returns a problem for each ledger that has stories whose files are neither here nor were ever
    committed."""
    missing = _missing(root, ledgers, store.files(root))
    return tuple(_problems(root, _not_there(root, config, ledgers, missing) if missing else {}))


def problems(root: Path, survey: ContentReport) -> Iterator[Problem]:
    """Yields those problems for a survey, and one for stories that git does not have yet."""
    tracked = git.tracked(root, _CONTENT)
    if tracked is None:
        return
    if not survey.content.unread:
        missing = _missing(root, survey.ledgers, survey.files)
        yield from _problems(
            root,
            uncommitted.without(missing, survey.content.stories, survey.content.altered)
            if missing
            else {},
        )
    yield from _untracked(survey, tracked)


def _missing(root: Path, ledgers: Ledgers, there: Sequence[str]) -> Missing:
    known = json_files.recall(root, uncommitted.NAME, _is_moment)
    missing = uncommitted.missing(
        ledgers, frozenset(there), {*uncommitted.written_here(known, ledgers)} if known else ()
    )
    ever = git.once_had(root, _CONTENT) if missing else None
    return {} if ever is None else uncommitted.never_committed(missing, ever)


def _not_there(root: Path, config: Config, ledgers: Ledgers, brought: Missing) -> Missing:
    """Returns the stories that are in no other file either, not even in one that cannot be read."""
    if not brought:
        return {}
    altered = locate.readable(root, config).altered
    desk = snapshot.read_snapshot(root, config, ledgers, uncommitted.search_names(brought), altered)
    left = uncommitted.without(brought, desk.stories, altered)
    return {
        file: records
        for file, records in left.items()
        if not desk.unreadable_with(uncommitted.search_names({file: records}))
    }


def _problems(root: Path, brought: Missing) -> Iterator[Problem]:
    by_hand = uncommitted.written_by_hand(brought)
    for file, (feed, record) in by_hand.items():
        what = f"knows a story that was written by hand, and whose file was never committed: {file}"
        cure = f"{_BY_HAND} {'id' if ledger.has_guid(record) else 'link'} again: {record.id}"
        yield Problem(paths.ledger(feed), _line(root, feed, [file]), what, cure, hint=True)
    brought = {file: records for file, records in brought.items() if file not in by_hand}
    for feed, files in uncommitted.by_feed(brought).items():
        what = f"lists {_count(files)} whose file{'s were' if len(files) > 1 else ' was'} never committed"
        yield Problem(
            paths.ledger(feed),
            _line(root, feed, files),
            f"{what}: {_listed(files)}",
            _CURE,
            hint=True,
        )


def _untracked(survey: ContentReport, tracked: frozenset[str]) -> Iterator[Problem]:
    stories = [story for story in survey.content.stories if story.file not in tracked]
    history = survey.history if stories else None
    found: dict[str, list[str]] = {}
    for story in stories:
        feeds = [feed for feed, _ in history.of(story)] if history else []
        feed = next((feed for feed in feeds if paths.ledger(feed) in tracked), None)
        if feed:
            found.setdefault(feed, []).append(story.file)
    for feed, files in found.items():
        what = f"{_count(files)} that it lists {'are' if len(files) > 1 else 'is'} not in git yet: {_listed(files)}"
        cure = "run 'git add content' and commit; without the files, other clones would take these stories for deleted"
        yield Problem(paths.ledger(feed), 0, what, cure, hint=True)


def _line(root: Path, feed: str, files: Sequence[str]) -> int:
    """Returns the first line of a ledger that names one of the files."""
    lines = store.read_text(root, paths.ledger(feed)).split("\n")
    named = [f'"{file}"' for file in files]
    return next(
        (
            number
            for number, line in enumerate(lines, start=1)
            if any(name in line for name in named)
        ),
        0,
    )


def _count(files: Sequence[str]) -> str:
    return f"{len(files)} stories" if len(files) > 1 else "1 story"


def _stories(files: Sequence[str]) -> str:
    return f"{len(files)} stories were" if len(files) > 1 else "1 story was"


def _listed(files: Sequence[str]) -> str:
    more = f" and {len(files) - _SHOWN} more" if len(files) > _SHOWN else ""
    return ", ".join(files[:_SHOWN]) + more
