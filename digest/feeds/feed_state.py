"""What pulls remember of each feed: what its server told us, and when it answered last or why it did not.

    {feed id: {"url", "etag", "modified", "hash", "ledger",     to ask only for what has changed
               "moved", "moved_by",                             where it says that it is now, if elsewhere
               "url", "wait",                                   or not to ask before that moment
               "asked", "new", "failed",                        for `digest status`
               "away"}}                                         where it was not pulled the last time

Decides only: memories and answers come in, memories go out. Refuses to believe a server that a feed has not changed
where the ledger is not the one that was remembered: it may lack what the server believes that we have.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from digest import urls
from digest.feeds import http_errors
from digest.model import Document, Failed, Feed, Fetched, Validators

NAME = "feeds.json"
"""The memory's name in `.digest/`."""

Memory = Mapping[str, Any]


def believed(memory: Memory, now: datetime) -> dict[str, dict[str, Any]]:
    """Returns what of a memory can be true: it lies in a file, which anything can have damaged.

    A feed of which anything is of a wrong kind, or lies more than a week ahead, is as if it had never been asked.
    """
    return {
        feed: known
        for feed, known in memory.items()
        if isinstance(known, dict) and _is_plausible(known, now)
    }


def _is_plausible(known: Mapping[str, Any], now: datetime) -> bool:
    texts = {key: value for key, value in known.items() if key != "new"}
    if (
        not all(isinstance(value, str) for value in texts.values())
        or type(known.get("new", 0)) is not int
    ):
        return False
    if "ledger" in known and not {"url", "etag", "modified", "hash"} <= known.keys():
        return False
    limits = {"wait": now + http_errors.LONGEST_WAIT, "asked": now + http_errors.LONGEST_WAIT}
    try:
        return all(
            datetime.fromisoformat(known[key]) <= limit
            for key, limit in limits.items()
            if known.get(key)
        )
    except (ValueError, TypeError):  # no date, or one without a zone
        return False


def of_pulled(memory: Memory, pulled: Collection[str]) -> dict[str, Any]:
    """Returns the memory with a mark at feeds that are not pulled now, and without their validators.

    One that is pulled again later is then read, even if it has not changed: what others brought meanwhile may differ.
    """
    shown = ("asked", "new", "failed")
    return {
        feed: known
        if feed in pulled
        else {"away": "yes", **{key: known[key] for key in shown if key in known}}
        for feed, known in memory.items()
    }


def returned(feeds: Iterable[Feed], memory: Memory) -> frozenset[str]:
    """Returns the feeds that are pulled for the first time since they were retired or had another id."""
    return frozenset(feed.id for feed in feeds if memory.get(feed.id, {}).get("away"))


def wait_of(feed: Feed, memory: Memory, now: datetime) -> str:
    """Returns the moment before which a feed's server asked not to be asked again, nothing where there is none."""
    known = memory.get(feed.id, {})
    until = str(known.get("wait", ""))
    return (
        until
        if until and known.get("url") == feed.url and datetime.fromisoformat(until) > now
        else ""
    )


def validators(
    feeds: Iterable[Feed], memory: Memory, marks: Mapping[str, str]
) -> dict[str, Validators]:
    """Returns what to ask the servers with; `marks` has the hash of each feed's ledger as it stands.

    There is nothing for a feed whose address or ledger is not the one remembered.
    """
    found = {}
    for feed in feeds:
        known = memory.get(feed.id, {})
        if known.get("url") == feed.url and known.get("ledger") == marks[feed.id]:
            found[feed.id] = Validators(
                etag=known["etag"], modified=known["modified"], hash=known["hash"]
            )
    return found


def learnt(
    answers: Iterable[Fetched | Failed],
    read: Mapping[str, Document | Failed],
    left: Collection[str],
    memory: Memory,
    marks: Mapping[str, str],
) -> dict[str, Any]:
    """Returns the memory with each feed's validators where all its entries were dealt with, else the wait asked.

    `read` is what the answers said, `left` the feeds that have entries to be looked at again. What an unchanged feed
    has brought is in the ledger that was remembered, whichever stands there by now.
    """
    lessons: dict[str, Any] = dict(memory)
    for answer in answers:
        feed = answer.feed
        if isinstance(answer, Failed):
            if answer.wait:
                lessons[feed.id] = {
                    "url": feed.url,
                    "wait": answer.wait.isoformat(timespec="seconds"),
                }
        elif feed.id in left or isinstance(read.get(feed.id), Failed):
            lessons[feed.id] = {}
        else:
            mark = marks[feed.id] if answer.body else memory[feed.id]["ledger"]
            lessons[feed.id] = {"url": feed.url, **answer.validators._asdict(), "ledger": mark}
            moved, by = moved_to(answer, read.get(feed.id), memory)
            if moved and by != "redirect":
                lessons[feed.id] |= {"moved": moved, "moved_by": by}
    return lessons


def moved_to(
    answer: Fetched | Failed, document: Document | Failed | None, memory: Memory
) -> tuple[str, str]:
    """Returns a feed's new address, and what names it: a "redirect", else what it says or, unchanged, last said."""
    if isinstance(answer, Failed):
        return "", ""
    if answer.moved:
        return answer.moved, "redirect"
    if isinstance(document, Document):
        return document.moved, document.moved_by
    known = memory.get(answer.feed.id, {})
    is_same = (
        answer.body is None
        and known.get("url") == answer.feed.url
        and urls.web_link(known.get("moved", ""))
    )
    return (known["moved"], known.get("moved_by", "")) if is_same else ("", "")


def dated(
    lessons: Memory, memory: Memory, fates: Mapping[str, int | str], now: datetime
) -> dict[str, Any]:
    """Returns the lessons with what `status` shows of each feed that was asked.

    `fates` has how many of its stories were new, or why it failed; then what the last `memory` said still holds.
    """
    told = dict(lessons)
    for feed, fate in fates.items():
        lesson, before = lessons.get(feed, {}), memory.get(feed, {})
        if isinstance(fate, str):
            answered = {key: before[key] for key in ("asked", "new") if key in before}
            told[feed] = {**lesson, **answered, "failed": fate}
        else:
            told[feed] = {**lesson, "asked": now.isoformat(timespec="seconds"), "new": fate}
    return told
