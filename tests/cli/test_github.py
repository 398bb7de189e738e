"""What a pull reports to GitHub Actions: a commit message, a table for the summary, and nothing elsewhere."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import warm
from markdown import Markdown

from digest.cli.shared import github
from digest.commands.pull_report import PullReport, PullRow
from digest.intake.inbox import InboxMove

NEW = ("content/2026/w20/2026-05-15-a.md", "content/2026/w20/2026-05-15-b.md")


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (PullReport(rows=()), "Note what the feeds say"),
        (PullReport(rows=(PullRow(feed="a", state="unchanged"),)), "Note what the feeds say"),
        (PullReport(rows=(PullRow(feed="a", state="read", new=NEW[:1]),)), "Pull 1 new story"),
        (PullReport(rows=(PullRow(feed="a", state="read", new=NEW), PullRow(feed="b", state="read", new=("c",)))),
         "Pull 3 new stories"),
        (PullReport(rows=(PullRow(feed="a", state="read", updated=NEW), PullRow(feed="b", state="read", updated=NEW[:1]))),
         "Update 2 stories"),
        (PullReport(rows=(PullRow(feed="a", state="read", new=NEW[:1], updated=NEW[1:]),),
                    filed=(InboxMove(inbox="content/inbox/x.md", file="content/2026/w20/2026-05-15-x.md"),)),
         "Pull 1 new story, update 1 story, file 1 story from the inbox"),
    ],
)  # fmt: skip
def test_the_commit_message_says_what_was_pulled(report: PullReport, words: str) -> None:
    assert github.commit_message(report) == words


def test_the_summary_has_a_row_for_each_feed_and_lists_what_needs_attention() -> None:
    kept = "a.md: title: yours is '*| <b>mine</b>', the feed says\n\n# 'theirs'"
    report = PullReport(
        rows=(
            PullRow(
                feed="a",
                state="read",
                entries=1,
                new=NEW[:1],
                kept=(kept,),
                gap=True,
                warnings=("possible gap",),
            ),
            PullRow(feed="b", state="failed", reason="no feed at this address (404)"),
            PullRow(feed="c", state="unchanged", moved="https://news.example/c"),
            PullRow(feed="d", state="unchanged", moved="https://news.example/d", moved_by="self"),
        ),
        problems=("content/ledger/a.jsonl:3: this line is damaged",),
    )

    written = github.summary(report)

    assert (
        written
        == f"""\
### Pull 1 new story

| feed | answer | new | updated | kept | gap |
| --- | --- | --: | --: | --: | --- |
| a | read, 1 entry | 1 | · | 1 | possible |
| b | failed | · | · | · | · |
| c | unchanged | · | · | · | · |
| d | unchanged | · | · | · | · |
| all 4 | 3 read, 1 failed | 1 | · | 1 | 1 |

Worth a look:

    content/ledger/a.jsonl:3: this line is damaged
    a: possible gap
    a: a.md: title: yours is '*| <b>mine</b>', the feed says # 'theirs'
    b: no feed at this address (404)
    c: has moved for good to https://news.example/c
    d: names another address as its own: https://news.example/d

New:

    {NEW[0]}

"""
    )
    shown = Markdown(extensions=["tables"]).convert(written)
    assert "<b>" not in shown
    assert shown.count("<pre>") == 2


def pull(root: Path, *words: str, **files: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **{name: str(path) for name, path in files.items()}}
    return warm.run(["pull", *words], root, environment)


@pytest.fixture
def new(tmp_path: Path) -> Path:
    warm.run(["--quiet", "init", "mine"], tmp_path, dict(os.environ)).check_returncode()
    return tmp_path / "mine"


def test_a_pull_appends_to_the_files_named_by_github_actions(new: Path, tmp_path: Path) -> None:
    summary, output = tmp_path / "summary", tmp_path / "output"
    summary.write_text("earlier\n")

    done = pull(new, "--json", GITHUB_STEP_SUMMARY=summary, GITHUB_OUTPUT=output)

    assert done.returncode == 0, done.stderr
    assert output.read_text() == "words=Pull 12 new stories\n"
    assert summary.read_text().startswith("earlier\n### Pull 12 new stories\n\n| feed |")


def test_a_dry_run_writes_nothing_for_github_actions(new: Path, tmp_path: Path) -> None:
    assert (
        pull(
            new, "--dry-run", GITHUB_STEP_SUMMARY=tmp_path / "s", GITHUB_OUTPUT=tmp_path / "o"
        ).returncode
        == 0
    )
    assert not (tmp_path / "s").exists() and not (tmp_path / "o").exists()


def test_a_summary_that_cannot_be_written_is_one_warning_and_loses_no_story(
    new: Path, tmp_path: Path
) -> None:
    done = pull(new, GITHUB_STEP_SUMMARY=tmp_path / "no/such/folder")

    assert (done.returncode, done.stderr) == (
        0,
        f"GITHUB_STEP_SUMMARY: cannot write {tmp_path}/no/such/folder: No such file or directory\n",
    )
    assert len(list(new.glob("content/2026/*/*.md"))) == 12
