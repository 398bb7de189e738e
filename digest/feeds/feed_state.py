"""What pulls remember of each feed: validators, when not to ask, and the last result.

No I/O: functions of states and answers. A feed's validators are only used with the ledger that they
were stored with. Another ledger may lack entries that the server believes we have.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from posixpath import basename

from digest import urls
from digest.feeds import http_rules
from digest.model import Document, Failed, Feed, Fetched, Validators

KIND = "feed"
"""The kind of these states in the cache, by feed id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What earlier pulls know of a feed.

    `validators`, `wait` (do not ask before) and `moved`, the feed's new address, hold for this
    `url`; `ledger` is the hash of the ledger that the validators were stored with, and `moved_by`
    the element that named the address. `answered` is the time of its last answer, `new` the number
    of new stories then, and `failed` why it has not answered since, all for `digest status`. With
    `is_away`, the last pull left it out. `awaited` are files of deleted stories that it has changed.
    """

    url: str = ""
    validators: Validators | None = None
    ledger: str = ""
    wait: datetime | None = None
    moved: str = ""
    moved_by: str = ""
    answered: datetime | None = None
    new: int | None = None
    failed: str = ""
    is_away: bool = False
    awaited: tuple[str, ...] = ()


FeedStates = Mapping[str, FeedState]
UNKNOWN = FeedState()


def valid(states: FeedStates, now: datetime) -> dict[str, FeedState]:
    """Returns the feeds whose times are plausible: the clock may have been wrong.

    A feed with a time more than a week ahead, or without a zone, is left out.
    """
    latest = now + http_rules.LONGEST_WAIT
    result = {}
    for feed, state in states.items():
        times = [time for time in (state.wait, state.answered) if time]
        if all(time.tzinfo and time.year > 1 and time <= latest for time in times):
            result[feed] = state
    return result


def mark_away(states: FeedStates, pulled: Collection[str]) -> dict[str, FeedState]:
    """Returns the states; feeds that are not pulled now are marked, and lose their validators.

    When such a feed is pulled again, it is read even if it has not changed, since other feeds may
    have brought the same stories in the meantime.
    """
    result = {}
    for feed, known in states.items():
        if feed in pulled:
            result[feed] = known
        else:
            result[feed] = FeedState(
                answered=known.answered, new=known.new, failed=known.failed, is_away=True
            )
    return result


def resumed(feeds: Iterable[Feed], states: FeedStates) -> frozenset[str]:
    """Returns the feeds that were away: retired, or under another id."""
    return frozenset(feed.id for feed in feeds if states.get(feed.id, UNKNOWN).is_away)


def wait_of(feed: Feed, states: FeedStates, now: datetime) -> datetime | None:
    """Returns the time before which the server does not want another request, if there is one."""
    known = states.get(feed.id, UNKNOWN)
    is_waiting = known.wait and known.url == feed.url and known.wait > now
    return known.wait if is_waiting else None


def validators(
    feeds: Iterable[Feed],
    states: FeedStates,
    ledger_hashes: Mapping[str, str],
    files: Iterable[str],
) -> dict[str, Validators]:
    """Returns the validators by feed id; none if a feed's URL or its ledger has changed.

    Nor are there any if a file that it awaits is among the `files` that there are, in any folder:
    its corrections are still to come.
    """
    names = set(map(basename, files))
    found = {}
    for feed in feeds:
        known = states.get(feed.id, UNKNOWN)
        names_awaited = set(map(basename, known.awaited))
        is_current = known.url == feed.url and known.ledger == ledger_hashes[feed.id]
        if known.validators and is_current and names_awaited.isdisjoint(names):
            found[feed.id] = known.validators
    return found


def updated(
    answers: Iterable[Fetched | Failed],
    documents: Mapping[str, Document | Failed],
    incomplete: Collection[str],
    states: FeedStates,
    ledger_hashes: Mapping[str, str],
    awaited: Mapping[str, tuple[str, ...]],
) -> dict[str, FeedState]:
    """Returns the states after these answers: validators, or the time before which the server wants
    no request.

    A feed in `incomplete` has entries to look at again, so its validators are dropped. A feed that
    has not changed keeps its ledger hash: everything that it brought is in that ledger.
    """
    result = dict(states)
    for answer in answers:
        feed = answer.feed
        if isinstance(answer, Failed):
            if answer.wait:
                result[feed.id] = FeedState(url=feed.url, wait=answer.wait.replace(microsecond=0))
        elif feed.id in incomplete or isinstance(documents.get(feed.id), Failed):
            result[feed.id] = UNKNOWN
        else:
            known = states.get(feed.id, UNKNOWN)
            ledger = ledger_hashes[feed.id] if answer.body else known.ledger
            moved, by = moved_to(answer, documents.get(feed.id), states)
            if by == "redirect":
                moved, by = "", ""
            result[feed.id] = FeedState(
                url=feed.url,
                validators=answer.validators,
                ledger=ledger,
                moved=moved,
                moved_by=by,
                awaited=awaited.get(feed.id, known.awaited),
            )
    return result


def moved_to(
    answer: Fetched | Failed, document: Document | Failed | None, states: FeedStates
) -> tuple[str, str]:
    """Returns a feed's new address and the source of it, or two empty strings.

    The source is "redirect", else the element of the document; for an unchanged document, what it
    said the last time.
    """
    if isinstance(answer, Failed):
        return "", ""
    if answer.moved:
        return answer.moved, "redirect"
    if isinstance(document, Document):
        return document.moved, document.moved_by
    known = states.get(answer.feed.id, UNKNOWN)
    is_unchanged = answer.body is None and known.url == answer.feed.url
    if is_unchanged and urls.web_link(known.moved):
        return known.moved, known.moved_by
    return "", ""


def with_results(
    after: FeedStates, before: FeedStates, results: Mapping[str, int | str], now: datetime
) -> dict[str, FeedState]:
    """Returns the states `after` a pull with what `digest status` shows of each feed that was
    asked.

    A result is the number of new stories, or why the feed failed. Then the time and number of the
    last success, in `before`, are kept.
    """
    states = dict(after)
    for feed, result in results.items():
        known, last = after.get(feed, UNKNOWN), before.get(feed, UNKNOWN)
        if isinstance(result, str):
            states[feed] = replace(known, answered=last.answered, new=last.new, failed=result)
        else:
            states[feed] = replace(
                known, answered=now.replace(microsecond=0), new=result, failed=""
            )
    return states
