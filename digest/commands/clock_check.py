"""Whether a pull's dates and this machine's clock can both be true.

    documents ──▶ dates more than a day ahead: of some entries, which are read as undated
                                               of all entries, which are not read: the feed fails
                                               and nothing shows that the clock is right: nothing is pulled

A clock that is behind would file years of stories under its own day, for good. It is shown to be
right by another feed whose newest date is past, or by a ledger that was last written before now.
Decides only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from digest.content.ledger import Ledgers
from digest.errors import DigestError
from digest.intake.new_story import is_ahead
from digest.model import Document, Failed, Feed

Read = Mapping[str, Document | Failed]
"""What the answers of feeds say, by the feeds' ids."""


def checked(
    read: Read, feeds: Iterable[Feed], ledgers: Ledgers, now: datetime
) -> dict[str, Document | Failed]:
    """Returns the documents without dates that cannot be true; raises DigestError where it is the
    clock that cannot."""
    dates = {
        feed: sorted(entry.published for entry in document.entries if entry.published)
        for feed, document in read.items()
        if isinstance(document, Document)
    }
    dated = {feed: found for feed, found in dates.items() if found}
    ahead = {feed: found[0] for feed, found in dated.items() if is_ahead(found[0], now)}
    if ahead and not (
        any(not is_ahead(found[-1], now) for found in dated.values()) or _was_right(ledgers, now)
    ):
        feed, first = min(ahead.items(), key=lambda one: one[1])
        raise DigestError(
            f"this machine's clock says {now.astimezone(UTC):%Y-%m-%d %H:%M} UTC, but all dates in feed '{feed}' are "
            f"later, from {first:%Y-%m-%d} on, so nothing was pulled; set the clock and pull again (if the clock is "
            "right, the feed's dates are wrong: tell its publisher)"
        )
    by_id = {feed.id: feed for feed in feeds}
    return {
        feed: Failed(by_id[feed], _all_ahead(ahead[feed]))
        if feed in ahead
        else _believed(document, now)
        for feed, document in read.items()
    }


def _was_right(ledgers: Ledgers, now: datetime) -> bool:
    """True if the ledgers were written to before now, and not after."""
    last = max(
        (record.at for records in ledgers.values() for record in records.values()), default=""
    )
    return bool(last) and not is_ahead(datetime.fromisoformat(last), now)


def _all_ahead(first: datetime) -> str:
    return (
        f"all its dates are more than a day ahead, from {first:%Y-%m-%d} on, so nothing was pulled from it; tell its "
        "publisher, or set this machine's clock if that is wrong"
    )


def _believed(document: Document | Failed, now: datetime) -> Document | Failed:
    if isinstance(document, Failed):
        return document
    ahead = [
        entry for entry in document.entries if entry.published and is_ahead(entry.published, now)
    ]
    if not ahead:
        return document
    count = f"{len(ahead)} of its entries" if len(ahead) > 1 else "one of its entries"
    first = f"{ahead[0].published:%Y-%m-%d} ('{ahead[0].title[:80]}')"
    warning = f"a date more than a day ahead, such as {first}, in {count}; treated as undated"
    entries = tuple(
        entry._replace(published=None, day_only=False, zoneless=False)
        if entry.published and is_ahead(entry.published, now)
        else entry
        for entry in document.entries
    )
    return document._replace(entries=entries, warnings=(*document.warnings, warning))
