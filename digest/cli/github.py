"""What GitHub Actions is told of a pull: a table for the summary of the job, and words for the commit.

Actions names a file for each in the environment; elsewhere there is neither, and nothing is told. What feeds and people
wrote stands in blocks of code only, where no sign of Markdown means anything.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from digest.cli import formatting
from digest.cli.context import Call
from digest.cli.safe_print import printable

if TYPE_CHECKING:
    from digest.commands.pull import PullReport, Row

_HEADS = ("feed", "answer", "new", "updated", "kept", "gap")
_RULE = ("---", "---", "--:", "--:", "--:", "---")


def tell(report: PullReport, call: Call) -> None:
    """Adds the table to the summary of the job, and `words` to what the step gives to those after it."""
    for variable, text in (
        ("GITHUB_STEP_SUMMARY", summary(report)),
        ("GITHUB_OUTPUT", f"words={words(report)}\n"),
    ):
        place = os.environ.get(variable)
        if place:
            try:
                with Path(place).open("a", encoding="utf-8") as file:
                    file.write(text)
            except OSError as error:  # it costs a table: what was pulled is on the disk by now
                call.complain(f"{variable}: cannot write {place}: {error.strerror or error}")


def words(report: PullReport) -> str:
    """Returns what a pull did to the content, as the message of a commit."""
    updated = {file for row in report.rows for file in row.updated}
    done = {
        f"pull {formatting.count(_new(report), 'new story', 'new stories')}": _new(report),
        f"update {formatting.stories(len(updated))}": len(updated),
        f"file {formatting.stories(len(report.filed))} from the inbox": len(report.filed),
    }
    told = ", ".join(act for act, number in done.items() if number) or "note what the feeds say"
    return told[0].upper() + told[1:]


def summary(report: PullReport) -> str:
    """Returns what a pull did as Markdown: a row a feed and one of all, what wants a look, and what is new."""
    rows = [
        *(_cells(row) for row in report.rows),
        *([_total(report)] if len(report.rows) > 1 else []),
    ]
    table = "".join(f"| {' | '.join(cells)} |\n" for cells in (_HEADS, _RULE, *rows))
    parts = [f"### {words(report)}\n", table if report.rows else ""]
    parts += [f"Worth a look:\n\n{block}" for block in [_block(_remarks(report))] if block]
    parts += [
        f"New:\n\n{block}"
        for block in [_block(file for row in report.rows for file in row.new)]
        if block
    ]
    return "\n".join(filter(None, parts)) + "\n"


def _new(report: PullReport) -> int:
    return sum(len(row.new) for row in report.rows)


def _cells(row: Row) -> tuple[str, ...]:
    answer = (
        f"read, {formatting.count(row.entries, 'entry', 'entries')}"
        if row.state == "read"
        else row.state
    )
    return (row.feed, answer, *_counts([row]), "possible" if row.gap else "·")


def _total(report: PullReport) -> tuple[str, ...]:
    answer = f"{report.read} read, {report.failed} failed"
    gaps = sum(row.gap for row in report.rows)
    return (f"all {len(report.rows)}", answer, *_counts(report.rows), _number(gaps))


def _counts(rows: Sequence[Row]) -> tuple[str, ...]:
    """Returns how many stories are new, were updated, and kept their editor's words."""
    return tuple(
        _number(sum(map(len, of)))
        for of in zip(*((row.new, row.updated, row.kept) for row in rows), strict=True)
    )


def _number(number: int) -> str:
    return str(number or "·")


def _remarks(report: PullReport) -> Iterator[str]:
    yield from report.problems
    for row in report.rows:
        yield from (
            f"{row.feed}: {words}"
            for words in (row.reason, *row.warnings, *row.kept, *row.notices)
            if words
        )
        if row.moved:
            what = (
                "names another address as its own:"
                if row.moved_by == "self"
                else "has moved for good to"
            )
            yield f"{row.feed}: {what} {row.moved}"


def _block(told: Iterable[str]) -> str:
    return "".join(f"    {printable(' '.join(line.split()))}\n" for line in told)
