"""The report of a pull: a row for each feed, and what else the editor should know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from posixpath import basename

from digest import redact, urls
from digest.commands.sheet import AppliedReport
from digest.content.ledger import Ledgers
from digest.errors import and_more, count_of
from digest.feeds import feed_state
from digest.feeds.feed_state import FeedStates
from digest.intake import feed_health
from digest.intake.inbox import InboxMove
from digest.intake.pull_state import DocumentOutcome
from digest.model import Config, Document, Failed, Feed, Fetched
from digest.themes.suggest import StorySuggestions, suggested_counts

_MAX_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRow:
    """What became of one feed.

    - `state`: "read", "unchanged", "waiting" or "failed", the last two with a `reason`
    - `moved`: the feed's new address
    - `moved_by`: where that is from: "redirect", "new-feed-url", or "self" if the feed only names
      another address as its own
    - `entries`: how many it has, without those passed over; `known` of them were there before
    - `new`, `adopted`, `updated`: files of stories
    - `kept`, `notices`: lines for the editor: what was not changed, and what has changed below
      their words
    - `gap`: True if entries may have been missed; the words are among the `warnings`
    - `passed_over`: the headlines of entries that the feed's `match` and `ignore` leave out
    """

    feed: str
    state: str
    reason: str = ""
    moved: str = ""
    moved_by: str = ""
    entries: int = 0
    new: tuple[str, ...] = ()
    adopted: tuple[str, ...] = ()
    known: int = 0
    updated: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    gap: bool = False
    passed_over: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PullReport:
    """What a pull did.

    - `rows`: one for each feed that was asked, in the order of digest.toml
    - `filed`: what was moved out of the inbox, or would be
    - `swept`, `completed`: files that a killed run had left half-written, or whole under a hidden
      name
    - `recovered`: stories whose ledger lines a killed run did not write
    - `problems`: lines on what is wrong with ledgers, inbox and cache, and on deletions that this
      pull has recorded
    - `suggestions`: for the new stories that have no theme
    - `sheet`: what became of the sheet
    """

    rows: tuple[PullRow, ...]
    filed: tuple[InboxMove, ...] = ()
    swept: tuple[str, ...] = ()
    completed: tuple[str, ...] = ()
    recovered: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    suggestions: tuple[StorySuggestions, ...] = ()
    sheet: AppliedReport | None = None
    dry: bool = False

    @property
    def read(self) -> int:
        """How many feeds answered, those that had nothing new among them."""
        return sum(row.state in {"read", "unchanged"} for row in self.rows)

    @property
    def failed(self) -> int:
        """How many feeds could not be fetched or read."""
        return sum(row.state == "failed" for row in self.rows)

    @property
    def likely(self) -> dict[str, int]:
        """How many of the new stories without a theme look like each theme."""
        return suggested_counts(self.suggestions)


def waiting_rows(feeds: Iterable[Feed], states: FeedStates, now: datetime) -> dict[str, PullRow]:
    """Returns rows for the feeds whose servers asked us to wait."""
    rows = {}
    for feed in feeds:
        until = feed_state.wait_of(feed, states, now)
        if until:
            reason = f"its server asked not to be contacted again before {until.isoformat()}"
            rows[feed.id] = PullRow(feed=feed.id, state="waiting", reason=reason)
    return rows


def row_of(
    answer: Fetched | Failed,
    *,
    document: Document | Failed | None,
    outcome: DocumentOutcome | None,
    passed_over: tuple[str, ...],
    states: FeedStates,
    config: Config,
    ledgers: Ledgers,
    now: datetime,
) -> PullRow:
    """Returns the row of a feed by its answer, its parsed document and what became of it.

    `states` is what earlier pulls know of the feeds. Warnings compare the feed with the `ledgers`
    before this pull.
    """
    feed = answer.feed
    for result in (answer, document):
        if isinstance(result, Failed):
            return PullRow(feed=feed.id, state="failed", reason=redact.mask(result.reason))
    moved, moved_by = feed_state.moved_to(answer, document, states)
    records = ledgers.get(feed.id, {})
    is_silent = urls.web_link(feed.url) and not (outcome and outcome.new)
    silence = feed_health.quiet(records, now) if is_silent else ""
    if outcome is None:
        return PullRow(
            feed=feed.id,
            state="unchanged",
            moved=redact.mask(moved),
            moved_by=moved_by,
            warnings=(silence,) if silence else (),
        )
    gap = ""
    if isinstance(document, Document) and not passed_over and outcome.brought_before is not None:
        gap = feed_health.gap(document, outcome.brought_before, records, now)
    warnings = (*outcome.warnings, _renamed(outcome, config, ledgers), gap, silence)
    return PullRow(
        feed=feed.id,
        state="read",
        moved=redact.mask(moved),
        moved_by=moved_by,
        entries=outcome.entries,
        new=outcome.new,
        adopted=outcome.adopted,
        known=outcome.known,
        updated=outcome.updated,
        kept=outcome.kept,
        notices=outcome.notices,
        gap=bool(gap),
        passed_over=passed_over,
        warnings=tuple(filter(None, warnings)),
    )


def _renamed(outcome: DocumentOutcome, config: Config, ledgers: Ledgers) -> str:
    """Returns a warning if all stories of a new feed are those of one that digest.toml no longer
    has."""
    names = {basename(file) for file in (*outcome.updated, *outcome.adopted)}
    if outcome.feed.id in ledgers or outcome.new or not names:
        return ""
    for old in sorted(ledgers.keys() - {feed.id for feed in config.feeds}):
        if names <= {basename(record.file) for record in ledgers[old].values()}:
            what = f"all its stories are those of '{old}', which is no longer in digest.toml"
            return f"{what}; if you renamed the feed, they now name both ids"
    return ""


def lines_before_error(
    texts: Mapping[str, Sequence[str]], present: Mapping[str, str], not_pulled: Sequence[str]
) -> list[str]:
    """Returns lines on what a pull had written before an error, and on feeds that were not pulled.

    `texts` are those that it was to write into each file, in order, `present` is the file's text
    now. No line is returned if nothing was to be written yet.
    """
    written, missing = list[str](), 0
    for file, of_file in texts.items():
        if present[file] in of_file:
            written.append(file)
        if present[file] != of_file[-1]:
            missing += 1
    lines = []
    if written:
        were = "was" if len(written) == 1 else "were"
        stories = count_of(len(written), "story", "stories")
        lines.append(f"{stories} {were} written before that: {and_more(written, _MAX_NAMED)}")
    if texts and not_pulled:
        are = "is" if missing == 1 else "are"
        stories = count_of(missing, "story", "stories")
        without = f" ({stories} {are} not written)" if missing else ""
        feeds = and_more(not_pulled, _MAX_NAMED)
        lines.append(f"not finished: {feeds}{without}; pull again when this is fixed")
    return lines
