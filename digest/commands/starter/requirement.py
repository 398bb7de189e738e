"""The requirement by which other machines install exactly this version of Digest: the workflow,
other editors, other hosts.

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
import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any

from digest import __version__, installed
from digest.commands.shared import site_address
from digest.commands.starter import own_wheel
from digest.feeds.limits import Limits
from digest.model import Failed

INDEX = "https://pypi.org"
FILE = "requirements.txt"
FOLDER = "tools"
_LOCK = own_wheel.PACKAGE / "locked-packages.txt"
_GITHUB = re.compile(r"https://github\.com/([\w-]+/[\w.-]+?)(?:\.git)?/?", re.IGNORECASE)
_AGENT = f"digest/{__version__}"
_LIMITS = Limits(deadline=15, connect_timeout=5, read_timeout=10, retries=0)
_REFUSED = {401, 403, 404, 410}
"""What a host answers for a repository that only some may read."""
_HASH = re.compile(r" \\\n +--hash=\S+")
_HEAD = """\
# What builds this digest: Digest {version} and the exact release of every package that it needs.
# Install it with
#     python -m pip install --requirement {file}
# Written by `digest init`, from {origin}.

{line}

"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """A line of pip's that installs this copy, and in words what it is. `wheel` is put into
    `FOLDER`, where it is used.

    `commit` is that of the repository, whose name on GitHub is `repository`; both are "" for what
    comes from elsewhere.
    """

    line: str
    origin: str
    wheel: tuple[str, bytes] | None = None
    repository: str = ""
    commit: str = ""

    def text(self, file: str = FILE) -> str:
        """Returns the requirements file that installs Digest, and everything that it needs."""
        lock = _LOCK.read_text(encoding="utf-8")
        if self.commit:
            lock = _HASH.sub("", lock)  # pip knows no hash of a repository
        head = _HEAD.format(version=__version__, file=file, origin=self.origin, line=self.line)
        return head + lock


def for_running_copy(*, now: datetime | None, index: str = INDEX) -> Requirement | None:
    """Returns the requirement of the copy that runs; None if it is not installed, and so has no
    metadata.

    Asks the index only for a copy that came from one, and only with `now`; what the index has is
    used only if it has the same files.
    """
    copy = installed.metadata()
    return for_copy(copy, now=now, index=index) if copy else None


def for_copy(copy: Distribution, *, now: datetime | None, index: str = INDEX) -> Requirement:
    """Returns the requirement of an installed copy; of the one that runs, whatever is installed
    beside it."""
    found = None
    if Path(str(copy.locate_file(own_wheel.PACKAGE.name))).resolve() == own_wheel.PACKAGE:
        source = installed.direct_url(copy)
        found = _of_repository(source, now)
        if not source and now:
            found = _of_release(copy, now, index)
    if found:
        return found
    name, wheel = own_wheel.build(copy)
    return Requirement(
        line=f"./{FOLDER}/{name} --hash=sha256:{hashlib.sha256(wheel).hexdigest()}",
        origin="the copy that ran it, packed into that file",
        wheel=(name, wheel),
    )


def _of_repository(source: Mapping[str, Any], now: datetime | None) -> Requirement | None:
    """Returns the requirement of a commit in a git repository, if others can reach it without a
    password."""
    match source:
        case {"url": str(url), "vcs_info": {"vcs": "git", "commit_id": str(commit)}}:
            folder = str(source.get("subdirectory", ""))
        case _:
            return None
    if not (re.fullmatch("[0-9a-f]{40,64}", commit) and re.fullmatch(r"[\w./-]*", folder)):
        return None
    if not _is_public(url, now):
        return None
    line = f"{installed.NAME} @ git+{url}@{commit}"
    on_github = None
    if folder:
        line += f"#subdirectory={folder}"
    else:
        on_github = _GITHUB.fullmatch(url)
    return Requirement(
        line=line,
        origin="the repository from which it was installed, at its commit",
        repository=on_github[1] if on_github else "",
        commit=commit,
    )


def _is_public(url: str, now: datetime | None) -> bool:
    """True if a repository may be read from anywhere: by https, without a login, on a host with a
    public name.

    pip does not note the login that it used, so the host is asked, with `now`; without an answer,
    the repository counts as public.
    """
    if not re.fullmatch(r"https://[\w.:/~+%-]+", url, re.ASCII) or site_address.why_unreachable(
        url
    ):
        return False
    return now is None or not needs_login(url, now)


def needs_login(url: str, now: datetime) -> bool:
    """True if a git repository cannot be read without a login."""
    from digest.feeds import fetch

    address = f"{url.rstrip('/')}/info/refs?service=git-upload-pack"
    (answer,) = fetch.check_links([address], agent=_AGENT, now=now, limits=_LIMITS)
    return answer.status in _REFUSED


def _of_release(copy: Distribution, now: datetime, index: str) -> Requirement | None:
    """Returns the requirement of the release on the index whose wheel has the same files as this
    copy, if one has."""
    from digest.feeds import fetch

    def fetched(address: str) -> bytes:
        answer = fetch.fetch_page(address, agent=_AGENT, now=now, limits=_LIMITS)
        return b"" if isinstance(answer, Failed) else answer.body or b""

    try:
        release = json.loads(fetched(f"{index}/pypi/{installed.NAME}/{copy.version}/json"))
        wheels = [file["url"] for file in release["urls"] if file["packagetype"] == "bdist_wheel"]
    except (ValueError, TypeError, LookupError):  # not an answer of the index's JSON API
        return None
    wheel = fetched(wheels[0]) if wheels else b""
    if not _has_files_of(wheel, copy):
        return None
    line = f"{installed.NAME}=={copy.version} --hash=sha256:{hashlib.sha256(wheel).hexdigest()}"
    return Requirement(line=line, origin="the release on the package index")


def _has_files_of(wheel: bytes, copy: Distribution) -> bool:
    """True if a wheel's program is, file by file, the installed one."""
    theirs = {}
    try:
        with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
            for name in archive.namelist():
                if name.startswith("digest/"):
                    theirs[name] = archive.read(name)
    except (zipfile.BadZipFile, NotImplementedError, OSError, RuntimeError):
        return False
    ours = {}
    for file in copy.files or ():
        if str(file).startswith("digest/") and not str(file).endswith(".pyc"):
            ours[str(file)] = file
    if theirs.keys() != ours.keys():
        return False
    return all(Path(file.locate()).read_bytes() == theirs[name] for name, file in ours.items())
