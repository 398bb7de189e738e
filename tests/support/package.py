"""The package as others get it: built, looked through, installed into empty environments, and used there.

    python tests/support/package.py [PYTHON…]     wheel and sdist, with each Python: init, pull, build, serve
    python tests/support/package.py --floors      tests with the lowest versions of other libraries that we allow

Wants the package index; where that cannot be reached it says so, and nothing is tried. Leaves nothing behind.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import urllib.request
import zipfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
WHEEL = (
    "digest/cli/main.py",
    "digest/locked-packages.txt",
    "digest/publish-digest.yml",
    "digest/py.typed",
    "digest/starter/digest.schema.json",
    "digest/starter/digest.toml",
    "digest/starter/gitattributes",
    "digest/starter/github/workflows/publish.yml",
    "digest/starter/feeds/sample.xml",
    "digest/starter/vscode/tasks.json",
    "digest/templates/home.html",
    "digest/templates/feeds/entry.xml",
    "digest/templates/static/layout.css",
)
SDIST = (
    "pyproject.toml",
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
    "templates/home.html",
    ".github/workflows/publish-digest.yml",
    "tests/cli/test_cli.py",
    *WHEEL[:2],
    *WHEEL[3:8],
)
PIP = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")
TOOLS = ("pytest>=8.2", "hypothesis>=6.100", "html5lib>=1.1")
MEETING = (
    "cli/test_cli", "cli/test_console", "commands/test_add", "commands/test_build", "commands/test_check",
    "commands/test_feeds_command", "commands/test_init", "commands/test_publish", "commands/test_pull",
    "commands/test_status", "commands/test_themes_command", "content/test_slug", "content/test_story_file",
    "feeds/test_fetch", "feeds/test_parse", "preview/test_serve", "shared/test_sanitize", "site/test_markdown",
    "site/test_damaged_caches", "site/test_output_folder", "site/test_paragraphs", "site/test_pictures_in_texts",
)  # fmt: skip
"""The files of tests that meet other libraries."""


class OfflineError(Exception):
    """The package index cannot be reached."""


def main(words: Sequence[str]) -> int:
    """Does what the words ask for; returns the exit code."""
    try:
        with tempfile.TemporaryDirectory(prefix="package-") as folder:
            return floors(Path(folder)) if words == ["--floors"] else packages(Path(folder), words)
    except OfflineError as error:
        print(f"Skipped, for the package index cannot be reached: {error}")  # noqa: T201
        return 0


def packages(folder: Path, pythons: Sequence[str]) -> int:
    wheel, sdist = built(folder)
    look_through(wheel, sdist)
    for number, python in enumerate(pythons or [sys.executable]):
        use(environment(folder / f"wheel{number}", python, str(wheel)), folder / f"used{number}")
    use(environment(folder / "sdist", sys.executable, str(sdist)), folder / "used")
    print("The package is whole, and works where it is installed")  # noqa: T201
    return 0


def built(folder: Path) -> tuple[Path, Path]:
    """Builds wheel and sdist, the wheel out of the sdist, and returns both."""
    python = online(folder / "builder", "build")
    run(python, "-m", "build", "--outdir", str(folder / "dist"), str(ROOT), cwd=folder)
    (wheel,), (sdist,) = (folder / "dist").glob("*.whl"), (folder / "dist").glob("*.tar.gz")
    return wheel, sdist


def look_through(wheel: Path, sdist: Path) -> None:
    """Asserts that both have the files that they need and no others."""
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
        (metadata,) = (name for name in inside if name.endswith(".dist-info/METADATA"))
        metadata_text = archive.read(metadata).decode()
        entry = archive.read(metadata.replace("METADATA", "entry_points.txt")).decode()
    with tarfile.open(sdist) as archive_:
        names = {name.partition("/")[2] for name in archive_.getnames()}
    assert set(WHEEL) <= inside, sorted(set(WHEEL) - inside)
    assert set(SDIST) <= names, sorted(set(SDIST) - names)
    strange = [
        name
        for name in inside
        if not re.match(r"digest/|[\w.-]+\.dist-info/", name) or "__pycache__" in name
    ]
    assert not strange, strange
    assert "digest = digest.__main__:main" in entry
    assert "License-Expression: MIT" in metadata_text
    print(f"{wheel.name}: {len(inside)} files; {sdist.name}: {len(names)} files")  # noqa: T201


def environment(folder: Path, python: str, *wanted: str) -> str:
    """Makes an empty environment, installs what is wanted there, and returns its Python."""
    run(python, "-m", "venv", str(folder), cwd=folder.parent)
    inside = str(folder / ("Scripts" if os.name == "nt" else "bin") / "python")
    if wanted:
        run(inside, *PIP, *wanted, cwd=folder.parent)
    return inside


def online(folder: Path, *wanted: str) -> str:
    """Makes an environment with what every index has; raises OfflineError where even that cannot be had."""
    python = environment(folder, sys.executable)
    done = subprocess.run(
        [python, *PIP, *wanted],
        cwd=folder,
        env=plain(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise OfflineError(done.stderr.strip().splitlines()[-1])
    return python


def use(python: str, folder: Path) -> None:
    """Asserts that a new digest is made, pulled, built and served with what is installed, as its page tells."""
    folder.mkdir()
    digest = str(Path(python).with_name("digest"))
    version = run(digest, "--version", cwd=folder)
    run(digest, "init", "x", cwd=folder)
    for command in ("pull", "build"):
        run(digest, command, cwd=folder / "x")
    assert (folder / "x/.github/workflows/publish.yml").is_file()
    assert "\n./tools/curated_digest-" in (folder / "x/requirements.txt").read_text(
        encoding="utf-8"
    )
    page = (folder / "x/site/index.html").read_text(encoding="utf-8")
    assert "The Harbour Lantern" in page
    assert "<h1" in served(digest, folder / "x")
    name = run(python, "-c", "import sys; print(sys.version.split()[0])", cwd=folder)
    print(f"Python {name.strip()}: {version.strip()} makes, pulls, builds and serves a digest")  # noqa: T201


def served(digest: str, root: Path) -> str:
    """Returns the home page as the preview gives it."""
    command = [digest, "serve", "--port", "0"]
    with subprocess.Popen(
        command, cwd=root, env=plain(), stdout=subprocess.PIPE, text=True
    ) as preview:
        try:
            assert preview.stdout is not None
            address = next(
                found for line in preview.stdout if (found := re.search(r"http://\S+", line))
            )
            with urllib.request.urlopen(address[0], timeout=30) as answer:
                return str(answer.read().decode())
        finally:
            preview.terminate()


def floors(folder: Path) -> int:
    """Runs the tests of what meets other libraries with the lowest version of each that pyproject.toml allows."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lowest = [re.sub(r">=([\w.]+).*", r"==\1", named) for named in project["dependencies"]]
    print("Lowest versions:", ", ".join(lowest))  # noqa: T201
    python = online(folder / "floors", *TOOLS)
    run(python, *PIP, *lowest, cwd=folder)
    files = [f"tests/{name}.py" for name in MEETING]
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files]
    return subprocess.run(
        command, cwd=ROOT, env=plain() | {"PYTHONPATH": str(ROOT)}, check=False
    ).returncode


def run(*command: str, cwd: Path) -> str:
    """Returns what a command prints; ends this program where it fails."""
    done = subprocess.run(
        command, cwd=cwd, env=plain(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def plain() -> dict[str, str]:
    """Returns the environment without what would let a command see this repository's program."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "VIRTUAL_ENV"))
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
