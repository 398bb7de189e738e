"""Are the pages that a digest links to still there? What the results mean, and how long they hold.

    addresses ──not asked lately──▶ `fetch.check_links` ──▶ results ──▶ gone, moved, or unknown

No I/O. A server that blocks programs says nothing about its page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

from digest import redact, urls
from digest.model import FailureKind

KIND = "link"
"""The kind of results in the cache, by address."""
_GONE = frozenset({404, 410})
_GOOD_FOR = timedelta(days=30)
_BAD_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkResult:
    """The last status for an address; 0 if there was no response, then `reason` says why.

    `kind` is that of the failure, if it is one to connect. `moved` is the new address after
    permanent redirects, `copy` that of a saved copy if the page is gone and there is one.
    """

    address: str
    status: int
    moved: str = ""
    reason: str = ""
    copy: str = ""
    kind: FailureKind = ""

    @property
    def is_good(self) -> bool:
        """True if the page exists."""
        return 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """True if the page, or its whole host, no longer exists."""
        return self.status in _GONE or self.kind == "unknown host"

    @property
    def is_private(self) -> bool:
        """True if the page was not requested because its address is private."""
        return self.kind == "private address"


class StoredResult(NamedTuple):
    """A result in the cache, and when the page was requested."""

    at: datetime
    result: LinkResult


def problem(result: LinkResult, *, of_story: bool) -> tuple[str, str] | None:
    """Returns what is wrong with a link and how to fix it, or None; `of_story`: it is a story's."""
    shown = redact.mask(result.address)
    if result.is_gone:
        why = f"({result.status})" if result.status else "(its host is not known)"
        cure = "link to a saved copy, or to another page"
        if result.copy:
            copy = redact.mask(result.copy)
            cure = f"add  saved: {copy}" if of_story else f"link to its saved copy: {copy}"
        return f"the page at {shown} is gone {why}", cure
    has_moved = result.is_good and result.moved
    if has_moved and urls.canonical(result.moved) != urls.canonical(result.address):
        return f"the page at {shown} has moved for good", f"write {redact.mask(result.moved)}"
    return None


def why_unknown(result: LinkResult) -> str:
    """Returns why we cannot say whether a page exists, or "" if we can."""
    if result.is_good or result.is_gone:
        return ""
    return result.reason or f"its server answers {result.status}"


def is_offline(results: Iterable[LinkResult]) -> bool:
    """True if no other machine could be reached: then we have no network.

    This machine answers without a network, so its results do not count if others were asked.
    """
    asked = tuple(result for result in results if not result.is_private)
    others = []
    for result in asked:
        host = urlsplit(result.address).hostname or ""
        is_localhost = host in {"localhost", "::1"} or host.endswith(".localhost")
        if not (is_localhost or host.startswith("127.")):
            others.append(result)
    return bool(asked) and not any(result.status for result in others or asked)


def valid(stored: Mapping[str, StoredResult], now: datetime) -> dict[str, LinkResult]:
    """Returns the stored results that still hold: good ones for 30 days, others for one."""
    results = {}
    for address, (at, result) in stored.items():
        limit = _GOOD_FOR if result.is_good else _BAD_FOR
        if at.tzinfo and timedelta(0) <= now - at < limit:
            results[address] = result
    return results
