"""The feed behind an address that a person gave: the address itself, or what the web page there leads to.

    addresses ──fetch──▶ feeds │ pages ──their candidates, fetched──▶ the first that is a feed

Refuses to raise for what a network can do, and to look any farther than one step from the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from digest.feeds import replies, webpage
from digest.feeds.fetch import fetch
from digest.feeds.imprint import Imprint
from digest.feeds.limits import USUAL, Limits
from digest.feeds.parse import imprint
from digest.model import Failed, Feed, Fetched


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A feed that was found: `asked` is the address that was given, `url` the feed's own."""

    asked: str
    url: str
    imprint: Imprint


def find(addresses: Sequence[str], *, agent: str, now: datetime, limits: Limits = USUAL) -> tuple[Found | Failed, ...]:
    """Returns the feed behind each http(s) address, in their order, or why there is none."""
    answers = _fetched(addresses, agent, now, limits)
    read = [_read(address, answer) for address, answer in zip(addresses, answers, strict=True)]
    pages = {
        number: webpage.candidates(answer.body, answer.url)
        for number, answer in enumerate(answers)
        if isinstance(read[number], Failed) and isinstance(answer, Fetched) and webpage.is_page(answer.body or b"")
        and answer.body
    }  # fmt: skip
    places = list(dict.fromkeys(place for places in pages.values() for place in places))
    led = dict(zip(places, _fetched(places, agent, now, limits), strict=True))
    for number, candidates in pages.items():
        tried = (_read(addresses[number], led[place]) for place in candidates)
        read[number] = next((one for one in tried if isinstance(one, Found)), _without(addresses[number]))
    return tuple(read)


def _fetched(addresses: Sequence[str], agent: str, now: datetime, limits: Limits) -> tuple[Fetched | Failed, ...]:
    feeds = [Feed(id=str(number), url=address, title="", publisher="") for number, address in enumerate(addresses)]
    return fetch(feeds, root=Path(), known={}, agent=agent, now=now, limits=limits)


def _read(asked: str, answer: Fetched | Failed) -> Found | Failed:
    """Returns the feed of an answer; its address is the asked one, unless that has moved for good."""
    if isinstance(answer, Failed):
        return answer._replace(reason=replies.of_a_new_feed(answer.reason))
    said = imprint(answer)
    if isinstance(said, Failed):
        return said
    return Found(asked=asked, url=answer.moved or answer.feed.url, imprint=said)


def _without(address: str) -> Failed:
    feed = Feed(id="", url=address, title="", publisher="")
    return Failed(feed=feed, reason="a web page that leads to no feed; look on it for a link called RSS or Atom")
