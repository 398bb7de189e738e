"""The ledger `sent.jsonl`: which editions were mailed, so that none is sent twice.

    {"v": 1, "at": "2026-05-19T11:30:04.000000Z", "week": "2026-W20", "via": "smtp",
     "to": "list@example.org", "state": "sending", "began": "", "by": ""}

`sending` is written before an edition is sent, `sent` or `failed` (it certainly was not) after it,
with the time of that `sending` in `began`; `draft` if a service has a draft of it. `via` is as in
digest.toml, or "hand" if `[mail]` does not say how to send. `by` names a run that sends later
(`--claim`). Order and repeats of lines do not matter, since git merges the file by
union.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from digest.content import json_lines, paths
from digest.errors import Problem
from digest.week import Week

VERSION = 1
SENDING, SENT, FAILED, DRAFT = "sending", "sent", "failed", "draft"
_STATES = frozenset({SENDING, SENT, FAILED, DRAFT})
_RESTORE = "restore it from git: it may say that an edition was sent"


class SentLine(NamedTuple):
    """One line: what became of an edition at one time. All values are text."""

    at: str
    week: str
    via: str
    to: str
    state: str
    began: str = ""
    by: str = ""


class Mailed(NamedTuple):
    """What became of one edition: the line that says it was sent, those whose outcome is not known."""

    sent: SentLine | None = None
    unresolved: tuple[SentLine, ...] = ()

    def claimed_by(self, run: str) -> SentLine | None:
        """Returns the open line of a run that sends later; None without one, or if `run` is empty."""
        return next((line for line in self.unresolved if run and line.by == run), None)


def dumps(line: SentLine) -> str:
    """Returns a line with its line break."""
    return json_lines.dumps({"v": VERSION, **line._asdict()})


def loads(content: bytes) -> tuple[tuple[SentLine, ...], tuple[Problem, ...]]:
    """Returns the lines, oldest first, and a problem for each that cannot be read."""
    lines, problems = json_lines.loads(content, paths.SENT, _parse, _RESTORE)
    return tuple(sorted(set(lines))), problems


def by_week(lines: Iterable[SentLine]) -> dict[Week, Mailed]:
    """Returns what became of each edition; one that was sent once is sent, whatever came after."""
    lines = tuple(lines)
    ended = {(line.week, line.began) for line in lines if line.state in (SENT, FAILED)}
    weeks: dict[Week, Mailed] = {}
    for line in lines:
        week = Week.parse(line.week)
        mailed = weeks.get(week, Mailed())
        if line.state == SENT:
            mailed = mailed._replace(sent=mailed.sent or line)
        elif line.state == SENDING and (line.week, line.at) not in ended:
            mailed = mailed._replace(unresolved=(*mailed.unresolved, line))
        weeks[week] = mailed
    return weeks


def _parse(line: dict[str, Any]) -> SentLine:
    """Parses a line; raises ValueError, KeyError, TypeError or AttributeError if it is not one."""
    sending = SentLine(**{name: line.get(name, "") for name in SentLine._fields})
    if line["v"] != VERSION or not all(isinstance(value, str) for value in sending):
        raise ValueError("another version, or a value that is not text")
    json_lines.check_time(sending.at)
    if sending.state not in _STATES:
        raise ValueError("not a valid state")
    Week.parse(sending.week)
    "".join(sending).encode()  # raises ValueError for half a surrogate pair
    return sending
