"""Shell completion of feed ids, weeks and story files; click completes commands and options itself.

Never fails: without a digest, or with one that cannot be read, there are no suggestions.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import click

from digest.names import is_markdown


def feeds(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Returns the ids of the feeds that are pulled."""
    return _ids(context, "feeds", incomplete)


def weeks(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Returns the weeks that have a folder, newest first, as `2026-W20`."""
    names = (f"{year}-{week.upper()}" for year, week in _folders(_root(context) / "content"))
    return [name for name in names if name.lower().startswith(incomplete.lower())]


def stories(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Returns story files that begin with what was typed; several weeks are offered as folders."""
    root = _root(context)
    place = root / incomplete
    folder = place if incomplete.endswith("/") else place.parent
    found = []
    with contextlib.suppress(OSError):
        for path in sorted(folder.iterdir()):
            name = path.relative_to(root).as_posix() + ("/" if path.is_dir() else "")
            if (
                name.startswith(incomplete)
                and (path.is_dir() or is_markdown(name))
                and name.startswith("content/")
            ):
                found.append(name)
    return found


def set_words(context: click.Context, option: click.Parameter, incomplete: str) -> list[str]:
    """Returns story files, and the keys of `digest set`; after `themes=` the ids of themes."""
    if incomplete.startswith("themes="):
        before, comma, last = incomplete.rpartition(",")
        lead = before + comma or "themes="
        return [lead + theme for theme in _ids(context, "themes", last.removeprefix("themes="))]
    keys = (
        "hide",
        "lead",
        "draft",
        "themes=",
        "also=",
        "headline=",
        "source=",
        "note=",
        "correction=",
        "week=",
        "take=",
    )
    words = [key for key in keys if key.startswith(incomplete)]
    return words + stories(context, option, incomplete)


def _ids(context: click.Context, table: str, incomplete: str) -> list[str]:
    """Returns the ids in a table of digest.toml that begin with what was typed, without retired ones."""
    import tomllib

    with contextlib.suppress(OSError, ValueError, AttributeError, TypeError):
        said = tomllib.loads((_root(context) / "digest.toml").read_text(encoding="utf-8"))
        named = [str(one.get("id", "")) for one in said.get(table, []) if not one.get("retired")]
        return [name for name in named if name and name.startswith(incomplete)]
    return []


def _folders(content: Path) -> Iterator[tuple[str, str]]:
    with contextlib.suppress(OSError):
        for year in sorted(content.glob("[0-9][0-9][0-9][0-9]"), reverse=True):
            for week in sorted(year.glob("w[0-9][0-9]"), reverse=True):
                yield year.name, week.name


def _root(context: click.Context) -> Path:
    """Returns the root of the digest that `--root` names, or of the current folder."""
    named = context.find_root().params.get("root")
    here = Path(named) if named else Path.cwd()
    return next(
        (folder for folder in (here, *here.parents) if (folder / "digest.toml").is_file()), here
    )
