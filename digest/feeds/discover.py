"""The feed behind an address that a person gave: the address itself, or what the web page there leads to.

    addresses ──fetch──▶ feeds │ pages ──their candidates, fetched──▶ the first that is a feed

Refuses to raise for what a network can do, and to look any farther than one step from the page.
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
    """A feed that was found: `asked` is the address that was given, `url` the feed's own."""

    asked: str
    url: str
    imprint: FeedInfo


Answer = Found | Failed | list[str]
"""What an address led to: a feed, nothing, or a web page whose feed may be at one of these addresses."""


def find(
    addresses: Sequence[str], *, agent: str, now: datetime, limits: Limits = USUAL
) -> tuple[Found | Failed, ...]:
    """Returns the feed behind each http(s) address, in their order, or why there is none."""
    answers = _read(addresses, agent, now, limits)
    pages = [
        (address, answer)
        for address, answer in zip(addresses, answers, strict=True)
        if isinstance(answer, list)
    ]
    places = list(dict.fromkeys(place for _, answer in pages for place in answer))
    trusted = {
        place
        for address, answer in pages
        if private_networks.is_inside(address)
        for place in answer
    }
    there = dict(
        zip(places, _read(places, agent, now, limits, untrusted=set(places) - trusted), strict=True)
    )
    return tuple(
        _chosen(address, answer, there) for address, answer in zip(addresses, answers, strict=True)
    )


def _read(
    addresses: Sequence[str],
    agent: str,
    now: datetime,
    limits: Limits,
    *,
    untrusted: Collection[str] = (),
) -> list[Answer]:
    feeds = [
        Feed(id=str(number), url=address, title="", publisher="")
        for number, address in enumerate(addresses)
    ]
    fetched = fetch(
        feeds, root=Path(), known={}, agent=agent, now=now, limits=limits, untrusted=untrusted
    )
    said = parse_client.sources([one for one in fetched if isinstance(one, Fetched)], limits)
    return [_answer(one, said) for one in fetched]


def _answer(fetched: Fetched | Failed, said: Mapping[str, FeedInfo | list[str] | Failed]) -> Answer:
    """Returns what an address led to; a feed's address is the one that was asked, unless that has moved for good."""
    if isinstance(fetched, Failed):
        return fetched._replace(reason=http_errors.new_feed_reason(fetched.reason))
    found = said[fetched.feed.id]
    if not isinstance(found, FeedInfo):
        return found
    return Found(asked=fetched.feed.url, url=fetched.moved or fetched.feed.url, imprint=found)


def _chosen(address: str, answer: Answer, there: Mapping[str, Answer]) -> Found | Failed:
    """Returns the answer of an address, for a web page the first feed among the places to which it leads."""
    if not isinstance(answer, list):
        return answer
    feeds = (one for place in answer if isinstance(one := there[place], Found))
    return next((replace(feed, asked=address) for feed in feeds), _without(address))


def _without(address: str) -> Failed:
    feed = Feed(id="", url=address, title="", publisher="")
    return Failed(
        feed=feed, reason="a web page that names no feed; look on it for a link to RSS or Atom"
    )
