"""`digest pull`: feeds into stories.

    chosen feeds ──fetch──▶ bodies ──parse──▶ documents ──take in──▶ stories and ledger lines ──▶ written, remembered

A feed that cannot be fetched or read is a row of the report; the others go on. What servers said
(validators, pauses) is saved last, after everything that they brought is written, and only counts
while the ledger is as we left it. Decisions are made in `intake`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from digest import disk, json_files
from digest.commands import clock_check, locate, lost_lines, pull_report, uncommitted
from digest.commands.pull_report import PullReport, Row
from digest.content import paths, store, story_file, summaries
from digest.content.edit import Edit
from digest.content.ledger import Ledgers
from digest.errors import DigestError
from digest.feeds import feed_state, parse_client
from digest.feeds.concurrent import Progress
from digest.feeds.fetch import fetch_in_parts, user_agent
from digest.feeds.limits import USUAL, Limits
from digest.intake import inbox_files, snapshot
from digest.intake.detect import holding, in_question, names_carried, overdue, related
from digest.intake.plan import PullPlan, Snapshot
from digest.intake.take_in import take_in
from digest.model import Config, Document, Failed, Feed, Fetched

_CARRIED = "carried.json"
"""The memory of what each feed's last document carried: names of its entries."""
_BEGUN = "edits.json"
"""The memory of what a pull that is under way writes into story files: one that is killed leaves it
to the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What the feeds that were asked have answered, and rows for those that were not.

    `memory` is what earlier pulls have learnt, `marks` are the hashes of the ledgers before this
    one. `forgotten` are the feeds of which the memory said what cannot be true.
    """

    answers: tuple[Fetched | Failed, ...]
    waiting: tuple[Row, ...]
    memory: Mapping[str, Any]
    marks: Mapping[str, str]
    forgotten: tuple[str, ...]


def run(
    root: Path,
    config: Config,
    feeds: Sequence[Feed],
    *,
    now: datetime,
    dry: bool = False,
    named: bool = False,
    limits: Limits = USUAL,
    on_progress: Progress | None = None,
) -> PullReport:
    """Pulls the feeds into the digest at `root`; `dry` writes nothing, `on_progress` hears how many
    feeds have answered.

    Feeds that the user has `named` are asked even if their servers want to be asked later. Raises
    DigestError where there is neither a feed nor anything in the inbox, and where the clock is
    wrong.
    """
    with store.writing(root, dry=dry) as swept:
        noted = () if dry else uncommitted.note_deletions(root, config)
        parts, waiting, forgotten = list[PullReport](), list[Row](), list[str]()
        for asked in _ask(
            root,
            config,
            feeds,
            now,
            replace(limits, prompt=None) if dry else limits,
            on_progress,
            named=named,
        ):
            waiting.extend(asked.waiting)
            forgotten.extend(asked.forgotten)
            parts += [
                _take_in(root, config, part, read, now, dry)
                for part, read in _parsed(root, asked, limits, dry)
            ]
    rows = {row.feed: row for row in (*waiting, *(row for part in parts for row in part.rows))}
    return PullReport(
        rows=tuple(rows[feed.id] for feed in config.feeds if feed.id in rows),
        filed=tuple(filing for part in parts for filing in part.filed),
        swept=swept.removed,
        completed=swept.completed,
        problems=(
            *map(_forgotten, forgotten),
            *noted,
            *dict.fromkeys(problem for part in parts for problem in part.problems),
        ),
        dry=dry,
    )


def _parsed(
    root: Path, asked: _Asked, limits: Limits, dry: bool
) -> Iterator[tuple[_Asked, Mapping[str, Document | Failed]]]:
    """Yields the answers with what they say, in two parts where some take long to parse: those come
    last.

    By then the others are written, so a feed whose publisher does harm cannot hold them up. A dry
    run has one part.
    """
    bodies = [one for one in asked.answers if isinstance(one, Fetched) and one.body]
    parts = parse_client.feeds(bodies, limits)
    if dry:
        parts = iter([{feed: found for part in parts for feed, found in part.items()}])
    late = {one.feed.id for one in bodies}
    for number, read in enumerate(parts):
        late -= read.keys()
        if number == 0:
            yield (
                replace(
                    asked, answers=tuple(one for one in asked.answers if one.feed.id not in late)
                ),
                read,
            )
        else:
            yield _later(root, tuple(one for one in asked.answers if one.feed.id in read)), read


def _later(root: Path, answers: tuple[Fetched | Failed, ...]) -> _Asked:
    """Returns answers that come after others have been written, with what is remembered by now."""
    marks = _marks(root, (one.feed for one in answers))
    return _Asked(
        answers=answers,
        waiting=(),
        memory=json_files.recall(root, feed_state.NAME),
        marks=marks,
        forgotten=(),
    )


def _take_in(
    root: Path,
    config: Config,
    asked: _Asked,
    read: Mapping[str, Document | Failed],
    now: datetime,
    dry: bool,
) -> PullReport:
    """Takes in what was read, and writes it, unless this is a dry run."""
    feeds = {one.feed.id: one.feed for one in asked.answers}
    # Only now: a fetch takes long enough for git to bring in others.
    ledgers, problems = store.read_whole_ledgers(root)
    read = clock_check.checked(read, feeds.values(), ledgers, now)
    documents = [
        (one.feed, found)
        for one in asked.answers
        if isinstance(found := read.get(one.feed.id), Document)
    ]
    lost = uncommitted.lost_stories(root, config, ledgers)
    filed, left = inbox_files.empty_inbox(root, config, ledgers, now=now, dry=dry)
    gaps = lost_lines.unread(root, problems) | lost_lines.missing(root, ledgers)
    desk = replace(_desk(root, config, documents, ledgers, asked.memory), withheld=frozenset(gaps))
    intake = take_in(documents, desk, config, now)
    if not dry:
        _write(root, asked, read, intake, ledgers, now)
        locate.run(root, config, now)
    _check_any(asked.answers, asked.waiting, filed, left)
    rows = [
        pull_report.renamed(row, config, ledgers)
        for row in pull_report.rows(asked.answers, read, intake.outcomes, asked.memory)
    ]
    return PullReport(
        rows=tuple(pull_report.warned(row, feeds[row.feed], read, ledgers, now) for row in rows),
        filed=filed,
        problems=tuple(map(str, (*problems, *gaps.values(), *lost, *left))),
        dry=dry,
    )


def _forgotten(feed: str) -> str:
    what = f"what it says about '{feed}' cannot be true, so it was dropped, and the feed is fetched again"
    return f"{disk.CACHE}/{feed_state.NAME}: {what}"


def _check_any(*found: Sequence[object]) -> None:
    """Raises DigestError where there was nothing at all to pull or to file."""
    if not any(found):
        raise DigestError("digest.toml: there is no feed to pull; add one: digest feeds add URL")


def chosen(config: Config, names: Iterable[str]) -> tuple[Feed, ...]:
    """Returns the feeds of those names, all that are not retired without names, in the order of
    digest.toml.

    Raises DigestError for one that is retired, KeyError with the name for one that is unknown.
    """
    wanted = set(names)
    unknown = wanted - {feed.id for feed in config.feeds}
    if unknown:
        raise KeyError(min(unknown))
    for feed in config.feeds:
        if feed.retired and feed.id in wanted:
            raise DigestError(
                f"digest.toml: feed '{feed.id}' is retired; remove 'retired = true' to pull it again"
            )
    return tuple(
        feed for feed in config.feeds if not feed.retired and (not wanted or feed.id in wanted)
    )


def _desk(
    root: Path,
    config: Config,
    documents: Sequence[tuple[Feed, Document]],
    ledgers: Ledgers,
    memory: feed_state.Memory,
) -> Snapshot:
    """Returns what has to be known to decide on the documents; where they bring nothing new, that
    is very little."""
    carried = {
        feed: frozenset(aliases)
        for feed, aliases in json_files.recall(root, _CARRIED, json_files.is_texts).items()
    }
    carried |= {feed.id: frozenset(names_carried(document)) for feed, document in documents}
    returned = feed_state.returned((feed for feed, _ in documents), memory)
    names = in_question(documents, ledgers, overdue(ledgers, config, carried), returned)
    altered = locate.altered(root, config) if names else {}
    desk = snapshot.read_snapshot(
        root, config, ledgers if names else related(documents, ledgers), names, altered
    )
    begun = {
        file: Edit(file, **texts)
        for file, texts in json_files.recall(root, _BEGUN, _is_edit).items()
    }
    return replace(desk, begun=begun, carried=carried, returned=returned)


def _is_edit(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == {"before", "after"}
        and json_files.is_texts([*value.values()])
    )


def _ask(
    root: Path,
    config: Config,
    feeds: Sequence[Feed],
    now: datetime,
    limits: Limits,
    on_progress: Progress | None,
    *,
    named: bool,
) -> Iterator[_Asked]:
    """Fetches the feeds, but for those whose servers have asked to be left in peace until a moment
    to come.

    Yields the prompt answers first if others take long; the caller writes these before it asks for
    the next.
    """
    pulled = {feed.id for feed in config.feeds if not feed.retired}.union(feed.id for feed in feeds)
    remembered = json_files.recall(root, feed_state.NAME)
    memory = feed_state.mark_away(feed_state.valid(remembered, now), pulled)
    until = {feed.id: "" if named else feed_state.wait_of(feed, memory, now) for feed in feeds}
    due = [feed for feed in feeds if not until[feed.id]]
    marks = _marks(root, due)
    known, agent = feed_state.validators(due, memory, marks), user_agent(config.site)
    parts = fetch_in_parts(
        due, root=root, known=known, agent=agent, now=now, limits=limits, on_progress=on_progress
    )
    reason = "its server asked not to be contacted again before "
    waiting = [
        Row(feed=id, state="waiting", reason=reason + moment)
        for id, moment in until.items()
        if moment
    ]
    forgotten = sorted(remembered.keys() - memory.keys())
    first, told_of = next(parts), tuple(forgotten)
    yield _Asked(
        answers=first, waiting=tuple(waiting), memory=memory, marks=marks, forgotten=told_of
    )
    yield from (_later(root, answers) for answers in parts)


def _marks(root: Path, feeds: Iterable[Feed]) -> dict[str, str]:
    """Returns the hash of each feed's ledger as it stands."""
    return {feed.id: store.ledger_mark(root, feed.id) for feed in feeds}


def _write(
    root: Path,
    asked: _Asked,
    read: Mapping[str, Document | Failed],
    intake: PullPlan,
    ledgers: Ledgers,
    now: datetime,
) -> None:
    """Writes what was decided, then what was learnt: a pull that is killed in between asks again,
    and finds it done."""
    left = [
        file
        for file in json_files.recall(root, _BEGUN, _is_edit)
        if paths.is_story(file) and (root / file).exists()
    ]
    disk.settle(
        root, left
    )  # files that a killed pull has put in place must be on disk before the ledger names them
    new = {story.file: {"before": "", "after": story_file.dumps(story)} for story in intake.stories}
    changed = {
        one.file: {"before": one.before, "after": one.after}
        for one in intake.edits
        if one.before != one.after
    }
    if new or changed:
        json_files.remember(root, _BEGUN, new | changed)
    store.write(root, intake.stories, intake.edits, intake.lines)
    if new or changed or json_files.recall(root, _BEGUN):
        json_files.remember(root, _BEGUN, {})
    uncommitted.remember(root, intake)
    _keep_summaries(root, read)
    carried = _keep_carried(root, read)
    _remember(root, asked, read, intake, holding(ledgers, intake.lines, carried), now)


def _keep_summaries(root: Path, read: Mapping[str, Document | Failed]) -> None:
    """Keeps the whole summaries for the preview and the rules of themes: a story file may get few
    words of them."""
    for feed, document in read.items():
        before = json_files.recall(root, summaries.name(feed))
        after = before if isinstance(document, Failed) else summaries.kept(before, document.entries)
        if after != before:
            json_files.remember(root, summaries.name(feed), after)


def _keep_carried(root: Path, read: Mapping[str, Document | Failed]) -> dict[str, list[str]]:
    """Keeps and returns what the feeds carry, for pulls in which some of them say nothing new, or
    nothing at all."""
    before = json_files.recall(root, _CARRIED, json_files.is_texts)
    after = before | {
        feed: names_carried(one) for feed, one in read.items() if isinstance(one, Document)
    }
    if after != before:
        json_files.remember(root, _CARRIED, after)
    return after


def _remember(
    root: Path,
    asked: _Asked,
    read: Mapping[str, Document | Failed],
    intake: PullPlan,
    holding: Collection[str],
    now: datetime,
) -> None:
    """Adds to the memory what this pull has learnt of each feed that was asked.

    Those that hold a correction are read again in the next pull, even where they have not changed.
    """
    left = {outcome.feed.id for outcome in intake.outcomes if outcome.blocked}.union(holding)
    grown = _marks(
        root, (answer.feed for answer in asked.answers if answer.feed.id in intake.lines)
    )
    learnt = feed_state.updated(asked.answers, read, left, asked.memory, {**asked.marks, **grown})
    rows = pull_report.rows(asked.answers, read, intake.outcomes, asked.memory)
    fates = {row.feed: row.reason if row.state == "failed" else len(row.new) for row in rows}
    json_files.remember(
        root, feed_state.NAME, feed_state.with_results(learnt, asked.memory, fates, now)
    )
