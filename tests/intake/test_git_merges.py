"""An editor's changes of a story, merged by git with those of a pull on another machine.

Every edit meets every change, each on its own branch, with real pulls and real git. Only those in
`CONFLICTS` may conflict: there both sides change the same line, or adjacent lines.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import caches
import pytest
from repositories import git

from digest import config
from digest.commands import check, excerpts, pull
from digest.commands.shared import cached_content
from digest.content import load, store

NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
SETTINGS = """\
[site]
title = "Test"
url = "https://example.org/"
[[feeds]]
id = "first"
url = "first.json"
[[feeds]]
id = "second"
url = "second.json"
[[themes]]
id = "memory"
title = "Memory"
match = ["foundr*"]
[[themes]]
id = "ports"
title = "Ports"
match = ["port"]
"""
ENTRY: Mapping[str, Any] = {
    "id": "https://news.example/?p=1",
    "url": "https://news.example/foundries",
    "title": "Foundries fill up",
    "summary": "Orders come in from three continents.",
    "image": "https://cdn.example/old.jpg",
    "date_published": "2026-05-15T09:32:40Z",
    "authors": [{"name": "Jo Writer"}],
}
FILE = "content/2026/w20/2026-05-15-foundries-fill-up.md"

Text = Callable[[str], str]


def below(words: str) -> Text:
    """An edit at the end of the file."""
    return lambda text: text + words


def above_fence(line: str) -> Text:
    """An edit that adds a line to the front matter, above the closing `---`, as the docs say."""
    return lambda text: text.replace("\n---\n\n", f"\n{line}\n---\n\n", 1)


def replaced(old: str, new: str) -> Text:
    """An edit that replaces words."""
    return lambda text: text.replace(old, new, 1)


EDITS: Mapping[str, Text] = {
    "a note": below("So the boom is back.\n"),
    "a note after a blank line": below("\nSo the boom is back.\n"),
    "themes": replaced("themes: [memory]", "themes: [ports, memory]"),
    "lead": above_fence("lead: true"),
    "hide": above_fence("hide: true"),
    "a headline": above_fence("headline: The foundries are full"),
    "corrections": above_fence("corrections:\n- 2026-05-20: We named the wrong foundry."),
    "a headline below the title": replaced("\nlink:", "\nheadline: The foundries are full\nlink:"),
    "another title": replaced("title: Foundries fill up", "title: Foundries are full"),
    "no excerpt": replaced("> Orders come in from three continents.\n", ""),
}
CHANGES: Mapping[str, Mapping[str, Any]] = {
    "title": {"title": "Foundries fill up again"},
    "excerpt": {"summary": "Orders come in from two continents."},
    "link": {"url": "https://news.example/foundries-fill-up"},
    "authors": {"authors": [{"name": "Jo Writer"}, {"name": "Li Wei"}]},
    "image": {"image": "https://cdn.example/new.jpg"},
    "second feed": {"second": True},
    "authors and second feed": {"authors": [{"name": "Li Wei"}], "second": True},
    "all": {
        "title": "Foundries fill up again",
        "summary": "Orders come in from two continents.",
        "image": "https://cdn.example/new.jpg",
        "authors": [{"name": "Li Wei"}],
        "second": True,
    },
}
CONFLICTS = {
    *(("a headline below the title", change) for change in ("title", "link", "all")),
    *(("another title", change) for change in ("title", "link", "all")),
    *(("no excerpt", change) for change in ("excerpt", "all")),
}


def publish(root: Path, change: Mapping[str, Any], *others: Mapping[str, Any]) -> None:
    """Sets the publisher's entry, usually in the first feed only; `others` are also in that one."""
    item = {**ENTRY, **change}
    firsts = [item] if item.pop("first", True) else []
    seconds = [item] if item.pop("second", False) else []
    for feed, items in (("first", [*firsts, *others]), ("second", seconds)):
        document = {"version": "https://jsonfeed.org/version/1.1", "title": feed, "items": items}
        (root / f"{feed}.json").write_text(json.dumps(document))


def pulled(root: Path, now: datetime) -> None:
    settings = config.load(root)
    pull.run(root, settings, settings.feeds, now=now)


@pytest.fixture(scope="module")
def branches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a pulled story on `main`, and a branch for each edit and each change by a
    pull.
    """
    root = tmp_path_factory.mktemp("merges")
    git(root, "init", "--quiet", "--initial-branch=main")
    (root / "digest.toml").write_text(SETTINGS)
    (root / ".gitattributes").write_text("content/ledger/*.jsonl merge=union text eol=lf\n")
    (root / ".gitignore").write_text(".digest/\n*.json\n")
    publish(root, {})
    pulled(root, NOW)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=pull")
    before = (root / FILE).read_text()
    for number, edit in enumerate(EDITS.values()):
        git(root, "checkout", "--quiet", "-b", f"edit-{number}", "main")
        assert edit(before) != before
        (root / FILE).write_text(edit(before))
        git(root, "commit", "--quiet", "--all", "--message=edit")
    for number, change in enumerate(CHANGES.values()):
        git(root, "checkout", "--quiet", "-b", f"change-{number}", "main")
        publish(root, change)
        pulled(root, NOW + timedelta(hours=1))
        git(root, "commit", "--quiet", "--all", "--message=pull")
    git(root, "checkout", "--quiet", "main")
    return root


def conflicts(root: Path, edit: str, change: str) -> bool:
    """True if git cannot merge an edit and a change. The merged story must be readable."""
    sides = (f"edit-{list(EDITS).index(edit)}", f"change-{list(CHANGES).index(change)}")
    git(root, "checkout", "--quiet", "--detach", sides[0])
    try:
        git(root, "merge", "--no-edit", "--quiet", sides[1])
    except subprocess.CalledProcessError:
        git(root, "merge", "--abort")
        return True
    assert not load.survey(root, config.load(root)).problems
    return False


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_and_a_pulled_change_merge_in_git(branches: Path, edit: str) -> None:
    found = {change for change in CHANGES if conflicts(branches, edit, change)}

    assert found == {change for one, change in CONFLICTS if one == edit}


def test_eight_of_eighty_pairs_conflict() -> None:
    assert (len(EDITS) * len(CHANGES), len(CONFLICTS)) == (80, 8)


def test_a_file_of_an_older_pull_keeps_its_order_and_its_end(tmp_path: Path) -> None:
    (tmp_path / "digest.toml").write_text(SETTINGS)
    publish(tmp_path, {})
    pulled(tmp_path, NOW)
    keys, body = (tmp_path / FILE).read_text().split("\n---\n")
    *first, image, feeds, id, themes = keys.split("\n")
    older = "\n".join([*first, feeds, themes, image, id]) + "\n---\n" + body.rstrip("\n") + "\n"
    (tmp_path / FILE).write_text(older)

    pulled(tmp_path, NOW + timedelta(hours=1))
    assert (tmp_path / FILE).read_text() == older

    publish(tmp_path, CHANGES["all"])
    pulled(tmp_path, NOW + timedelta(hours=2))
    changed = (
        older.replace("fill up", "fill up again")
        .replace("three", "two")
        .replace("old.jpg", "new.jpg")
        .replace("Jo Writer", "Li Wei")
        .replace("[first]", "[first, second]")
    )
    published = next(line for line in changed.split("\n") if line.startswith("published: "))
    assert (tmp_path / FILE).read_text() == changed.replace(
        published, f"{published}\nupdated: 2026-05-20T10:00:00+00:00"
    )


ALPHA = "content/2026/w20/2026-05-15-alpha.md"
BETA = "content/2026/w20/2026-05-15-beta.md"


def two_names(
    folder: Path,
    first: Mapping[str, Any],
    second: Mapping[str, Any],
    *,
    before_commit: Callable[[Path], object] = lambda _: None,
) -> Path:
    """A repository with the merge of two pulls of one entry, whose publisher changed it between.

    `before_commit` is called with each of the two clones after its pull.
    """
    root, other = folder / "one", folder / "two"
    root.mkdir()
    git(root, "init", "--quiet", "--initial-branch=main")
    (root / "digest.toml").write_text(SETTINGS)
    (root / ".gitattributes").write_text("content/ledger/*.jsonl merge=union text eol=lf\n")
    (root / ".gitignore").write_text(".digest/\n*.json\n")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=begin")
    git(folder, "clone", "--quiet", str(root), str(other))
    for number, (clone, change) in enumerate([(root, first), (other, second)]):
        publish(clone, change)
        pulled(clone, NOW + timedelta(hours=number))
        before_commit(clone)
        git(clone, "add", "--all")
        git(clone, "commit", "--quiet", "--message=pull")
    git(root, "pull", "--quiet", "--no-rebase", "--no-edit", str(other), "main")
    return root


def texts(root: Path) -> dict[str, str]:
    """The texts of all stories, by file."""
    return {
        path.relative_to(root).as_posix(): path.read_text()
        for path in sorted(root.glob("content/*/w*/*.md"))
    }


def by_link(slug: str, title: str) -> dict[str, str]:
    """An entry that only its link identifies, which ends in a slug of its headline."""
    return {"id": "", "url": f"https://news.example/article/1234567/{slug}", "title": title}


@pytest.mark.parametrize("kept", [ALPHA, BETA])
@pytest.mark.parametrize("slug", ["alpha", "beta", "gamma"])
def test_an_article_under_two_links_is_corrected_and_not_doubled(
    tmp_path: Path, kept: str, slug: str
) -> None:
    root = two_names(tmp_path, by_link("alpha", "Alpha"), by_link("beta", "Beta"))
    (root / ({ALPHA, BETA} - {kept}).pop()).unlink()
    git(root, "commit", "--quiet", "--all", "--message=keep one")
    for hours, title in enumerate(["Gamma", "Delta"], start=2):
        publish(root, by_link(slug, title))
        pulled(root, NOW + timedelta(hours=hours))
        assert texts(root).keys() == {kept}
        assert f"title: {title}\n" in texts(root)[kept]


ANOTHER: Mapping[str, Any] = {
    **ENTRY,
    "id": "https://news.example/?p=2",
    "url": "https://news.example/another",
    "date_published": "2026-05-16T08:00:00Z",
}


@pytest.mark.parametrize("kept", [ALPHA, BETA])
@pytest.mark.parametrize("others", [[], [ANOTHER]])
def test_of_an_article_under_two_links_the_file_that_stays_gets_what_the_feed_says(
    tmp_path: Path, kept: str, others: Sequence[Mapping[str, Any]]
) -> None:
    root = two_names(tmp_path, by_link("alpha", "Alpha"), by_link("beta", "Beta"))
    (root / ({ALPHA, BETA} - {kept}).pop()).unlink()
    git(root, "commit", "--quiet", "--all", "--message=keep one")
    publish(root, by_link("beta", "Beta"), *others)
    for hours in (2, 3):
        pulled(root, NOW + timedelta(hours=hours))
        assert len(texts(root)) == 1 + len(others)
        assert "title: Beta\nlink: https://news.example/article/1234567/beta\n" in texts(root)[kept]


def test_an_article_under_two_links_stays_deleted(tmp_path: Path) -> None:
    root = two_names(tmp_path, by_link("alpha", "Alpha"), by_link("beta", "Beta"))
    git(root, "rm", "--quiet", ALPHA, BETA)
    git(root, "commit", "--quiet", "--message=delete both")
    for hours, title in enumerate(["Gamma", "Delta"], start=2):
        publish(root, by_link("beta", title))
        pulled(root, NOW + timedelta(hours=hours))
        assert not texts(root)


MOVED = ALPHA.replace("w20", "w21")
CORRECTED: Mapping[str, Any] = {
    "title": "Gamma",
    "summary": "It was the other one, says the court.",
}


@pytest.mark.parametrize("is_second", [False, True])
@pytest.mark.parametrize("kept", [ALPHA, BETA, MOVED])
def test_of_two_names_the_file_that_stays_gets_the_corrections(
    tmp_path: Path, kept: str, is_second: bool
) -> None:
    both = {"second": is_second}
    root = two_names(tmp_path, {"title": "Alpha", **both}, {"title": "Beta", **both})
    if kept == MOVED:
        (root / kept).parent.mkdir()
        (root / ALPHA).rename(root / kept)
    for file in {ALPHA, BETA} & texts(root).keys() - {kept}:
        (root / file).unlink()
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=keep one")
    settings = config.load(root)
    for hours, change in enumerate([{"title": "Beta"}, CORRECTED], start=2):
        publish(root, {**change, **both})
        now = NOW + timedelta(hours=hours)
        report = pull.run(root, settings, settings.feeds, now=now)
        assert [row.kept for row in report.rows] == [(), ()]
        assert texts(root).keys() == {kept}
        assert f"title: {change['title']}\n" in texts(root)[kept]
    assert CORRECTED["summary"] in texts(root)[kept]
    content = cached_content.read(root, settings)
    assert content.earlier_headlines == {kept: ("Alpha", "Beta")}


@pytest.mark.parametrize("kept", [ALPHA, BETA])
def test_of_two_names_the_file_that_stays_keeps_what_an_editor_wrote(
    tmp_path: Path, kept: str
) -> None:
    root = two_names(tmp_path, {"title": "Alpha"}, {"title": "Beta"})
    (root / ({ALPHA, BETA} - {kept}).pop()).unlink()
    edited = re.sub("title: .*", "title: My own", texts(root)[kept]) + "\nA note.\n"
    (root / kept).write_text(edited)
    for hours, title in enumerate(["Beta", "Gamma"], start=2):
        publish(root, {"title": title})
        pulled(root, NOW + timedelta(hours=hours))
        assert texts(root) == {kept: edited}


def test_a_file_of_two_names_that_lost_its_id_gets_the_corrections(tmp_path: Path) -> None:
    root = two_names(tmp_path, {"title": "Alpha"}, {"title": "Beta"})
    (root / BETA).unlink()
    (root / ALPHA).write_text(re.sub("(?m)^id: .*\n", "", texts(root)[ALPHA]))
    publish(root, {"title": "Gamma"})
    pulled(root, NOW + timedelta(hours=2))
    assert texts(root).keys() == {ALPHA}
    assert "title: Gamma\n" in texts(root)[ALPHA]


def test_a_file_of_two_names_whose_excerpt_was_recut_gets_the_corrections(tmp_path: Path) -> None:
    root = two_names(tmp_path, {"title": "Alpha"}, {"title": "Beta"})
    (root / BETA).unlink()
    shorter = SETTINGS.replace('id = "first"\n', 'id = "first"\nexcerpt = 2\n')
    (root / "digest.toml").write_text(shorter)
    excerpts.run(root, config.load(root), now=NOW + timedelta(hours=2))
    assert "> Orders come …\n" in texts(root)[ALPHA]
    publish(root, CORRECTED)
    pulled(root, NOW + timedelta(hours=3))
    assert "title: Gamma\n" in texts(root)[ALPHA]
    assert "> It was …\n" in texts(root)[ALPHA]


@pytest.mark.parametrize(
    "copy", ["content/static/2026-05-15-beta.md", "content/inbox/x/2026-05-15-beta.md"]
)
def test_of_two_names_only_a_file_of_a_story_counts_as_there(tmp_path: Path, copy: str) -> None:
    root = two_names(tmp_path, {"title": "Alpha"}, {"title": "Beta"})
    (root / copy).parent.mkdir(parents=True)
    (root / BETA).rename(root / copy)
    (record,) = store.read_ledgers(root)[0]["first"].values()
    assert record.file == ALPHA


def test_an_unreadable_file_of_two_names_counts_as_there_with_and_without_cache(
    tmp_path: Path,
) -> None:
    root = two_names(tmp_path, {"title": "Alpha"}, {"title": "Beta"})
    settings = config.load(root)
    text = (root / BETA).read_bytes()
    (root / BETA).unlink()
    pulled(root, NOW + timedelta(hours=2))
    (root / BETA).write_bytes(text + b"\xff")
    cached = cached_content.read(root, settings)
    caches.forget(root, "ledgers")
    assert cached == cached_content.read(root, settings)
    assert {address.origin for address in cached.story_addresses} == {BETA}


@pytest.mark.parametrize("deleted", [ALPHA, BETA])
def test_a_story_deleted_under_one_name_is_reported_if_a_merge_brings_the_other(
    tmp_path: Path, deleted: str
) -> None:
    def delete_it(clone: Path) -> None:
        if (clone / deleted).exists():
            (clone / deleted).unlink()
            pulled(clone, NOW + timedelta(hours=2))

    root = two_names(tmp_path, {"title": "Alpha"}, {"title": "Beta"}, before_commit=delete_it)
    (hint,) = check.run(root, now=NOW + timedelta(hours=3)).problems
    assert hint.file == ({ALPHA, BETA} - {deleted}).pop()
    assert hint.what.startswith("was deleted on another machine, as the ledger says")


@pytest.mark.parametrize("pulled_by_two", ["first", "second"])
def test_of_two_names_the_file_that_stays_gets_the_feeds_of_the_other(
    tmp_path: Path, pulled_by_two: str
) -> None:
    both, one = {"first": True, "second": True}, {"first": False, "second": False}
    first = {"title": "Alpha", **both}
    second = {"title": "Beta", **one, pulled_by_two: True}
    root = two_names(tmp_path, first, second)
    (root / ALPHA).unlink()
    publish(root, {"title": "Beta", **both})
    for hours in (2, 3):
        pulled(root, NOW + timedelta(hours=hours))
        assert texts(root).keys() == {BETA}
        assert "title: Beta\n" in texts(root)[BETA]
        assert "feeds: [first, second]\n" in texts(root)[BETA]

    publish(root, {"title": "Gamma", **both})
    pulled(root, NOW + timedelta(hours=4))
    assert texts(root).keys() == {BETA}
    assert "title: Gamma\n" in texts(root)[BETA]
    content = cached_content.read(root, config.load(root))
    assert {address.file for address in content.story_addresses} == {ALPHA, BETA}
    assert {address.present_file for address in content.story_addresses} == {BETA}
