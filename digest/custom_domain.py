"""Checks the custom domain in `content/static/CNAME`, which GitHub Pages reads: is it valid, and does `url` match it?

GitHub serves a site with a custom domain from the root of that host. If `url` has another host or a path, every link
and style sheet of the site is broken.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from digest import redact, urls
from digest.errors import Problem

FILE = "content/static/CNAME"
NAME = "CNAME"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})+", re.IGNORECASE)


def problem(content: bytes, url: str, file: str = FILE) -> Problem | None:
    """Returns what is wrong with a CNAME file, or with the site's `url` given that file; None if nothing is.

    If only the path differs it is a hint, since other servers than GitHub's have such files, too.
    """
    lines = content.decode("utf-8", errors="replace").splitlines()
    named = [(number, line.strip()) for number, line in enumerate(lines, start=1) if line.strip()]
    if not named:
        return Problem(
            file, 1, "is empty", f"write the host alone, such as {_host(url)}, or delete the file"
        )
    line, name = named[0]
    if len(named) > 1:
        return Problem(
            file, named[1][0], "has several lines; GitHub Pages takes one host", "leave only one"
        )
    if not _HOST.fullmatch(name) or len(name) > 253:
        return Problem(
            file, line, f"'{redact.mask(name)}' is not a host name", f"write {_cure(name)}"
        )
    if (_host(url), _path(url)) == (name.lower(), "/"):
        return None
    what = f"GitHub Pages serves the site at https://{name.lower()}/, and url in digest.toml says {redact.mask(url)}"
    cure = f'write url = "https://{name.lower()}/" there, or correct or delete this file'
    return Problem(file, line, what, cure, hint=_host(url) == name.lower())


def _cure(name: str) -> str:
    """Returns the host that a malformed name probably means."""
    bare = (
        name.lstrip("\ufeff").strip("'\"<>").partition("://")[-1]
        if "://" in name
        else name.lstrip("\ufeff")
    )
    host = re.split(r"[/\s:?#@]", bare.strip("/ "))[0].rstrip(".").removeprefix("*.").lower()
    host = urls.ascii_host(host)
    return host if _HOST.fullmatch(host) else "the host alone, such as news.example"


def _host(url: str) -> str:
    return urlsplit(url).netloc.lower()


def _path(url: str) -> str:
    return urlsplit(url).path or "/"
