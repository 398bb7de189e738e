"""The output folder: what a build writes, removes, refuses to touch, and never loses."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sites import read_folder

from digest.cache import Cache
from digest.errors import DigestError
from digest.model import Copied
from digest.site import output
from digest.site.output import Manifest, Output, Written

PAGES = {"index.html": b"home", "2026/w20/index.html": b"week", "feed.atom": b"feed"}


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def write(
    root: Path,
    pages: dict[str, bytes] = PAGES,
    place: str = "site",
    copied: tuple[Copied, ...] = (),
    *,
    force: bool = False,
) -> Written:
    files = pages | {one.path: one.source.read_bytes() for one in copied}
    with Cache(root) as cache:
        way = Output(root, root / place, cache, force=force)
        way.begin(files)
        try:
            for path, content in files.items():
                way.stage(path, content)
            return way.commit(dict.fromkeys(files, b"key"), Manifest())
        except DigestError:
            way.drop()
            raise


def test_a_first_build_writes_everything(tmp_path: Path) -> None:
    assert write(tmp_path) == Written(written=3, removed=0, unchanged=0)
    assert read_folder(tmp_path / "site") == PAGES


def test_a_second_build_touches_nothing(tmp_path: Path) -> None:
    write(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}

    assert write(tmp_path) == Written(written=0, removed=0, unchanged=3)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_only_changed_files_are_written(tmp_path: Path) -> None:
    write(tmp_path)

    assert write(tmp_path, PAGES | {"feed.atom": b"fee!"}) == Written(
        written=1, removed=0, unchanged=2
    )
    assert (tmp_path / "site/feed.atom").read_bytes() == b"fee!"


def test_obsolete_files_are_removed_with_the_folders_left_empty(
    tmp_path: Path,
) -> None:
    write(tmp_path)

    assert write(tmp_path, {"index.html": b"home"}) == Written(written=0, removed=2, unchanged=1)
    assert [path.name for path in (tmp_path / "site").iterdir()] == ["index.html"]


def test_a_build_never_removes_files_that_it_did_not_write(tmp_path: Path) -> None:
    (tmp_path / "site/2026/w20").mkdir(parents=True)
    for name in (".gitkeep", "mine.html", "2026/w20/notes.txt"):
        (tmp_path / "site" / name).write_text("mine")
    write(tmp_path)

    write(tmp_path, {"index.html": b"home"})

    assert set(read_folder(tmp_path / "site")) == {
        "index.html",
        ".gitkeep",
        "mine.html",
        "2026/w20/notes.txt",
    }


def test_each_output_folder_has_its_own_list(tmp_path: Path) -> None:
    write(tmp_path, place="one")
    write(tmp_path, {"index.html": b"home"}, place="two")

    assert read_folder(tmp_path / "one") == PAGES


@pytest.mark.parametrize(
    "damage", [[], {}, {"a": 1}, ["../keep.txt", "/etc/passwd", "index.html"], ["", 7]]
)
def test_a_damaged_list_removes_no_foreign_file(tmp_path: Path, damage: object) -> None:
    write(tmp_path)
    (tmp_path / "keep.txt").write_text("mine")
    with Cache(tmp_path) as cache:
        cache.put("files", output.name_of(tmp_path, tmp_path / "site"), b"", damage)
        cache.save()

    write(tmp_path)

    assert (tmp_path / "keep.txt").read_text() == "mine"
    assert read_folder(tmp_path / "site") == PAGES


PAGE, FEED = (
    b'<head><meta name="generator" content="Digest"><body>',
    b"<feed><generator>Digest</generator><entry>",
)


def test_pages_of_an_earlier_build_are_recognised_by_their_marker_if_the_list_is_lost(
    tmp_path: Path,
) -> None:
    pages = (
        "2026/w20/index.html",
        "themes/chips/index.html",
        "themes/chips/page/1/index.html",
        "about/index.html",
    )
    write(
        tmp_path,
        dict.fromkeys(pages, PAGE) | {"2026/w20/feed.atom": FEED, "themes/chips/feed.atom": FEED},
    )
    shutil.rmtree(tmp_path / ".digest")

    assert write(tmp_path, {"index.html": PAGE}) == Written(written=1, removed=6, unchanged=0)
    assert set(read_folder(tmp_path / "site")) == {"index.html"}


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("mine/index.html", b"<html>mine"),
        ("mine/index.html", b"<head><title>On marks</title><body>" + PAGE),
        ("2026/w20/feed.atom", b"<feed><entry><generator>Digest</generator>"),
        ("2026/w20/notes.html", PAGE),
        ("2026/w20/extra/index.html", PAGE),
        ("mine.html", PAGE),
        ("2026/w20/quay.png", b"picture"),
        (".nojekyll", b""),
    ],
)
def test_foreign_files_stay_if_the_list_is_lost(tmp_path: Path, path: str, content: bytes) -> None:
    place = tmp_path / "site" / path
    place.parent.mkdir(parents=True)
    place.write_bytes(content)

    write(tmp_path)

    assert place.read_bytes() == content


def test_no_file_of_an_earlier_build_stays_in_our_own_folder_if_the_list_is_lost(
    tmp_path: Path,
) -> None:
    write(tmp_path, PAGES | {"2026/w20/secret.png": b"picture"}, place=".digest/publish")
    (tmp_path / ".digest/cache.sqlite").unlink()

    write(tmp_path, place=".digest/publish")

    assert read_folder(tmp_path / ".digest/publish") == PAGES


def test_a_foreign_file_stays_if_an_older_list_has_its_path(tmp_path: Path) -> None:
    write(tmp_path, PAGES | {"notes.txt": b"copied", "logo.svg": b"copied"})
    shutil.copytree(tmp_path / ".digest", tmp_path / "older")
    write(tmp_path)
    (tmp_path / "site/notes.txt").write_text("mine")
    shutil.rmtree(tmp_path / ".digest")
    (tmp_path / "older").rename(tmp_path / ".digest")

    unknown = write(tmp_path).unknown

    assert (tmp_path / "site/notes.txt").read_text() == "mine"
    assert unknown == (
        f"{tmp_path / 'site'}: notes.txt: not part of the site, and may be yours, so it stays; "
        "delete it if it is not"
    )
    assert write(tmp_path).unknown == ""


def test_a_copied_and_changed_file_is_removed_with_its_source(tmp_path: Path) -> None:
    write(tmp_path, PAGES | {"notes.txt": b"one"})
    write(tmp_path, PAGES | {"notes.txt": b"two"})

    assert write(tmp_path) == Written(written=0, removed=1, unchanged=3)


def test_a_file_kept_while_the_list_was_lost_is_removed_with_its_source(tmp_path: Path) -> None:
    files = PAGES | {"notes.txt": b"copied"}
    write(tmp_path, files)
    with Cache(tmp_path) as cache:
        cache.remove("files", output.name_of(tmp_path, tmp_path / "site"))
        cache.save()
    with Cache(tmp_path) as cache:
        way = Output(tmp_path, tmp_path / "site", cache)
        way.begin(files)
        assert all(way.keep(path, b"key") for path in files)
        way.commit(dict.fromkeys(files, b"key"), Manifest())

    assert write(tmp_path) == Written(written=0, removed=1, unchanged=3)


def test_files_possibly_of_an_earlier_build_are_reported_if_the_list_is_lost(
    tmp_path: Path,
) -> None:
    pages = {"index.html": PAGE, "feed.atom": FEED}
    copied = dict.fromkeys(("a.pdf", "b/c.txt", "d.txt", "e.txt"), b"copied")
    write(tmp_path, pages | copied)
    (tmp_path / "site/.nojekyll").touch()
    shutil.rmtree(tmp_path / ".digest")

    said = write(tmp_path, pages).unknown

    assert said.startswith(f"{tmp_path / 'site'}: a.pdf, b/c.txt, d.txt and 1 more: not part of")
    assert set(read_folder(tmp_path / "site")) == {*pages, *copied, ".nojekyll"}
    assert write(tmp_path, pages).unknown == ""


def test_no_file_is_reported_before_the_first_build(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site/mine.txt").touch()

    assert write(tmp_path, {"index.html": PAGE}).unknown == ""


def test_another_digests_site_below_ours_stays_if_the_list_is_lost(tmp_path: Path) -> None:
    write(tmp_path, {"index.html": PAGE, "style.css": b"", "feed.atom": FEED}, "site/chips")

    write(tmp_path)

    assert (tmp_path / "site/chips/index.html").read_bytes() == PAGE


def test_a_symlinked_page_stays_if_the_list_is_lost(tmp_path: Path) -> None:
    (tmp_path / "site/about").mkdir(parents=True)
    (tmp_path / "page.html").write_bytes(PAGE)
    (tmp_path / "site/about/index.html").symlink_to(tmp_path / "page.html")

    write(tmp_path)

    assert (tmp_path / "site/about/index.html").is_symlink()


def test_a_page_may_replace_a_folder_and_vice_versa(tmp_path: Path) -> None:
    write(tmp_path, {"a": b"file", "b/c": b"inner"})

    write(tmp_path, {"a/index.html": b"page", "b": b"file"})

    assert read_folder(tmp_path / "site") == {"a/index.html": b"page", "b": b"file"}


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_modes_are_those_that_web_hosts_need_whatever_the_umask(tmp_path: Path, mask: int) -> None:
    with umask(mask):
        (tmp_path / "site/2026").mkdir(parents=True)
        (tmp_path / "site/index.html").write_bytes(b"home")
        write(tmp_path)

    modes = {
        path.relative_to(tmp_path).as_posix(): stat.S_IMODE(path.stat().st_mode)
        for path in (tmp_path / "site", *(tmp_path / "site").rglob("*"))
    }
    assert modes == {
        "site": 0o755,
        "site/2026": 0o755,
        "site/2026/w20": 0o755,
        "site/2026/w20/index.html": 0o644,
        "site/feed.atom": 0o644,
        "site/index.html": 0o644,
    }


@pytest.mark.parametrize(
    "place",
    [
        ".",
        "..",
        "/",
        "content",
        "content/2026",
        "templates",
        "digest",
        "digest/site",
        ".git",
        ".digest",
        "x/../content",
    ],
)
def test_folders_with_peoples_own_files_are_refused(tmp_path: Path, place: str) -> None:
    root = tmp_path / "digest-root"
    root.mkdir()

    with pytest.raises(DigestError, match="cannot be built into"):
        output.check(root, root / place)


@pytest.mark.parametrize(
    "place", ["site", "public/site", "../elsewhere", ".digest/preview", "contents"]
)
def test_other_folders_are_not(tmp_path: Path, place: str) -> None:
    root = tmp_path / "digest-root"
    root.mkdir()

    assert output.check(root, root / place) == (root / place).resolve()


def test_a_link_to_a_refused_folder_is_refused_too(tmp_path: Path) -> None:
    (tmp_path / "content").mkdir()
    (tmp_path / "site").symlink_to("content")

    with pytest.raises(DigestError, match="cannot be built into content/"):
        write(tmp_path)


def test_a_file_is_not_accepted_as_an_output_folder(tmp_path: Path) -> None:
    (tmp_path / "site").write_text("mine")

    with pytest.raises(DigestError, match="this is a file"):
        write(tmp_path)


def test_a_folder_linked_outside_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "site").mkdir()
    (tmp_path / "site/2026").symlink_to(outside)

    with pytest.raises(DigestError, match="leads out of the output folder"):
        write(tmp_path)
    assert list(outside.iterdir()) == []
    assert [path.name for path in (tmp_path / "site").iterdir()] == ["2026"]


def test_a_symlink_is_replaced_by_a_file_and_its_target_is_untouched(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "site/index.html").rename(tmp_path / "mine.html")
    (tmp_path / "site/index.html").symlink_to(tmp_path / "mine.html")

    write(tmp_path, PAGES | {"index.html": b"new"})

    assert not (tmp_path / "site/index.html").is_symlink()
    assert (tmp_path / "mine.html").read_bytes() == b"home"


def test_an_obsolete_page_behind_a_symlink_is_left_alone(tmp_path: Path) -> None:
    write(tmp_path)
    outside = tmp_path / "outside"
    (tmp_path / "site/2026").rename(outside)
    (tmp_path / "site/2026").symlink_to(outside)

    write(tmp_path, {"index.html": b"home"})

    assert (outside / "w20/index.html").read_bytes() == b"week"


MINE = {
    "a page": ("archive/index.html", b"<html>mine"),
    "a page that speaks of Digest below its head": ("index.html", b"<head><body>" + PAGE),
    "a style sheet": ("style.css", b"mine {}"),
    "a feed": ("feed.atom", b"<feed><generator>Mine</generator>"),
}
MADE = {
    "index.html": PAGE,
    "archive/index.html": PAGE + b"archive",
    "feed.atom": FEED,
    "style.css": b"ours {}",
}


@pytest.mark.parametrize(("path", "content"), MINE.values(), ids=MINE)
def test_a_foreign_file_is_never_overwritten_without_force(
    tmp_path: Path, path: str, content: bytes
) -> None:
    place = tmp_path / "site" / path
    place.parent.mkdir(parents=True)
    place.write_bytes(content)

    with pytest.raises(DigestError, match=rf"site/{path}: Digest did not make this file.*--force$"):
        write(tmp_path, MADE)

    assert read_folder(tmp_path / "site") == {path: content}
    assert write(tmp_path, MADE, force=True).written == 4
    assert read_folder(tmp_path / "site") == MADE


def test_a_foreign_symlink_is_not_removed_either(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site/style.css").symlink_to("nowhere.css")

    with pytest.raises(DigestError, match=r"site/style\.css: Digest did not make this file"):
        write(tmp_path, MADE)


def test_all_files_in_the_way_are_named_or_counted(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    for name in "abcde":
        (tmp_path / "site" / name).write_text("mine")

    with pytest.raises(
        DigestError, match=r"site/a: Digest did .* over it \(and over b, c and 2 more files\); "
    ):
        write(tmp_path, dict.fromkeys("abcde", b"ours"))


def test_a_new_page_in_our_folder_overwrites_no_foreign_file(tmp_path: Path) -> None:
    write(tmp_path, MADE)
    (tmp_path / "site/about").mkdir()
    (tmp_path / "site/about/index.html").write_text("mine")

    with pytest.raises(DigestError, match=r"about/index\.html: Digest did not make this file"):
        write(tmp_path, MADE | {"about/index.html": PAGE})

    assert (tmp_path / "site/about/index.html").read_text() == "mine"


@pytest.mark.parametrize("lost", [".digest", "site/index.html"])
def test_files_of_an_earlier_build_are_overwritten_if_the_list_is_lost(
    tmp_path: Path, lost: str
) -> None:
    write(tmp_path, MADE)
    shutil.rmtree(tmp_path / ".digest")
    (tmp_path / lost).unlink() if lost != ".digest" else None
    new = {path: content + b" " for path, content in MADE.items()}

    write(tmp_path, new)

    assert read_folder(tmp_path / "site") == new


def test_a_file_with_identical_content_is_not_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site/robots.txt").write_bytes(b"robots")

    assert write(tmp_path, MADE | {"robots.txt": b"robots"}).unchanged == 1


@contextmanager
def held(place: Path) -> Iterator[None]:
    """Prevents files from being removed."""
    if os.geteuid():
        place.parent.chmod(0o555)
    elif subprocess.run(["chattr", "+i", place], capture_output=True, check=False).returncode:
        pytest.skip("root may remove everything on this disk")
    try:
        yield
    finally:
        if os.geteuid():
            place.parent.chmod(0o755)
        else:
            subprocess.run(["chattr", "-i", place], check=True)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="rights are another thing on this system")
def test_a_page_that_cannot_be_removed_is_reported_until_it_is_gone(tmp_path: Path) -> None:
    write(tmp_path)
    rest = {"index.html": b"home", "feed.atom": b"feed"}
    stale = tmp_path / "site/2026/w20/index.html"

    with held(stale):
        for _ in range(2):
            came = write(tmp_path, rest)
            assert (came.removed, len(came.not_removed)) == (0, 1)
            assert came.not_removed[0].startswith(
                f"{stale}: is no longer part of the site and cannot be removed: "
            )

    assert write(tmp_path, rest) == Written(written=0, removed=1, unchanged=2)
    assert read_folder(tmp_path / "site") == rest


def test_a_folder_in_place_of_a_removed_page_stays(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "site/feed.atom").unlink()
    (tmp_path / "site/feed.atom").mkdir()

    assert write(tmp_path, {"index.html": b"home"}) == Written(written=0, removed=1, unchanged=1)


def test_files_are_copied_unchanged(tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x00")
    one = Copied(
        source=tmp_path / "picture.png", file="content/static/picture.png", path="img/picture.png"
    )

    write(tmp_path, copied=(one,))

    assert (tmp_path / "site/img/picture.png").read_bytes() == b"\x89PNG\r\n\x00"


def test_a_folder_in_the_way_is_one_error_line(tmp_path: Path) -> None:
    (tmp_path / "site/feed.atom/mine").mkdir(parents=True)

    with pytest.raises(DigestError, match=r"feed\.atom: cannot write this file"):
        write(tmp_path)


def test_a_foreign_file_in_the_way_of_a_folder_stays_and_is_one_error_line(
    tmp_path: Path,
) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site/2026").write_text("mine")

    with pytest.raises(DigestError, match=r"2026/w20/index\.html: cannot write this file"):
        write(tmp_path)

    assert (tmp_path / "site/2026").read_text() == "mine"
    assert not list((tmp_path / "site").glob(".*"))


LARGE = {
    f"{place}{number}/index.html": bytes([number]) * (1 << 20)
    for place in ("", "a/b/c/")
    for number in range(6)
}


def test_any_number_of_files_of_any_size_appear_complete(tmp_path: Path) -> None:
    assert write(tmp_path, LARGE) == Written(written=12, removed=0, unchanged=0)
    assert read_folder(tmp_path / "site") == LARGE
    assert write(tmp_path, LARGE) == Written(written=0, removed=0, unchanged=12)


def staged(root: Path) -> Output:
    """A build that has staged large files, and did not commit them."""
    way = Output(root, root / "site", Cache(root))
    way.begin(LARGE)
    for path, content in LARGE.items():
        way.stage(path, content)
    return way


@pytest.mark.parametrize("there", [(), ("site",), ("site", "site/a", "site/a/b")])
def test_a_cancelled_build_leaves_no_file_and_no_folder(
    tmp_path: Path, there: tuple[str, ...]
) -> None:
    for folder in there:
        (tmp_path / folder).mkdir()
    way = staged(tmp_path)

    way.drop()

    assert {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")} == {
        *there,
        ".digest",
        ".digest/cache.sqlite",
    }


def test_staged_files_are_not_visible(tmp_path: Path) -> None:
    staged(tmp_path)

    assert not list(tmp_path.rglob("index.html"))
    assert list(tmp_path.rglob(".index.html.unfinished"))


def test_temporary_files_of_a_killed_build_are_never_written_into(tmp_path: Path) -> None:
    write(tmp_path)
    os.link(tmp_path / "site/index.html", tmp_path / "site/.index.html.unfinished")
    os.link(tmp_path / "site/index.html", tmp_path / "mine.html")

    write(tmp_path, PAGES | {"index.html": b"new"})

    assert (tmp_path / "mine.html").read_bytes() == b"home"
    assert read_folder(tmp_path / "site") == PAGES | {"index.html": b"new"}


def test_a_folder_may_be_a_link_to_another_one_of_the_site(tmp_path: Path) -> None:
    (tmp_path / "site/years").mkdir(parents=True)
    (tmp_path / "site/2026").symlink_to("years")

    write(tmp_path)

    assert (tmp_path / "site/years/w20/index.html").read_bytes() == b"week"
    assert (tmp_path / "site/2026").is_symlink()


@pytest.mark.parametrize("target", ["nowhere", "mine.html"])
def test_a_symlink_that_is_not_a_folder_is_one_error_line(tmp_path: Path, target: str) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site/mine.html").write_text("mine")
    (tmp_path / "site/2026").symlink_to(target)

    with pytest.raises(DigestError, match=r"2026\S*: cannot write this file"):
        write(tmp_path)

    assert {path.name for path in (tmp_path / "site").iterdir()} == {"mine.html", "2026"}


def test_a_new_folder_outside_the_digest_gets_the_mode_that_web_hosts_need_too(
    tmp_path: Path,
) -> None:
    (tmp_path / "digest").mkdir()
    with umask(0o077):
        write(tmp_path / "digest", place="../web/site")

    assert [stat.S_IMODE((tmp_path / place).stat().st_mode) for place in ("web", "web/site")] == [
        0o755,
        0o755,
    ]
