"""The report of a pull for GitHub Actions: a table in the job summary, and a commit message as the
output `words`.

Environment variables name the files for both; without them nothing is written. Text from feeds and
editors goes into code blocks only, so that no Markdown in it has an effect.
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
    from digest.commands.pull_report import PullReport, Row

_HEADS = ("feed", "answer", "new", "updated", "kept", "gap")
_RULE = ("---", "---", "--:", "--:", "--:", "---")


def tell(report: PullReport, call: Call) -> None:
    """Adds the table to the job summary, and `words` to the outputs of the step."""
    for variable, text in (
        ("GITHUB_STEP_SUMMARY", summary(report)),
        ("GITHUB_OUTPUT", f"words={words(report)}\n"),
    ):
        place = os.environ.get(variable)
        if place:
            try:
                with Path(place).open("a", encoding="utf-8") as file:
                    file.write(text)
            except OSError as error:  # only the table is lost: what was pulled is on disk
                call.complain(f"{variable}: cannot write {place}: {error.strerror or error}")


def words(report: PullReport) -> str:
    """Returns a commit message that says what a pull did."""
    updated = {file for row in report.rows for file in row.updated}
    done = {
        f"pull {formatting.count(_new(report), 'new story', 'new stories')}": _new(report),
        f"update {formatting.stories(len(updated))}": len(updated),
        f"file {formatting.stories(len(report.filed))} from the inbox": len(report.filed),
    }
    told = ", ".join(act for act, number in done.items() if number) or "note what the feeds say"
    return told[0].upper() + told[1:]


def summary(report: PullReport) -> str:
    """Returns the summary as Markdown: a row for each feed and a total, what to look at, and what
    is new."""
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
    """Returns how many stories are new, updated, or kept the editor's version."""
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
