"""Where this copy of Digest was installed from, as its installer noted it (PEP 610)."""

from __future__ import annotations

import json
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

NAME = "curated-digest"


def metadata() -> Distribution | None:
    """Returns the metadata of this copy; None if it is not installed."""
    try:
        return distribution(NAME)
    except PackageNotFoundError:
        return None


def direct_url(installed: Distribution) -> dict[str, Any]:
    """Returns the installer's `direct_url.json`; {} for a release from a package index.

    `url` is "" if it cannot be read.
    """
    noted = installed.read_text("direct_url.json")
    try:
        found = json.loads(noted) if noted else {}
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"url": ""}


def origin() -> str:
    """Returns in words where this copy was installed from."""
    installed = metadata()
    here = f"the folder {Path(__file__).parents[1]}"
    return here if installed is None else in_words(direct_url(installed)) or here


def in_words(noted: Any) -> str:
    """Returns in words what an installer noted; "" if that is not known."""
    from digest.redact import mask

    match noted:
        case {"url": str(url), "vcs_info": {"commit_id": str(commit)}}:
            return f"{mask(url)} at commit {commit}"
        case {"url": str(url), "dir_info": dict(folder)}:
            editable = ", which it runs from" if folder.get("editable") else ""
            return f"{_place(url)}{editable}"
        case {"url": str(url)}:
            return _place(url)
    return "a package index"


def _place(url: str) -> str:
    """Returns a URL without secrets, or the path of a file's URL."""
    from urllib.request import url2pathname

    from digest.redact import mask

    shown = mask(url)
    path = shown.removeprefix("file://")
    return shown if path == shown else url2pathname(path)
