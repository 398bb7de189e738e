"""Rules of HTTP for a client: conditional requests, redirects, and when to ask again.

Sources: RFC 9110 §10.2.3, §13.1 and §15. No I/O, no clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.feeds import dates
from digest.model import Failed, Validators

PERMANENT = frozenset({301, 308})
REDIRECTS = frozenset({302, 303, 307}) | PERMANENT
WITH_BODY = frozenset({200, 203})
LONGEST_WAIT = timedelta(days=7)
NOT_CONDITIONAL = frozenset({401, 404, 410, 429, 451})
"""Statuses that an unconditional request would not change."""
_LONGEST_VALIDATOR = 1_000


@dataclass(frozen=True, slots=True)
class Redirect:
    """A redirect response; `location` is None if it has no such header."""

    location: str | None
    permanent: bool


@dataclass(frozen=True, slots=True)
class Retry:
    """A failure that may be temporary."""

    failed: Failed


def conditional_headers(known: Validators, now: datetime) -> dict[str, str]:
    """Returns the headers of a conditional request (RFC 9110 §13.1).

    Validators come from a stranger: those that are too long or not printable ASCII are left out.
    """
    headers = {}
    for name, value in (
        ("If-None-Match", known.etag),
        ("If-Modified-Since", usable_last_modified(known.modified, now)),
    ):
        if 0 < len(value) <= _LONGEST_VALIDATOR and value.isascii() and value.isprintable():
            headers[name] = value
    return headers


def usable_last_modified(modified: str, now: datetime) -> str:
    """Returns a Last-Modified header, or "" if it is in the future.

    Sent back, a date in the future would hide all changes until then.
    """
    date = dates.parse_time(modified)
    return "" if date and date > now else modified


def retry_after(header: str, now: datetime) -> datetime | None:
    """Returns the time in a Retry-After header: seconds or a date (RFC 9110 §10.2.3).

    None if the header cannot be read. Anything later than a week counts as a week.
    """
    text = header.strip()
    if text.isascii() and text.isdigit():
        return now + min(timedelta(seconds=min(int(text[:9]), 999_999_999)), LONGEST_WAIT)
    date = dates.parse_time(text)
    return date and max(now, min(date, now + LONGEST_WAIT))


def is_retryable(status: int, wait: datetime | None) -> bool:
    """True for server errors, and for 429 if the server said when to come back."""
    return status >= 500 or (status == 429 and wait is not None)
