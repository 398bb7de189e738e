"""Are the pages that a digest links to still there? What the answers mean, and how long they hold.

    addresses ──not asked lately──▶ `fetch.check_links` ──▶ answers ──▶ gone, moved, or unknown

No I/O. A server that blocks programs says nothing about its page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from digest import redact, urls
from digest.feeds import http_errors

_GONE = frozenset({404, 410})
_GOOD_FOR = timedelta(days=30)
_BAD_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The last status for an address; 0 if there was no response, then `reason` says why.

    `moved` is the new address after permanent redirects.
    """

    address: str
    status: int
    moved: str = ""
    reason: str = ""

    @property
    def is_good(self) -> bool:
        """True if the page exists."""
        return 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """True if the page, or its whole host, no longer exists."""
        return self.status in _GONE or self.reason == http_errors.UNKNOWN_HOST

    @property
    def is_private(self) -> bool:
        """True if the page was not requested because its address is private."""
        return self.reason.startswith(http_errors.PRIVATE)


def fault(answer: Answer) -> tuple[str, str] | None:
    """Returns what is wrong with a link and how to fix it, or None."""
    shown = redact.mask(answer.address)
    if answer.is_gone:
        why = f"({answer.status})" if answer.status else "(its host is not known)"
        return f"the page at {shown} is gone {why}", "link to an archived copy, or to another page"
    has_moved = answer.is_good and answer.moved
    if has_moved and urls.canonical(answer.moved) != urls.canonical(answer.address):
        return f"the page at {shown} has moved for good", f"write {redact.mask(answer.moved)}"
    return None


def doubt(answer: Answer) -> str:
    """Returns why we cannot say whether a page exists, or "" if we can."""
    if answer.is_good or answer.is_gone:
        return ""
    return answer.reason or f"its server answers {answer.status}"


def is_offline(answers: Iterable[Answer]) -> bool:
    """True if no other machine could be reached: then we have no network.

    This machine answers without a network, so its answers do not count if others were asked.
    """
    asked = tuple(answer for answer in answers if not answer.is_private)
    others = [answer for answer in asked if not _is_local(answer.address)] or asked
    return bool(asked) and not any(answer.status for answer in others)


def recalled(memory: Mapping[str, Any], now: datetime) -> dict[str, Answer]:
    """Returns the stored answers that still hold: good ones for 30 days, others for one."""
    found = {}
    for address, stored in memory.items():
        try:
            age = now - datetime.fromisoformat(stored["at"])
            if not (isinstance(stored["moved"], str) and isinstance(stored["reason"], str)):
                continue
            answer = Answer(
                address=address,
                status=stored["status"],
                moved=stored["moved"],
                reason=stored["reason"],
            )
            if timedelta(0) <= age < (_GOOD_FOR if answer.is_good else _BAD_FOR):
                found[address] = answer
        except (KeyError, TypeError, ValueError):
            continue  # damaged: ask again
    return found


def remembered(
    memory: Mapping[str, Any], answers: Iterable[Answer], now: datetime
) -> dict[str, Any]:
    """Returns what to store: the answers in `memory` that still hold, and the new ones."""
    stored = {address: memory[address] for address in recalled(memory, now)}
    for answer in answers:
        fields = {name: value for name, value in asdict(answer).items() if name != "address"}
        stored[answer.address] = {"at": now.isoformat(), **fields}
    return stored


def _is_local(address: str) -> bool:
    """True for an address of this machine."""
    host = urlsplit(address).hostname or ""
    return host in {"localhost", "::1"} or host.startswith("127.") or host.endswith(".localhost")
