"""What GitHub Actions shows: the problems of a check beside their lines, and the report of a pull,
as a table in the job summary and a commit message in the output `words`.

Environment variables name the files for table and message; without them neither is written. Text
from feeds and editors goes into code blocks only, so that no Markdown in it has an effect.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.shared import formatting
from digest.cli.shared.call import Call
from digest.cli.shared.safe_print import printable
from digest.errors import count_of

if TYPE_CHECKING:
    from digest.commands.pull_report import PullReport, PullRow
    from digest.errors import Problem

_HEADS = ("feed", "answer", "new", "updated", "kept", "gap")
_RULE = ("---", "---", "--:", "--:", "--:", "---")


def annotate(problems: Iterable[Problem], folder: str) -> None:
    """Prints each problem as a workflow command, so that it is shown beside its line; `folder` is
    the digest's path in its repository.
    """
    for problem in problems:
        level = "warning" if problem.is_hint else "error"
        values = {
            "file": folder + problem.file,
            "line": str(problem.line or ""),
            "title": "digest check",
        }
        properties = []
        for name, value in values.items():
            if value:
                properties.append(f"{name}={printable(_escaped(value, ':,'))}")
        words = printable(_escaped(problem.message))
        click.echo(f"::{level} {','.join(properties)}::{words}")


def _escaped(value: str, chars: str = "") -> str:
    """Returns a value escaped for a workflow command: `%`, line breaks and the given characters."""
    for char in f"%\r\n{chars}":
        value = value.replace(char, f"%{ord(char):02X}")
    return value


def write_summary(report: PullReport, call: Call) -> None:
    """Adds the table to the job summary, and `words` to the outputs of the step."""
    for variable, text in (
        ("GITHUB_STEP_SUMMARY", summary(report)),
        ("GITHUB_OUTPUT", f"words={commit_message(report)}\n"),
    ):
        path = os.environ.get(variable)
        if path:
            try:
                with Path(path).open("a", encoding="utf-8") as file:
                    file.write(text)
            except OSError as error:  # only the table is lost: what was pulled is on disk
                call.warn(f"{variable}: cannot write {path}: {error.strerror or error}")


def commit_message(report: PullReport) -> str:
    """Returns a commit message that says what a pull did."""
    new = sum(len(row.new) for row in report.rows)
    updated = len({file for row in report.rows for file in row.updated})
    filed = len(report.filed)
    acts = []
    if new:
        acts.append(f"pull {count_of(new, 'new story', 'new stories')}")
    if updated:
        acts.append(f"update {formatting.stories(updated)}")
    if filed:
        acts.append(f"file {formatting.stories(filed)} from the inbox")
    message = ", ".join(acts) or "note what the feeds say"
    return message[0].upper() + message[1:]


def summary(report: PullReport) -> str:
    """Returns the summary as Markdown: a row for each feed and a total, what to look at, and what
    is new."""
    rows, remarks, new = list[tuple[str, ...]](), list(report.problems), list[str]()
    for row in report.rows:
        answer = row.state
        if answer == "read":
            answer = f"read, {count_of(row.entries, 'entry', 'entries')}"
        rows.append((row.feed, answer, *_counts([row]), "possible" if row.gap else "·"))
        for remark in (row.reason, *row.warnings, *row.kept, *row.notices):
            if remark:
                remarks.append(f"{row.feed}: {remark}")
        if row.moved:
            what = "has moved for good to"
            if row.moved_by == "self":
                what = "names another address as its own:"
            remarks.append(f"{row.feed}: {what} {row.moved}")
        new += row.new
    if len(rows) > 1:
        answer = f"{report.read} read, {report.failed} failed"
        gaps = sum(row.gap for row in report.rows)
        rows.append((f"all {len(rows)}", answer, *_counts(report.rows), str(gaps or "·")))
    parts = [f"### {commit_message(report)}\n"]
    if rows:
        parts.append("".join(f"| {' | '.join(cells)} |\n" for cells in (_HEADS, _RULE, *rows)))
    for title, lines in (("Worth a look", remarks), ("New", new)):
        if lines:  # as a code block, each as one line
            code = "".join(f"    {printable(' '.join(line.split()))}\n" for line in lines)
            parts.append(f"{title}:\n\n{code}")
    return "\n".join(parts) + "\n"


def _counts(rows: Sequence[PullRow]) -> list[str]:
    """Returns how many stories are new, updated, or kept the editor's version."""
    new = sum(len(row.new) for row in rows)
    updated = sum(len(row.updated) for row in rows)
    kept = sum(len(row.kept) for row in rows)
    return [str(number or "·") for number in (new, updated, kept)]
