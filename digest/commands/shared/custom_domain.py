"""Checks the custom domain in `content/static/CNAME`, which GitHub Pages reads.

GitHub serves a site with a custom domain from the root of that host. If `url` in digest.toml has
another host or a path, all links and style sheets of the site are broken.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from digest import redact, urls
from digest.errors import Kind, Problem

FILE = "content/static/CNAME"
NAME = "CNAME"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})+", re.IGNORECASE)


def problem(content: bytes, url: str, file: str = FILE) -> Problem | None:
    """Returns what is wrong with a CNAME file, or with the site's `url` beside it; None if nothing.

    A different path alone is only a hint, since other servers also have such files.
    """
    lines = content.decode("utf-8", errors="replace").splitlines()
    named = [(number, line.strip()) for number, line in enumerate(lines, start=1) if line.strip()]
    if not named:
        cure = f"write the host alone, such as {_host(url)}, or delete the file"
        return Problem(file, 1, "is empty", cure)
    line, name = named[0]
    if len(named) > 1:
        what = "has several lines; GitHub Pages takes one host"
        return Problem(file, named[1][0], what, "leave only one")
    if not _HOST.fullmatch(name) or len(name) > 253:
        what = f"'{redact.mask(name)}' is not a host name"
        return Problem(file, line, what, f"write {_cure(name)}")
    if (_host(url), urlsplit(url).path or "/") == (name.lower(), "/"):
        return None
    served = f"GitHub Pages serves the site at https://{name.lower()}/"
    what = f"{served}, and url in digest.toml says {redact.mask(url)}"
    cure = f'write url = "https://{name.lower()}/" there, or correct or delete this file'
    kind = Kind.HINT if _host(url) == name.lower() else None
    return Problem(file, line, what, cure, kind=kind)


def _cure(name: str) -> str:
    """Returns the host that an invalid name probably means."""
    bare = name.lstrip("\ufeff")
    if "://" in name:
        bare = bare.strip("'\"<>").partition("://")[-1]
    host = re.split(r"[/\s:?#@]", bare.strip("/ "))[0].rstrip(".").removeprefix("*.").lower()
    host = urls.ascii_host(host)
    return host if _HOST.fullmatch(host) else "the host alone, such as news.example"


def _host(url: str) -> str:
    return urlsplit(url).netloc.lower()
