"""`digest pull`: feeds into stories.

    the sheet is applied
    chosen feeds ──fetch──▶ answers ──parse──▶ documents ──plan──▶ stories and ledger lines ──▶ written, remembered
                                the inbox is emptied ─────┘
    locations are recorded, themes are suggested

The digest is locked from the first step to the last. Answers come in batches, each written before
the next is parsed, so slow servers and large feeds do not delay the others. A feed that cannot be
fetched or read is a row of the report; the others go on. What servers said (validators, pauses) is
saved last in each batch, after everything that they brought is written, and is ignored if the
ledger has changed since. Decisions are made in `intake`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from digest import disk
from digest.cache import FILE as CACHE_FILE
from digest.cache import Cache, notices
from digest.commands import pull_clock_check, pull_report, sheet
from digest.commands.pull_report import PullReport, PullRow
from digest.commands.shared import cached_content, git_history, git_merges, journal
from digest.content import store, story_file, summaries
from digest.content.edit import Edit
from digest.content.ledger import Ledgers, Record
from digest.content.pending import GitMerges
from digest.errors import DigestError, Problem
from digest.feeds import feed_state, parse_client
from digest.feeds.feed_state import FeedState, FeedStates
from digest.feeds.fetch import fetch_in_batches, user_agent
from digest.feeds.limits import USUAL, Limits
from digest.intake import changes, feed_filter, inbox_files, precedence, snapshot
from digest.intake.inbox import InboxMove
from digest.intake.plan import plan_pull
from digest.intake.pull_state import PullPlan
from digest.intake.snapshot import Snapshot
from digest.model import Config, Content, Document, Failed, Feed, Fetched, Progress, Story
from digest.themes.suggest import StorySuggestions, suggestions, without_theme

_CARRIED = "carried"
"""The kind in the cache of the aliases of all entries in each feed's last document."""


class _Batch(NamedTuple):
    """The answers of some feeds, and what they are compared with.

    `documents` are by feed, without dates that cannot be true; an unchanged feed has none.
    `problems` are the ledgers'.
    """

    answers: tuple[Fetched | Failed, ...]
    documents: Mapping[str, Document | Failed]
    ledgers: Ledgers
    problems: tuple[Problem, ...]


def run(
    root: Path,
    config: Config,
    feeds: Sequence[Feed],
    *,
    now: datetime,
    dry: bool = False,
    named_by_user: bool = False,
    limits: Limits = USUAL,
    on_progress: Progress | None = None,
) -> PullReport:
    """Pulls the feeds into the digest at `root`; with `dry`, nothing is written.

    Feeds that the user has `named_by_user` are fetched even if their servers asked us to wait.
    Raises DigestError if there is neither a feed nor a file in the inbox, if the clock is wrong, or
    if a file cannot be read or written.
    """
    with store.locked_for_writing(root, dry=dry) as cleaned_up, Cache(root) as cache:
        recovered = () if dry else journal.complete(root, cache, {feed.id for feed in config.feeds})
        deletions = () if dry else git_history.note_deletions(root, cache, config)
        applied = None if dry else sheet.apply_locked(root, config)
        pulled = {feed.id for feed in (*config.feeds, *feeds) if not feed.retired}
        states, dropped = _read_states(cache, pulled, now)
        waiting = {} if named_by_user else pull_report.waiting_rows(feeds, states, now)
        due = [feed for feed in feeds if feed.id not in waiting]
        hashes = _input_hashes(root, due)
        files = store.files(root) if any(state.awaited for state in states.values()) else ()
        # One batch without answers if no feed is due: the inbox is emptied all the same.
        batches: Iterable[tuple[Fetched | Failed, ...]] = [()]
        if due:
            batches = fetch_in_batches(
                due,
                root=root,
                known=feed_state.validators(due, states, hashes, files),
                agent=user_agent(config.site),
                now=now,
                limits=replace(limits, quick_answer=None) if dry else limits,
                on_progress=on_progress,
            )
        puller = _Puller(
            root=root,
            cache=cache,
            config=config,
            limits=limits,
            hashes=hashes,
            now=now,
            dry=dry,
            states=states,
            rows=waiting,
        )
        content = puller.process_all(batches, due)
        report = puller.report(content)
    return replace(
        report,
        swept=cleaned_up.removed,
        completed=cleaned_up.completed,
        recovered=recovered,
        problems=(*notices(root), *dropped, *deletions, *report.problems),
        sheet=applied,
    )


def select_feeds(config: Config, names: Iterable[str]) -> tuple[Feed, ...]:
    """Returns the feeds of these names, or without names every feed that is not retired.

    They are in the order of digest.toml. Raises DigestError for a retired feed, KeyError with the
    name for an unknown one.
    """
    wanted = set(names)
    unknown = wanted - {feed.id for feed in config.feeds}
    if unknown:
        raise KeyError(min(unknown))
    if not wanted:
        return tuple(feed for feed in config.feeds if not feed.retired)
    feeds = tuple(feed for feed in config.feeds if feed.id in wanted)
    for feed in feeds:
        if feed.retired:
            raise DigestError(
                f"digest.toml: feed '{feed.id}' is retired; remove 'retired = true' to pull it again"
            )
    return feeds


def _read_states(
    cache: Cache, pulled: Collection[str], now: datetime
) -> tuple[dict[str, FeedState], list[str]]:
    """Returns what earlier pulls know of the feeds, and a line on each state that cannot be true.

    `pulled` are the feeds that are not retired.
    """
    stored = cache.get_kind(feed_state.KIND, FeedState)
    states = feed_state.mark_away(feed_state.valid(stored, now), pulled)
    dropped = []
    for id in sorted(stored.keys() - states.keys()):
        what = f"what it says about '{id}' cannot be true, so it was dropped"
        dropped.append(f"{CACHE_FILE}: {what}, and the feed is fetched again")
    return states, dropped


def _input_hashes(root: Path, feeds: Iterable[Feed]) -> dict[str, str]:
    """Returns the hash of each feed's ledger, and of the phrases that choose its entries."""
    return {
        feed.id: store.ledger_hash(root, feed.id) + feed_filter.hash_of_phrases(feed)
        for feed in feeds
    }


def _parse(
    answers: tuple[Fetched | Failed, ...], limits: Limits, dry: bool
) -> Iterator[tuple[tuple[Fetched | Failed, ...], Mapping[str, Document | Failed]]]:
    """Yields answers, and their parsed documents by feed; at least once, also without answers.

    Feeds that take long to parse are yielded later, apart from the others, so that a hostile feed
    cannot delay these. A dry run, which writes nothing, yields all at once.
    """
    bodies = [answer for answer in answers if isinstance(answer, Fetched) and answer.body]
    parsed = parse_client.parse_feeds(bodies, limits)
    if dry:
        together = dict[str, Document | Failed]()
        for documents in parsed:
            together |= documents
        yield answers, together
        return
    unparsed = {answer.feed.id for answer in bodies}
    rest = answers
    for documents in parsed:
        unparsed -= documents.keys()
        ready = tuple(answer for answer in rest if answer.feed.id not in unparsed)
        rest = tuple(answer for answer in rest if answer.feed.id in unparsed)
        yield ready, documents


@dataclass(slots=True, kw_only=True)
class _Puller:
    """Parses, decides and writes one batch after another, and collects what to report.

    `hashes` are those of the ledgers before the fetch (`_input_hashes`). The fields from `states`
    on change with each batch.
    """

    root: Path
    cache: Cache
    config: Config
    limits: Limits
    hashes: Mapping[str, str]
    now: datetime
    dry: bool
    states: FeedStates
    """What is known of each feed, with what the batches so far brought."""
    rows: dict[str, PullRow]
    """By feed; at first those of feeds that are not asked."""
    filed: tuple[InboxMove, ...] = ()
    """What was moved out of the inbox, or would be."""
    problems: dict[str, None] = field(default_factory=dict)
    """Lines on ledgers and inbox; each batch finds most of the same."""
    new_stories: list[Story] = field(default_factory=list)
    texts: dict[str, list[str]] = field(default_factory=dict)
    """The texts that the batches so far were to write, by file of a story."""

    def process_all(
        self, batches: Iterable[tuple[Fetched | Failed, ...]], due: Iterable[Feed]
    ) -> Content | None:
        """Processes the answers of all feeds that are `due`, a batch at a time, as they come.

        Locations are recorded once, after the last batch. If a batch fails, the earlier ones stay
        written, and the next pull or build records their locations; the error also says what was
        written and what was not.

        Returns the content then; None if a file has an error, or after a dry run.
        """
        not_pulled = [feed.id for feed in due]
        is_first = True
        try:
            for answers in batches:
                for ready, parsed in _parse(answers, self.limits, self.dry):
                    # Not earlier: git may bring other ledgers during a fetch.
                    ledgers, problems = store.read_whole_ledgers(self.root)
                    feeds = [answer.feed for answer in ready]
                    documents = pull_clock_check.check_dates(parsed, feeds, ledgers, self.now)
                    if is_first:
                        self._begin(ledgers)
                    is_first = False
                    self._process(_Batch(ready, documents, ledgers, tuple(problems)))
                    for feed in feeds:
                        not_pulled.remove(feed.id)
            if self.dry:
                return None
            return cached_content.record_locations(self.root, self.config, self.now)
        except DigestError as error:
            present = {file: store.read_text(self.root, file) for file in self.texts}
            done = pull_report.lines_before_error(self.texts, present, not_pulled)
            raise DigestError("\n".join([str(error), *done])) from error

    def report(self, content: Content | None) -> PullReport:
        """Returns what the batches brought, and suggestions for new stories that have no theme.

        `content` is what `process_all` has returned.
        """
        suggested: tuple[StorySuggestions, ...] = ()
        themeless = without_theme(self.new_stories) if self.config.themes else []
        if themeless:
            content = content or cached_content.read(self.root, self.config)
            suggested = suggestions(themeless, content.stories, self.config.themes)
        return PullReport(
            rows=tuple(self.rows[feed.id] for feed in self.config.feeds if feed.id in self.rows),
            filed=self.filed,
            problems=tuple(self.problems),
            suggestions=suggested,
            dry=self.dry,
        )

    def _begin(self, ledgers: Ledgers) -> None:
        """Empties the inbox, and looks for stories that git never had.

        That is before the first batch, since a feed may bring a story of the inbox, and after its
        dates have been checked, since a story without a date gets the week of the clock.
        """
        root, config = self.root, self.config
        lost = git_history.never_committed_hints(root, self.cache, config, ledgers)
        self.filed, not_moved = inbox_files.empty_inbox(
            root, config, ledgers, now=self.now, dry=self.dry
        )
        if not (self.filed or not_moved) and all(feed.retired for feed in config.feeds):
            raise DigestError("digest.toml: has no feed to pull; add one: digest feeds add URL")
        self._note(*lost, *not_moved)

    def _process(self, batch: _Batch) -> None:
        """Decides what the documents bring, and writes it, unless this is a dry run."""
        ledgers = batch.ledgers
        documents, passed_over = list[tuple[Feed, Document]](), dict[str, tuple[str, ...]]()
        for answer in batch.answers:
            feed = answer.feed
            document = batch.documents.get(feed.id)
            if isinstance(document, Document):
                wanted, passed_over[feed.id] = feed_filter.filter_entries(
                    feed, document, ledgers.get(feed.id, {})
                )
                documents.append((feed, wanted))
        damaged = git_history.damaged_ledgers(self.root, batch.problems)
        damaged |= git_history.shortened_ledgers(self.root, ledgers)
        self._note(*batch.problems, *damaged.values())
        present = replace(self._snapshot(documents, ledgers), damaged=frozenset(damaged))
        plan = plan_pull(documents, present, self.config, self.now)
        outcomes = {outcome.feed.id: outcome for outcome in plan.outcomes}
        rows = dict[str, PullRow]()
        for answer in batch.answers:
            id = answer.feed.id
            rows[id] = pull_report.row_of(
                answer,
                document=batch.documents.get(id),
                outcome=outcomes.get(id),
                passed_over=passed_over.get(id, ()),
                states=self.states,
                config=self.config,
                ledgers=ledgers,
                now=self.now,
            )
        if not self.dry:
            self._write(plan, present.created_by_killed_pull)
            self._remember(batch, plan, rows, present.carried)
        self.rows |= rows
        self.new_stories += plan.stories

    def _note(self, *problems: Problem) -> None:
        self.problems |= dict.fromkeys(map(str, problems))

    def _snapshot(self, documents: Sequence[tuple[Feed, Document]], ledgers: Ledgers) -> Snapshot:
        """Returns what is needed to decide on the documents: very little if nothing in them is
        new."""
        carried = self.cache.get_kind(_CARRIED, frozenset[str])
        carried |= changes.aliases_by_feed(documents)
        resumed = feed_state.resumed((feed for feed, _ in documents), self.states)
        due = precedence.feeds_with_due_corrections(ledgers, self.config, carried)
        search = changes.search_texts_of_changes(documents, ledgers, due, resumed)
        present = snapshot.read_snapshot(
            self.root,
            self.config,
            ledgers if search else changes.related(documents, ledgers),
            search,
            cached_content.read(self.root, self.config).altered if search else {},
        )
        merged: GitMerges = {}
        if present.stories:
            read = present.texts.__getitem__
            merged = git_merges.find_merges(self.root, present.stories, present.history, read)
        return replace(
            present,
            merged=merged,
            created_by_killed_pull=journal.created(self.cache),
            carried=carried,
            resumed=resumed,
        )

    def _write(self, plan: PullPlan, created_by_killed_pull: Mapping[str, str]) -> None:
        """Writes the stories and ledgers.

        If this pull is killed in between, the next one fetches the feeds again, and finds it done.
        """
        root, cache = self.root, self.cache
        # What a killed pull has put in place must be on disk before the ledger names it.
        disk.flush_names(root, [file for file in created_by_killed_pull if (root / file).exists()])
        edits = [Edit(story.file, "", story_file.dumps(story)) for story in plan.stories]
        edits += plan.edits
        for edit in edits:
            self.texts.setdefault(edit.file, []).append(edit.after)
        # Listed before they are there, so that no story escapes that is deleted before a commit.
        created = {*created_by_killed_pull, *(edit.file for edit in edits if not edit.before)}
        git_history.list_written(cache, created, plan.lines)
        # The journal needs only the lines of files that change: the others can be made again.
        written = {edit.file for edit in edits}
        lines = defaultdict[str, list[Record]](list)
        for record in plan.lines:
            file = plan.edited.get(record.file, record.file)
            if file in written:
                lines[file].append(record)
        with journal.noted(root, cache, edits, lines):
            store.write_stories(root, edits)
            # From here on, a new story that is gone was deleted by the editor: if this pull is
            # killed, the next one adds its line, and not the story again.
            if plan.stories:
                journal.note_written(cache)
            store.add_lines(root, plan.lines)

    def _remember(
        self,
        batch: _Batch,
        plan: PullPlan,
        rows: Mapping[str, PullRow],
        carried: Mapping[str, frozenset[str]],
    ) -> None:
        """Keeps whole summaries, the aliases that feeds carry, and what each feed answered.

        Story files have excerpts only; the preview and the theme rules use the whole summaries.
        Feeds with a correction that waits are parsed again by the next pull, even if unchanged.
        """
        cache = self.cache
        carried_before = cache.get_kind(_CARRIED, frozenset[str])
        for feed, document in batch.documents.items():
            if isinstance(document, Document):
                if carried[feed] != carried_before.get(feed):
                    cache.put(_CARRIED, feed, b"", sorted(carried[feed]))
                before = cache.get(summaries.KIND, feed, b"", summaries.Stored) or []
                after = summaries.to_store(before, document.entries)
                if after != before:
                    cache.put(summaries.KIND, feed, b"", after)
        incomplete = {outcome.feed.id for outcome in plan.outcomes if outcome.postponed}
        incomplete |= precedence.feeds_with_held_corrections(batch.ledgers, plan.lines, carried)
        with_lines = {line.feed for line in plan.lines}
        written = [answer.feed for answer in batch.answers if answer.feed.id in with_lines]
        hashes = {**self.hashes, **_input_hashes(self.root, written)}
        awaited = {outcome.feed.id: outcome.awaited for outcome in plan.outcomes}
        learned = feed_state.updated(
            batch.answers, batch.documents, incomplete, self.states, hashes, awaited
        )
        results = dict[str, str | int]()
        for row in rows.values():
            results[row.feed] = row.reason if row.state == "failed" else len(row.new)
        self.states = feed_state.with_results(learned, self.states, results, self.now)
        cache.keep_only(feed_state.KIND, self.states)
        for feed, state in self.states.items():
            cache.put(feed_state.KIND, feed, b"", state)
        cache.save(flush=True)
