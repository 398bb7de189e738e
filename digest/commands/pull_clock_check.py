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
from digest.intake.new_story import is_in_future
from digest.model import Document, Entry, Failed, Feed


def check_dates(
    documents: Mapping[str, Document | Failed],
    feeds: Iterable[Feed],
    ledgers: Ledgers,
    now: datetime,
) -> dict[str, Document | Failed]:
    """Returns the documents without dates that cannot be true; raises DigestError if it is the
    clock that cannot."""
    future, is_clock_right = dict[str, datetime](), False
    for feed_id, document in documents.items():
        if isinstance(document, Document):
            dates = [entry.published for entry in document.entries if entry.published]
            if dates and is_in_future(min(dates), now):
                future[feed_id] = min(dates)
            is_clock_right = is_clock_right or bool(dates and not is_in_future(max(dates), now))
    if future and not is_clock_right:  # unless the ledgers were written to before now
        times = (record.at for records in ledgers.values() for record in records.values())
        last = max(times, default="")
        is_clock_right = bool(last) and not is_in_future(datetime.fromisoformat(last), now)
    if future and not is_clock_right:
        first, feed_id = min((date, feed_id) for feed_id, date in future.items())
        raise DigestError(
            f"this machine's clock says {now.astimezone(UTC):%Y-%m-%d %H:%M} UTC, but all dates in feed '{feed_id}' are "
            f"later, from {first:%Y-%m-%d} on, so nothing was pulled; set the clock and pull again (if the clock is "
            "right, the feed's dates are wrong: tell its publisher)"
        )
    by_id = {feed.id: feed for feed in feeds}
    result = dict[str, Document | Failed]()
    for feed_id, document in documents.items():
        if feed_id in future:
            reason = (
                f"all its dates are more than a day ahead, from {future[feed_id]:%Y-%m-%d} on, so nothing was pulled from"
                " it; tell its publisher, or set this machine's clock if that is wrong"
            )
            result[feed_id] = Failed(by_id[feed_id], reason)
        elif isinstance(document, Document):
            result[feed_id] = _without_future_dates(document, now)
        else:
            result[feed_id] = document
    return result


def _without_future_dates(document: Document, now: datetime) -> Document:
    """Returns a document whose entries with a date in the future are undated, with a warning."""
    entries, future = list[Entry](), list[Entry]()
    for entry in document.entries:
        if entry.published and is_in_future(entry.published, now):
            future.append(entry)
            entry = entry._replace(published=None, day_only=False, zoneless=False)
        entries.append(entry)
    if not future:
        return document
    count = "one of its entries" if len(future) == 1 else f"{len(future)} of its entries"
    first = f"{future[0].published:%Y-%m-%d} ('{future[0].title[:80]}')"
    warning = f"a date more than a day ahead, such as {first}, in {count}; treated as undated"
    return document._replace(entries=tuple(entries), warnings=(*document.warnings, warning))
