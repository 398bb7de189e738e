"""What `digest --version` prints: the version, and where this copy was installed from (PEP 610)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from digest import __version__


def print_version(context: click.Context, _: click.Parameter, asked: bool) -> None:
    """Prints the version and ends the call, if that was asked for."""
    if asked and not context.resilient_parsing:
        click.echo(f"digest, version {__version__}, from {_installed_from()}")
        context.exit()


def _installed_from() -> str:
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        noted = distribution("curated-digest").read_text("direct_url.json")
        source: Any = json.loads(noted) if noted else {}
    except (PackageNotFoundError, ValueError):
        return f"the folder {Path(__file__).parents[2]}"
    return described(source)


def described(source: Any) -> str:
    """Returns in words where a copy is from, by what its installer noted."""
    from digest.redact import mask

    match source:
        case {"url": str(url), "vcs_info": {"commit_id": str(commit)}}:
            return f"{mask(url)} at commit {commit}"
        case {"url": str(url), "dir_info": dict(folder)}:
            editable = ", which it runs from" if folder.get("editable") else ""
            return f"{mask(url).removeprefix('file://')}{editable}"
        case {"url": str(url)}:
            return mask(url).removeprefix("file://")
    return "a package index"
