"""Shell completion of feed ids, weeks and story files; click completes commands and options itself.

Never fails: without a digest, or with one that cannot be read, there are no suggestions.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

import click

from digest.names import is_markdown


def feeds(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Returns the ids of the feeds that are pulled."""
    return _ids(context, "feeds", incomplete)


def weeks(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Returns the weeks that have a folder, newest first, as `2026-W20`."""
    names = list[str]()
    with contextlib.suppress(OSError):
        for week in (_root(context) / "content").glob("[0-9][0-9][0-9][0-9]/w[0-9][0-9]"):
            names.append(f"{week.parent.name}-{week.name.upper()}")
    names.sort(reverse=True)
    return [name for name in names if name.lower().startswith(incomplete.lower())]


def stories(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Returns story files that begin with what was typed; several weeks are offered as folders."""
    root = _root(context)
    typed = root / incomplete
    folder = typed if incomplete.endswith("/") else typed.parent
    found = []
    with contextlib.suppress(OSError):
        for path in sorted(folder.iterdir()):
            name = path.relative_to(root).as_posix()
            if path.is_dir():
                name += "/"
            elif not is_markdown(name):
                continue
            if name.startswith(incomplete) and name.startswith("content/"):
                found.append(name)
    return found


def set_words(context: click.Context, option: click.Parameter, incomplete: str) -> list[str]:
    """Returns story files, and the keys of `digest set`; after `themes=` the ids of themes."""
    if incomplete.startswith("themes="):
        before, comma, last = incomplete.rpartition(",")
        lead = before + comma or "themes="
        return [lead + theme for theme in _ids(context, "themes", last.removeprefix("themes="))]
    from digest.commands.set import KEYS
    from digest.model import FLAGS

    words = [key if key in FLAGS else f"{key}=" for key in KEYS if key.startswith(incomplete)]
    return words + stories(context, option, incomplete)


def _ids(context: click.Context, table: str, incomplete: str) -> list[str]:
    """Returns the ids in a table of digest.toml that begin with what was typed, without retired ones."""
    import tomllib

    with contextlib.suppress(OSError, ValueError, AttributeError, TypeError):
        tables = tomllib.loads((_root(context) / "digest.toml").read_text(encoding="utf-8"))
        ids = list[str]()
        for row in tables.get(table, []):
            id = str(row.get("id", ""))
            if id and id.startswith(incomplete) and not row.get("retired"):
                ids.append(id)
        return ids
    return []


def _root(context: click.Context) -> Path:
    """Returns the root of the digest that `--root` names, or of the current folder."""
    given = context.find_root().params.get("root")
    start = Path(given) if given else Path.cwd()
    for folder in (start, *start.parents):
        if (folder / "digest.toml").is_file():
            return folder
    return start
