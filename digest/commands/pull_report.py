"""The report of a pull: a row for each feed, and what else the editor should know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from digest import redact, urls
from digest.commands.sheet import AppliedReport
from digest.content.ledger import Ledgers, Record
from digest.feeds import feed_state
from digest.intake import feed_health
from digest.intake.inbox import Filing
from digest.intake.plan import Outcome
from digest.model import Config, Document, Failed, Feed, Fetched
from digest.themes.suggest import Suggestions, likeliest


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What became of one feed: `state` is "read", "unchanged", "waiting" or "failed", the last two
    with a reason.

    `moved` is the feed's new address, and `moved_by` says where it is from: "redirect",
    "new-feed-url", or "self" if the feed only names another address as its own. `kept` and
    `notices` are lines for the editor: what was not changed, and what has changed below their
    words. `passed_over` has the headlines of entries that the feed's `match` and `ignore` leave out.
    `gap` tells that entries may have been missed; the words are among the warnings.
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
    """A row for each feed that was asked, in the order of digest.toml, and what is wrong with
    ledgers and inbox.

    `filed` has what was moved out of the inbox, or would be; `swept` what a killed run had left
    half-written, and `completed` what it had left whole under a hidden name; `suggestions` are for the
    new stories that have no theme, and `sheet` is what became of the sheet.
    """

    rows: tuple[Row, ...]
    filed: tuple[Filing, ...] = ()
    swept: tuple[str, ...] = ()
    completed: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    suggestions: tuple[Suggestions, ...] = ()
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
        return likeliest(self.suggestions)


def rows(
    answers: Iterable[Fetched | Failed],
    read: Mapping[str, Document | Failed],
    outcomes: Iterable[Outcome],
    memory: Mapping[str, Any],
) -> list[Row]:
    """Returns a row for each feed that was asked.

    `read` has the parsed documents by feed, `memory` is what earlier pulls know of the feeds.
    """
    outcomes_by_feed = {outcome.feed.id: outcome for outcome in outcomes}
    return [
        _row(one, read.get(one.feed.id), outcomes_by_feed.get(one.feed.id), memory)
        for one in answers
    ]


def warned(
    row: Row,
    feed: Feed,
    read: Mapping[str, Document | Failed],
    ledgers: Mapping[str, Mapping[str, Record]],
    now: datetime,
) -> Row:
    """Returns the row with what is odd about a feed that answered, against what it brought before
    this pull."""
    records = ledgers.get(feed.id, {})
    document = read.get(feed.id)
    gap = (
        feed_health.gap(document, row.known + len(row.adopted), records, now)
        if isinstance(document, Document) and not row.passed_over
        else ""
    )
    incoming = urls.web_link(feed.url) and row.state in {"read", "unchanged"}
    silent = feed_health.quiet(records, now) if incoming and not row.new else ""
    return replace(
        row, gap=bool(gap), warnings=(*row.warnings, *(alarm for alarm in (gap, silent) if alarm))
    )


def renamed(row: Row, config: Config, ledgers: Ledgers) -> Row:
    """Returns the row with a warning if all stories of a new feed are those of one that digest.toml
    no longer has."""
    names = {file.rpartition("/")[2] for file in (*row.updated, *row.adopted)}
    if row.feed in ledgers or row.new or not names:
        return row
    for old in sorted(ledgers.keys() - {feed.id for feed in config.feeds}):
        if names <= {record.file.rpartition("/")[2] for record in ledgers[old].values()}:
            what = f"all its stories are those of '{old}', which is no longer in digest.toml; if you renamed the feed, "
            return replace(row, warnings=(*row.warnings, f"{what}they now name both ids"))
    return row


def _row(
    answer: Fetched | Failed,
    document: Document | Failed | None,
    outcome: Outcome | None,
    memory: Mapping[str, Any],
) -> Row:
    if failed := next((one for one in (answer, document) if isinstance(one, Failed)), None):
        return Row(feed=failed.feed.id, state="failed", reason=redact.mask(failed.reason))
    moved, by = feed_state.moved_to(answer, document, memory)
    moved = redact.mask(moved)
    if outcome is None:
        return Row(feed=answer.feed.id, state="unchanged", moved=moved, moved_by=by)
    return Row(
        feed=answer.feed.id,
        state="read",
        moved=moved,
        moved_by=by,
        entries=outcome.entries,
        new=outcome.new,
        adopted=outcome.adopted,
        known=outcome.known,
        updated=outcome.updated,
        kept=outcome.kept,
        notices=outcome.notices,
        warnings=outcome.warnings,
    )
