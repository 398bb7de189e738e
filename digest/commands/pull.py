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
from digest.commands import (
    clock_check,
    locate,
    lost_lines,
    pull_report,
    sheet,
    suggestions,
    uncommitted,
)
from digest.commands.pull_report import PullReport, Row
from digest.content import paths, store, story_file, summaries
from digest.content.edit import Edit
from digest.content.ledger import Ledgers
from digest.errors import DigestError
from digest.feeds import feed_state, parse_client
from digest.feeds.concurrent import Progress
from digest.feeds.fetch import fetch_in_parts, user_agent
from digest.feeds.limits import USUAL, Limits
from digest.intake import feed_filter, inbox_files, snapshot
from digest.intake.detect import holding, in_question, names_carried, overdue, related
from digest.intake.plan import PullPlan, Snapshot
from digest.intake.take_in import take_in
from digest.model import Config, Document, Failed, Feed, Fetched

_CARRIED = "carried.json"
"""The aliases of the entries that each feed's last document had."""
_BEGUN = "edits.json"
"""What a pull is about to write into story files; if it is killed, the next one finds it here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """The answers of the feeds that were fetched, and rows for those that were not.

    `memory` is what earlier pulls remember of each feed (`feed_state`), `hashes` are those of the
    ledgers before this pull. `forgotten` are feeds whose memory was impossible, and is dropped.
    """

    answers: tuple[Fetched | Failed, ...]
    waiting: tuple[Row, ...]
    memory: Mapping[str, Any]
    hashes: Mapping[str, str]
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
    """Pulls the feeds into the digest at `root`; with `dry`, nothing is written.

    Feeds that the user has `named` are fetched even if their servers asked us to wait. Raises
    DigestError if there is neither a feed nor a file in the inbox, or if the clock is wrong.
    """
    with store.writing(root, dry=dry) as swept:
        noted = () if dry else uncommitted.note_deletions(root, config)
        applied = None if dry else sheet.carry_out(root, config)
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
        suggestions=tuple(one for part in parts for one in part.suggestions),
        problems=(
            *map(_forgotten, forgotten),
            *noted,
            *dict.fromkeys(problem for part in parts for problem in part.problems),
        ),
        sheet=applied,
        dry=dry,
    )


def _parsed(
    root: Path, asked: _Asked, limits: Limits, dry: bool
) -> Iterator[tuple[_Asked, Mapping[str, Document | Failed]]]:
    """Yields the answers with their documents; those that take long to parse come in a second part.

    The first part is written before the second is parsed, so a hostile feed cannot delay the
    others. A dry run has one part.
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
    """Returns answers that come after others were written, with what is remembered since then."""
    return _Asked(
        answers=answers,
        waiting=(),
        memory=json_files.recall(root, feed_state.NAME),
        hashes=_ledger_hashes(root, (one.feed for one in answers)),
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
    """Decides what the documents bring, and writes it, unless this is a dry run."""
    feeds = {one.feed.id: one.feed for one in asked.answers}
    # Not earlier: git may bring other ledgers during a fetch.
    ledgers, problems = store.read_whole_ledgers(root)
    read = clock_check.checked(read, feeds.values(), ledgers, now)
    sifted = {
        one.feed.id: feed_filter.filtered(one.feed, found, ledgers.get(one.feed.id, {}))
        for one in asked.answers
        if isinstance(found := read.get(one.feed.id), Document)
    }
    documents = [(feeds[id], found.document) for id, found in sifted.items()]
    lost = uncommitted.lost_stories(root, config, ledgers)
    filed, left = inbox_files.empty_inbox(root, config, ledgers, now=now, dry=dry)
    gaps = lost_lines.unread(root, problems) | lost_lines.missing(root, ledgers)
    known = replace(
        _snapshot(root, config, documents, ledgers, asked.memory), withheld=frozenset(gaps)
    )
    intake = take_in(documents, known, config, now)
    if not dry:
        _write(root, asked, read, intake, ledgers, now)
        locate.run(root, config, now)
    _check_any(asked.answers, asked.waiting, filed, left)
    rows = [
        pull_report.renamed(row, config, ledgers)
        for row in pull_report.rows(asked.answers, read, intake.outcomes, asked.memory)
    ]
    rows = [
        replace(row, passed_over=sifted[row.feed].passed_over) if row.feed in sifted else row
        for row in rows
    ]
    return PullReport(
        rows=tuple(pull_report.warned(row, feeds[row.feed], read, ledgers, now) for row in rows),
        filed=filed,
        suggestions=suggestions.of_new(root, config, intake.stories),
        problems=tuple(map(str, (*problems, *gaps.values(), *lost, *left))),
        dry=dry,
    )


def _forgotten(feed: str) -> str:
    what = f"what it says about '{feed}' cannot be true, so it was dropped, and the feed is fetched again"
    return f"{disk.CACHE}/{feed_state.NAME}: {what}"


def _check_any(*found: Sequence[object]) -> None:
    """Raises DigestError if there was nothing to pull or to file."""
    if not any(found):
        raise DigestError("digest.toml: there is no feed to pull; add one: digest feeds add URL")


def chosen(config: Config, names: Iterable[str]) -> tuple[Feed, ...]:
    """Returns the feeds of these names, or without names all that are not retired.

    They are in the order of digest.toml. Raises DigestError for a retired feed, KeyError with the
    name for an unknown one.
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


def _snapshot(
    root: Path,
    config: Config,
    documents: Sequence[tuple[Feed, Document]],
    ledgers: Ledgers,
    memory: feed_state.Memory,
) -> Snapshot:
    """Returns what is needed to decide on the documents: very little if nothing in them is new."""
    carried = {
        feed: frozenset(aliases)
        for feed, aliases in json_files.recall(root, _CARRIED, json_files.is_texts).items()
    }
    carried |= {feed.id: frozenset(names_carried(document)) for feed, document in documents}
    returned = feed_state.returned((feed for feed, _ in documents), memory)
    names = in_question(documents, ledgers, overdue(ledgers, config, carried), returned)
    altered = locate.altered(root, config) if names else {}
    known = snapshot.read_snapshot(
        root, config, ledgers if names else related(documents, ledgers), names, altered
    )
    begun = {
        file: Edit(file, **texts)
        for file, texts in json_files.recall(root, _BEGUN, _is_edit).items()
    }
    return replace(known, begun=begun, carried=carried, returned=returned)


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
    """Fetches the feeds, except those whose servers asked us to wait.

    If some servers take long, the prompt answers are yielded first, and written before the next.
    """
    pulled = {feed.id for feed in config.feeds if not feed.retired}.union(feed.id for feed in feeds)
    remembered = json_files.recall(root, feed_state.NAME)
    memory = feed_state.mark_away(feed_state.valid(remembered, now), pulled)
    until = {feed.id: "" if named else feed_state.wait_of(feed, memory, now) for feed in feeds}
    due = [feed for feed in feeds if not until[feed.id]]
    hashes = _ledger_hashes(root, due)
    known, agent = feed_state.validators(due, memory, hashes), user_agent(config.site)
    parts = fetch_in_parts(
        due, root=root, known=known, agent=agent, now=now, limits=limits, on_progress=on_progress
    )
    reason = "its server asked not to be contacted again before "
    waiting = [
        Row(feed=id, state="waiting", reason=reason + time) for id, time in until.items() if time
    ]
    yield _Asked(
        answers=next(parts),
        waiting=tuple(waiting),
        memory=memory,
        hashes=hashes,
        forgotten=tuple(sorted(remembered.keys() - memory.keys())),
    )
    yield from (_later(root, answers) for answers in parts)


def _ledger_hashes(root: Path, feeds: Iterable[Feed]) -> dict[str, str]:
    """Returns the hash of each feed's ledger, and of the phrases that choose its entries."""
    return {feed.id: store.ledger_mark(root, feed.id) + feed_filter.mark(feed) for feed in feeds}


def _write(
    root: Path,
    asked: _Asked,
    read: Mapping[str, Document | Failed],
    intake: PullPlan,
    ledgers: Ledgers,
    now: datetime,
) -> None:
    """Writes the stories and ledgers, then what is remembered for the next pull.

    If this pull is killed in between, the next one fetches the feeds again, and finds it done.
    """
    begun = json_files.recall(root, _BEGUN)
    left = [file for file, edit in begun.items() if paths.is_story(file) and _is_edit(edit)]
    # What a killed pull has put in place must be on disk before the ledger names it.
    disk.settle(root, [file for file in left if (root / file).exists()])
    new = {story.file: {"before": "", "after": story_file.dumps(story)} for story in intake.stories}
    changed = {
        one.file: {"before": one.before, "after": one.after}
        for one in intake.edits
        if one.before != one.after
    }
    if new or changed:
        json_files.remember(root, _BEGUN, new | changed)
    store.write(root, intake.stories, intake.edits, intake.lines)
    if new or changed or begun:
        json_files.remember(root, _BEGUN, {})
    uncommitted.remember(root, intake)
    _keep_summaries(root, read)
    carried = _keep_carried(root, read)
    _remember(root, asked, read, intake, holding(ledgers, intake.lines, carried), now)


def _keep_summaries(root: Path, read: Mapping[str, Document | Failed]) -> None:
    """Keeps the whole summaries for the preview and the theme rules; story files have excerpts."""
    for feed, document in read.items():
        before = json_files.recall(root, summaries.name(feed))
        after = before if isinstance(document, Failed) else summaries.kept(before, document.entries)
        if after != before:
            json_files.remember(root, summaries.name(feed), after)


def _keep_carried(root: Path, read: Mapping[str, Document | Failed]) -> dict[str, list[str]]:
    """Keeps and returns the aliases of what feeds carry: a later pull may not get all of them."""
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
    """Remembers what each fetched feed answered, and what became of it.

    Feeds with a correction that waits are parsed again by the next pull, even if unchanged.
    """
    left = {outcome.feed.id for outcome in intake.outcomes if outcome.blocked}.union(holding)
    grown = _ledger_hashes(
        root, (answer.feed for answer in asked.answers if answer.feed.id in intake.lines)
    )
    learned = feed_state.updated(asked.answers, read, left, asked.memory, {**asked.hashes, **grown})
    rows = pull_report.rows(asked.answers, read, intake.outcomes, asked.memory)
    results = {row.feed: row.reason if row.state == "failed" else len(row.new) for row in rows}
    json_files.remember(
        root, feed_state.NAME, feed_state.with_results(learned, asked.memory, results, now)
    )
