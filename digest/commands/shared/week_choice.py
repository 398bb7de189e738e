"""The week that an editor means by what they typed, or by nothing."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable

from digest.errors import DigestError
from digest.week import Week

_SHORT = re.compile(r"w?(\d{1,2})", re.IGNORECASE)
_MAX_NAMED = 12  # weeks in a message


def choose_week(words: str, weeks: Iterable[Week], lettered: Container[Week]) -> Week:
    """Returns the week meant by `2026-W20`, `2026/w20`, or `w20` (the newest week 20 with stories).

    Without words, it is the newest of `weeks` (those with stories) that has no letter yet. Raises
    ValueError if the words are not a week, and DigestError if the week has no stories.
    """
    known = sorted(weeks, reverse=True)
    if not words:
        if not known:
            what = "no week has a story to write about; 'digest pull' adds some"
            raise DigestError(f"content: {what}")
        for newest in known:
            if newest not in lettered:
                return newest
        what = "every week that has stories has its letter; edit the one you mean"
        raise DigestError(f"content: {what}")
    short = _SHORT.fullmatch(words)
    week = None if short else Week.parse_typed(words)
    for candidate in known:
        if candidate == week or (short and candidate.number == int(short[1])):
            return candidate
    cure = "'digest pull' adds some"
    if known:
        cure = f"weeks that have some are {', '.join(map(str, known[:_MAX_NAMED]))}"
    if len(known) > _MAX_NAMED:
        cure += f" and {len(known) - _MAX_NAMED} older ones"
    raise DigestError(f"{week or words}: no story is published in that week; {cure}")
