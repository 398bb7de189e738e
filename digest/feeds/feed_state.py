"""What pulls remember of each feed: validators, when not to ask, and the last result.

    {feed id: {"url", "etag", "modified", "hash", "ledger",    for conditional requests
               "moved", "moved_by",                            the feed's new address, if any
               "url", "wait",                                  do not ask before this time
               "asked", "new", "failed",                       for `digest status`
               "away"}}                                        was not pulled the last time

No I/O: functions of memories and answers. A feed's validators are only used with the ledger that
they were stored with. Another ledger may lack entries that the server believes we have.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from digest import urls
from digest.feeds import http_errors
from digest.model import Document, Failed, Feed, Fetched, Validators

NAME = "feeds.json"
"""The file's name in `.digest/`."""

Memory = Mapping[str, Any]


def valid(memory: Memory, now: datetime) -> dict[str, dict[str, Any]]:
    """Returns the feeds whose stored values are plausible: the file may be damaged.

    A feed with a value of the wrong type, or with a time more than a week ahead, is left out.
    """
    feeds = {}
    for feed, known in memory.items():
        if isinstance(known, dict) and _is_plausible(known, now):
            feeds[feed] = known
    return feeds


def _is_plausible(known: Mapping[str, Any], now: datetime) -> bool:
    texts = [value for key, value in known.items() if key != "new"]
    if not all(isinstance(value, str) for value in texts) or type(known.get("new", 0)) is not int:
        return False
    if "ledger" in known and not {"url", "etag", "modified", "hash"} <= known.keys():
        return False
    latest = now + http_errors.LONGEST_WAIT
    try:
        times = [datetime.fromisoformat(known[key]) for key in ("wait", "asked") if known.get(key)]
        return all(time <= latest for time in times)
    except (ValueError, TypeError):  # not a date, or one without a zone
        return False


def mark_away(memory: Memory, pulled: Collection[str]) -> dict[str, Any]:
    """Returns the memory with feeds that are not pulled now marked, and without their validators.

    When such a feed is pulled again, it is read even if it has not changed, since other feeds may
    have brought the same stories in the meantime.
    """
    for_status = ("asked", "new", "failed")
    result = {}
    for feed, known in memory.items():
        if feed in pulled:
            result[feed] = known
        else:
            shown = {key: known[key] for key in for_status if key in known}
            result[feed] = {"away": "yes", **shown}
    return result


def returned(feeds: Iterable[Feed], memory: Memory) -> frozenset[str]:
    """Returns the feeds that were away: retired, or under another id."""
    return frozenset(feed.id for feed in feeds if memory.get(feed.id, {}).get("away"))


def wait_of(feed: Feed, memory: Memory, now: datetime) -> str:
    """Returns the time before which the server does not want another request, or ""."""
    known = memory.get(feed.id, {})
    until = str(known.get("wait", ""))
    is_waiting = until and known.get("url") == feed.url and datetime.fromisoformat(until) > now
    return until if is_waiting else ""


def validators(
    feeds: Iterable[Feed], memory: Memory, ledger_hashes: Mapping[str, str]
) -> dict[str, Validators]:
    """Returns the validators by feed id; none if a feed's URL or its ledger has changed."""
    found = {}
    for feed in feeds:
        known = memory.get(feed.id, {})
        if known.get("url") == feed.url and known.get("ledger") == ledger_hashes[feed.id]:
            found[feed.id] = Validators(
                etag=known["etag"], modified=known["modified"], hash=known["hash"]
            )
    return found


def updated(
    answers: Iterable[Fetched | Failed],
    documents: Mapping[str, Document | Failed],
    incomplete: Collection[str],
    memory: Memory,
    ledger_hashes: Mapping[str, str],
) -> dict[str, Any]:
    """Returns the memory after these answers: validators, or the wait that a server asked for.

    A feed in `incomplete` has entries to look at again, so its validators are dropped. A feed that
    has not changed keeps its ledger hash: everything that it brought is in that ledger.
    """
    result: dict[str, Any] = dict(memory)
    for answer in answers:
        feed = answer.feed
        if isinstance(answer, Failed):
            if answer.wait:
                wait = answer.wait.isoformat(timespec="seconds")
                result[feed.id] = {"url": feed.url, "wait": wait}
        elif feed.id in incomplete or isinstance(documents.get(feed.id), Failed):
            result[feed.id] = {}
        else:
            ledger = ledger_hashes[feed.id] if answer.body else memory[feed.id]["ledger"]
            result[feed.id] = {"url": feed.url, **answer.validators._asdict(), "ledger": ledger}
            moved, by = moved_to(answer, documents.get(feed.id), memory)
            if moved and by != "redirect":
                result[feed.id] |= {"moved": moved, "moved_by": by}
    return result


def moved_to(
    answer: Fetched | Failed, document: Document | Failed | None, memory: Memory
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
    known = memory.get(answer.feed.id, {})
    is_unchanged = answer.body is None and known.get("url") == answer.feed.url
    if is_unchanged and urls.web_link(known.get("moved", "")):
        return known["moved"], known.get("moved_by", "")
    return "", ""


def with_results(
    updated: Memory, before: Memory, results: Mapping[str, int | str], now: datetime
) -> dict[str, Any]:
    """Returns the memory with what `digest status` shows of each feed that was asked.

    A result is the number of new stories, or why the feed failed. Then the time and number of the
    last success, in `before`, are kept.
    """
    memory = dict(updated)
    for feed, result in results.items():
        known, last = updated.get(feed, {}), before.get(feed, {})
        if isinstance(result, str):
            success = {key: last[key] for key in ("asked", "new") if key in last}
            memory[feed] = {**known, **success, "failed": result}
        else:
            memory[feed] = {**known, "asked": now.isoformat(timespec="seconds"), "new": result}
    return memory
