"""Compiled templates are cached in the user's cache folder, only if no one else can write there."""

from __future__ import annotations

import os
import pickle
import shutil
from pathlib import Path

import pytest
from jinja2.bccache import bc_magic
from shell import outcome
from sites import read_folder

SMALL = Path(__file__).parents[1] / "data/sites/small"


class Bomb:
    """Unpickled, it makes a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.folder),)


@pytest.fixture(scope="module", autouse=True)
def compiled_templates() -> None:
    """Reads compiled templates from the disk each time, unlike other tests."""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A digest that was not built yet, of a user whose cache folder is `tmp_path/cache`."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("CI", raising=False)
    return digest(tmp_path, "small")


@pytest.fixture(scope="module")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    """The cache folder after a build of the digest, and the site."""
    folder = tmp_path_factory.mktemp("built")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        patch.delenv("CI", raising=False)
        return folder / "cache", built(digest(folder, "small"))


@pytest.fixture
def site(root: Path, built_once: tuple[Path, dict[str, bytes]]) -> dict[str, bytes]:
    """The site of `root`; its templates are in the user's cache folder, as after a build."""
    cache, files = built_once
    shutil.copytree(cache, root.parent / "cache")
    return files


def digest(folder: Path, name: str) -> Path:
    shutil.copytree(SMALL, folder / name, ignore=shutil.ignore_patterns("expected"))
    return folder / name


def built(root: Path, *options: str) -> dict[str, bytes]:
    """Returns the site of a digest, built from nothing."""
    shutil.rmtree(root / ".digest", ignore_errors=True)
    shutil.rmtree(root / "site", ignore_errors=True)
    code, lines = outcome(root, "build", *options)
    assert code == 0, lines
    return read_folder(root / "site")


def test_compiled_templates_are_cached_for_the_next_build_outside_the_digest(root: Path) -> None:
    folder = root.parent / "cache/digest"
    site = built(root)
    kept = read_folder(folder)

    assert folder.stat().st_mode & 0o777 == 0o700
    assert kept
    assert all(content.startswith(bc_magic) for content in kept.values())
    assert not [name for name, content in read_folder(root).items() if bc_magic in content]
    assert built(root) == site
    assert read_folder(folder) == kept


@pytest.mark.parametrize(
    "content", [b"", b"x", bc_magic, bc_magic + b"\x80\x02", bc_magic + pickle.dumps("x") + b"\xff"]
)
def test_damaged_compiled_templates_are_compiled_again(
    root: Path, site: dict[str, bytes], content: bytes
) -> None:
    folder = root.parent / "cache/digest"
    kept = read_folder(folder)
    for name in kept:
        (folder / name).write_bytes(content)

    assert built(root) == site
    assert read_folder(folder).keys() == kept.keys()


def test_a_digest_never_gets_templates_compiled_by_another(root: Path) -> None:
    other = digest(root.parent, "other")
    for where, words in ((root, "One"), (other, "Another")):
        (where / "templates").mkdir()
        text = (
            '{% extends "shipped/404.html" %}{% block main %}'
            + words
            + ' <a href="{{ "a/"|href }}">b</a>{% endblock %}'
        )
        (where / "templates/404.html").write_text(text)

    assert (
        b'One <a href="/news/a/">'
        in built(root, "--base-url", "https://a.example/news/")["404.html"]
    )
    assert b'Another <a href="/a/">' in built(other, "--base-url", "https://b.example/")["404.html"]
    assert b'One <a href="/a/">' in built(root, "--base-url", "https://b.example/")["404.html"]


@pytest.mark.parametrize("kind", ["open", "link", "inside", "server", "file", "full"])
def test_nothing_is_run_or_cached_in_a_folder_that_others_can_write(
    root: Path, site: dict[str, bytes], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = root.parent / "cache/digest"
    for path in folder.iterdir():
        path.write_bytes(bc_magic + pickle.dumps(Bomb(root.parent / "ran")))
    if kind == "open":
        folder.chmod(0o750)
    elif kind == "link":
        folder.rename(root.parent / "elsewhere")
        folder.symlink_to(root.parent / "elsewhere")
    elif kind == "inside":
        shutil.copytree(folder, root / "cache/digest")
        monkeypatch.setenv("XDG_CACHE_HOME", str(root / "cache"))
    elif kind == "server":
        monkeypatch.setenv("CI", "true")
    else:
        shutil.rmtree(folder)
        folder.write_text("") if kind == "file" else folder.mkdir(0o500)
    before = read_folder(root.parent / "cache")

    assert built(root) == site
    assert not (root.parent / "ran").exists()
    if kind != "full" or os.getuid():
        assert read_folder(root.parent / "cache") == before


@pytest.mark.usefixtures("site")
def test_the_test_payload_runs(root: Path) -> None:
    for path in (root.parent / "cache/digest").iterdir():
        path.write_bytes(bc_magic + pickle.dumps(Bomb(root.parent / "ran")))

    built(root)

    assert (root.parent / "ran").exists()
