"""The week that an editor means by what they typed, or by nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable

from digest.errors import DigestError
from digest.week import Week

_SHORT = re.compile(r"w?(0?[1-9]|[1-4]\d|5[0-3])", re.IGNORECASE)
_MAX_NAMED = 12  # weeks in a message


def choose_week(typed: str, weeks: Iterable[Week], what: str = "published story") -> Week:
    """Returns the week meant by `2026-W20`, `2026/w20`, or `w20` (the newest week 20 of `weeks`).

    If nothing was typed, it is the newest of `weeks`: those that have a `what`. Raises ValueError
    if `typed` is not a week, and DigestError if that week, or every week, has none.
    """
    newest_first = sorted(weeks, reverse=True)
    if not typed and newest_first:
        return newest_first[0]
    if not typed:
        raise DigestError(f"content: no week has a {what}; 'digest pull' adds stories")
    short = _SHORT.fullmatch(typed)
    week = None if short else Week.parse_typed(typed)
    for candidate in newest_first:
        if candidate == week or (short and candidate.number == int(short[1])):
            return candidate
    cure = "'digest pull' adds stories"
    if newest_first:
        cure = f"weeks that have one are {', '.join(map(str, newest_first[:_MAX_NAMED]))}"
    if len(newest_first) > _MAX_NAMED:
        cure += f" and {len(newest_first) - _MAX_NAMED} older ones"
    raise DigestError(f"{week or typed}: has no {what}; {cure}")
