"""The pictures at the top of the README: taken by a command, small, and with text alternatives."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import browsing
import html5lib

REPOSITORY = Path(__file__).parents[1]
COMMAND = REPOSITORY / "docs/pictures.py"


def taken(folder: Path, path: str = os.environ["PATH"]) -> subprocess.CompletedProcess[str]:
    """Runs the command that takes the pictures into a folder, with programs to be found on `path`."""
    return subprocess.run(
        [sys.executable, str(COMMAND), str(folder)],
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": path},
    )


def test_the_pictures_are_taken_in_both_schemes_and_are_small(tmp_path: Path) -> None:
    browsing.program()  # skips where there is none

    run = taken(tmp_path / "new")

    assert run.returncode == 0, run.stderr
    pictures = {path.name: path.read_bytes() for path in (tmp_path / "new").iterdir()}
    names = {f"{page}-{scheme}.webp" for page in ("home", "desk") for scheme in ("light", "dark")}
    assert set(pictures) == names
    assert len(set(pictures.values())) == len(names)
    for picture in pictures.values():
        assert picture[8:12] == b"WEBP"
        assert 20_000 < len(picture) < 150_000


def test_without_a_browser_the_command_says_so_and_keeps_the_old_pictures(tmp_path: Path) -> None:
    run = taken(tmp_path, path=str(tmp_path))

    assert (run.returncode, list(tmp_path.iterdir())) == (1, [])
    assert (
        run.stderr
        == "make pictures: no Chromium is installed; install one (Debian: apt install chromium)\n"
    )


def test_the_readme_starts_with_the_pictures_and_describes_them() -> None:
    tree = html5lib.parse(
        (REPOSITORY / "README.md").read_text(encoding="utf-8"), namespaceHTMLElements=False
    )
    first = next(tree.iter("picture"))
    dark, light = first.find("source"), first.find("img")

    assert (
        (REPOSITORY / "README.md").read_text(encoding="utf-8").startswith("# Digest\n\n<picture>\n")
    )
    assert dark.attrib == {
        "media": "(prefers-color-scheme: dark)",
        "srcset": "docs/pictures/home-dark.webp",
    }
    assert light.get("src") == "docs/pictures/home-light.webp"
    assert "front page" in light.get("alt")
    for picture in (dark.get("srcset"), light.get("src")):
        assert (REPOSITORY / picture).stat().st_size < 150_000
