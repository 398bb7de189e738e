"""`digest excerpts`: what pull wrote follows digest.toml, what an editor made of it stays, and corrections go on."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from shell import invoke, printed

from digest import config
from digest.commands import excerpts
from digest.content import store

SUMMARY = "One two three, four five six seven eight nine ten."
CHIPS, SHIPS, BOATS = (
    f"content/2026/w20/2026-05-15-{name}.md" for name in ("chips", "ships", "boats")
)


def rss(summary: str = SUMMARY, *titles: str) -> str:
    items = "".join(
        f"<item><title>{title}</title><link>https://news.example/tech/{number}/x</link>"
        f"<guid isPermaLink='false'>g{number}</guid><pubDate>Fri, 15 May 2026 09:32:4{number} +0000</pubDate>"
        f"<description>{summary}</description></item>"
        for number, title in enumerate(titles or ("Chips", "Ships", "Boats"))
    )
    return f"<?xml version='1.0'?><rss version='2.0'><channel><title>First</title>{items}</channel></rss>"


def keep(root: Path, words: int, feed: str = "first") -> None:
    """Writes digest.toml, by which so many words are kept."""
    (root / "digest.toml").write_text(
        '[site]\ntitle = "T"\nurl = "https://example.org/"\ntimezone = "Asia/Hong_Kong"\n'
        f'[[feeds]]\nid = "{feed}"\nurl = "first.xml"\nexcerpt = {words}\n'
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A digest of three stories with excerpts of four words."""
    keep(tmp_path, 4)
    (tmp_path / "first.xml").write_text(rss())
    printed(tmp_path, "pull")
    return tmp_path


def body(root: Path, file: str = CHIPS) -> str:
    return (root / file).read_text().partition("\n---\n")[2]


def edit(root: Path, file: str, old: str, new: str) -> None:
    text = (root / file).read_text()
    assert old in text
    (root / file).write_text(text.replace(old, new))


def ledger(root: Path) -> bytes:
    return (root / "content/ledger/first.jsonl").read_bytes()


@pytest.mark.parametrize(
    ("words", "after", "state"),
    [
        (2, "\n> One two …\n\n", "shortened"),
        (0, "\n", "removed"),
        (7, "\n> One two three, four five six seven …\n\n", "lengthened"),
        (40, f"\n> {SUMMARY}\n\n", "lengthened"),
    ],
)
def test_excerpts_follow_the_setting(root: Path, words: int, after: str, state: str) -> None:
    keep(root, words)

    assert (
        printed(root, "excerpts", "--apply")
        == f"3 of 3 excerpts that pull wrote changed: 3 {state}\n"
    )

    assert {body(root, file) for file in (CHIPS, SHIPS, BOATS)} == {after}
    assert "changed\n" in printed(root, "excerpts", "--apply")
    assert printed(root, "check").endswith(" 0 hints in 5 files\n")


@pytest.mark.parametrize(
    "words", [["excerpts"], ["excerpts", "--dry-run"], ["excerpts", "--apply", "--dry-run"]]
)
def test_nothing_is_written_without_apply(root: Path, words: list[str]) -> None:
    before, known = body(root), ledger(root)
    keep(root, 2)

    assert printed(root, *words).endswith(
        f"{SHIPS}: shortened\n3 of 3 excerpts that pull wrote would be changed: 3 shortened\n"
        "Next: digest excerpts --apply\n"
    )
    assert (body(root), ledger(root)) == (before, known)


def test_an_edited_excerpt_is_left_and_named(root: Path) -> None:
    edit(root, CHIPS, "> One two", "> One *two*")
    edit(root, SHIPS, "> One two three, four …\n\n", "Mine.\n")
    edit(root, BOATS, "> One two", "Mine:\n\n> One two")
    before = body(root), body(root, SHIPS), body(root, BOATS)
    keep(root, 0)

    result = invoke(root, "excerpts", "--apply")

    assert (result.exit_code, result.stdout) == (0, "0 of 0 excerpts that pull wrote changed\n")
    what = "its excerpt is not as pull wrote it, so it counts as yours; left unchanged"
    assert result.stderr == f"{BOATS}: {what}\n{CHIPS}: {what}\n"
    assert (body(root), body(root, SHIPS), body(root, BOATS)) == before


def test_notes_and_quotations_of_the_editor_stay_where_they_are(root: Path) -> None:
    edit(
        root,
        CHIPS,
        "> One two three, four …\n\n",
        "> One two\n> three, four …\n\n> Mine.\n\nMine.\n",
    )
    edit(root, SHIPS, "\n> One two", "\n> Mine.\n\n> One two")
    (root / SHIPS).write_text((root / SHIPS).read_text() + "- mine\n")
    keep(root, 2)
    printed(root, "excerpts", "--apply")

    assert body(root) == "\n> One two …\n\n> Mine.\n\nMine.\n"
    assert body(root, SHIPS) == "\n> Mine.\n\n> One two …\n\n- mine\n"
    keep(root, 0)
    printed(root, "excerpts", "--apply")
    assert body(root) == "\n> Mine.\n\nMine.\n"
    assert body(root, SHIPS) == "\n> Mine.\n\n- mine\n"


def test_no_excerpt_is_lengthened_without_the_full_summary(root: Path) -> None:
    shutil.rmtree(root / ".digest")
    keep(root, 7)

    assert printed(root, "excerpts", "--apply") == (
        "0 of 3 excerpts that pull wrote changed\n3 could be longer, but their whole summaries are not stored\n"
    )
    assert body(root) == "\n> One two three, four …\n\n"


def test_removed_excerpts_are_restored_if_their_full_summaries_are_stored(
    root: Path,
) -> None:
    before = {file: body(root, file) for file in (CHIPS, SHIPS)}
    edit(root, BOATS, "> One two three, four …\n\n", "Mine.\n")  # the editor took this one out
    keep(root, 0)
    printed(root, "excerpts", "--apply")
    edit(root, SHIPS, "---\n\n", "---\n\n> Mine.\n")
    keep(root, 4)

    assert "2 of 2 excerpts that pull wrote would be changed: 2 restored\n" in printed(
        root, "excerpts"
    )
    assert (
        printed(root, "excerpts", "--apply")
        == "2 of 2 excerpts that pull wrote changed: 2 restored\n"
    )

    assert (body(root), body(root, BOATS)) == (before[CHIPS], "\nMine.\n")
    assert body(root, SHIPS).startswith("\n> One two three, four …\n\n> Mine.\n")
    assert printed(root, "excerpts", "--apply") == "0 of 2 excerpts that pull wrote changed\n"
    assert printed(root, "check").endswith(" 0 hints in 5 files\n")
    (root / "first.xml").write_text(rss("New words."))
    assert "kept your" not in printed(root, "pull")
    assert body(root) == "\n> New words.\n\n"


def test_excerpts_that_cannot_be_restored_are_counted(root: Path) -> None:
    keep(root, 0)
    printed(root, "excerpts", "--apply")
    shutil.rmtree(root / ".digest")
    assert printed(root, "excerpts") == "0 of 0 excerpts that pull wrote would be changed\n"
    keep(root, 4)

    assert printed(root, "excerpts") == (
        "0 of 3 excerpts that pull wrote would be changed\n"
        "3 were removed earlier, and their whole summaries are not stored\n"
    )
    assert body(root) == "\n"


def test_one_excerpt_is_counted_in_the_singular(root: Path) -> None:
    for file in (SHIPS, BOATS):
        (root / file).unlink()
    shutil.rmtree(root / ".digest")
    keep(root, 7)
    assert "1 could be longer, but its whole summary is not stored\n" in printed(root, "excerpts")
    keep(root, 0, feed="second")
    assert "1 left unchanged, because its feed is not in digest.toml\n" in printed(root, "excerpts")
    edit(root, CHIPS, "feeds: [first]\n", "")  # as digest add writes a story
    assert printed(root, "excerpts") == "0 of 0 excerpts that pull wrote would be changed\n"


def test_excerpts_of_a_feed_that_is_not_in_digest_toml_are_left(root: Path) -> None:
    keep(root, 0, feed="second")

    assert "3 left unchanged, because their feeds are not in digest.toml\n" in printed(
        root, "excerpts", "--apply"
    )


def test_windows_line_ends_stay(root: Path) -> None:
    (root / CHIPS).write_bytes((root / CHIPS).read_bytes().replace(b"\n", b"\r\n"))
    keep(root, 2)

    printed(root, "excerpts", "--apply")

    assert b"\r\n> One two \xe2\x80\xa6\r\n" in (root / CHIPS).read_bytes()
    assert b"\n" not in (root / CHIPS).read_bytes().replace(b"\r\n", b"")


@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize("words", [0, 2, 6])
def test_later_corrections_follow_the_setting(root: Path, words: int, applied: bool) -> None:
    keep(root, words)
    printed(root, *(["excerpts", "--apply"] if applied else ["excerpts"]))
    (root / "first.xml").write_text(rss("New words come in the place of those before them."))

    report = printed(root, "pull")

    assert "kept" not in report
    new = {0: "\n", 2: "\n> New words …\n\n", 6: "\n> New words come in the place …\n\n"}
    assert body(root) == new[words]
    keep(root, 3)
    (root / "first.xml").write_text(rss("Newer words come again."))
    printed(root, "pull")
    assert body(root) == "\n> Newer words come …\n\n"


def test_a_story_without_an_excerpt_gets_none_if_digest_toml_keeps_none(
    root: Path,
) -> None:
    keep(root, 0)
    printed(root, "excerpts", "--apply")
    (root / "first.xml").write_text(rss("New words."))

    printed(root, "pull")
    printed(root, "pull")

    assert body(root) == "\n"


def test_an_excerpt_removed_by_the_editor_stays_removed_whatever_the_setting(root: Path) -> None:
    edit(root, CHIPS, "> One two three, four …\n\n", "Mine.\n")
    keep(root, 40)
    printed(root, "excerpts", "--apply")
    (root / "first.xml").write_text(rss("New words."))

    printed(root, "pull")

    assert "excerpt" not in body(root)
    assert body(root) == "\nMine.\n"


def test_conflicts_of_an_earlier_pull_are_still_reported(root: Path) -> None:
    edit(root, CHIPS, "title: Chips", "title: Mine")
    (root / "first.xml").write_text(rss(SUMMARY, "Chips again", "Ships", "Boats"))
    assert "kept your title" in printed(root, "pull")
    assert "1 hint in" in printed(root, "check")
    keep(root, 2)

    printed(root, "excerpts", "--apply")

    assert "1 hint in" in printed(root, "check")


def test_a_run_killed_before_it_wrote_the_files_is_completed_by_the_next(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(root, 2)
    with monkeypatch.context() as patch:
        patch.setattr("digest.content.store.apply_edits", lambda *_: ())
        printed(root, "excerpts", "--apply")
    assert body(root) == "\n> One two three, four …\n\n"
    assert "0 hints" in printed(root, "check")

    assert "3 shortened" in printed(root, "excerpts", "--apply")

    assert body(root) == "\n> One two …\n\n"


@pytest.mark.parametrize("words", [0, 2])
@pytest.mark.parametrize("place", ["apply_edits", "add_lines"])
def test_excerpts_stay_the_publishers_if_a_pull_comes_after_a_run_that_was_killed(
    root: Path, monkeypatch: pytest.MonkeyPatch, place: str, words: int
) -> None:
    keep(root, words)
    settings = config.load(root)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(store, place, stop)
        excerpts.run(root, settings, now=datetime(2026, 5, 20, tzinfo=UTC))
    (root / "first.xml").write_text(rss("New words come in the place of those before them."))

    report = printed(root, "pull")

    assert "kept" not in report
    assert "0 hints" in printed(root, "check")
    printed(root, "excerpts", "--apply")
    assert body(root) == {0: "\n", 2: "\n> New words …\n\n"}[words]
    (root / "first.xml").write_text(rss("Newer words."))
    printed(root, "pull")
    assert body(root) == {0: "\n", 2: "\n> Newer words.\n\n"}[words]


def test_a_file_saved_during_a_run_keeps_its_excerpt_as_the_publishers(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(root, 2)
    settings, rewrite = config.load(root), store.apply_edits

    def save_first(*given: Any) -> tuple[str, ...]:
        edit(root, CHIPS, "title: Chips", "title: Mine")
        return rewrite(*given)

    with monkeypatch.context() as patch:
        patch.setattr(store, "apply_edits", save_first)
        report = excerpts.run(root, settings, now=datetime(2026, 5, 20, tzinfo=UTC))
    (root / "first.xml").write_text(rss("New words come in the place of those before them."))

    assert report.left == (
        f"{CHIPS}: was changed in the meantime, and left as it is; run the command again",
    )
    assert "kept" not in printed(root, "pull")
    assert body(root) == "\n> New words …\n\n"
