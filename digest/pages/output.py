"""The output folder: pages appear by rename and only where their bytes differ, and what a build no longer makes goes.

What a build wrote is listed in `.digest/`, for each output folder; only what stands in that list is ever removed. Where
the list is lost, what lies at an address of a page or feed of ours and says that Digest made it stands in for it.
Refuses folders that hold what people wrote, and to write through a symbolic link that leads elsewhere.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import stat
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from digest import disk
from digest.errors import DigestError
from digest.model import Copied
from digest.pages import addresses

_FILE, _FOLDER = 0o644, 0o755  # what web hosts need, whatever the umask
_KEPT = ("content", "templates", "digest", "tests", ".git", disk.CACHE)
_BUILT_INSIDE = ("preview", "publish")  # of `.digest/`
_MARKS = {  # and where the head of such a file ends: further down it may be anybody's words
    ".html": (b'<meta name="generator" content="Digest">', b"<body"),
    ".atom": (b"<generator>Digest</generator>", b"<entry"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What came of one build's files."""

    written: int
    removed: int
    unchanged: int


def check(root: Path, output: Path) -> Path:
    """Returns the output folder, resolved; raises DigestError where a build into it could harm what people wrote."""
    folder, home = output.resolve(), root.resolve()
    if home.is_relative_to(folder):
        raise DigestError(f"{output}: the site cannot be built into the digest itself; choose a folder such as site/")
    for name in _KEPT:
        kept = home / name
        allowed = name == disk.CACHE and any(folder.is_relative_to(kept / place) for place in _BUILT_INSIDE)
        if folder.is_relative_to(kept) and not allowed:
            raise DigestError(f"{output}: the site cannot be built into {name}/; choose a folder such as site/")
    if folder.exists() and not folder.is_dir():
        raise DigestError(f"{output}: this is a file; choose a folder such as site/")
    return folder


def write(files: Mapping[str, bytes], copied: Iterable[Copied], root: Path, output: Path) -> Written:
    """Brings the output folder to what the build made; raises DigestError where the disk refuses."""
    folder = check(root, output)
    whole = {**files, **{one.path: _source(one) for one in copied}}
    _refuse_links(folder, whole)
    listing = _listing(root, folder)
    before = _read_list(listing)
    if before is None:
        before = _recognised(folder)
    _write_list(listing, before | whole.keys())  # so that a build that is killed leaves nothing that nobody knows
    _sweep(folder, before | whole.keys())
    stale = _stale(folder, before, whole)
    removed = sum(_remove(folder, path) for path in _in_the_way(stale, whole))
    written = sum(_put(folder / path, content) for path, content in whole.items())
    removed += sum(_remove(folder, path) for path in stale)
    _mend_folders(root, folder, whole)
    _write_list(listing, whole.keys())
    return Written(written=written, removed=removed, unchanged=len(whole) - written)


def _sweep(folder: Path, paths: Collection[str]) -> None:
    """Removes what a killed build has left unfinished of files that we write."""
    for place in (".", *_folders(paths)):
        inside = folder / place
        if inside.is_dir() and inside.resolve().is_relative_to(folder):
            for path in inside.glob(".*"):
                if (PurePosixPath(place) / disk.leftover(path.name)).as_posix() in paths and path.is_file():
                    disk.unlink(path)


def _source(copied: Copied) -> bytes:
    content = disk.read(copied.source)
    if content is None:
        raise DigestError(f"{copied.file}: this file went away during the build; build again")
    return content


def _refuse_links(folder: Path, paths: Iterable[str]) -> None:
    """Raises DigestError where a folder that is to be written in leads out of the output folder."""
    for place in _folders(paths):
        inside = folder / place
        if inside.is_symlink() and not inside.resolve().is_relative_to(folder):
            raise DigestError(f"{inside}: this symbolic link leads out of the output folder; remove it")


def _folders(paths: Iterable[str]) -> list[str]:
    """Returns every folder above the paths, the outer before the inner."""
    found = {folder.as_posix() for path in paths for folder in PurePosixPath(path).parents}
    return sorted(found - {"."})


def _listing(root: Path, folder: Path) -> Path:
    """Returns the file that lists what was built into a folder; it moves with a digest that holds its output."""
    home = root.resolve()
    name = folder.relative_to(home) if folder.is_relative_to(home) else folder
    return root / disk.CACHE / "built" / f"{hashlib.sha256(name.as_posix().encode()).hexdigest()[:16]}.json"


def _read_list(listing: Path) -> set[str] | None:
    """Returns the paths that an earlier build wrote; None where the list is lost or damaged."""
    try:
        paths = json.loads(disk.read(listing) or b"null")
    except ValueError:
        return None
    if not isinstance(paths, list):
        return None
    return {path for path in paths if isinstance(path, str) and _is_inside(path)}


def _recognised(folder: Path) -> set[str]:
    """Returns the paths of pages and feeds of ours that an earlier build left in a folder.

    Pictures and what was copied bear no mark, so they stay; files that every build makes need not be found.
    """
    found = set()
    for pattern in addresses.OUTPUTS:
        for path in folder.glob(pattern):
            mark, end = _MARKS[path.suffix]
            if not path.is_symlink() and path.is_file() and mark in (disk.read(path) or b"").partition(end)[0]:
                found.add(path.relative_to(folder).as_posix())
    return {path for path in found if not _is_home_of_another(folder / path)}


def _is_home_of_another(page: Path) -> bool:
    """Tells whether a page stands where another digest's site begins: no page of ours has a style sheet beside it."""
    return page.with_name(addresses.STYLE).exists()


def _is_inside(path: str) -> bool:
    pure = PurePosixPath(path)
    return bool(pure.parts) and not pure.is_absolute() and ".." not in pure.parts and "\0" not in path


def _write_list(listing: Path, paths: Iterable[str]) -> None:
    content = json.dumps(sorted(paths), indent=0).encode()
    if disk.read(listing) != content:
        disk.write(listing, content)


def _stale(folder: Path, before: Iterable[str], whole: Mapping[str, bytes]) -> list[str]:
    """Returns what an earlier build wrote and this one did not make.

    On a disk that does not tell case apart, a page whose address has changed only in that is the same file: it stays.
    """
    cased = {path.casefold(): path for path in whole}
    stale = []
    for path in sorted(set(before) - whole.keys()):
        twin = cased.get(path.casefold())
        if twin is None or not _same_file(folder / path, folder / twin):
            stale.append(path)
    return stale


def _same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _in_the_way(stale: Iterable[str], whole: Mapping[str, bytes]) -> list[str]:
    """Returns the stale files that are where a folder must be, or in a folder where a file must be."""
    needed = set(_folders(whole))
    return [
        path
        for path in stale
        if path in needed or any(folder.as_posix() in whole for folder in PurePosixPath(path).parents)
    ]


def _remove(folder: Path, path: str) -> bool:
    """Removes a file that we wrote, and the folders that this leaves empty; tells whether it was there."""
    target = folder / path
    if not target.parent.resolve().is_relative_to(folder):
        return False
    try:
        target.unlink()
    except OSError:
        return False  # gone already, or something else stands there now
    for above in target.parents:
        if above == folder:
            break
        with contextlib.suppress(OSError):
            above.rmdir()
    return True


def _put(path: Path, content: bytes) -> bool:
    """Writes a file where its bytes differ, and tells whether it did; a symbolic link gives way to a file."""
    try:
        status = path.lstat()
    except OSError:
        status = None
    if status and stat.S_ISREG(status.st_mode) and status.st_size == len(content) and disk.read(path) == content:
        if stat.S_IMODE(status.st_mode) != _FILE:
            path.chmod(_FILE)
        return False
    disk.write(path, content, mode=_FILE)
    return True


def _mend_folders(root: Path, folder: Path, paths: Iterable[str]) -> None:
    """Gives the folders that we write in the mode that web hosts need; one outside the digest is not ours to change."""
    places = [folder / place for place in _folders(paths)]
    if folder.is_relative_to(root.resolve()):
        places.append(folder)
    for place in places:
        if stat.S_IMODE(place.stat().st_mode) != _FOLDER:
            place.chmod(_FOLDER)
