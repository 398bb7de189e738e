"""The output folder: pages appear by rename and only where their bytes differ, and what a build no longer makes goes.

    begin ──▶ stage each file that differs, unseen ──▶ commit: what is stale goes, what is staged appears

The cache has, for each output folder, a list of what builds wrote there, with fingerprints: only what is in that list,
and is still as it was written, is ever removed. Where the list is lost or not complete, what is at an address of a page
or feed of ours and says that Digest made it is removed as well; what else is there stays, and is named.
Folders that hold what people wrote are refused, and so is writing through a symbolic link that leads elsewhere.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from digest import disk
from digest.cache import Cache
from digest.disk import Stamp
from digest.errors import DigestError
from digest.site import addresses, own_files, staging
from digest.site.staging import Staging

_KEPT = ("content", "templates", "digest", "tests", ".git", disk.CACHE)
_NAMED = 3
_BUILT_INSIDE = ("preview", "publish")  # of `.digest/`


class Written(NamedTuple):
    """What came of one build's files; `not_removed` says of each that is no longer part of the site why it is there
    still: it stays in the list, so that the next build tries again. `unknown` names files that builds may have left there
    or not, which stay."""

    written: int
    removed: int
    unchanged: int
    not_removed: tuple[str, ...] = ()
    unknown: str = ""


class Manifest(NamedTuple):
    """The last build into a folder: from which `content` and `site` (hashes), each file's key and stamp, its report.

    `to_record`: the ledgers did not have the places of all stories.
    """

    content: bytes = b""
    site: bytes = b""
    made: Mapping[str, tuple[bytes, Stamp]] = {}
    report: Mapping[str, int | str | list[str]] = {}
    to_record: bool = False


def check(root: Path, output: Path) -> Path:
    """Returns the output folder, resolved; raises DigestError where a build into it could harm what people wrote."""
    folder, home = output.resolve(), root.resolve()
    if _is_named_inside(root, output) and not folder.is_relative_to(home):
        cure = f"name that folder itself with --output {folder}"
        raise DigestError(
            f"{output}: this symbolic link leads out of the digest; remove it, or {cure}"
        )
    if home.is_relative_to(folder):
        raise DigestError(
            f"{output}: the site cannot be built into the digest itself; choose a folder such as site/"
        )
    for name in _KEPT:
        kept = home / name
        allowed = name == disk.CACHE and any(
            folder.is_relative_to(kept / place) for place in _BUILT_INSIDE
        )
        if folder.is_relative_to(kept) and not allowed:
            raise DigestError(
                f"{output}: the site cannot be built into {name}/; choose a folder such as site/"
            )
    if folder.exists() and not folder.is_dir():
        raise DigestError(f"{output}: this is a file; choose a folder such as site/")
    return folder


def _is_named_inside(root: Path, output: Path) -> bool:
    """Tells whether the words of a path name a folder of the digest, wherever links lead."""
    named = Path(os.path.abspath(output))  # noqa: PTH100 - which alone leaves links as they are
    return any(named.is_relative_to(home) for home in (root.absolute(), root.resolve()))


def name_of(root: Path, folder: Path) -> str:
    """Returns the name that a folder has in the cache; it stays when a digest is moved with its output."""
    home = root.resolve()
    name = folder.relative_to(home) if folder.is_relative_to(home) else folder
    return hashlib.sha256(os.fsencode(name.as_posix())).hexdigest()[:16]


class Output:
    """One build's way into the output folder: `begin`, then every file is staged, then all appear with `commit`.

    Unless it shall `force` its way, it writes over no file that no build has made, and into no folder with the site of
    a digest whose Atom id is not `id`. Raises DigestError then, and where the disk refuses.
    """

    def __init__(
        self, root: Path, folder: Path, cache: Cache, *, id: str = "", force: bool = False
    ) -> None:
        self._root, self.folder, self._cache = root, check(root, folder), cache
        self._place = os.fspath(self.folder)
        self._id, self._force, self._named = id, force, folder
        self._paths: set[str] = set()
        self._before: dict[str, str] = {}
        self._found: set[str] = set()
        self._prints: dict[str, str] = {}
        self._looks_around = False
        self._kept: set[str] = set()
        self._not_removed: dict[str, str] = {}
        self._name = name_of(root, self.folder)
        self.manifest = cache.get("output", self._name, b"", Manifest) or Manifest()
        listed = cache.get("files", self._name, b"", dict[str, str])
        self.listed = listed if listed and all(map(own_files.is_inside, listed)) else None
        """The paths that earlier builds wrote, each with its fingerprint; None where the list is lost, empty or damaged."""
        self._staging = Staging(self.folder, begin=self._note_begun)

    def _note_begun(self) -> None:
        """Notes that a build writes: one that is killed leaves files that the next one has to remove."""
        self._cache.put("busy", self._name, b"", True)
        self._cache.save()

    @cached_property
    def is_as_built(self) -> bool:
        """Whether the folder has all files of the last build, just as that left them.

        Where it has not, something else has written into it, such as a later build whose list was lost when an older
        `.digest/` was put back: then the list is not complete.
        """
        made = self.manifest.made
        if not made or (self.listed or {}).keys() != made.keys():
            return False
        return all(self._stands(path, stamp) for path, (_, stamp) in made.items())

    def is_current(self, content: bytes, site: bytes) -> bool:
        """Tells whether the folder has the site made from content and site settings with these hashes."""
        known = self.manifest.content, self.manifest.site
        return bool(content) and known == (content, site) and self.is_as_built

    def begin(self, paths: Iterable[str]) -> None:
        """Begins a build of these files; removes what a killed build left unfinished."""
        self._paths = set(paths)
        if self._id and not self.is_as_built and not self._force:
            self._refuse_another_digest()
        self._before = dict(self.listed or {})
        if self.listed is None or not self.is_as_built:
            self._found = self._recognised()
            self._before = dict.fromkeys(self._found, "") | self._before
            self._looks_around = not self._is_inside_cache and own_files.is_own_site(self.folder)
        if self.listed is None or self._cache.get("busy", self._name, b"", bool):
            _sweep(self.folder, self._before.keys() | self._paths)

    def _refuse_another_digest(self) -> None:
        """Raises DigestError if the folder has the site of another digest, as the Atom id of its feed says.

        A feed that is as the last build left it, or may be, is its own, under an id that was changed since.
        """
        feed, made = addresses.FEED, self.manifest.made
        is_own = (
            self._stands(feed, made[feed][1])
            if feed in made
            else not made and self.listed is not None
        )
        theirs = None if is_own else own_files.feed_id(self.folder)
        if theirs is not None and theirs != self._id:
            what = f"this folder has the site of another digest, whose id is {theirs}"
            raise DigestError(
                f"{self._named}: {what}; choose another folder, or build with --force"
            )

    @property
    def _is_inside_cache(self) -> bool:
        return self.folder.is_relative_to(self._root.resolve() / disk.CACHE)

    def _recognised(self) -> set[str]:
        """Returns what earlier builds have left where their list is not all: in `.digest/`, that is every file."""
        if self._is_inside_cache:
            return {
                path.relative_to(self.folder).as_posix()
                for path in self.folder.rglob("*")
                if not path.is_dir()
            }
        return own_files.recognised(self.folder)

    @cached_property
    def _places(self) -> list[str]:
        return _folders(self._paths)

    def _inside(self) -> list[str]:
        return [self._place, *(f"{self._place}/{place}" for place in self._places)]

    def has(self, path: str, key: bytes) -> bool:
        """Tells whether a file was made by this key, and still is what it was."""
        made = self.manifest.made.get(path)
        found = (
            made is not None
            and made[0] == key
            and (self.is_as_built or self._stands(path, made[1]))
        )
        if found:
            self._kept.add(path)
        return found

    def _stands(self, path: str, stamp: Stamp) -> bool:
        try:
            status = os.lstat(f"{self._place}/{path}")
        except OSError:
            return False
        return disk.stamp(status) == stamp and stat.S_IMODE(status.st_mode) == staging.FILE

    def stage(self, path: str, content: bytes) -> None:
        """Makes a file ready where its bytes differ from what is there."""
        self._prints[path] = own_files.fingerprint(path, content)
        self._staging.put(path, content)

    def drop(self) -> None:
        """Takes away all that was staged: the site stays as it was."""
        self._staging.drop(self._paths)
        with contextlib.suppress(DigestError):  # why the build fails is said already
            self._cache.remove("busy", self._name)
            self._cache.save()

    def commit(self, keys: Mapping[str, bytes], manifest: Manifest) -> Written:
        """Puts all that was staged in place, and removes what this build no longer makes.

        `keys` has that of each file; they are kept with the rest of the manifest.
        """
        staged = self._staging.ready()
        self._refuse_loss(staged)
        prints = {path: self._prints.get(path) or self._print_of(path) for path in self._paths}
        if self._before != prints:  # so that a kill leaves nothing that is not listed
            self._keep_list(
                self._before
                | {path: f"{self._before.get(path, '')} {new}" for path, new in prints.items()}
            )
        gone = _stale(self.folder, self._before, self._paths)
        stale = [path for path in gone if self._is_ours(path)]
        removed = (
            sum(map(self._remove, _in_the_way(stale, self._paths, self._places))) if stale else 0
        )
        self._staging.settle()
        removed += sum(map(self._remove, stale))
        inside = self.folder.is_relative_to(
            self._root.resolve()
        )  # another folder's mode is not ours to change
        _mend_folders(self._inside()[not inside :])
        before = self.manifest.made
        made = {
            path: before[path] if path in self._kept else (key, self.stamp(path))
            for path, key in keys.items()
        }
        manifest = manifest._replace(made=made)
        if manifest != self.manifest:
            self._cache.put("output", self._name, b"", manifest)
        self._cache.remove("busy", self._name)
        self._keep_list(prints | {path: self._before[path] for path in self._not_removed})
        return Written(
            written=len(staged),
            removed=removed,
            unchanged=len(self._paths) - len(staged),
            not_removed=tuple(
                f"{self.folder / path}: is no longer part of the site and cannot be removed: {why}; the next build "
                "tries again"
                for path, why in sorted(self._not_removed.items())
            ),
            unknown=self._name_unknown(gone),
        )

    def _keep_list(self, files: dict[str, str]) -> None:
        if self.listed != files:
            self._cache.put("files", self._name, b"", files)
            self.listed = files
        self._cache.save()

    def _print_of(self, path: str) -> str:
        """Returns the fingerprint of a file that is as an earlier build left it."""
        known = self._before.get(path)
        return known or own_files.fingerprint(path, disk.read(self.folder / path) or b"")

    def _is_ours(self, path: str) -> bool:
        """Tells whether a listed file is the one that a build wrote: a list from elsewhere may name somebody's own."""
        if path in self._found:
            return True
        target = self.folder / path
        try:
            content = None if target.is_symlink() else disk.read(target)
        except DigestError:  # such as a folder
            return False
        return content is not None and (
            own_files.fingerprint(path, content) in self._before[path].split()
        )

    def _name_unknown(self, gone: Collection[str]) -> str:
        """Returns a line on files that no build is known to have made, where one may have: they stay in the folder."""
        if self._is_inside_cache:
            return ""
        there = (
            (path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*"))
            if self._looks_around
            else gone
        )
        unknown = sorted(
            path
            for path in there
            if path not in self._paths
            and path not in self._not_removed
            and not any(part.startswith(".") for part in path.split("/"))
            and _is_file(self.folder / path)
        )
        if not unknown:
            return ""
        more = f" and {len(unknown) - _NAMED} more" if len(unknown) > _NAMED else ""
        what = "not part of the site, and may be yours, so it stays; delete it if it is not"
        if len(unknown) > 1:
            what = "not part of the site, and may be yours, so they stay; delete what is not"
        return f"{self.folder}: {', '.join(unknown[:_NAMED])}{more}: {what}"

    def _refuse_loss(self, staged: Collection[str]) -> None:
        """Raises DigestError where files would be written over that neither a build nor Digest has made.

        Where the list is lost, all that a build makes is ours in a folder whose home page or feed is.
        """
        if (
            not staged
            or self._force
            or (self.listed is None and own_files.is_own_site(self.folder))
        ):
            return
        new = sorted(path for path in staged if path not in self._before)
        others = [
            path
            for path in new
            if _is_file(self.folder / path) and not own_files.is_ours(self.folder / path)
        ]
        if others:
            more = f" and {len(others) - _NAMED} more files" if len(others) > _NAMED else ""
            what = (
                f"{self.folder / others[0]}: Digest did not make this file, and would write over it"
            )
            named = f" (and over {', '.join(others[1:_NAMED])}{more})" if len(others) > 1 else ""
            raise DigestError(
                f"{what}{named}; move it, choose another folder, or build with --force"
            )

    def _remove(self, path: str) -> bool:
        """Removes a file that we wrote, and the folders that this leaves empty; tells whether it was there."""
        target = self.folder / path
        if not target.parent.resolve().is_relative_to(self.folder):
            return False
        try:
            target.unlink()
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            if _is_file(target):  # else a folder stands there now, which is not ours
                self._not_removed[path] = error.strerror or str(error)
            return False
        for above in target.parents:
            if above == self.folder:
                break
            with contextlib.suppress(OSError):
                above.rmdir()
        return True

    def stamp(self, path: str) -> Stamp:
        """Returns the stamp of a file that is there."""
        return disk.stamp(os.lstat(f"{self._place}/{path}"))


def _sweep(folder: Path, paths: Collection[str]) -> None:
    """Removes what a killed build has left unfinished of files that we write."""
    for place in (".", *_folders(paths)):
        inside = folder / place
        if inside.is_dir() and inside.resolve().is_relative_to(folder):
            for path in inside.glob(".*"):
                if (
                    PurePosixPath(place) / disk.leftover(path.name)
                ).as_posix() in paths and path.is_file():
                    disk.unlink(path)


def _folders(paths: Iterable[str]) -> list[str]:
    """Returns every folder above the paths, the outer before the inner."""
    found: set[str] = set()
    for path in paths:
        above = path.rpartition("/")[0]
        while above and above not in found:
            found.add(above)
            above = above.rpartition("/")[0]
    return sorted(found)


def _stale(folder: Path, before: Collection[str], whole: set[str]) -> list[str]:
    """Returns what an earlier build wrote and this one did not make.

    On a disk that does not tell case apart, a page whose address has changed only in that is the same file: it stays.
    """
    gone = sorted(path for path in before if path not in whole)
    cased = {path.casefold(): path for path in whole} if gone else {}
    stale = []
    for path in gone:
        twin = cased.get(path.casefold())
        if twin is None or not _same_file(folder / path, folder / twin):
            stale.append(path)
    return stale


def _same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _in_the_way(stale: Iterable[str], whole: Collection[str], places: Iterable[str]) -> list[str]:
    """Returns the stale files that are where a folder must be, or in a folder where a file must be."""
    needed = set(places)
    return [
        path
        for path in stale
        if path in needed
        or any(folder.as_posix() in whole for folder in PurePosixPath(path).parents)
    ]


def _is_file(place: Path) -> bool:
    """Tells whether there is something that is no folder; a link is something."""
    return place.is_symlink() or (place.exists() and not place.is_dir())


def _mend_folders(places: Iterable[str]) -> None:
    """Gives the folders that we write in the mode that web hosts need; what a link leads to is not ours."""
    for place in places:
        mode = os.lstat(place).st_mode
        if stat.S_ISDIR(mode) and stat.S_IMODE(mode) != staging.FOLDER:
            os.chmod(place, staging.FOLDER)  # noqa: PTH101 - as lstat is, a fifth of the cost
