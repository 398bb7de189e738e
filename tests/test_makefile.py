"""What `make` does with a .venv that cannot work, and that it lists its targets and cleans whatever there is."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PYTHON = f"""#!/bin/sh
# A Python whose new environments have a pip that installs nothing, and counts its calls.
case "$*" in
*"-m venv .venv")
    {shlex.quote(sys.executable)} -m venv --without-pip .venv || exit 1
    there=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    mkdir "$there/pip"
    echo > "$there/pip/__init__.py"
    echo 'open("calls", "a").write("x")' > "$there/pip/__main__.py"
    echo "#!$PWD/.venv/bin/python" > .venv/bin/pip;;
*print*) echo "${{OTHER:-{sys.version_info[0]}.{sys.version_info[1]}}}";;
*) test -z "$OLD" || exit 1; exec {shlex.quote(sys.executable)} "$@";;
esac
"""

pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")


class Project:
    """A folder with the Makefile, whose .venv has been made."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def make(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        kept = {
            name: text
            for name, text in os.environ.items()
            if not name.startswith(("PYTHON", "MAKE", "MFLAGS"))
        }
        return subprocess.run(
            ["make", *words], cwd=self.folder, env={**kept, **variables},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip

    def installs(self, *words: str, **variables: str) -> str:
        """Returns what `make` says of a good .venv, or until there is one."""
        run = self.make(".venv/installed", *words, **variables)
        assert run.returncode == 0, run.stdout
        command = [
            str(self.folder / ".venv/bin/python"),
            "-c",
            "import pip, sys; print(sys.prefix)",
        ]
        prefix = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert prefix.strip() == str(self.folder / ".venv")
        assert (self.folder / ".venv/installed").is_file()
        return run.stdout

    @property
    def calls(self) -> int:
        return len((self.folder / "calls").read_text())


@pytest.fixture
def project(tmp_path: Path) -> Project:
    folder = tmp_path / "мой digest"
    (folder / "tools").mkdir(parents=True)
    makefile = (ROOT / "Makefile").read_text().replace("?= python3", "?= ./tools/python")
    (folder / "Makefile").write_text(makefile)
    (folder / "pyproject.toml").write_text("")
    (folder / "tools/python").write_text(PYTHON)
    (folder / "tools/python").chmod(0o755)
    made = Project(folder)
    assert made.installs() == ""
    return made


def move(project: Project) -> None:
    project.folder = project.folder.rename(project.folder.parent / "другой  folder")


def copy(project: Project) -> None:
    there = project.folder.parent / "copy"
    project.folder = shutil.copytree(project.folder, there, symlinks=True)


def lose_python(project: Project) -> None:
    for path in (project.folder / ".venv/bin").glob("python*"):
        path.unlink()
        path.symlink_to("/nowhere/python3")


def lose_pip(project: Project) -> None:
    (pip,) = project.folder.glob(".venv/lib/*/site-packages/pip")
    shutil.rmtree(pip)


def be_a_file(project: Project) -> None:
    shutil.rmtree(project.folder / ".venv")
    (project.folder / ".venv").write_text("")


def lead_nowhere(project: Project) -> None:
    shutil.rmtree(project.folder / ".venv")
    (project.folder / ".venv").symlink_to("/nowhere")


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (move, "it was moved or copied"),
        (copy, "it was moved or copied"),
        (lose_python, "its Python is gone, or it has no pip"),
        (lose_pip, "its Python is gone, or it has no pip"),
        (be_a_file, "its Python is gone, or it has no pip"),
        (lead_nowhere, "its Python is gone, or it has no pip"),
    ],
)
def test_a_broken_environment_is_created_again(
    project: Project, damage: Callable[[Project], None], why: str
) -> None:
    damage(project)

    assert project.installs() == f"Making .venv again: {why}\n"
    assert project.installs() == ""


def test_an_environment_is_created_again_for_another_requested_python(
    project: Project,
) -> None:
    asked = "PYTHON=./tools/python"

    assert project.installs(asked) == ""
    said = project.installs(asked, OTHER="3.99")

    assert said == "Making .venv again: it has another Python than 3.99\n"
    assert project.installs(OTHER="3.99") == "", "the one of python3 may be newer"


@pytest.mark.parametrize("variables", [{"OLD": "1"}, {"PYTHON": "no-such-python"}])
def test_an_unsuitable_python_is_reported_and_a_good_environment_stays(
    project: Project, variables: dict[str, str]
) -> None:
    there = {"PYTHON": "./tools/python", **variables}

    run = project.make("serve", **there)

    assert run.returncode == 2
    assert "Digest needs Python 3.11 or newer, with venv; try: make PYTHON=python3.13 serve\n" in run.stdout  # fmt: skip
    assert project.installs() == ""


def test_packages_are_installed_once_and_again_when_the_project_changes(project: Project) -> None:
    project.installs()
    assert project.calls == 1
    assert project.make(".venv/tested").returncode == 0
    assert project.calls == 2
    assert project.make(".venv/tested").returncode == 0
    assert project.calls == 2
    now = (project.folder / ".venv/tested").stat().st_mtime
    for file, age in (("pyproject.toml", 5), (".venv/installed", 9), (".venv/tested", 9)):
        os.utime(project.folder / file, (now - age, now - age))

    assert project.make(".venv/tested").returncode == 0

    assert project.calls == 4


def test_make_alone_lists_every_target(project: Project) -> None:
    shutil.rmtree(project.folder / ".venv")

    run = project.make()

    assert run.returncode == 0
    listed = re.findall(r"(?m)^  ([a-z-]+) +\S", run.stdout)
    (phony,) = re.findall(r"(?m)^\.PHONY: (.*) FORCE$", (ROOT / "Makefile").read_text())
    assert sorted(listed) == sorted(phony.split())
    assert {"serve", "test", "lint", "bench", "clean", "site"} <= set(listed)
    assert not (project.folder / ".venv").exists()


def test_clean_never_fails_and_keeps_what_git_has(project: Project) -> None:
    site = project.folder / "site"
    (site / "2026").mkdir(parents=True)
    (site / "2026/index.html").write_text("")
    (site / ".gitkeep").write_text("")

    assert project.make("clean").returncode == 0
    assert [path.name for path in site.iterdir()] == [".gitkeep"]
    assert not (project.folder / ".venv").exists()
    shutil.rmtree(site)
    assert project.make("clean").returncode == 0
