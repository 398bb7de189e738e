"""How commands start: Ctrl-C at any time ends them without a word, and damaged byte code is one line."""

from __future__ import annotations

import os
import py_compile
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import digest

PACKAGE = Path(digest.__file__).parent
SETTINGS = """
[site]
title = "T"
url = "https://example.org/"

[[feeds]]
id = "a"
url = "a.json"
title = "A"
"""
INTERRUPT = """
import os, signal, sys

class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == {name!r}:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupt())
"""
"""A `sitecustomize`, which Python runs before all else: Ctrl-C comes when a module is about to be imported."""


def run(
    folder: Path, *words: str, ignoring: bool = False, **variables: str
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "digest", "--root", str(folder), *words]
    shell = ["sh", "-c", 'trap "" INT; exec "$@"', "sh"] if ignoring else []
    environment = {**os.environ, **variables}
    return subprocess.run(
        [*shell, *command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "mine"
    root.mkdir()
    (root / "digest.toml").write_text(SETTINGS)
    (root / "a.json").write_text('{"version": "https://jsonfeed.org/version/1.1", "items": []}')
    return root


@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("digest.cli.main", "status"),
        ("click", "status"),
        ("digest.cli.status", "status"),
        ("digest.commands.status", "status"),
        ("digest.cli.status", "--help"),
        ("digest.feeds.decompress", "pull"),
    ],
)
def test_ctrl_c_ends_a_command_with_130_and_without_a_word(
    root: Path, tmp_path: Path, module: str, words: str
) -> None:
    (tmp_path / "sitecustomize.py").write_text(INTERRUPT.format(name=module))

    done = run(root, words, PYTHONPATH=str(tmp_path))

    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_a_command_whose_caller_ignores_ctrl_c_goes_on(root: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(INTERRUPT.format(name="click"))

    done = run(root, "status", ignoring=True, PYTHONPATH=str(tmp_path))

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("module", ["cli/main.py", "commands/status.py"])
def test_damaged_byte_code_is_one_line_and_the_next_run_comes_through(
    root: Path, tmp_path: Path, module: str
) -> None:
    shutil.copytree(PACKAGE, tmp_path / "digest")
    byte_code = Path(str(py_compile.compile(str(tmp_path / "digest" / module))))
    byte_code.write_bytes(byte_code.read_bytes()[:400])  # as much as a full disk took of it

    first, second = (run(root, "status", PYTHONPATH=str(tmp_path)) for _ in range(2))

    assert (first.returncode, first.stdout) == (1, "")
    assert first.stderr == (
        f"{byte_code}: is damaged, as a full disk leaves it; "
        "it is deleted now, so run the command again\n"
    )
    assert (second.returncode, second.stderr) == (0, "")
