"""`digest check`: what it finds, where, how it says so, and what it leaves to be found by others."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import caches
import pytest
from click.testing import CliRunner
from feedhost import Answer, Exchange, FeedHost
from repositories import git
from shell import invoke
from test_cli import digest

from digest import config
from digest.cli.main import cli
from digest.commands import check, check_links
from digest.commands.check import CheckReport
from digest.content import ledger, load, store, story_file
from digest.content.identity import hash_of
from digest.content.ledger import Record
from digest.errors import Kind, Problem
from digest.feeds import private_networks, saved_copies
from digest.feeds.limits import Limits
from digest.git import Changes
from digest.intake import add
from digest.site.arrange import arrange
from digest.week import Week

NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
SETTINGS = """\
[site]
title = "Chip Digest"
url = "https://digest.example/"

[[feeds]]
id = "first"
url = "https://news.example/feed"

[[themes]]
id = "memory"
title = "Memory"
match = ["memory"]
"""
W20 = "content/2026/w20/"

Write = Callable[..., str]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "digest.toml").write_text(SETTINGS)
    return tmp_path


@pytest.fixture
def story(root: Path) -> Write:
    """Writes a story file of week 20 and returns its name: keys and note as they are given."""

    def write(
        slug: str = "a",
        note: str = "",
        week: str = "2026/w20",
        day: str = "2026-05-15",
        **keys: str,
    ) -> str:
        said = {"title": slug.upper(), "link": f"https://news.example/{slug}", **keys}
        lines = "".join(f"{key}: {value}\n" for key, value in said.items())
        return put(root, f"content/{week}/{day}-{slug}.md", f"---\n{lines}---\n\n{note}\n")

    return write


def put(root: Path, file: str, text: str) -> str:
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).write_text(text)
    return file


def record(**fields: object) -> Record:
    usual = {
        "feed": "first",
        "at": "2026-05-15T09:00:00.000000Z",
        "id": "1",
        "aliases": ("guid:1", "link:news.example/a"),
        "file": f"{W20}2026-05-15-a.md",
        "title": "A",
    }
    return Record(**{**usual, **fields})  # type: ignore[arg-type]


def remember(root: Path, *records: Record, feed: str = "first") -> None:
    put(root, f"content/ledger/{feed}.jsonl", "".join(map(ledger.dumps, records)))


def run(root: Path, **options: object) -> CheckReport:
    return check.run(root, now=NOW, **options)  # type: ignore[arg-type]


def messages(root: Path, **options: object) -> list[str]:
    """What is found, hints as such."""
    return [("hint: " if one.is_hint else "") + str(one) for one in run(root, **options).problems]


# ---------------------------------------------------------------- errors


def test_a_valid_digest_has_no_problems(root: Path, story: Write) -> None:
    story("a", "See [B](2026-05-15-b.md).")
    story("b", themes="[memory]")

    report = run(root)

    assert (report.problems, report.files) == ((), 3)


def test_every_error_of_every_file_is_reported_in_order(root: Path, story: Write) -> None:
    story("a", themes="[memroy]", link="news.example")
    story("b", "One\n\nand [lost](nowhere.md).")
    story("c", id="x", feeds="first")
    story("d", id="x", feeds="first")
    put(root, "content/themes/memmory.md", "Words.")
    put(root, "content/stray.md", "Words.")

    assert messages(root) == [
        f"{W20}2026-05-15-a.md:3: link: 'news.example' is not an http(s) address; copy the address from the browser",
        f"{W20}2026-05-15-a.md:4: unknown theme 'memroy'; did you mean 'memory'?",
        f"{W20}2026-05-15-b.md:8: the link to 'nowhere.md' leads to no story; correct the file's name, "
        "or remove the link if its story was deleted",
        f"{W20}2026-05-15-d.md: is the same story as {W20}2026-05-15-c.md: both have the same id; "
        "delete one, or remove 'id' from the newer one",
        "content/stray.md: is not in a week's folder; move it to one such as content/2026/w20/",
        "content/themes/memmory.md: introduces an unknown theme 'memmory'; did you mean 'memory'?",
    ]


@pytest.mark.parametrize("line", ["hide:", "lead: # the best", "draft: "])
def test_a_flag_without_a_value_gets_a_hint(root: Path, story: Write, line: str) -> None:
    key = line.partition(":")[0]
    story("a", **{key: line.partition(":")[2]})
    put(root, "content/pages/about.md", "---\ntitle: About\ndraft:\n---\n\nhide:\n")

    assert [str(problem) for problem in run(root).problems if problem.is_hint] == [
        f"{W20}2026-05-15-a.md:4: '{key}' has no value, so it is off; write true, or remove the line",
        "content/pages/about.md:3: 'draft' has no value, so it is off; write true, or remove the line",
        "content/pages/about.md:6: 'hide:' has no effect here, and is published as text; "
        "move this line above the second ---",
    ]


@pytest.mark.parametrize(
    ("line", "is_slip"),
    [
        ('headline: "Islanders', True),
        ("headline: 'Islanders", True),
        ('source: "The Herald # ours', True),
        ('authors: ["Ann, Bob]', True),
        ('corrections:\n- 2026-05-20: "He said', True),
        ("headline: 'Tis the season", False),
        ("headline: '90s nostalgia", False),
        ('headline: "Panic" over chips', False),
        ("headline: '\"Islanders'", False),
        ('headline: "Islanders\n  of the strait"', False),
        ('headline: Full at 12"', False),
    ],
)
def test_a_quotation_mark_that_is_never_closed_gets_a_hint(
    root: Path, line: str, is_slip: bool
) -> None:
    text = f"---\ntitle: A\nlink: https://news.example/a\n{line}\n---\n"
    put(root, f"{W20}2026-05-15-a.md", text)
    report = run(root)

    number = 5 if "\n-" in line else 4
    what = "a text begins with a quotation mark that is never closed, so readers see it"
    hint = f"{W20}2026-05-15-a.md:{number}: {what}; close it, or remove it"
    assert [str(problem) for problem in report.problems] == [hint] * is_slip


@pytest.mark.parametrize(
    "twin",
    [
        {"link": "https://news.example/a?utm_source=rss", "title": "Another"},
        {"link": "https://another.example/x", "title": "a"},
    ],
)
def test_a_published_copy_of_a_hidden_story_is_reported(
    root: Path, story: Write, twin: dict[str, str]
) -> None:
    file = story("a", hide="true")
    other = story("b", **twin)
    story("c", day="2026-05-16", title="A")

    found = [one for one in messages(root) if file in one and "tracks" not in one]

    assert found == [
        f"hint: {file}:4: is hidden, but {other} seems to be the same story and is not; "
        "hide that one too, or delete this file"
    ]


def test_a_hidden_story_that_comes_again_on_another_day_is_reported(
    root: Path, story: Write
) -> None:
    words = "The court ruled that the company must pay."
    file = story("a", f"> {words}", title="Court rules", hide="true", id="1", feeds="first")
    other = story("b", f"> {words}", day="2026-05-16", title="Court rules", id="2", feeds="first")
    story("c", "> Markets were calm.", day="2026-05-16", title="Court rules")
    wrote = {"excerpt": hash_of(words)}
    aliases = ("guid:2", "link:news.example/b")
    remember(root, record(wrote=wrote), record(wrote=wrote, id="2", aliases=aliases, file=other))

    found = [one for one in messages(root) if "is hidden" in one]

    assert found == [
        f"hint: {file}:4: is hidden, but {other} seems to be the same story and is not; "
        "hide that one too, or delete this file"
    ]


def test_a_key_in_capitals_gets_the_right_spelling(root: Path, story: Write) -> None:
    story("a", HIDE="true")

    assert messages(root) == [f"{W20}2026-05-15-a.md:4: unknown key 'HIDE'; did you mean 'hide'?"]


def test_a_link_to_an_unreadable_story_is_not_a_broken_link(root: Path, story: Write) -> None:
    story("a", "See [B](2026-05-15-b.md).")
    story("b", themes="[memroy]")

    assert [one.file for one in run(root).problems] == [f"{W20}2026-05-15-b.md"]


def test_config_errors_are_reported_first_and_alone(root: Path, story: Write) -> None:
    story("a", themes="[memroy]")
    (root / "digest.toml").write_text(SETTINGS.replace("match", "mtach"))

    result = invoke(root, "check")

    assert result.exit_code == 1
    assert (
        "digest.toml:12: unknown key 'mtach' in [themes]; did you mean 'match'?\n" in result.output
    )
    assert result.output.endswith(
        "1 error, 0 hints in 1 file; the rest is checked once that is correct\n"
    )


def test_two_pages_at_one_address_are_an_error(root: Path) -> None:
    put(root, "content/pages/archive.md", "Words.")

    assert messages(root) == [
        "content/pages/archive.md: claims the address 'archive/index.html', which the page of the archive claims too; "
        "rename one of them"
    ]


def test_a_template_that_cannot_be_read_is_an_error(root: Path) -> None:
    put(root, "templates/page.html", "one\n{% if %}")
    put(root, "templates/week.html", "{{ x | nofilter }}")
    put(root, "templates/static/x.html", "{% if %}")

    found = run(root).problems

    assert [(one.file, one.line, one.is_hint) for one in found] == [
        ("templates/page.html", 2, False),
        ("templates/static/x.html", 0, True),
        ("templates/week.html", 1, False),
    ]


def test_each_merge_conflict_is_reported_once(root: Path, story: Write) -> None:
    sides = "<<<<<<< HEAD\ntitle: A\n=======\ntitle: B\n>>>>>>> other\n"
    put(root, f"{W20}2026-05-15-a.md", f"---\n{sides}link: https://news.example/a\n---\n")
    story("b", f"Words.\n\n{sides}")

    marks = [one for one in run(root).problems if not one.is_hint]

    assert [(one.file[-4:], one.line, one.what) for one in marks] == [
        ("a.md", 2, "a merge-conflict mark"),
        ("a.md", 6, "a merge-conflict mark"),
        ("b.md", 8, "a merge-conflict mark"),
        ("b.md", 12, "a merge-conflict mark"),
    ]


def test_invalid_ledger_lines_are_errors_and_conflict_markers_are_named(root: Path) -> None:
    line = ledger.dumps(record())
    put(
        root,
        "content/ledger/first.jsonl",
        f"<<<<<<< HEAD\n{line}=======\n{line}>>>>>>> other\nnonsense\n",
    )

    place = "content/ledger/first.jsonl"
    assert messages(root) == [
        *(
            f"{place}:{n}: a merge-conflict mark; delete this line, and keep the lines of both sides"
            for n in (1, 3, 5)
        ),
        f"{place}:6: not a line of the ledger; restore it from git: without it, deleted stories may return, and old "
        "addresses lead nowhere",
    ]


# ---------------------------------------------------------------- hints


def test_a_mistake_in_a_text_is_reported_with_its_line_in_the_file(
    root: Path, story: Write
) -> None:
    story("a", "Look:\n- one\n- two")
    put(root, f"{W20}letter.md", "---\ntitle: Hello\n---\n\nLook:\n- one")
    put(root, "content/pages/about.md", "Look:\n- one")
    put(root, "content/themes/memory.md", "\nLook:\n- one")

    assert [(one.file, one.line) for one in run(root).problems] == [
        (f"{W20}2026-05-15-a.md", 7),
        (f"{W20}letter.md", 6),
        ("content/pages/about.md", 2),
        ("content/themes/memory.md", 3),
    ]
    assert invoke(root, "check").exit_code == 0


def test_a_hidden_story_gets_no_hint(root: Path, story: Write) -> None:
    story(
        "a",
        "Look:\n- one",
        link="https://news.example/a?utm_source=x",
        hide="true",
        title="x" * 50 + "…",
    )

    assert run(root).problems == ()


def test_a_link_with_tracking_parameters_gets_its_cure(root: Path, story: Write) -> None:
    file = story("a", link="https://news.example/a?utm_source=x&id=3")

    assert messages(root) == [
        f"hint: {file}:3: the link tracks its readers; write https://news.example/a?id=3"
    ]


@pytest.mark.parametrize(
    "second",
    [
        "https://www.news.example/article/3350001/other-words",
        "http://news.example/article/3350001/b/",
    ],
)
def test_two_stories_of_one_article_are_both_named(root: Path, story: Write, second: str) -> None:
    first = story("a", link="https://news.example/article/3350001/b")
    file = story("b", day="2026-05-16", link=second)

    assert messages(root) == [
        f"hint: {file}:3: links to the same article as {first}; delete one of them"
    ]


@pytest.mark.parametrize(
    "links",
    [
        ("https://news.example/", "https://news.example"),
        ("https://news.example/?a=1", "https://news.example/?a=2"),
    ],
)
def test_a_front_page_or_another_query_string_is_not_a_duplicate(
    root: Path, story: Write, links: tuple[str, str]
) -> None:
    story("a", link=links[0], id="urn:x:1")
    story("b", link=links[1], id="urn:x:2")

    assert run(root).problems == ()


LONG = "Foundries fill up as the price of memory rises"


@pytest.mark.parametrize(
    ("title", "feeds_title", "cut"),
    [
        (f"{LONG} …", f"{LONG} …", True),
        (f"{LONG}...", f"{LONG}...", True),
        (LONG, f"{LONG} again", True),
        (f"{LONG}…", f"{LONG} again", True),
        (LONG, LONG, False),
        (LONG, f"{LONG} | The Example Post", False),
        (LONG, f"{LONG} - again", False),
        (LONG, f"{LONG}, again", False),
        ("And then...", "And then...", False),
        ("My own words", LONG, False),
    ],
)
def test_a_truncated_title_is_reported(
    root: Path, story: Write, title: str, feeds_title: str, cut: bool
) -> None:
    file = story("a", title=title, id="1", feeds="first")
    remember(root, record(title=feeds_title))

    assert [(one.file, one.line, one.what) for one in run(root).problems] == [
        (file, 2, "the title is cut off")
    ] * cut


def test_a_headline_by_the_editor_replaces_a_truncated_title(root: Path, story: Write) -> None:
    story("a", title=f"{LONG}…", headline="My own words")

    assert run(root).problems == ()


def test_a_headline_that_is_only_a_host_name_is_reported_until_the_editor_writes_one(
    root: Path, story: Write
) -> None:
    file = story("a", title="news.example")

    assert messages(root) == [
        f"hint: {file}:2: it has no headline, only the name of its site; write one of your own as headline:"
    ]
    story("a", title="news.example", headline="Curd prices")
    assert messages(root) == []


def test_a_moved_handwritten_story_gets_no_hint_to_move_back(root: Path, story: Write) -> None:
    file = Path(story("a", week="2026/w20"))
    digest("build", cwd=root)
    (root / "content/2026/w21").mkdir()
    (root / file).rename(root / "content/2026/w21" / file.name)

    assert messages(root) == []


def test_a_moved_pulled_story_gets_no_hint_to_move_back(tmp_path: Path) -> None:
    digest("init", "mine", cwd=tmp_path)
    root = tmp_path / "mine"
    digest("pull", cwd=root)
    moved = next(root.glob("content/2026/w07/*.md"))
    moved.rename(root / "content/2026/w08" / moved.name)

    assert digest("check", cwd=root).stdout.startswith("0 errors, 0 hints")


def test_a_story_outside_its_own_week_is_reported(root: Path, story: Write) -> None:
    file = story("a", week="2026/w21")

    assert messages(root) == [
        f"hint: {file}: is in the folder of 2026-W21, but its date, 2026-05-15, belongs to 2026-W20; "
        "move it to content/2026/w20/, unless you want it in this edition"
    ]


def test_a_story_that_a_pull_filed_in_another_week_belongs_there(root: Path, story: Write) -> None:
    file = story("a", week="2026/w21", id="1", feeds="first")
    remember(root, record(file=file))

    assert run(root).problems == ()


@pytest.mark.parametrize(
    ("published", "found"),
    [
        ("2026-05-14T23:00:00+08:00", True),
        ("2026-05-14T23:00:00-08:00", False),  # the 15th in the digest's zone
        ("2026-05-15T23:00:00-08:00", False),  # the 15th as it is written
        ("2026-05-15", False),
    ],
)
def test_a_file_name_with_another_date_is_reported(
    root: Path, story: Write, published: str, found: bool
) -> None:
    file = story("a", published=published)

    assert messages(root) == [
        f"hint: {file}:4: published says 2026-05-14, but the file's name says 2026-05-15; correct the one that is wrong"
    ] * found  # fmt: skip


def test_a_date_that_the_publisher_changed_is_not_a_mistake(root: Path, story: Write) -> None:
    story("a", published="2026-05-18T12:00:00+00:00", id="1", feeds="first")
    remember(
        root, record(wrote=ledger.hashes({"published": datetime(2026, 5, 18, 12, tzinfo=UTC)}))
    )

    assert run(root).problems == ()


def test_leads_of_a_week_beside_the_one_on_top_are_reported(root: Path, story: Write) -> None:
    older = story("a", lead="true")
    on_top = story("b", lead="true")
    draft = story("c", lead="true", draft="true")
    story("d", lead="true", hide="true")
    story("e", week="2026/w21", day="2026-05-18", lead="true")

    words = f"is a second lead story of 2026-W20, beside {on_top}, which is on top"
    cure = "keep lead: true in only one of them"
    assert messages(root) == [
        f"hint: {older}:4: {words}; {cure}",
        f"hint: {draft}:4: {words}; {cure}",
    ]
    archive = arrange(load.load(root, config.load(root)), config.load(root))
    assert [edition.lead.file for edition in archive.editions if edition.lead][1:] == [on_top]


def test_a_letter_that_is_still_a_draft_is_reported_when_its_week_is_closed(
    root: Path, story: Write
) -> None:
    story("a")
    file = put(root, f"{W20}letter.md", "---\ntitle: Hello\ndraft: true\n---\n\nDear reader\n")
    waiting = run(root).problems
    story("b", week="2026/w21", day="2026-05-18")

    assert waiting == ()
    assert messages(root) == [
        f"hint: {file}:3: the letter is still a draft, though 2026-W20 is closed; "
        "run 'digest letter --publish', or delete it"
    ]


@pytest.mark.parametrize(
    ("week", "day", "ahead"),
    [
        ("2026/w21", "2026-05-22", ""),
        ("2062/w20", "2062-05-19", "2062-W20"),
        ("2027/w20", "2027-05-19", "2027-W20"),
    ],
)
def test_a_story_with_a_future_date_is_reported(
    root: Path, story: Write, week: str, day: str, ahead: str
) -> None:
    story("a")
    file = story("b", week=week, day=day)

    words = (
        f"belongs to {ahead}, which is in the future; if that is a mistake, correct the date or the week's folder; "
        "a week far ahead closes no earlier one"
    )
    assert messages(root) == ([f"hint: content/{week}/{Path(file).name}: {words}"] if ahead else [])


@pytest.mark.parametrize(
    ("week", "flag", "closed"),
    [
        ("2026-W21", "lead", None),
        ("2026-W22", "lead", ", so 2026-W20 is closed"),
        ("2026-W41", "lead", ", so 2026-W20 is closed"),
        ("2026-W22", "hide", None),
        ("2026-W23", "draft", ""),
    ],
)
def test_a_story_of_a_week_that_has_not_begun_is_reported_with_the_week_that_it_closes(
    root: Path, story: Write, week: str, flag: str, closed: str | None
) -> None:
    story("a")
    monday = Week.parse(week).monday
    file = story("b", week=Week.parse(week).folder, day=str(monday), **{flag: "true"})

    words = f"belongs to {week}, which is in the future{closed}"
    cure = "if that is a mistake, correct the date or the week's folder"
    assert messages(root) == ([] if closed is None else [f"hint: {file}: {words}; {cure}"])


def test_a_letter_of_a_week_that_has_not_begun_is_reported_with_the_week_that_it_closes(
    root: Path, story: Write
) -> None:
    with (root / "digest.toml").open("a") as settings:
        settings.write('[editions]\nclose = "letter"\n')
    story("a")
    story("b", week="2026/w22", day="2026-05-25")
    assert messages(root) == []
    letter = put(root, "content/2026/w22/letter.md", "---\ntitle: Early\n---\n\nDear reader\n")

    words = "belongs to 2026-W22, which is in the future, so 2026-W20 is closed"
    assert [line for line in messages(root) if "belongs" in line] == [
        f"hint: {letter}: {words}; if that is a mistake, correct the date or the week's folder"
    ]


def test_a_change_with_a_future_date_is_reported(root: Path, story: Write) -> None:
    file = story(
        "a", updated="2062-05-15T08:00:00Z", corrections="['2026-05-16: a', '2062-05-17: b']"
    )
    near = story("b", updated="2026-05-21T08:00:00Z", corrections="['2026-05-22: a']")
    letter = put(
        root, f"{W20}letter.md", "---\ntitle: Hello\npublished: 2027-05-16\n---\n\nDear reader\n"
    )

    found = [line for line in messages(root) if "in the future" in line]

    cure = "which is in the future; if that is a mistake, correct the date"
    assert found == [
        f"hint: {file}:4: updated says 2062-05-15, {cure}",
        f"hint: {file}:5: corrections says 2062-05-17, {cure}",
        f"hint: {letter}:3: published says 2027-05-16, {cure}",
    ]
    assert not any(near in line for line in found)


def test_a_date_that_has_passed_is_reported_until_a_later_text_links_back(
    root: Path, story: Write
) -> None:
    court = story(
        "court", themes="[memory]", ahead="['2026-05-16: A hearing', '2026-05: A ruling']"
    )
    story("hidden", hide="true", ahead="'2026-05-16: Unseen'")
    letter = put(
        root, f"{W20}letter.md", "---\ntitle: L\nahead: 2026-05-17: Sales\n---\n\nDear you.\n"
    )
    assert messages(root) == []

    story("later", day="2026-05-18", week="2026/w21", note="A hearing was held.")

    cure = "link to this file in the note or letter that tells what came of it"
    assert messages(root) == [
        f"hint: {court}:5: 16 May 2026 is before the newest story, and no later text links back: 'A hearing'; {cure}",
        f"hint: {letter}:3: 17 May 2026 is before the newest story, and no later text links back: 'Sales'; {cure}",
    ]
    story(
        "later",
        day="2026-05-18",
        week="2026/w21",
        note="[A hearing](../w20/2026-05-15-court.md) was held, and [sales](../w20/letter.md).",
    )
    assert messages(root) == []


def test_a_broken_link_in_a_draft_is_a_hint_until_it_is_published(root: Path, story: Write) -> None:
    story("a", "[lost](2026-05-15-none.md)", draft="true")

    (problem,) = run(root).problems

    assert (problem.is_hint, problem.line) == (True, 7)


def test_files_in_the_inbox_are_reported(root: Path) -> None:
    put(root, "content/inbox/mine.md", "---\ntitle: Mine\nlink: https://news.example/mine\n---\n")

    (problem,) = run(root).problems

    assert problem.is_hint
    assert str(problem).startswith(f"content/inbox/mine.md: waits to be filed as {W20[:13]}")


def test_files_left_by_a_killed_run_are_reported(root: Path) -> None:
    put(root, f"{W20}.2026-05-15-a.md.unfinished", "---")

    assert messages(root) == [
        f"hint: {W20}.2026-05-15-a.md.unfinished: was left half-written by a run that was killed; "
        "the next pull completes or removes it"
    ]


def test_a_theme_without_stories_is_reported_once_there_are_many_stories(
    root: Path, story: Write
) -> None:
    for number in range(19):
        story(f"a{number}")
    few = run(root).problems
    story("a19")

    assert few == ()
    assert messages(root) == [
        "hint: digest.toml:10: no story has the theme 'memory'; "
        "widen its match ('digest themes --try' helps), or remove the theme"
    ]


def test_a_new_theme_whose_phrases_match_stories_is_reported(root: Path, story: Write) -> None:
    for number in range(18):
        story(f"a{number}")
    story("b", title="Memory runs short")
    story("c", note="> All of memory is sold.", feeds="first")

    assert messages(root) == [
        "hint: digest.toml:10: no story has the theme 'memory', though its match finds at least 1 of 20; "
        "'digest themes --apply' gives it to those whose themes you have not edited"
    ]


def test_a_ledger_of_an_unknown_feed_is_reported(root: Path, story: Write) -> None:
    remember(root, record(), feed="old")
    remember(root, record(), feed="named")
    story("a", feeds="named", id="1")

    (problem,) = run(root).problems

    assert (problem.file, problem.is_hint) == ("content/ledger/old.jsonl", True)


def test_two_entries_with_the_same_file_and_no_common_id_are_reported(root: Path) -> None:
    remember(
        root,
        record(id="1"),
        record(id="2", aliases=("guid:2", "link:news.example/a")),  # the first under a new guid
        record(id="3", aliases=("guid:3", "link:news.example/elsewhere")),
    )

    (problem,) = run(root).problems

    assert problem.is_hint
    assert problem.what == f"'1' and '3' both name {W20}2026-05-15-a.md"


# ---------------------------------------------------------------- how it is said


@pytest.fixture
def mess(root: Path, story: Write) -> Path:
    """A digest with an error and a hint."""
    story("a", "Look:\n- one", themes="[memory, memroy]")
    story("b", "Look:\n- one")
    return root


def test_the_text_output_has_a_line_for_each_problem_and_counts_at_the_end(mess: Path) -> None:
    result = invoke(mess, "check")

    assert result.exit_code == 1
    assert result.output == (
        f"{W20}2026-05-15-a.md:4: unknown theme 'memroy'; did you mean 'memory'?\n"
        f"{W20}2026-05-15-b.md:7: hint: a list right below a line of text is shown as running text; "
        "put a blank line above it\n"
        "1 error, 1 hint in 3 files\n"
    )


def test_quiet_prints_errors_only(mess: Path) -> None:
    result = invoke(mess, "--quiet", "check")

    assert (
        result.output == f"{W20}2026-05-15-a.md:4: unknown theme 'memroy'; did you mean 'memory'?\n"
    )


def test_the_json_output_is_a_list(mess: Path) -> None:
    result = invoke(mess, "check", "--format", "json")

    assert result.exit_code == 1
    assert json.loads(result.output)[0] == {
        "file": f"{W20}2026-05-15-a.md",
        "line": 4,
        "level": "error",
        "what": "unknown theme 'memroy'",
        "cure": "did you mean 'memory'?",
    }
    assert [one["level"] for one in json.loads(result.output)] == ["error", "hint"]


def test_github_annotations_are_escaped(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    problems = (
        Problem("a,b:c%.md", 3, "100%\r\nwrong: so, mend it", "now"),
        Problem("d.md", 0, "odd", kind=Kind.HINT),
    )
    monkeypatch.setattr(
        check, "run", lambda *_, **__: CheckReport(problems=problems, folder="sub/")
    )

    result = invoke(root, "check", "--format", "github")

    assert result.output == (
        "::error file=sub/a%2Cb%3Ac%25.md,line=3,title=digest check::100%25%0D%0Awrong: so, mend it; now\n"
        "::warning file=sub/d.md,title=digest check::odd\n"
    )


def test_wrong_usage_exits_with_2(root: Path) -> None:
    assert invoke(root, "check", "--format", "xml").exit_code == 2
    assert invoke(root, "check", "--since", "").exit_code == 2


# ---------------------------------------------------------------- what a change brought in


def commit(folder: Path) -> str:
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "x")
    return git(folder, "rev-parse", "HEAD").strip()


@pytest.fixture
def tracked(root: Path) -> Path:
    git(root, "init", "-q", "-b", "main")
    return root


def test_only_problems_in_changed_lines_and_new_files_are_reported(
    tracked: Path, story: Write
) -> None:
    file = story("a", "Old https://old.example\n\nMore.")
    story("untouched", "Old https://old.example")
    begun = commit(tracked)
    text = (tracked / file).read_text()
    put(tracked, file, text.replace("More.", "New https://new.example"))
    committed = story("b", "https://new.example/b")
    commit(tracked)
    staged = story("c", "https://new.example/c")
    git(tracked, "add", "-A")
    untracked = story("d", "https://new.example/d")

    found = run(tracked, since=begun)

    assert [(one.file, one.line) for one in found.problems] == [
        (file, 8),
        (committed, 6),
        (staged, 6),
        (untracked, 6),
    ]
    assert found.files == 4


def test_a_digest_in_a_folder_of_its_repository_is_found_from_any_folder_inside(
    tmp_path: Path, root: Path, story: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    outer = tmp_path.with_name(f"{tmp_path.name}-outer")
    story("a")
    shutil.copytree(root, outer / "sub dir")
    git(outer, "init", "-q")
    commit(outer)
    put(outer, f"sub dir/{W20}2026-05-15-a.md", "---\ntitle: A\nlinks: x\n---\n")
    put(outer, f"sub dir/{W20}2026-05-15-b.md", "---\ntitle: B\n---\n")
    put(outer, "elsewhere.md", "https://news.example")
    monkeypatch.chdir(outer / "sub dir" / "content" / "2026")

    result = CliRunner().invoke(cli, ["check", "--since", "HEAD", "--format", "github"])

    assert result.output == (
        f"::error file=sub dir/{W20}2026-05-15-a.md,line=3,title=digest check::"
        "unknown key 'links'; did you mean 'link'?\n"
        f"::error file=sub dir/{W20}2026-05-15-b.md,line=1,title=digest check::"
        "there is no 'link'; add link: … to the front matter\n"
    )


def test_any_file_name_works(tracked: Path) -> None:
    put(tracked, "content/static/x", "")
    begun = commit(tracked)
    name = "content/öd 'd\" -- \\x\n2.md"
    put(tracked, name, "x")

    assert [one.file for one in run(tracked, since=begun).problems] == [name]
    commit(tracked)
    assert [one.file for one in run(tracked, since=begun).problems] == [name]


def test_changes_that_others_committed_since_are_not_ours(tracked: Path, story: Write) -> None:
    story("a", "https://old.example")
    commit(tracked)
    git(tracked, "checkout", "-qb", "mine")
    mine = story("b", "https://new.example/b")
    commit(tracked)
    git(tracked, "checkout", "-q", "main")
    story("a", "<https://old.example>")
    commit(tracked)
    git(tracked, "checkout", "-q", "mine")

    assert [one.file for one in run(tracked, since="main").problems] == [mine]


def test_a_link_broken_by_a_deletion_is_reported_although_its_line_is_old(
    tracked: Path, story: Write
) -> None:
    gone = story("a")
    file = story("b", "See [A](2026-05-15-a.md) and [nothing](none.md).")
    begun = commit(tracked)
    (tracked / gone).unlink()

    (problem,) = run(tracked, since=begun).problems

    assert (problem.file, "2026-05-15-a.md" in problem.what) == (file, True)


def test_errors_in_stories_are_reported_when_the_config_has_changed(
    tracked: Path, story: Write
) -> None:
    file = story("a", "https://old.example", themes="[memory]")
    begun = commit(tracked)
    (tracked / "digest.toml").write_text(SETTINGS.replace('"memory"\ntitle', '"chips"\ntitle'))

    assert [(one.file, one.is_hint) for one in run(tracked, since=begun).problems] == [
        (file, False)
    ]


def test_a_moved_file_is_checked_as_a_file_but_not_for_its_old_lines(
    tracked: Path, story: Write
) -> None:
    file = story("a", "Old https://old.example and words that are long enough to be known again.")
    begun = commit(tracked)
    git(tracked, "config", "diff.renames", "false")
    (tracked / "content/2026/w21").mkdir()
    git(tracked, "mv", file, file.replace("w20", "w21"))

    assert [(one.file, one.line) for one in run(tracked, since=begun).problems] == [
        (file.replace("w20", "w21"), 0)
    ]


def test_an_unknown_commit_is_wrong_usage(tracked: Path, story: Write) -> None:
    story("a")
    commit(tracked)

    for name in ("nowhere", "--help", "-x", "HEAD:digest.toml", "a b\n"):
        result = invoke(tracked, "check", f"--since={name}")
        assert (result.exit_code, "git has no commit" in result.output) == (2, True)


def test_a_folder_outside_git_is_one_error_line(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(root.parent))

    result = invoke(root, "check", "--since", "HEAD")

    assert result.exit_code == 1
    assert str(result.exception) == f"{root}: is not in a git repository, which --since needs"


def test_a_machine_without_git_is_one_error_line(
    root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert invoke(root, "check").exit_code == 0
    assert "needs git, which is not installed" in str(
        invoke(root, "check", "--since", "HEAD").exception
    )


def test_without_changes_there_are_no_problems(tracked: Path, story: Write) -> None:
    story("a", "https://old.example", themes="[memroy]")
    begun = commit(tracked)

    assert run(tracked, since=begun) == CheckReport(problems=(), files=0)
    assert invoke(tracked, "check", "--since", begun).exit_code == 0
    assert Changes() == Changes(lines={}, new=frozenset(), gone=frozenset())


# ---------------------------------------------------------------- external links


@pytest.fixture(autouse=True)
def without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def answer(status: int, **headers: str) -> Answer:
    return lambda exchange: exchange.reply(status, b"words", **headers)


def only_get(refusal: int) -> Answer:
    return lambda exchange: exchange.reply(refusal if exchange.command == "HEAD" else 200, b"words")


def slow(exchange: Exchange) -> None:
    exchange.hang()


@pytest.fixture
def once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests each page once, with time for servers of a busy machine."""
    limits = Limits(deadline=60, connect_timeout=60, read_timeout=60, retries=0)
    monkeypatch.setattr(check_links, "_LIMITS", limits)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests each page once, and gives up on those that do not answer."""
    limits = Limits(deadline=4, connect_timeout=4, read_timeout=3, retries=0)
    monkeypatch.setattr(check_links, "_LIMITS", limits)


def linked(root: Path, host: FeedHost, *paths: str) -> str:
    """Writes a page that links to paths of the host, one a line."""
    return put(
        root, "content/pages/links.md", "".join(f"[x]({host.url(path)})\n" for path in paths)
    )


@pytest.mark.usefixtures("once")
def test_pages_that_are_gone_or_have_moved_are_hints(root: Path) -> None:
    answers = {
        "/good": answer(200),
        "/gone": answer(410),
        "/none": answer(404),
        "/moved": answer(301, Location="/good"),
        "/passing": answer(302, Location="/good"),
        "/shut": answer(403),
        "/busy": answer(429),
        "/broken": answer(500),
    }
    with FeedHost(answers) as host:
        file = linked(root, host, *answers)
        report = run(root, links=True)
        base = host.url("")

    assert [str(one) for one in report.problems] == [
        f"{file}:2: the page at {base}/gone is gone (410); link to a saved copy, or to another page",
        f"{file}:3: the page at {base}/none is gone (404); link to a saved copy, or to another page",
        f"{file}:4: the page at {base}/moved has moved for good; write {base}/good",
    ]
    assert all(one.is_hint for one in report.problems)
    assert [one.line for one in report.links.unchecked] == [6, 7, 8]


def test_links_that_only_a_private_network_can_open_are_hints_once_the_site_has_an_address(
    root: Path, story: Write
) -> None:
    one = story("a", link="http://127.0.0.1:8765/a", saved="http://archive.lan/a")
    story("b", link="http://10.0.0.1/b", id="urn:x:1", hide="true")
    page = put(
        root,
        "content/pages/links.md",
        "See [a](http://127.0.0.1:8000/page), <http://192.168.1.4/x>, [b][b],\n[ours](https://news.invalid/),"
        " `http://localhost/` or [mail](mailto:a@localhost).\n\n- [c](https://intranet/wiki)\n\n"
        "[b]: http://nas.local/y\n\n[d](//10.0.0.2/x) [e](http://nas.internal/) [f](http://app.localhost/)\n",
    )
    settings = (root / "digest.toml").read_text()

    silent = run(root).problems
    (root / "digest.toml").write_text(settings.replace("digest.example", "someone.github.io"))
    found = [str(problem) for problem in run(root).problems]

    where, cure = (
        "in a private network, where readers cannot open it",
        "write the page's public address",
    )
    assert silent == ()
    assert found == [
        f"{one}:3: link leads to 127.0.0.1, {where}; {cure}",
        f"{one}:4: saved leads to archive.lan, {where}; {cure}",
        *(
            f"{page}:{line}: the link to {host} leads into a private network, "
            f"where readers cannot open it; {cure}"
            for line, host in (
                (1, "127.0.0.1"),
                (1, "192.168.1.4"),
                (4, "intranet"),
                (6, "nas.local"),
                (8, "10.0.0.2"),
                (8, "app.localhost"),
                (8, "nas.internal"),
            )
        ),
    ]


def test_a_private_address_that_is_only_text_is_no_link(root: Path) -> None:
    page = put(root, "content/pages/links.md", "Open http://localhost:3000/ in your browser.")
    settings = (root / "digest.toml").read_text()
    (root / "digest.toml").write_text(settings.replace("digest.example", "someone.github.io"))

    assert [str(problem) for problem in run(root).problems] == [
        f"{page}:1: the address http://localhost:3000/ is shown as text, not a link; "
        "put it between < and >, or write [words](address)"
    ]


@pytest.mark.parametrize("refusal", [403, 404, 405, 501])
@pytest.mark.usefixtures("once")
def test_a_page_that_refuses_head_is_requested_with_get(root: Path, refusal: int) -> None:
    with FeedHost({"/page": only_get(refusal)}) as host:
        linked(root, host, "/page")
        report = run(root, links=True)

    assert (report.problems, report.links.unchecked) == ((), ())
    assert len(host.requests) == 2


@pytest.mark.usefixtures("once")
def test_a_page_is_requested_once_however_often_it_is_linked(root: Path, story: Write) -> None:
    with FeedHost({"/page": answer(200)}) as host:
        linked(root, host, "/page", "/page#a", "/page#b")
        story("a", link=host.url("/page"))
        story("b", link=host.url("/page"), id="urn:x:1", hide="true")
        run(root, links=True)

    assert [path for path, _ in host.requests] == ["/page"]


@pytest.mark.parametrize(
    ("status", "later", "asked"),
    [(200, timedelta(days=29), 0), (200, timedelta(days=31), 1), (404, timedelta(hours=23), 0),
     (404, timedelta(hours=25), 2), (200, -timedelta(days=2), 1)],
)  # fmt: skip
@pytest.mark.usefixtures("once")
def test_answers_are_cached_until_they_expire(
    root: Path, status: int, later: timedelta, asked: int
) -> None:
    with FeedHost({"/page": answer(status)}) as host:
        linked(root, host, "/page")
        first = run(root, links=True)
        before = len(host.requests)
        second = check.run(root, now=NOW + later, links=True)

    assert len(host.requests) - before == asked
    assert second.problems == first.problems


@pytest.mark.usefixtures("once")
def test_a_damaged_link_cache_costs_only_a_request(root: Path) -> None:
    with FeedHost({"/page": answer(200)}) as host:
        linked(root, host, "/page")
        url = host.url("/page")
        caches.note(root, "link", url, {"at": 3})

        assert run(root, links=True).problems == ()


@pytest.mark.usefixtures("impatient")
def test_a_slow_page_is_not_reported_as_gone(root: Path) -> None:
    with FeedHost({"/slow": slow, "/good": answer(200)}) as host:
        linked(root, host, "/slow", "/good")
        report = run(root, links=True)

    assert (report.problems, len(report.links.unchecked)) == ((), 1)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_server_on_this_machine_does_not_prove_a_network_connection(
    root: Path, name: str
) -> None:
    with FeedHost({"/good": answer(200)}) as host:
        url = host.url("/good").replace("127.0.0.1", name)
        put(root, "content/pages/links.md", f"<http://a.invalid/> <http://b.invalid/> <{url}>")
        report = run(root, links=True)

    assert (report.problems, report.links.is_offline) == ((), True)


@pytest.mark.usefixtures("impatient")
def test_without_a_network_no_page_is_reported_as_gone(root: Path) -> None:
    put(
        root,
        "content/pages/links.md",
        "<http://a.invalid/> <http://b.invalid/> <http://c.invalid/>",
    )

    result = invoke(root, "check", "--links")

    assert (result.exit_code, "is this machine on the network?" in result.output) == (0, True)
    assert caches.noted(root, "link") == {}


COPY = "https://web.archive.org/web/20260520/http://news.example/a"


def of_archive(copy: str, **more: object) -> Answer:
    """The answer of the availability API: a saved copy, or none if that is empty."""
    closest = {"closest": {"available": True, "url": copy, "status": "200"}} if copy else {}
    body = json.dumps({"archived_snapshots": closest, **more}).encode()
    return lambda exchange: exchange.reply(200, body)


@pytest.fixture
def archive(monkeypatch: pytest.MonkeyPatch) -> Callable[[FeedHost, str], str]:
    """Lets a host answer for the Wayback Machine, as if the host's pages were public.

    Returns a function to the path of the query for a page of the host.
    """
    monkeypatch.setattr(private_networks, "is_private_link", lambda _: False)

    def use(host: FeedHost, page: str) -> str:
        monkeypatch.setattr(saved_copies, "AVAILABILITY", host.url("/available"))
        return f"/available?{urlencode({'url': host.url(page)})}"

    return use


@pytest.mark.usefixtures("once")
def test_a_saved_copy_of_a_missing_page_is_offered_until_it_is_published(
    root: Path, story: Write, archive: Callable[[FeedHost, str], str]
) -> None:
    answers = {"/gone": answer(404), "/lost": answer(410), "/good": answer(200)}
    with FeedHost(answers) as host:
        answers[archive(host, "/gone")] = of_archive(COPY.replace("https:", "http:", 1))
        answers[archive(host, "/lost")] = of_archive("")
        file = story("a", link=host.url("/gone"))
        links = linked(root, host, "/gone", "/lost", "/good")
        report = run(root, links=True)
        asked = len(host.requests)
        again = run(root, links=True)

        assert again == report and len(host.requests) == asked
        assert [str(one) for one in report.problems] == [
            f"{file}:3: the page at {host.url('/gone')} is gone (404); add  saved: {COPY}",
            f"{links}:1: the page at {host.url('/gone')} is gone (404); link to its saved copy: {COPY}",
            f"{links}:2: the page at {host.url('/lost')} is gone (410); "
            "link to a saved copy, or to another page",
        ]
        story("a", link=host.url("/gone"), saved=host.url("/good"))
        assert [one.file for one in run(root, links=True).problems] == [links, links]


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (answer(503), "503"),
        (lambda exchange: exchange.reply(200, b"[]"), "its answer cannot be understood"),
        (slow, "no answer"),
    ],
)
@pytest.mark.usefixtures("impatient")
def test_an_unavailable_archive_is_one_line_and_the_next_check_asks_again(
    root: Path, archive: Callable[[FeedHost, str], str], reply: Answer, reason: str
) -> None:
    answers = {"/gone": answer(404)}
    with FeedHost(answers) as host:
        answers[query := archive(host, "/gone")] = reply
        linked(root, host, "/gone")
        result = invoke(root, "check", "--links")
        answers[query] = of_archive(COPY)
        again = run(root, links=True)

    assert result.exit_code == 0
    (line,) = [line for line in result.output.splitlines() if line.startswith("Saved copies")]
    assert reason in line
    assert COPY in str(again.problems[0])


@pytest.mark.usefixtures("once")
def test_secrets_and_private_urls_are_not_sent_to_other_services(
    root: Path, monkeypatch: pytest.MonkeyPatch, archive: Callable[[FeedHost, str], str]
) -> None:
    answers = {"/gone?token=8Hk2nX91qLw7": answer(404)}
    with FeedHost(answers) as host:
        archive(host, "/")
        linked(root, host, *answers)
        run(root, links=True)
        monkeypatch.undo()
        monkeypatch.setattr(saved_copies, "AVAILABILITY", host.url("/available"))
        answers["/gone"] = answer(404)
        linked(root, host, "/gone")
        run(root, links=True)

    assert {path.partition("?")[0] for path, _ in host.requests} == {"/gone"}


@pytest.mark.usefixtures("once")
def test_only_new_links_are_requested(tracked: Path) -> None:
    with FeedHost({"/old": answer(404), "/new": answer(404)}) as host:
        file = linked(tracked, host, "/old")
        begun = commit(tracked)
        linked(tracked, host, "/old", "/new")
        report = run(tracked, links=True, since=begun)

    assert {path for path, _ in host.requests} == {"/new"}
    assert [(one.file, one.line) for one in report.problems] == [(file, 2)]


@pytest.mark.usefixtures("once")
def test_unverifiable_links_are_listed_on_request(root: Path) -> None:
    with FeedHost({"/shut": answer(403)}) as host:
        linked(root, host, "/shut")
        plain, verbose = (
            invoke(root, "check", "--links"),
            invoke(root, "--verbose", "check", "--links"),
        )
        url = host.url("/shut")

    assert plain.output == "0 errors, 0 hints in 2 files\n"
    assert verbose.output.startswith(
        f"content/pages/links.md:1: hint: {url} could not be checked: "
    )
    assert os.linesep not in verbose.stderr


def test_nothing_is_requested_without_the_option(root: Path) -> None:
    with FeedHost({"/page": answer(404)}) as host:
        linked(root, host, "/page")

        assert run(root).problems == ()
        assert host.requests == []


def test_a_title_in_an_introduction_is_reported_as_unused(root: Path) -> None:
    put(root, "content/themes/memory.md", "---\ntitle: All of memory\n---\n\nWords.\n")

    assert "content/themes/memory.md:2: the title of an introduction is not shown" in "\n".join(
        map(str, check.run(root, now=NOW).problems)
    )
    put(root, "content/themes/memory.md", "Words.\n")
    assert not check.run(root, now=NOW).problems


def test_an_opening_quotation_that_add_did_not_write_is_shown_as_the_editors(
    root: Path, story: Write
) -> None:
    file = story("a", "> Theirs.")
    read = story_file.loads((root / file).read_text(), file, UTC, {hash_of("Theirs.")})
    store.add_lines(root, [add.record_of(read, NOW)])
    assert not check.run(root, now=NOW).problems

    story("a", "> Thiers.")

    [hint] = check.run(root, now=NOW).problems
    assert (hint.file, hint.line, hint.is_hint) == (file, 6, True)
    assert "not the excerpt that Digest wrote" in hint.what
