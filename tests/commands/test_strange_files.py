"""Links, pipes and foreign files where a digest keeps its own: nothing leaves its folder, and nothing hangs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from newsroom import SETTINGS, Publisher
from shell import outcome
from test_output_folder import held

from digest.cache import Cache
from digest.site.output import name_of

W19 = "content/2026/w19"
LINKED = f"{W19}: is a symbolic link to a folder; put the folder itself here"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A digest with a few stories and a site, whose feeds have grown since."""
    folder = tmp_path_factory.mktemp("made") / "digest"
    folder.mkdir()
    (folder / "digest.toml").write_text(SETTINGS)
    publisher = Publisher()
    publisher.write(folder)
    for command in ("pull", "build"):
        assert outcome(folder, command)[0] == 0
    publisher.change("title", 0, 0)
    publisher.begin("numbered", {"first"})
    publisher.write(folder)
    return folder


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    """A copy of that digest."""
    return shutil.copytree(made, tmp_path / "digest")


def elsewhere(root: Path, place: str, target: str = "outside") -> Path:
    """Moves a folder or a file of the digest out of it, and leaves a link in its place."""
    moved = root.parent / target
    (root / place).rename(moved)
    (root / place).symlink_to(moved)
    return moved


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


COMMANDS = (
    *(("pull",), ("pull", "--dry-run"), ("build",), ("check",), ("letter",), ("themes", "--apply")),
    *(
        ("status",),
        ("themes",),
        ("themes", "--try", "a"),
        ("excerpts", "--apply"),
        ("export", "--json"),
    ),
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_symlinked_content_folder_is_an_error(root: Path, command: tuple[str, ...]) -> None:
    moved = elsewhere(root, W19)
    before = files(moved)

    code, lines = outcome(root, *command)

    assert (code, LINKED in lines) == (1, True), lines
    assert files(moved) == before


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_file_in_place_of_a_folder_is_an_error(root: Path, command: tuple[str, ...]) -> None:
    shutil.rmtree(root / W19)
    (root / W19).write_text("../elsewhere")  # as git writes a link on a system without links
    before = files(root / "site")

    code, lines = outcome(root, *command)

    what = f"{W19}: must be a folder, but is not one; move it away, and restore the folder from git"
    assert (code, what in lines) == (1, True), lines
    assert files(root / "site") == before


@pytest.mark.parametrize(
    "place", ["content", "content/2026", "content/ledger", "content/inbox", "content/static"]
)
@pytest.mark.parametrize("make", [Path.touch, os.mkfifo])
def test_a_file_with_a_folders_name_is_one_error_line(
    root: Path, place: str, make: Callable[[Path], object]
) -> None:
    shutil.rmtree(root / place, ignore_errors=True)
    make(root / place)

    for command in ("pull", "build", "status"):
        what = f"{place}: must be a folder, but is not one; move it away, and restore the folder from git"
        assert outcome(root, command) == (1, what)


@pytest.mark.parametrize("command", ["build", "check"])
def test_a_folder_with_a_files_name_is_an_error(root: Path, command: str) -> None:
    (root / "content/pages/about.md").mkdir(parents=True)
    (root / "content/static/about.md").mkdir(parents=True)

    code, lines = outcome(root, command)

    assert (code, lines.splitlines()[0]) == (
        1,
        "content/pages/about.md: is a folder with the name of a file; rename it",
    )
    assert "static" not in lines


def test_folders_that_are_nested_too_deeply_are_reported(root: Path) -> None:
    (root / "content/static" / "/".join("d" * 51)).mkdir(parents=True)
    assert outcome(root, "build")[0] == 1
    assert outcome(root, "build")[1].endswith("/d: is in more than 50 folders; move it further up")


def test_each_name_that_is_not_utf_8_is_one_error_line(root: Path) -> None:
    for place in (
        b"content/static/caf\xe9.pdf",
        b"content/static/caf\xe9/menu.pdf",
        b"content/2026/w19/p\xe9.png",
        b"content/2026/w19/2026-05-05-caf\xe9.md",
        b"content/x\xe9/2026-05-05-a.md",
        b"content/ledger/x\xe9.jsonl",
        b"content/inbox/x\xe9/a.md",
    ):
        strange = root / os.fsdecode(place)
        strange.parent.mkdir(parents=True, exist_ok=True)
        strange.write_text("---\ntitle: A\nlink: https://a.example/b\n---\n")
    before = files(root)

    for command in (("build",), ("pull",), ("export", "--json"), ("status",), ("check", "--quiet")):
        code, lines = outcome(root, *command)
        named, _, rest = zip(*(line.partition(": ") for line in lines.splitlines()), strict=True)
        assert (code, set(rest)) == (1, {"has a name that is not UTF-8; rename it"}), command
        assert sorted(named) == [
            r"content/2026/w19/2026-05-05-caf\xe9.md",
            r"content/2026/w19/p\xe9.png",
            r"content/inbox/x\xe9",
            r"content/ledger/x\xe9.jsonl",
            r"content/static/caf\xe9",
            r"content/static/caf\xe9.pdf",
            r"content/x\xe9",
        ]

    assert files(root) == before


def test_a_pull_renames_a_file_of_the_inbox_whose_name_is_not_utf_8(root: Path) -> None:
    shared = root / os.fsdecode(b"content/inbox/caf\xe9.txt")
    shared.parent.mkdir()
    shared.write_text("https://a.example/b\n")

    assert outcome(root, "build")[0] == 0
    code, lines = outcome(root, "check")
    assert (code, lines.partition(": hint: waits")[0]) == (0, r"content/inbox/caf\xe9.txt")
    code, lines = outcome(root, "pull")
    assert (code, lines.partition(": filed as")[0]) == (0, r"content/inbox/caf\xe9.txt")
    assert not shared.exists()
    assert [path.name for path in root.glob("content/*/*/*-a-example.md")]


def test_a_line_break_in_a_file_name_is_escaped(root: Path) -> None:
    (root / W19 / "2026-05-05-a\n::error::b.md").write_text(
        "---\ntitle: A\nlink: https://a.example/b\n---\n"
    )

    code, line = outcome(root, "build")

    assert (code, "\n" in line) == (1, False), line


def test_a_folder_with_the_name_of_a_data_file_is_one_error_line(root: Path) -> None:
    ledger, lock = root / "content/ledger/first.jsonl", root / ".digest/lock"
    for place, command in ((ledger, "status"), (lock, "build")):
        for make, what in ((Path.mkdir, "a folder"), (os.mkfifo, "not a regular file")):
            shutil.rmtree(place) if place.is_dir() else place.unlink()
            make(place)
            act = "read" if place == ledger else "write"
            assert outcome(root, command) == (
                1,
                f"{place}: cannot {act} this file: it is {what}; move it away",
            )
    shutil.rmtree(root / ".digest")
    (root / ".digest").touch()
    code, line = outcome(root, "build")
    assert (code, line.endswith(f"{root / '.digest'} is not a folder; move it away")) == (
        1,
        True,
    ), line


def test_hard_links_to_a_file_keep_their_content(root: Path) -> None:
    copy = root.parent / "copy"
    shutil.copytree(root, copy, copy_function=os.link)
    before = files(copy / "content")

    for command in ("pull", "build"):
        assert outcome(root, command)[0] == 0

    assert files(copy / "content") == before
    assert files(root / "content")["ledger/first.jsonl"] != before["ledger/first.jsonl"]


@pytest.mark.parametrize("place", ["content", "content/2026", "content/ledger"])
def test_a_pull_writes_nothing_through_a_symlinked_folder(root: Path, place: str) -> None:
    moved = elsewhere(root, place)
    before = files(moved)

    assert outcome(root, "pull") == (
        1,
        f"{place}: is a symbolic link to a folder; put the folder itself here",
    )
    assert files(moved) == before


def test_a_link_to_a_folder_of_the_same_digest_is_an_error_too(root: Path) -> None:
    (root / W19).rename(root / "content/2026/w30")
    (root / W19).symlink_to("w30")

    assert outcome(root, "build") == (1, LINKED)


def test_a_ledger_that_is_a_link_is_neither_read_nor_written(root: Path) -> None:
    outside = root.parent / "bashrc"
    outside.write_bytes(b"alias ll='ls -l'\nlast line, without an end")
    (root / "content/ledger/first.jsonl").unlink()
    (root / "content/ledger/first.jsonl").symlink_to("../../../bashrc")

    assert outcome(root, "pull") == (
        1,
        "content/ledger/first.jsonl: is a symbolic link; put the file itself here",
    )
    assert outside.read_bytes() == b"alias ll='ls -l'\nlast line, without an end"


@pytest.mark.parametrize("place", [".digest", ".digest/cache.sqlite", ".digest/lock"])
@pytest.mark.parametrize("command", ["pull", "build"])
def test_no_cache_is_written_through_a_symlink(root: Path, place: str, command: str) -> None:
    moved = elsewhere(root, place)
    before = files(root.parent / "outside") if moved.is_dir() else moved.read_bytes()
    what = "folder" if moved.is_dir() else "file"

    assert outcome(root, command) == (
        1,
        f"{place}: is a symbolic link; put the {'file' if '/' in place else what} itself here",
    )
    assert (files(moved) if moved.is_dir() else moved.read_bytes()) == before


def test_a_site_folder_linked_outside_is_refused_unless_named_explicitly(root: Path) -> None:
    moved = elsewhere(root, "site")
    before = files(moved)
    (root / "content/2026").rename(root / "content/2025")

    code, lines = outcome(root, "build")

    assert (code, "site: this symbolic link leads out of the digest" in lines) == (1, True)
    assert files(moved) == before


@pytest.mark.parametrize("command", ["build", "check"])
def test_a_template_linked_outside_is_an_error_and_one_linked_inside_is_not(
    root: Path, command: str
) -> None:
    (root.parent / "secret.html").write_text("a secret")
    (root / "ours").mkdir()
    (root / "ours/card.html").write_text("{{ card.headline }}")
    (root / "templates/story").mkdir(parents=True)
    (root / "templates/story/card.html").symlink_to("../../ours/card.html")
    assert outcome(root, command)[0] == 0
    (root / "templates/404.html").symlink_to(root.parent / "secret.html")

    code, lines = outcome(root, command)

    what = "templates/404.html: is a symbolic link that leads out of the digest; put what it leads to here"
    assert (code, what in lines) == (1, True), lines
    assert b"a secret" not in b"".join(files(root / "site").values())


@pytest.mark.parametrize("command", ["check", "build"])
@pytest.mark.parametrize(
    "text", ["{{ " * 9_000, "{{ " + "(" * 9_000, "{% if a %}" * 9_000], ids=["dicts", "(", "if"]
)
def test_a_template_that_is_nested_too_deeply_is_reported(
    root: Path, command: str, text: str
) -> None:
    (root / "templates").mkdir()
    (root / "templates/404.html").write_text(text)

    code, lines = outcome(root, command)

    what = "templates/404.html: is nested too deeply; put fewer brackets or blocks in others"
    assert (code, lines.splitlines()[0]) == (1, what)


@pytest.mark.parametrize("command", ["check", "build", "status", "pull"])
def test_named_pipes_are_reported_and_never_read(root: Path, command: str) -> None:
    (root / "templates").mkdir()
    (root / "content/static").mkdir()
    pipes = [f"{W19}/2026-05-05-pipe.md", "content/static/CNAME", "templates/404.html"]
    for place in pipes:
        os.mkfifo(root / place)

    words = [sys.executable, "-m", "digest", "--root", str(root), command]
    ended = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)

    assert "Traceback" not in ended.stderr
    if command in {"check", "build"}:
        assert (ended.returncode, "is not a regular file" in ended.stdout + ended.stderr) == (
            1,
            True,
        )


def test_a_ledger_with_other_line_endings_is_neither_cut_nor_ignored(root: Path) -> None:
    ledger = root / "content/ledger/first.jsonl"
    ledger.write_bytes(ledger.read_bytes().replace(b"\n", b"\r"))
    gone = next((root / W19).glob("*.md"))
    gone.unlink()
    before, stories = ledger.read_bytes(), files(root / "content/2026")

    code, line = outcome(root, "pull")

    cure = "restore it from git; until then nothing is added"
    assert (code, line) == (
        1,
        f"content/ledger/first.jsonl: no line of this ledger can be read; {cure}",
    )
    assert (ledger.read_bytes(), files(root / "content/2026")) == (before, stories)


def test_a_ledger_with_a_truncated_first_line_is_continued(root: Path) -> None:
    ledger = root / "content/ledger/first.jsonl"
    ledger.write_bytes(ledger.read_bytes()[:40])

    assert outcome(root, "pull")[0] == 0
    assert b"\n" in ledger.read_bytes()


# ---------------------------------------------------------------- output folders


def test_a_foreign_folder_is_not_built_into_without_force(root: Path) -> None:
    theirs = root.parent / "public/archive/index.html"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("theirs")

    code, line = outcome(root, "build", "--output", str(root.parent / "public"))

    assert (code, line.startswith(f"{theirs}: Digest did not make this file")) == (1, True)
    assert files(root.parent / "public") == {"archive/index.html": b"theirs"}
    assert outcome(root, "build", "--force", "--output", str(root.parent / "public"))[0] == 0


def test_a_clone_with_a_site_of_an_earlier_version_builds(root: Path) -> None:
    shutil.rmtree(root / ".digest")
    for name in ("style.css", "sitemap.xml", "feeds.opml", "feed.json", "robots.txt", "404.html"):
        (root / "site" / name).write_text("as a former version made it")

    assert outcome(root, "build")[0] == 0
    assert b"as a former version made it" not in files(root / "site").values()


@pytest.mark.parametrize("says", [[], ["style.css", 5], {}, 3, [[]], ["/etc/passwd"]])
def test_an_invalid_list_of_built_files_is_created_again(root: Path, says: object) -> None:
    with Cache(root) as cache:
        cache.put("files", name_of(root, root / "site"), b"", says)
        cache.save()
    with next((root / W19).glob("*.md")).open("a") as story:
        story.write("\nA note.\n")

    assert outcome(root, "build")[0] == 0
    assert b"A note." in (root / "site/2026/w19/index.html").read_bytes()


def test_a_page_that_cannot_be_removed_fails_every_build_until_it_is_gone(root: Path) -> None:
    page, stale = root / "content/pages/about.md", root / "site/about/index.html"
    page.parent.mkdir()
    page.write_text("---\ntitle: About\n---\n\nUs.\n")
    assert outcome(root, "build")[0] == 0
    page.unlink()
    with held(stale):
        for _ in range(2):
            code, line = outcome(root, "build")
            assert (
                code,
                f"{stale}: is no longer part of the site and cannot be removed" in line,
            ) == (1, True), line

    assert outcome(root, "build")[0] == 0
    assert not stale.exists()


@pytest.mark.parametrize(
    "path", ["search/pagefind/2026/pagefind.js", "Search/Pagefind/x", "search/pagefind"]
)
def test_the_urls_of_the_search_index_are_reserved(root: Path, path: str) -> None:
    (root / "content/static" / path).parent.mkdir(parents=True)
    (root / "content/static" / path).write_text("mine")

    for command in ("build", "check"):
        code, lines = outcome(root, command)
        words = f"content/static/{path}: claims the address '{path}', which the index of the search claims too"
        assert (code, words in lines) == (1, True), lines
