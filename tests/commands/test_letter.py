"""`digest letter`: which week it is for, what is drafted, and that no letter is written over."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import THEMES, make_story
from hypothesis import example, given
from hypothesis import strategies as st
from markdown import Markdown
from sites import find, parse, text
from test_cli import digest

from digest import config, sanitize
from digest.commands import build, letter
from digest.commands.letter import AddedLinks, DraftedLetter
from digest.commands.shared.week_choice import choose_week
from digest.content import letter_draft
from digest.errors import DigestError
from digest.intake import snapshot
from digest.week import Week

SETTINGS = """\
[site]
title = "Test"
url = "https://example.org/"
timezone = "Asia/Hong_Kong"
[[themes]]
id = "export-controls"
title = "Export [controls]"
match = ["export control*"]
was = ["export-curbs"]
[[themes]]
id = "memory"
title = "Memory"
match = ["memory"]
"""
W20 = "content/2026/w20/letter.md"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A digest with five stories in week 20, one of them hidden and one a draft, and one in week 19."""
    (tmp_path / "digest.toml").write_text(SETTINGS)
    put(tmp_path, "2026/w20/2026-05-13-a.md", "A [draft](x) *too* `far`", "themes: [memory]")
    put(
        tmp_path,
        "2026/w20/2026-05-14-b.md",
        "Theirs",
        "themes: [export-curbs, memory]",
        "headline: Ours & <b>bold</b>",
    )
    put(tmp_path, "2026/w20/2026-05-15-c.md", "Chips", "lead: true", "themes: [memory]")
    put(tmp_path, "2026/w20/2026-05-15-d.md", "Spiked", "hide: true")
    put(tmp_path, "2026/w20/2026-05-15-e.md", "Not yet", "draft: true")
    put(tmp_path, "2026/w20/2026-05-15-f.md", "1. No theme")
    put(tmp_path, "2026/w19/2026-05-08-g.md", "Older")
    return tmp_path


def put(root: Path, file: str, title: str, *lines: str) -> None:
    path = root / "content" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    more = "".join(f"{line}\n" for line in lines)
    path.write_text(f"---\ntitle: '{title}'\nlink: https://news.example/{path.stem}\n{more}---\n")


def run(root: Path, week: str = "") -> DraftedLetter:
    return letter.run(root, config.load(root), week)


def built(root: Path) -> str:
    build.run(root, config.load(root), output=root / "site", base_url=None)
    return (root / "site/2026/w20/index.html").read_text()


def test_a_letter_lists_the_weeks_stories_by_theme_with_the_lead_first(root: Path) -> None:
    report = run(root)

    assert (report.file, report.linked, report.drafts) == (W20, 4, 1)
    front, prompt, *rest = (root / W20).read_text().split("\n\n")
    assert front == "---\ntitle: Week 20, 2026\ndraft: true\n---"
    assert prompt.startswith("<!--")
    assert "digest letter --publish" in prompt
    assert "\n\n".join(rest) == (
        "[Chips](2026-05-15-c.md) leads the week.\n\n"
        "## Export \\[controls\\]\n\n"
        "- [Ours & &lt;b>bold&lt;/b>](2026-05-14-b.md)\n\n"
        "## Memory\n\n"
        "- [A \\[draft\\](x) \\*too\\* \\`far\\`](2026-05-13-a.md)\n\n"
        "## Elsewhere\n\n"
        "- [1\\. No theme](2026-05-15-f.md)\n"
    )


def test_the_letter_of_a_mistyped_week_is_chosen_only_by_name(root: Path) -> None:
    put(root, "2062/w20/2062-05-15-z.md", "Typo")

    assert run(root).file == W20
    assert letter.add_links(root, config.load(root)).week == Week(2026, 20)
    assert run(root, "2062-W20").week == Week(2062, 20)
    assert letter.add_links(root, config.load(root)).week == Week(2026, 20)
    assert letter.publish(root, config.load(root), now=NOW).week == Week(2026, 20)

    (root / W20).unlink()
    message = r"the only weeks to choose from are taken for mistyped \(2062-W20\); name the week"
    with pytest.raises(DigestError, match=message):
        letter.publish(root, config.load(root), now=NOW)
    with pytest.raises(DigestError, match=message):
        letter.add_links(root, config.load(root))
    assert letter.publish(root, config.load(root), "2062-W20", now=NOW).week == Week(2062, 20)


def test_a_week_without_themes_is_one_list(root: Path) -> None:
    run(root, "2026-W19")

    assert "##" not in (root / "content/2026/w19/letter.md").read_text()


def test_a_drafted_letter_is_not_on_the_site(root: Path) -> None:
    before = built(root)
    run(root)

    assert built(root) == before


def test_a_published_letter_builds_and_links_to_the_stories(
    root: Path,
) -> None:
    run(root)
    (root / W20).write_text((root / W20).read_text().replace("draft: true\n---", "---"))

    page = parse(built(root).encode())

    section = next(one for one in find(page, "section") if one.get("class") == "letter")
    assert [(link.get("href"), text(link)) for link in find(section, "a")] == [
        ("/2026/w20/#c", "Chips"),
        ("/2026/w20/#b", "Ours & <b>bold</b>"),
        ("/2026/w20/#a", "A [draft](x) *too* `far`"),
        ("/2026/w20/#f", "1. No theme"),
    ]
    assert "Write your letter" not in text(section)


def test_a_week_with_a_draft_letter_is_open_if_letters_close_weeks(root: Path) -> None:
    (root / "digest.toml").write_text(SETTINGS + '[editions]\nclose = "letter"\n')
    run(root, "w19")
    settings = config.load(root)
    assert (
        snapshot.read_snapshot(root, settings, {}, frozenset({"a name in question"})).closed is None
    )

    (root / "content/2026/w19/letter.md").write_text("Dear reader")

    assert snapshot.read_snapshot(
        root, settings, {}, frozenset({"a name in question"})
    ).closed == Week(2026, 19)


def test_an_existing_letter_is_never_overwritten(root: Path) -> None:
    (root / W20).write_text("Dear reader")

    with pytest.raises(DigestError, match=f"^{W20}: this week already has a letter"):
        run(root, "w20")

    assert (root / W20).read_text() == "Dear reader"


def more(root: Path, week: str = "") -> AddedLinks:
    return letter.add_links(root, config.load(root), week)


@pytest.mark.parametrize("end", ["\n", "", "\n\n\n", "\r\n"])
def test_more_adds_the_missing_links_and_changes_nothing_else(root: Path, end: str) -> None:
    before = f"---\ntitle: Mine\n---\n\nSee [a](2026-05-13-a.md) and https://news.example/2026-05-15-c.{end}"
    before = before.replace("\n", "\r\n") if end == "\r\n" else before
    put(root, "2026/w20/2026-05-15-c.md", "Chips", "lead: true", "themes: [memory]")
    (root / W20).write_bytes(before.encode())

    report = more(root)

    after = (root / W20).read_bytes().decode()
    assert after.startswith(before)
    added = after[len(before) :].replace("\r\n", "\n")
    assert "## More this week\n\n- [Ours" in added
    assert "(2026-05-14-b.md)" in added
    assert added.endswith("(2026-05-15-f.md)\n")
    assert "-a.md" not in added
    assert (report.file, report.week, report.drafts) == (W20, Week(2026, 20), 1)
    assert report.added == added.count("\n- ")
    assert ("\r\n" in after[len(before) :]) == (end == "\r\n")


def test_a_second_run_with_more_has_nothing_to_add(root: Path) -> None:
    run(root)
    put(root, "2026/w20/2026-05-16-late.md", "Late")
    more(root)
    before = (root / W20).read_bytes()

    assert more(root).added == 0
    assert (root / W20).read_bytes() == before


def test_later_links_continue_the_list_of_earlier_ones(root: Path) -> None:
    run(root)
    for number in (1, 2):
        put(root, f"2026/w20/2026-05-16-late-{number}.md", f"Late {number}")
        assert more(root, "w20").added == 1

    assert (
        (root / W20)
        .read_text()
        .endswith(
            "\n\n## More this week\n\n- [Late 1](2026-05-16-late-1.md)\n- [Late 2](2026-05-16-late-2.md)\n"
        )
    )


def test_words_below_the_earlier_links_stay_in_place(root: Path) -> None:
    run(root)
    put(root, "2026/w20/2026-05-16-late-1.md", "Late 1")
    more(root)
    with (root / W20).open("a") as file:
        file.write("\nYours, A.\n")
    put(root, "2026/w20/2026-05-16-late-2.md", "Late 2")

    more(root)

    assert (
        (root / W20)
        .read_text()
        .endswith("\nYours, A.\n\n## More this week\n\n- [Late 2](2026-05-16-late-2.md)\n")
    )


def test_more_needs_a_letter(root: Path) -> None:
    with pytest.raises(DigestError, match="no week that has stories has a letter yet"):
        more(root)
    run(root, "w20")
    with pytest.raises(
        DigestError, match="2026-W19 has no letter yet; 'digest letter 2026-W19' drafts one"
    ):
        more(root, "w19")


def test_the_command_says_what_it_added(root: Path) -> None:
    run(root)
    put(root, "2026/w20/2026-05-16-late.md", "Late")

    assert (
        "2026-W20: 1 story not in the letter; digest letter 2026-W20 --more\n"
        in digest("status", cwd=root).stdout
    )
    assert (
        digest("letter", "--more", cwd=root).stdout
        == f"{W20}: 1 story added at its end; left out: 1 in draft\n"
    )
    assert "every story of 2026-W20 is in it already" in digest("letter", "--more", cwd=root).stdout
    assert "not in the letter" not in digest("status", cwd=root).stdout


def test_the_default_week_is_the_newest_with_stories_and_no_letter(root: Path) -> None:
    put(root, "2026/w21/2026-05-20-h.md", "Not yet", "draft: true")

    assert [str(run(root).week), str(run(root).week)] == ["2026-W20", "2026-W19"]
    with pytest.raises(DigestError, match="every week that has stories has its letter"):
        run(root)


@pytest.mark.parametrize(
    "words", ["2026-W20", "2026-w20", "2026/w20", "content/2026/w20/", "w20", "W20", "20"]
)
def test_a_week_has_several_spellings(words: str) -> None:
    weeks = [Week(2025, 20), Week(2026, 20), Week(2026, 21)]

    assert choose_week(words, weeks) == Week(2026, 20)


@pytest.mark.parametrize("words", ["2026-W22", "w22", "w53"])
def test_a_week_without_stories_is_an_error_that_names_weeks_with_stories(words: str) -> None:
    with pytest.raises(
        DigestError, match=r"has no published story; weeks that have one are 2026-W20$"
    ):
        choose_week(words, [Week(2026, 20)])


@pytest.mark.parametrize("words", ["may", "2026-20", "../w20", "w200", "w99", "w0"])
def test_an_invalid_week_is_wrong_usage(words: str) -> None:
    with pytest.raises(ValueError, match="is not a week; write it as 2026-W20"):
        choose_week(words, [Week(2026, 20)])


HEADLINES = st.text(alphabet=st.sampled_from("ab 1.)[]()*_`\\<>&;#!~|+-'\"\n你é{}:/")).filter(
    str.strip
)


@given(HEADLINES)
@example("]:now")
@example("&#65 a")
def test_any_headline_becomes_one_link_with_the_same_words(headline: str) -> None:
    story = replace(make_story(), title=headline)

    body = letter_draft.draft(story.week, None, [(THEMES[0], [story])]).split("-->", 1)[1]
    page = parse(
        f"<!doctype html><title>x</title>{sanitize.safe_html(Markdown().convert(body))}".encode()
    )

    (link,) = find(page, "a")
    assert link.get("href") == "2026-05-15-foundries-fill-up.md"
    assert text(link) == " ".join(headline.split())


def test_the_command_says_which_week_it_chose(root: Path) -> None:
    chosen = digest("letter", cwd=root)
    named = digest("letter", "w19", cwd=root)
    again = digest("letter", "w19", cwd=root)
    wrong = digest("letter", "soon", cwd=root)

    assert (chosen.returncode, named.returncode, again.returncode, wrong.returncode) == (0, 0, 1, 2)
    assert chosen.stdout.startswith(
        f"{W20}: drafted for 2026-W20, the newest week without a letter, with 4 stories; left out: 1 in draft\n"
    )
    assert named.stdout.startswith(
        "content/2026/w19/letter.md: drafted for 2026-W19 with 1 story\n"
    )
    assert again.stderr.startswith("content/2026/w19/letter.md: this week already has a letter")
    assert "'soon' is not a week" in wrong.stderr


def test_an_empty_digest_says_what_to_do_first(tmp_path: Path) -> None:
    (tmp_path / "digest.toml").write_text(SETTINGS)

    empty = digest("letter", cwd=tmp_path)

    assert (empty.returncode, empty.stdout) == (1, "")
    assert empty.stderr == "content: no week has a story to write about; 'digest pull' adds some\n"


NOW = datetime(2026, 5, 18, 1, 30, 15, 700, tzinfo=UTC)


def test_a_published_letter_has_a_publication_date_and_is_not_a_draft(root: Path) -> None:
    run(root)
    before = (root / W20).read_text()

    report = letter.publish(root, config.load(root), now=NOW)

    assert (report.file, report.shown, report.drafts) == (W20, 4, 1)
    assert (root / W20).read_text() == before.replace("draft: true\n", "", 1).replace(
        "2026\n", "2026\npublished: 2026-05-18T09:30:15+08:00\n", 1
    )
    assert "leads the week" in built(root)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("draft: true  # wait\npublished: 2026-06-01", "published: 2026-06-01"),
        ("draft: yes", "published: 2026-05-18T09:30:15+08:00"),
    ],
)
def test_a_date_written_by_the_editor_stays(root: Path, before: str, after: str) -> None:
    (root / W20).write_bytes(f"---\n{before}\n---\n\nDear reader.\n".replace("\n", "\r\n").encode())

    letter.publish(root, config.load(root), "w20", now=NOW)

    assert (root / W20).read_bytes().decode() == f"---\n{after}\n---\n\nDear reader.\n".replace(
        "\n", "\r\n"
    )


def test_a_letter_that_is_published_as_drafted_is_reported(root: Path) -> None:
    run(root, "w20")

    as_drafted = digest("letter", "--publish", cwd=root)
    hint = f"{W20}:6: hint: the letter is published, and its text is still as drafted: only links"

    assert as_drafted.returncode == 0
    assert (
        as_drafted.stderr
        == f"{W20}: its text is still as drafted, only links; write your letter there\n"
    )
    assert hint in digest("check", cwd=root).stdout
    page = built(root)
    assert "Week 20, 2026: Chips" in page and ">Week 20, 2026</h2>" not in page
    (root / W20).write_text(
        (root / W20).read_text().replace("## Memory", "Dear reader.\n\n## Memory")
    )
    assert hint not in digest("check", cwd=root).stdout


@pytest.mark.parametrize(
    ("week", "next_step"),
    [
        ("w19", "The weekly feed then has the edition, since 2026-W19 is closed\n"),
        ("w20", "The weekly feed gets the edition once its week is closed\n"),
    ],
)
def test_publishing_a_letter_says_when_the_weekly_feed_has_its_edition(
    root: Path, week: str, next_step: str
) -> None:
    run(root, week)

    assert digest("letter", "--publish", cwd=root).stdout.endswith(next_step)


def test_without_a_week_no_letter_is_drafted_that_is_older_than_the_newest_closed_week(
    root: Path,
) -> None:
    put(root, "2026/w18/2026-05-01-h.md", "Oldest")
    assert [str(run(root).week), str(run(root).week)] == ["2026-W20", "2026-W19"]

    message = "^content: 2026-W19 and 2026-W20 have a letter; 'digest letter 2026-W18' drafts one"
    with pytest.raises(DigestError, match=message):
        run(root)
    assert str(run(root, "w18").week) == "2026-W18"
    with pytest.raises(DigestError, match="every week that has stories has its letter"):
        run(root)


def test_only_a_draft_is_published(root: Path) -> None:
    settings = config.load(root)
    with pytest.raises(DigestError, match="no letter is a draft; 'digest letter' drafts one"):
        letter.publish(root, settings, now=NOW)
    run(root, "w19")

    with pytest.raises(DigestError, match="2026-W20 has no letter that is a draft; 2026-W19 has"):
        letter.publish(root, settings, "w20", now=NOW)
    letter.publish(root, settings, now=NOW)
    with pytest.raises(DigestError, match="the letter of 2026-W19 is published already"):
        letter.publish(root, settings, "w19", now=NOW)
    with pytest.raises(DigestError, match="2026-W20 has no letter that is a draft; 'digest letter"):
        letter.publish(root, settings, "w20", now=NOW)
    with pytest.raises(DigestError, match="no letter is a draft"):
        letter.publish(root, settings, now=NOW)


def test_drafting_a_letter_for_a_published_edition_prints_a_warning(root: Path) -> None:
    result = digest("letter", "w19", cwd=root)

    assert "2026-W19 has been in its weekly feed since 2026-05-13 12:00" in result.stderr
    assert "published: 2026-05-13T12:00:00+08:00" in result.stderr
    assert digest("letter", "w20", cwd=root).stderr == ""
    assert "published with 1 story" in digest("letter", "--publish", "w19", cwd=root).stdout


def test_drafting_and_publishing_count_the_same_stories(root: Path) -> None:
    put(root, "2026/w19/2026-05-08-h.md", "The same event", "also: 2026-05-08-g.md")

    assert "with 1 story" in digest("letter", "w19", cwd=root).stdout
    assert "published with 1 story\n" in digest("letter", "--publish", "w19", cwd=root).stdout


def test_a_letter_that_names_another_lead_than_its_week_has_is_a_hint_of_check(root: Path) -> None:
    lead, other = "2026-05-15-c.md", "2026-05-13-a.md"
    run(root, "w20")
    assert "leads the week" not in digest("check", cwd=root).stdout
    digest("set", f"content/2026/w20/{other}", "lead", cwd=root)

    line = next(
        number
        for number, words in enumerate((root / W20).read_text().split("\n"), start=1)
        if words.endswith(" leads the week.")
    )
    what = f"says that {lead} leads the week, but {other} does"
    cure = "correct this line, or choose that story as the lead"
    assert f"{W20}:{line}: hint: {what}; {cure}\n" in digest("check", cwd=root).stdout
    digest("set", f"content/2026/w20/{other}", "lead=false", cwd=root)
    assert f"says that {lead} leads the week, but no story does" in (
        digest("check", cwd=root).stdout
    )


def test_a_lead_that_was_renamed_since_the_letter_is_no_hint(root: Path) -> None:
    run(root, "w20")
    digest("build", cwd=root)
    file = root / "content/2026/w20/2026-05-15-c.md"
    file.rename(file.with_name("2026-05-15-chips.md"))
    digest("build", cwd=root)

    assert "leads the week" not in digest("check", cwd=root).stdout


def test_status_and_more_agree_on_what_is_not_in_the_letter(root: Path) -> None:
    run(root)
    put(root, "2026/w20/2026-05-16-below.md", "Of the same event")
    put(root, "2026/w20/2026-05-16-lead.md", "Lead", "lead: true", "also: [2026-05-16-below]")

    assert "2026-W20: 1 story not in the letter" in digest("status", cwd=root).stdout
    digest("letter", "--more", cwd=root)

    assert (root / W20).read_text().endswith("\n- [Lead](2026-05-16-lead.md)\n")
    assert "not in the letter" not in digest("status", cwd=root).stdout
