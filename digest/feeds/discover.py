"""Finds the feed for an address that a person gave: a feed, or a web page that has one.

    addresses ──fetch──▶ feeds │ pages ──▶ their candidates, fetched ──▶ the first that is a feed

Goes one step from the page, no further. A network failure is a result, not an exception.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from digest.feeds import http_errors, parse_client, private_networks
from digest.feeds.feed_info import FeedInfo
from digest.feeds.fetch import fetch
from digest.feeds.limits import USUAL, Limits
from digest.model import Failed, Feed, Fetched


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A feed: `asked` is the address that was given, `url` the feed's own."""

    asked: str
    url: str
    info: FeedInfo


_Answer = Found | Failed | list[str]
"""A feed, a failure, or for a web page the addresses where its feed may be."""


def find(
    addresses: Sequence[str], *, agent: str, now: datetime, limits: Limits = USUAL
) -> tuple[Found | Failed, ...]:
    """Returns the feed for each http(s) address, in their order, or why there is none."""
    answers = _read(addresses, agent, now, limits)
    candidates, trusted = dict[str, None](), set[str]()
    for address, answer in zip(addresses, answers, strict=True):
        if isinstance(answer, list):
            candidates |= dict.fromkeys(answer)
            if private_networks.is_private_link(address):
                trusted.update(answer)
    untrusted = candidates.keys() - trusted
    read = _read(list(candidates), agent, now, limits, untrusted=untrusted)
    candidate_answers = dict(zip(candidates, read, strict=True))
    return tuple(
        _first_feed(address, answer, candidate_answers) if isinstance(answer, list) else answer
        for address, answer in zip(addresses, answers, strict=True)
    )


def _read(
    addresses: Sequence[str],
    agent: str,
    now: datetime,
    limits: Limits,
    *,
    untrusted: Collection[str] = (),
) -> list[_Answer]:
    feeds = [
        Feed(id=str(number), url=address, title="", publisher="")
        for number, address in enumerate(addresses)
    ]
    fetched = fetch(
        feeds, root=Path(), known={}, agent=agent, now=now, limits=limits, untrusted=untrusted
    )
    parsed = parse_client.parse_sources(
        [one for one in fetched if isinstance(one, Fetched)], limits
    )
    return [_answer(one, parsed) for one in fetched]


def _answer(
    fetched: Fetched | Failed, parsed: Mapping[str, FeedInfo | list[str] | Failed]
) -> _Answer:
    """Returns the answer for one address; a feed's URL is new only after permanent redirects."""
    if isinstance(fetched, Failed):
        return fetched._replace(reason=http_errors.new_feed_reason(fetched.reason))
    found = parsed[fetched.feed.id]
    if not isinstance(found, FeedInfo):
        return found
    return Found(asked=fetched.feed.url, url=fetched.moved or fetched.feed.url, info=found)


def _first_feed(
    address: str, candidates: Sequence[str], answers: Mapping[str, _Answer]
) -> Found | Failed:
    """Returns the first of a page's candidates that is a feed."""
    for candidate in candidates:
        answer = answers[candidate]
        if isinstance(answer, Found):
            return replace(answer, asked=address)
    return Failed(
        feed=Feed(id="", url=address, title="", publisher=""),
        reason="a web page that names no feed; look on it for a link to RSS or Atom",
    )
