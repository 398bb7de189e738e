"""What the answers of HTTP mean for a feed, in words with the likely cure (RFC 9110 §15, RFC 6585 §4).

Refuses to fetch, to wait and to read a clock: statuses, headers and moments in, words, headers and moments out.
"""

from __future__ import annotations

import http
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.feeds import dates
from digest.model import Failed, Validators

PERMANENT = frozenset({301, 308})
REDIRECTS = frozenset({302, 303, 307}) | PERMANENT
WHOLE = frozenset({200, 203})
LONGEST_WAIT = timedelta(days=7)
PRIVATE = "leads into a private network"
"""What the reason begins with where an address was not asked because it is a private one."""
_LONGEST_VALIDATOR = 1_000

_WORDS = {
    204: "an empty answer (204)",
    205: "an empty answer (205)",
    304: "'not modified' (304), although the whole feed was asked for; the publisher has to fix that",
    401: "asks for a password (401); only a feed that is open to all can be pulled",
    403: "refuses this reader or this network (403); try from another network, or ask the publisher",
    404: "no feed at this address (404); look for its new one on the publisher's site",
    406: "offers no format of the feed that can be read (406)",
    410: "gone for good (410); set `retired = true` for this feed",
    429: "asks for fewer requests (429); pull less often",
    451: "withheld for legal reasons (451); perhaps only in this country",
}
OF_THE_FEED = frozenset(_WORDS[status] for status in (401, 404, 410, 429, 451))
"""Why a feed fails that would fail in the same way if it were asked for whole."""
_OF_A_PAGE = {
    401: "asks for a password (401)",
    403: "refuses this reader or this network (403)",
    404: "no page at this address (404)",
    406: "offers no format of the page that can be read (406)",
    410: "gone for good (410)",
    429: "asks for fewer requests (429); try later",
}
_OF_A_NEW_FEED = {
    410: "gone for good (410); look for its new address on the publisher's site",
    429: "asks for fewer requests (429); try later",
}


def private(host: str, *, page: bool) -> str:
    """Returns what to say where a public page or feed leads to a private address."""
    cure = (
        "open it in a browser if you trust it"
        if page
        else "if you trust it, write that address as the feed's url"
    )
    return f"{PRIVATE}, to {host}; it was not asked; {cure}"


@dataclass(frozen=True, slots=True)
class Redirect:
    """An answer that leads on, to nowhere where `location` is None."""

    location: str | None
    permanent: bool


@dataclass(frozen=True, slots=True)
class Retry:
    """A failure that may pass; `wait` is the moment that the server named for asking again."""

    failed: Failed
    wait: datetime | None = None


def conditions(known: Validators, now: datetime) -> dict[str, str]:
    """Returns the headers that ask only for what has changed (RFC 9110 §13.1).

    A validator that cannot be sent back is none, since it came from a stranger.
    """
    asked = {"If-None-Match": known.etag, "If-Modified-Since": believed(known.modified, now)}
    return {name: value for name, value in asked.items() if _is_sendable(value)}


def believed(modified: str, now: datetime) -> str:
    """Returns a Last-Modified header, nothing if it lies ahead: sent back, it would hide all changes until then."""
    moment = dates.read(modified)
    return "" if moment and moment > now else modified


def words(status: int, *, page: bool = False) -> str:
    """Returns why an answer with this status brings no feed, or no page."""
    known = _WORDS | _OF_A_PAGE if page else _WORDS
    if status in known:
        return known[status]
    try:
        phrase = f"{status} {http.HTTPStatus(status).phrase}"
    except ValueError:
        phrase = str(status)
    return (
        f"the publisher's server failed ({phrase}); try again later"
        if status >= 500
        else f"answered {phrase}"
    )


def of_a_new_feed(reason: str) -> str:
    """Returns why a feed cannot be read, with a cure for somebody whose digest does not have that feed yet."""
    return next(
        (words for status, words in _OF_A_NEW_FEED.items() if _WORDS[status] == reason), reason
    )


def worth_retrying(status: int, wait: datetime | None) -> bool:
    """Tells whether the same request may soon succeed: a fault of the server, or 429 with a moment to come back."""
    return status >= 500 or (status == 429 and wait is not None)


def bad_redirect(location: str | None) -> str:
    """Returns why a redirect cannot be followed: it leads nowhere, or to what is no web address."""
    if location is None:
        return "a redirect that does not say where to; the publisher has to fix that"
    shown = "".join(sign for sign in location if sign.isprintable())[:80]
    return f"a redirect to '{shown}', which is not a web address"


def retry_after(header: str, now: datetime) -> datetime | None:
    """Returns the moment that a Retry-After header names, in seconds or as a date (RFC 9110 §10.2.3).

    None where it says nothing that can be read; a moment beyond a week counts as a week.
    """
    text = header.strip()
    if text.isascii() and text.isdigit():
        return now + min(timedelta(seconds=min(int(text[:9]), 999_999_999)), LONGEST_WAIT)
    moment = dates.read(text)
    return moment and max(now, min(moment, now + LONGEST_WAIT))


def _is_sendable(value: str) -> bool:
    return 0 < len(value) <= _LONGEST_VALIDATOR and value.isascii() and value.isprintable()
