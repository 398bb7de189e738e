"""The requirement by which other machines install this very copy of Digest: the workflow, other
editors, other hosts.

    how it was installed (PEP 610) ──▶ a release on the index, with its hash
                                   ├─▶ a public repository, at its commit
                                   └─▶ anything else: a wheel of this copy, put into the digest, with its hash

Never a bare name: its owner on the package index could run code with write access in every
digest. What Digest itself needs is pinned, with hashes, in `locked-packages.txt`, which `make lock`
renews.
"""

from __future__ import annotations

import hashlib
import io
import ipaddress
import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from digest import __version__, urls
from digest.commands import own_wheel
from digest.feeds.limits import Limits
from digest.model import Failed

NAME = "curated-digest"
INDEX = "https://pypi.org"
FILE = "requirements.txt"
FOLDER = "tools"
_LOCK = own_wheel.PACKAGE / "locked-packages.txt"
_GITHUB = re.compile(r"https://github\.com/([\w-]+/[\w.-]+?)(?:\.git)?/?", re.IGNORECASE)
_HASH = re.compile(r" \\\n +--hash=\S+")
_HEAD = """\
# What builds this digest: Digest {version} and the exact release of every package that it needs. Install it with
#     python -m pip install --requirement {file}
# Written by `digest init`, from {origin}.

{line}

"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """A line of pip's that installs this copy, and in words what it is. `wheel` is put into
    `FOLDER`, where it is used.

    `commit` is that of the repository, whose name on GitHub is `repository`; both are "" for what comes from elsewhere.
    """

    line: str
    origin: str
    wheel: tuple[str, bytes] | None = None
    repository: str = ""
    commit: str = ""

    def text(self, file: str = FILE) -> str:
        """Returns the requirements file that installs Digest, and everything that it needs."""
        lock = _LOCK.read_text(encoding="utf-8")
        head = _HEAD.format(version=__version__, file=file, origin=self.origin, line=self.line)
        return head + (
            _HASH.sub("", lock) if self.commit else lock
        )  # pip knows no hash of a repository


def of_this_copy(*, now: datetime | None = None, index: str = INDEX) -> Requirement | None:
    """Returns the requirement of the copy that runs; None where it is not installed, and so has no
    metadata.

    Asks the index only for a copy that came from one, and only with `now`; what the index has is
    used only where it is this very copy.
    """
    try:
        installed = distribution(NAME)
    except PackageNotFoundError:
        return None
    return of(installed, now=now, index=index)


def of(installed: Distribution, *, now: datetime | None = None, index: str = INDEX) -> Requirement:
    """Returns the requirement of an installed copy; of the one that runs, whatever is installed
    beside it."""
    found = None
    if Path(str(installed.locate_file(own_wheel.PACKAGE.name))).resolve() == own_wheel.PACKAGE:
        source = _source(installed)
        found = _of_repository(source)
        if not source and now:
            found = _of_release(installed, now, index)
    return found or _of_wheel(*own_wheel.build(installed))


def _source(installed: Distribution) -> dict[str, Any]:
    """Returns what the installer noted of where the copy came from; nothing where that was an
    index, by its name."""
    noted = installed.read_text("direct_url.json")
    try:
        source = json.loads(noted) if noted else {}
    except ValueError:
        source = None
    return source if isinstance(source, dict) else {"url": ""}


def _of_repository(source: Mapping[str, Any]) -> Requirement | None:
    """Returns the requirement of a commit in a git repository, where others can reach it without a
    password."""
    match source:
        case {"url": str(url), "vcs_info": {"vcs": "git", "commit_id": str(commit)}}:
            inside = str(source.get("subdirectory", ""))
            is_fit = (
                re.fullmatch("[0-9a-f]{40,64}", commit)
                and re.fullmatch(r"[\w./-]*", inside)
                and _is_public(url)
            )
        case _:
            return None
    if not is_fit:
        return None
    folder = f"#subdirectory={inside}" if inside else ""
    line = f"{NAME} @ git+{url}@{commit}{folder}"
    on_github = None if inside else _GITHUB.fullmatch(url)
    return Requirement(
        line=line,
        origin="the repository from which it was installed, at its commit",
        repository=on_github[1] if on_github else "",
        commit=commit,
    )


def _is_public(url: str) -> bool:
    """Tells whether an address may be reached from anywhere: https, without a login, on a host with
    a public name."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        named = ipaddress.ip_address(host).is_global
    except ValueError:
        named = "." in host
    is_plain = re.fullmatch(
        r"https://[\w.:/~+%-]+", url, re.ASCII
    )  # without a login, or what pip would read otherwise
    return bool(is_plain) and named and not urls.is_placeholder(url)


def _of_release(installed: Distribution, now: datetime, index: str) -> Requirement | None:
    """Returns the requirement of the release on the index whose wheel has the same files as this
    copy, if one has."""
    from digest.feeds import fetch

    limits = Limits(deadline=15, connect=5, silence=10, retries=0)

    def fetched(address: str) -> bytes:
        answer = fetch.fetch_page(address, agent=f"digest/{__version__}", now=now, limits=limits)
        return b"" if isinstance(answer, Failed) else answer.body or b""

    wheels = _wheels(fetched(f"{index}/pypi/{NAME}/{installed.version}/json"))
    wheel = fetched(wheels[0]) if wheels else b""
    if not _has_files_of(wheel, installed):
        return None
    line = f"{NAME}=={installed.version} --hash=sha256:{hashlib.sha256(wheel).hexdigest()}"
    return Requirement(line=line, origin="the release on the package index")


def _wheels(answer: bytes) -> list[str]:
    """Returns the addresses of a release's wheels, as the index's JSON has them; none in any other
    answer."""
    try:
        return [
            file["url"]
            for file in json.loads(answer)["urls"]
            if file["packagetype"] == "bdist_wheel"
        ]
    except (ValueError, TypeError, LookupError):
        return []


def _has_files_of(wheel: bytes, installed: Distribution) -> bool:
    """Tells whether a wheel's program is, file by file, the installed one."""
    try:
        with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
            theirs = {
                name: archive.read(name)
                for name in archive.namelist()
                if name.startswith("digest/")
            }
    except (zipfile.BadZipFile, NotImplementedError, OSError, RuntimeError):
        return False
    ours = {str(file): file for file in installed.files or () if str(file).startswith("digest/")}
    ours = {name: file for name, file in ours.items() if not name.endswith(".pyc")}
    return theirs.keys() == ours.keys() and all(
        Path(file.locate()).read_bytes() == theirs[name] for name, file in ours.items()
    )


def _of_wheel(name: str, content: bytes) -> Requirement:
    line = f"./{FOLDER}/{name} --hash=sha256:{hashlib.sha256(content).hexdigest()}"
    return Requirement(
        line=line, origin="the copy that ran it, packed into that file", wheel=(name, content)
    )
