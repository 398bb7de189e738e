"""Finds the feed for an address that a person gave: a feed, or a web page that has one.

    addresses ──fetch──▶ feeds │ pages ──▶ their candidates, fetched ──▶ the first that is a feed

Goes one step from the page, no further. A network failure is a result, not an exception.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from digest import urls
from digest.feeds import http_errors, parse_client, private_networks
from digest.feeds.fetch import fetch
from digest.feeds.limits import USUAL, Limits
from digest.model import Document, Failed, Feed, Fetched

_NO_FEED = "a web page that names no feed; look on it for a link to RSS or Atom"
_SEPARATOR = re.compile(r"\s+[-–—|·•»:]+\s+|:\s+")
_MIN_NAME_LENGTH = 3
"""Letters of a name that a host can be recognised by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFeed:
    """A feed, and its own address."""

    url: str
    document: Document


_Answer = FoundFeed | Failed | list[str]
"""A feed, a failure, or for a web page the addresses where its feed may be."""


def find_feeds(
    addresses: Sequence[str], *, agent: str, now: datetime, limits: Limits = USUAL
) -> tuple[FoundFeed | Failed, ...]:
    """Returns the feed for each http(s) address, in their order, or why there is none."""
    answers = _fetch_and_parse(addresses, agent, now, limits)
    candidates, trusted = dict[str, None](), set[str]()
    for address, answer in zip(addresses, answers, strict=True):
        if isinstance(answer, list):
            candidates |= dict.fromkeys(answer)
            if private_networks.is_private_link(address):
                trusted.update(answer)
    untrusted = candidates.keys() - trusted
    parsed = _fetch_and_parse(list(candidates), agent, now, limits, untrusted=untrusted)
    by_candidate = dict(zip(candidates, parsed, strict=True))
    results = list[FoundFeed | Failed]()
    for address, answer in zip(addresses, answers, strict=True):
        if not isinstance(answer, list):
            results.append(answer)
            continue
        second_answers = [by_candidate[candidate] for candidate in answer]
        feeds = [second for second in second_answers if isinstance(second, FoundFeed)]
        if feeds:
            results.append(feeds[0])
        else:
            results.append(Failed(feed=Feed(id="", url=address), reason=_NO_FEED))
    return tuple(results)


def _fetch_and_parse(
    addresses: Sequence[str],
    agent: str,
    now: datetime,
    limits: Limits,
    *,
    untrusted: Collection[str] = (),
) -> list[_Answer]:
    feeds = [Feed(id=str(number), url=address) for number, address in enumerate(addresses)]
    fetched = fetch(
        feeds, root=Path(), known={}, agent=agent, now=now, limits=limits, untrusted=untrusted
    )
    bodies = [result for result in fetched if isinstance(result, Fetched)]
    parsed = parse_client.parse_sources(bodies, limits)
    answers = list[_Answer]()
    for result in fetched:
        if isinstance(result, Failed):
            reason = http_errors.new_feed_reason(result)
            answers.append(result._replace(reason=reason))
            continue
        answer = parsed[result.feed.id]
        if isinstance(answer, Document):
            # `moved` has a new URL only after permanent redirects
            url = result.moved or result.feed.url
            answers.append(FoundFeed(url=url, document=answer))
        else:
            answers.append(answer)
    return answers


def publisher_of(title: str, address: str) -> str:
    """Returns the part of a title that names the host: `South China Morning Post` for scmp.com.

    Returns "" if no part does, or if the title has only one part, which needs no publisher.
    """
    parts = [part.strip() for part in _SEPARATOR.split(title)]
    if len(parts) < 2:
        return ""
    host = urls.host_of(address).partition(":")[0]
    for part in parts:
        if _names_host(part, host):
            return part
    return ""


def _names_host(part: str, host: str) -> bool:
    words = re.findall(r"[^\W_]+", part.casefold())
    whole, initials = "".join(words), "".join(word[0] for word in words)
    labels = host.casefold().split(".")[:-1]
    without_dashes = [label.replace("-", "") for label in labels]
    if len(whole) >= _MIN_NAME_LENGTH and any(whole in label for label in without_dashes):
        return True
    return len(initials) >= _MIN_NAME_LENGTH and initials in without_dashes
