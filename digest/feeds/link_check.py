"""Whether the pages that a digest links to are still there: what answers mean, and for how long they are believed.

    addresses ──those not asked lately──▶ asked (`fetch.ask`) ──▶ answers ──▶ gone, moved for good, or nothing to say

Refuses to ask anybody anything: that is for `fetch`. A server that keeps programs out says nothing about its page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from digest import redact, urls
from digest.feeds import http_status, network_errors

_GONE = frozenset({404, 410})
_GOOD_FOR = timedelta(days=30)
_BAD_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of one address: the last status, 0 where there was no answer, and then the reason.

    `moved` is where it has moved for good, if it has.
    """

    address: str
    status: int
    moved: str = ""
    reason: str = ""

    @property
    def is_good(self) -> bool:
        """The page is there."""
        return 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """The page, or its whole host, is not there any more."""
        return self.status in _GONE or self.reason == network_errors.UNKNOWN_HOST

    @property
    def is_private(self) -> bool:
        """The page was not asked, for its address is a private one."""
        return self.reason.startswith(http_status.PRIVATE)


def fault(answer: Answer) -> tuple[str, str] | None:
    """Returns what is wrong with a link and the cure, None where nothing is or nothing can be told."""
    if answer.is_gone:
        why = f"({answer.status})" if answer.status else "(its host is not known)"
        return (
            f"the page at {redact.mask(answer.address)} is gone {why}",
            "link to an archived copy, or to another page",
        )
    if (
        answer.is_good
        and answer.moved
        and urls.canonical(answer.moved) != urls.canonical(answer.address)
    ):
        return (
            f"the page at {redact.mask(answer.address)} has moved for good",
            f"write {redact.mask(answer.moved)}",
        )
    return None


def doubt(answer: Answer) -> str:
    """Returns why nothing can be told of a page, nothing where something can."""
    if answer.is_good or answer.is_gone:
        return ""
    return answer.reason or f"its server answers {answer.status}"


def is_cut_off(answers: Iterable[Answer]) -> bool:
    """True if not one of the addresses on other machines was reached: then it is we who are not on the network.

    This machine itself answers without a network, too, so that its answers tell nothing where others were asked.
    """
    asked = tuple(answer for answer in answers if not answer.is_private)
    others = [answer for answer in asked if not _is_here(answer.address)] or asked
    return bool(asked) and not any(answer.status for answer in others)


def recalled(memory: Mapping[str, Any], now: datetime) -> dict[str, Answer]:
    """Returns the remembered answers that still hold: good ones for 30 days, others for one."""
    found = {}
    for address, said in memory.items():
        try:
            age = now - datetime.fromisoformat(said["at"])
            if not (isinstance(said["moved"], str) and isinstance(said["reason"], str)):
                continue
            answer = Answer(
                address=address, status=said["status"], moved=said["moved"], reason=said["reason"]
            )
            if timedelta(0) <= age < (_GOOD_FOR if answer.is_good else _BAD_FOR):
                found[address] = answer
        except (KeyError, TypeError, ValueError):
            continue  # a damaged memory costs a question, nothing more
    return found


def remembered(
    memory: Mapping[str, Any], answers: Iterable[Answer], now: datetime
) -> dict[str, Any]:
    """Returns what to remember: what still holds of the memory, and the new answers."""
    kept = {address: memory[address] for address in recalled(memory, now)}
    return kept | {answer.address: {"at": now.isoformat(), **_words(answer)} for answer in answers}


def _is_here(address: str) -> bool:
    """True for an address of the machine that asks."""
    host = urlsplit(address).hostname or ""
    return host in {"localhost", "::1"} or host.startswith("127.") or host.endswith(".localhost")


def _words(answer: Answer) -> dict[str, Any]:
    return {name: value for name, value in asdict(answer).items() if name != "address"}
