"""Writing to disk: whole files, added lines."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from digest import disk
from digest.errors import DigestError

AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


def test_a_file_is_written_whole_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    disk.write(tmp_path, "a/b.txt", b"one")
    disk.write(tmp_path, "a/b.txt", b"two")

    assert [(path.name, path.read_bytes()) for path in (tmp_path / "a").iterdir()] == [
        ("b.txt", b"two")
    ]


def test_a_file_gets_its_mode_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        disk.write(tmp_path, "a/b.txt", b"one", mode=0o644)
    finally:
        os.umask(before)

    assert (tmp_path / "a" / "b.txt").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o755


def test_a_new_file_never_replaces_an_existing_one(tmp_path: Path) -> None:
    assert disk.create(tmp_path, "story.md", b"mine")
    assert not disk.create(tmp_path, "story.md", b"yours")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [
        ("story.md", b"mine")
    ]


@pytest.mark.parametrize("name", [f"{'n' * 252}.md", f"{'京' * 84}.md"])
def test_a_file_may_have_the_longest_name_of_a_disk(tmp_path: Path, name: str) -> None:
    assert disk.create(tmp_path, name, b"one")
    assert disk.replace(tmp_path, name, b"one", b"two")
    disk.write(tmp_path, name, b"three")

    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [(name, b"three")]


def test_a_temporary_file_left_by_a_killed_run_does_not_stay(tmp_path: Path) -> None:
    content = b"half and half"
    (tmp_path / disk.hidden(f"story.md.{disk._hash(content)}")).write_bytes(b"ha")

    disk.create(tmp_path, "story.md", content)

    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [
        ("story.md", b"half and half")
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "new\n"),
        ('{"old": 1}\n', '{"old": 1}\nnew\n'),
        ('{"lacks": "its break"}', '{"lacks": "its break"}\nnew\n'),
        ('{"torn": "he', "new\n"),
        ('{"old": 1}\n{"torn": "he', '{"old": 1}\nnew\n'),
        ('{"old": 1}\n\0\0\0', '{"old": 1}\nnew\n'),
        ('{"old": 1}\r\n{"old": 2}\r{"torn": "he', '{"old": 1}\r\n{"old": 2}\r\nnew\n'),
        ('{"old": 1}\n{"old": 2}{"torn": "he', '{"old": 1}\n{"old": 2}{"torn": "he\nnew\n'),
    ],
)
def test_appended_lines_start_on_a_new_line_and_replace_a_torn_last_line(
    tmp_path: Path, before: str, after: str
) -> None:
    place = tmp_path / "ledger.jsonl"
    place.write_bytes(before.encode())

    disk.append(tmp_path, "ledger.jsonl", "new\n")

    assert place.read_bytes() == after.encode()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (
            b'{"old": 1}\r{"old": 2}\r',
            "no line of this file, whose lines end in CR alone, can be read",
        ),
        (
            b'{"old": 1}\r{"torn": "he',
            "no line of this file, whose lines end in CR alone, can be read",
        ),
        (b"alias ll='ls -l'", "no line of this file can be read"),
        (b"# ours\nexport A=1\n", "no line of this file can be read"),
        (b"[1]\n7\n", "no line of this file can be read"),
    ],
)
def test_nothing_is_appended_to_a_file_without_a_readable_line(
    tmp_path: Path, content: bytes, says: str
) -> None:
    place = tmp_path / "ledger.jsonl"
    place.write_bytes(content)

    with pytest.raises(DigestError, match=rf"^ledger\.jsonl: {says}"):
        disk.append(tmp_path, "ledger.jsonl", "new\n")

    assert place.read_bytes() == content


WRITES: dict[str, Callable[[Path, str], object]] = {
    "write": lambda root, file: disk.write(root, file, b"new"),
    "create": lambda root, file: disk.create(root, file, b"new"),
    "replace": lambda root, file: disk.replace(root, file, b"theirs", b"new"),
    "append": lambda root, file: disk.append(root, file, "{}\n"),
    "remove": disk.remove,
    "link": lambda root, file: disk.link(root, "digest.toml", file),
    "read": disk.read_inside,
}


@pytest.mark.parametrize("act", WRITES.values(), ids=WRITES)
@pytest.mark.parametrize("link", ["a", "a/b", "a/b/c.md"])
@pytest.mark.parametrize("leads", ["outside", "inside"])
def test_nothing_is_written_or_read_through_a_link(
    tmp_path: Path, act: Callable[[Path, str], object], link: str, leads: str
) -> None:
    root, other = (
        tmp_path / "digest",
        tmp_path / "outside" if leads == "outside" else tmp_path / "digest" / ".git",
    )
    (other / "b").mkdir(parents=True)
    (root / link).parent.mkdir(parents=True, exist_ok=True)
    (root / "digest.toml").write_text("mine")
    (other / "c.md").write_bytes(b"theirs")
    (other / "b" / "c.md").write_bytes(b"theirs")
    (root / link).symlink_to(other / "c.md" if link.endswith(".md") else other)
    kind = "file" if link.endswith(".md") else "folder"

    with pytest.raises(
        DigestError, match=rf"^{link}: is a symbolic link; put the {kind} itself here$"
    ):
        act(root, "a/b/c.md")

    assert sorted(path.name for path in other.rglob("*")) == ["b", "c.md", "c.md"]
    assert {path.read_bytes() for path in other.rglob("*.md")} == {b"theirs"}


@pytest.mark.parametrize("file", ["../x", "a/../../x", "/etc/x", "a//b", "a/\0", ""])
def test_no_path_leaves_the_digest(tmp_path: Path, file: str) -> None:
    with pytest.raises(DigestError, match="is not a path below the digest's folder"):
        disk.write(tmp_path, file, b"x")


def test_a_file_is_replaced_only_if_its_content_is_unchanged(tmp_path: Path) -> None:
    place = tmp_path / "story.md"
    place.write_bytes(b"old")
    place.chmod(0o640)

    assert not disk.replace(tmp_path, "story.md", b"older", b"new")
    assert disk.replace(tmp_path, "story.md", b"old", b"new")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("story.md", b"new")]
    assert place.stat().st_mode & 0o777 == 0o640


def test_a_hard_link_left_by_a_killed_run_is_never_written_through(
    tmp_path: Path,
) -> None:
    place, seen = tmp_path / "story.md", tmp_path / "seen"
    place.write_bytes(b"mine")
    os.link(place, tmp_path / ".story.md.unfinished")
    os.link(place, seen)

    disk.write(tmp_path, "story.md", b"new")

    assert (place.read_bytes(), seen.read_bytes()) == (b"new", b"mine")
    assert {path.name for path in tmp_path.iterdir()} == {"story.md", "seen"}


@pytest.mark.parametrize("write", [disk.write, disk.create])
def test_an_unwritable_place_is_one_error_line(tmp_path: Path, write: object) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(
        DigestError,
        match=r"^\S*file/story\.md: cannot write this file: \S*file is not a folder; move it away$",
    ):
        write(tmp_path, "file/story.md", b"x")  # type: ignore[operator]


def test_a_full_disk_is_one_error_line() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")

    with pytest.raises(DigestError, match="cannot write this file: No space left on device"):
        disk.append(full.parent, full.name, "line\n")


@pytest.mark.skipif(AS_ROOT, reason="root may write everywhere")
def test_a_read_only_folder_is_one_error_line(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)

    with pytest.raises(DigestError, match="Permission denied"):
        disk.write(tmp_path, "a.txt", b"x")
