"""Stories that were moved, hidden or deleted: documents and dates that stay, pages that go."""

from __future__ import annotations

import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
from sites import read_folder
from test_moved_stories import NOW, W20, W21, Workspace, item

from digest import config
from digest.commands import build, check, letter, pull
from digest.errors import DigestError, Faults

ATOM = "{http://www.w3.org/2005/Atom}"
W22, W23 = "content/2026/w22", "content/2026/w23"
ENTRIES = (
    item(1, "early", date_published="2026-05-12T08:00:00Z"),
    item(2, "first", date_published="2026-05-19T08:00:00Z"),
    item(3, "second", date_published="2026-05-20T07:00:00Z"),
)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "digest").mkdir()
    return Workspace(tmp_path / "digest")


def chain(site: dict[str, bytes]) -> list[str]:
    """The documents of the chain of RFC 5005, from the newest on."""
    found, place = [], "feed.atom"
    while place:
        links = ElementTree.fromstring(site[place]).iter(f"{ATOM}link")
        before = [link.get("href", "") for link in links if link.get("rel") == "prev-archive"]
        place = before[0].removeprefix("https://example.org/digest/") if before else ""
        found += [place] if place else []
    return found


def test_the_archive_document_of_a_week_stays_when_its_stories_are_moved_away(
    workspace: Workspace,
) -> None:
    for week, day in ((W20, 12), (W21, 19), (W22, 26)):
        workspace.write(f"{week}/2026-05-{day}-a{day}.md")
    before = chain(workspace.build())

    workspace.move(f"{W20}/2026-05-12-a12.md", f"{W21}/2026-05-12-a12.md")
    site = workspace.build()

    assert chain(site) == before == ["2026/w21/feed.atom", "2026/w20/feed.atom"]
    document = ElementTree.fromstring(site["2026/w20/feed.atom"])
    assert list(document.iter(f"{ATOM}entry")) == []


@pytest.mark.parametrize("fate", ["hidden", "deleted", "moved, then hidden"])
@pytest.mark.parametrize("kind", ["pulled", "by hand"])
def test_a_week_whose_stories_were_all_removed_keeps_its_page_and_its_archive_document(
    workspace: Workspace, fate: str, kind: str
) -> None:
    for week, day in (("w19", 5), ("w20", 12), ("w21", 19)):
        if kind == "by hand":
            workspace.write(f"content/2026/{week}/2026-05-{day:02}-a{day}.md")
    if kind == "pulled":
        workspace.feed(
            *(
                item(day, f"a{day}", date_published=f"2026-05-{day:02}T08:00:00Z")
                for day in (5, 12, 19)
            )
        )
        workspace.pull()
    before = workspace.build()
    file = "content/2026/w19/2026-05-05-a5.md"

    if fate.startswith("moved"):
        file = workspace.move(file, f"{W20}/2026-05-05-a5.md")
        workspace.build()
    if fate.endswith("hidden"):
        workspace.edit(file, "^link", "hide: true\nlink")
    else:
        (workspace.root / file).unlink()
    site = workspace.build()

    assert chain(site) == chain(before) == ["2026/w20/feed.atom", "2026/w19/feed.atom"]
    document = ElementTree.fromstring(site["2026/w19/feed.atom"])
    assert list(document.iter(f"{ATOM}entry")) == []
    assert b"This week no longer has any stories." in site["2026/w19/index.html"]
    assert not [
        path for path, content in site.items() if b"2026-05-05-a5" in content or b"/5/a5" in content
    ]
    assert b"2026/w19" not in site["archive/index.html"]  # it is not an edition


def test_the_newest_week_keeps_its_page_when_all_its_stories_are_hidden_and_gets_no_archive_document(
    workspace: Workspace,
) -> None:
    workspace.write(f"{W20}/2026-05-12-a.md")
    workspace.write(f"{W21}/2026-05-19-b.md")
    workspace.build()

    workspace.edit(f"{W21}/2026-05-19-b.md", "^link", "hide: true\nlink")
    site = workspace.build()

    assert b"This week is still open: it has no stories so far." in site["2026/w21/index.html"]
    assert "2026/w21/feed.atom" not in site


def test_a_week_with_only_drafts_has_no_page(workspace: Workspace) -> None:
    workspace.write(f"{W20}/2026-05-12-a.md", extra="draft: true\n")
    workspace.write(f"{W20}/2026-05-13-b.md", extra="draft: true\nhide: true\n")
    workspace.write(f"{W21}/2026-05-19-c.md")

    assert "2026/w20/index.html" not in workspace.build()


def dates(site: dict[str, bytes]) -> list[tuple[str | None, str | None]]:
    entries = ElementTree.fromstring(site["weeks.atom"]).iter(f"{ATOM}entry")
    return [
        (entry.findtext(f"{ATOM}published"), entry.findtext(f"{ATOM}updated")) for entry in entries
    ]


@pytest.mark.parametrize("first_pull", [True, False])
def test_deleting_the_first_story_of_a_week_keeps_the_dates_of_the_edition_before(
    workspace: Workspace, first_pull: bool
) -> None:
    for count in (3,) if first_pull else (1, 2, 3):
        workspace.feed(*ENTRIES[:count])
        workspace.pull()
    before = dates(workspace.build())

    (workspace.root / f"{W21}/2026-05-19-first.md").unlink()

    assert len(before) == 1
    assert dates(workspace.build()) == before


@pytest.mark.parametrize("fate", ["hidden", "deleted"])
def test_withdrawing_a_story_updates_only_its_own_edition(workspace: Workspace, fate: str) -> None:
    entries = {
        f"{W20}/2026-05-12-early": 12,
        f"{W21}/2026-05-19-first": 19,
        f"{W21}/2026-05-20-second": 20,
    }
    for file, day in {**entries, f"{W22}/2026-05-26-after": 26}.items():
        workspace.write(f"{file}.md", link=f"https://by-hand.example/{day}")
    w21, w20 = dates(workspace.build())

    if fate == "hidden":
        workspace.edit(f"{W21}/2026-05-20-second.md", "^link", "hide: true\nlink")
    else:
        (workspace.root / f"{W21}/2026-05-20-second.md").unlink()
    now21, now20 = dates(workspace.build())

    assert (now20, now21[0]) == (w20, w21[0])
    assert str(now21[1]) > str(w21[1])


def test_deleting_a_handwritten_story_that_came_first_keeps_the_dates_of_the_edition_before(
    workspace: Workspace,
) -> None:
    """Its date is the one in the name of its file."""
    for week, day in ((W20, 12), (W21, 19), (W21, 20)):
        workspace.write(f"{week}/2026-05-{day}-a{day}.md")
    before = dates(workspace.build())

    (workspace.root / f"{W21}/2026-05-19-a19.md").unlink()

    assert len(before) == 1
    assert dates(workspace.build()) == before


@pytest.mark.parametrize("kind", ["pulled", "by hand"])
def test_a_link_to_a_deleted_story_becomes_plain_text(workspace: Workspace, kind: str) -> None:
    if kind == "pulled":
        workspace.feed(ENTRIES[0])
        workspace.pull()
        file = f"{W20}/2026-05-12-early.md"
    else:
        file = workspace.write(f"{W20}/2026-05-12-early.md")
    workspace.write(
        f"{W21}/2026-05-19-b.md",
        body="[See](../w20/2026-05-12-early.md) [it](2026-05-12-early.md).",
    )
    workspace.build()
    (workspace.root / file).unlink()

    report = check.run(workspace.root, now=NOW)

    linking = f"{W21}/2026-05-19-b.md:6"
    said = [
        f"{linking}: the link to '{link}' leads to a story that was deleted: {file}; "
        "its words are published without the link; remove it, or publish what it leads to"
        for link in ("../w20/2026-05-12-early.md", "2026-05-12-early.md")
    ]
    assert [
        str(problem) for problem in report.problems if problem.is_hint and "link" in problem.what
    ] == said
    assert report.errors == 0
    assert b"<p>See it.</p>" in workspace.build()["2026/w21/index.html"]
    assert workspace.report.hints == tuple(one.replace(": the", ": hint: the") for one in said)


@pytest.mark.parametrize("fate", ["hidden", "draft", "deleted", "deleted, and a pull after it"])
def test_one_line_takes_down_a_story_linked_by_a_published_letter(
    workspace: Workspace, fate: str
) -> None:
    workspace.feed(*ENTRIES)
    workspace.pull()
    file = f"{W21}/2026-05-19-first.md"
    letter.run(workspace.root, config.load(workspace.root))
    workspace.edit(f"{W21}/letter.md", "^draft: true\n", "")
    workspace.write(f"{W22}/2026-05-26-after.md", body="More of [it](../w21/2026-05-19-first.md).")
    before = workspace.build()
    assert b"news.example/2/first" in before["2026/w21/index.html"]

    if fate.startswith("deleted"):
        (workspace.root / file).unlink()
    else:
        workspace.edit(
            file, "^link", "hide: true\nlink" if fate == "hidden" else "draft: true\nlink"
        )
    if "pull" in fate:
        workspace.pull()
    site = workspace.build()

    assert not [
        path
        for path, content in site.items()
        if b"news.example/2/first" in content or b"#first" in content
    ]
    assert b"More of it." in site["2026/w22/index.html"]
    assert {hint.partition(":")[0] for hint in workspace.report.hints} == {
        f"{W21}/letter.md", f"{W22}/2026-05-26-after.md"
    }  # fmt: skip
    assert check.run(workspace.root, now=NOW).errors == 0
    build.run(
        workspace.root, config.load(workspace.root), output=workspace.root / "clean", base_url=None
    )
    assert site == read_folder(workspace.root / "clean")


@pytest.mark.parametrize("fate", ["hidden", "deleted", "deleted, and a pull after it"])
def test_a_link_to_a_week_works_when_its_only_story_is_taken_down(
    workspace: Workspace, fate: str
) -> None:
    workspace.feed(ENTRIES[0])
    workspace.pull()
    file = f"{W20}/2026-05-12-early.md"
    workspace.write(
        f"{W21}/2026-05-19-b.md",
        body="As [last week](../w20/) and in [its letter](../w20/letter.md).",
    )
    assert b'<a href="/digest/2026/w20/">last week</a>' in workspace.build()["2026/w21/index.html"]

    if fate == "hidden":
        workspace.edit(file, "^link", "hide: true\nlink")
    else:
        (workspace.root / file).unlink()
    if "pull" in fate:
        workspace.pull()

    site = workspace.build()
    assert b'<a href="/digest/2026/w20/">last week</a>' in site["2026/w21/index.html"]
    assert "2026/w20/index.html" in site


def test_one_line_takes_down_withdrawn_headlines(workspace: Workspace) -> None:
    for title in ("Chairman arrested", "Chairman resigns"):
        workspace.feed({**ENTRIES[0], "title": title})
        workspace.pull()
    file = f"{W20}/2026-05-12-chairman-arrested.md"
    assert b"Chairman arrested" in workspace.build()["2026/w20/index.html"]
    assert workspace.stories("earlier_titles") == {file: ("Chairman arrested",)}

    workspace.edit(file, "^id", "earlier: false\nid")

    site = workspace.build()
    assert not [path for path, content in site.items() if b"Chairman arrested" in content]
    assert b"Chairman resigns" in site["2026/w20/index.html"]
    assert workspace.stories("earlier_titles") == {file: ()}


def test_a_link_to_a_file_that_never_was_stays_an_error_beside_a_hidden_story(
    workspace: Workspace,
) -> None:
    workspace.write(f"{W20}/2026-05-12-early.md", extra="hide: true\n")
    workspace.write(f"{W21}/2026-05-19-b.md", body="See [it](../w20/2026-05-12-erly.md).")

    with pytest.raises(
        Faults, match=r"^content/2026/w21/2026-05-19-b.md:6: the link to '.*' leads to no story; "
    ):
        workspace.build()


def test_the_inbox_recognises_a_deleted_handwritten_story(workspace: Workspace) -> None:
    file = workspace.write(f"{W20}/2026-05-12-a.md", link="https://by-hand.example/a")
    workspace.build()
    (workspace.root / file).unlink()
    shared = workspace.put("content/inbox/again.txt", "Again\nhttps://by-hand.example/a\n")

    settings = config.load(workspace.root)
    report = pull.run(workspace.root, settings, pull.select_feeds(settings, ()), now=workspace.now)

    assert list(report.problems) == [
        f"{shared}: its story was deleted: {file}; bring that file back from git, or move this one to its week's "
        "folder yourself"
    ]


# ------------------------------------------------------------ what is believed of the output folder


@pytest.mark.parametrize("fate", ["deleted", "hidden"])
@pytest.mark.parametrize("other", ["nothing", "title"])
def test_no_obsolete_page_stays_when_an_older_cache_folder_is_restored(
    workspace: Workspace, fate: str, other: str
) -> None:
    workspace.write(f"{W20}/2026-05-12-a.md")
    workspace.build()
    shutil.copytree(workspace.root / ".digest", workspace.root / "older", symlinks=True)
    file = workspace.root / workspace.write(f"{W21}/2026-05-19-b.md")
    assert "2026/w21/index.html" in workspace.build()

    shutil.rmtree(workspace.root / ".digest")
    (workspace.root / "older").rename(workspace.root / ".digest")
    if fate == "deleted":
        file.unlink()
    else:
        workspace.edit(f"{W21}/2026-05-19-b.md", "^link", "hide: true\nlink")
    if other == "title":
        workspace.edit("digest.toml", "Test", "Another")
    site = workspace.build()

    assert b"2026-05-19-b" not in site["2026/w21/index.html"]
    build.run(
        workspace.root, config.load(workspace.root), output=workspace.root / "clean", base_url=None
    )
    assert site == read_folder(workspace.root / "clean")


def test_a_folder_with_the_site_of_another_digest_is_refused(
    workspace: Workspace, tmp_path: Path
) -> None:
    workspace.write(f"{W20}/2026-05-12-a.md")
    (tmp_path / "other").mkdir()
    other = Workspace(tmp_path / "other")
    other.edit("digest.toml", "example.org", "another.org")
    other.write(f"{W20}/2026-05-12-b.md")
    shared = tmp_path / "shared"

    def built(one: Workspace) -> dict[str, bytes]:
        build.run(one.root, config.load(one.root), output=shared, base_url=None)
        return read_folder(shared)

    mine = built(workspace)
    with pytest.raises(
        DigestError, match="this folder has the site of another digest, whose id is urn:uuid:"
    ):
        built(other)

    assert read_folder(shared) == mine
    workspace.write(f"{W20}/2026-05-12-c.md")
    assert built(workspace) != mine
    shutil.rmtree(shared)
    theirs = built(other)
    with pytest.raises(DigestError, match="choose another folder"):
        built(workspace)
    assert read_folder(shared) == theirs


def test_a_digest_whose_id_was_changed_builds_into_its_folder_as_before(
    workspace: Workspace,
) -> None:
    workspace.write(f"{W20}/2026-05-12-a.md")
    workspace.build()

    workspace.edit("digest.toml", "example.org", "moved.org")

    assert b"moved.org" in workspace.build()["feed.atom"]
