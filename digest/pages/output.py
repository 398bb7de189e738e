"""The output folder: pages appear by rename and only where their bytes differ, and what a build no longer makes goes.

    open ──▶ stage each file that differs, unseen ──▶ commit: what is stale goes, what is staged appears

What a build wrote is listed in `.digest/`, for each output folder; only what stands in that list is ever removed. Where
the list is lost, what lies at an address of a page or feed of ours and says that Digest made it stands in for it.
Refuses folders that hold what people wrote, and to write through a symbolic link that leads elsewhere.
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
from digest.disk import Stamp
from digest.errors import DigestError
from digest.pages import addresses, listing, staging
from digest.pages.staging import Staging

_KEPT = ("content", "templates", "digest", "tests", ".git", disk.CACHE)
_NAMED = 3
_BUILT_INSIDE = ("preview", "publish")  # of `.digest/`


class Written(NamedTuple):
    """What came of one build's files; `not_removed` says of each that is no part of the site any more why it is there
    still: it stays in the list, so that the next build tries again."""

    written: int
    removed: int
    unchanged: int
    not_removed: tuple[str, ...] = ()


def check(root: Path, output: Path) -> Path:
    """Returns the output folder, resolved; raises DigestError where a build into it could harm what people wrote."""
    folder, home = output.resolve(), root.resolve()
    if _is_named_inside(root, output) and not folder.is_relative_to(home):
        cure = f"name that folder itself with --output {folder}"
        raise DigestError(f"{output}: this symbolic link leads out of the digest; remove it, or {cure}")
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


def _is_named_inside(root: Path, output: Path) -> bool:
    """Tells whether the words of a path name a folder of the digest, wherever links lead."""
    named = Path(os.path.abspath(output))  # noqa: PTH100 - which alone leaves links as they are
    return any(named.is_relative_to(home) for home in (root.absolute(), root.resolve()))


def name_of(root: Path, folder: Path) -> str:
    """Returns the name by which builds into a folder are remembered; it moves with a digest that holds its output."""
    home = root.resolve()
    name = folder.relative_to(home) if folder.is_relative_to(home) else folder
    return f"built/{hashlib.sha256(name.as_posix().encode()).hexdigest()[:16]}"


class Output:
    """One build's way into the output folder: first every file is staged, then all appear.

    `paths` are all files that the site will have, `before` is the way that the last build of this process took, if that
    came to its end: then the files need not all be looked at again. Unless it shall `force` its way, it writes over no
    file that no build has made, and into no folder with the site of a digest whose Atom id is not `id`. Raises
    DigestError then, and where the disk refuses.

    `stamps` are those of the files that the last build left, None if they do not matter. If a file has another one now,
    something else has written into the folder, such as a later build whose list was lost when an older `.digest/` was
    put back: then the list is not complete.
    """

    def __init__(
        self,
        root: Path,
        output: Path,
        paths: Iterable[str],
        before: Output | None = None,
        *,
        stamps: Mapping[str, Stamp] | None = None,
        id: str = "",
        force: bool = False,
    ) -> None:
        self._root, self.folder = root, check(root, output)
        self._place = os.fspath(self.folder)
        self._paths = set(paths)
        self._not_removed: dict[str, str] = {}
        self._force = force
        self._left: tuple[Stamp, ...] = ()
        name = f"{disk.CACHE}/{name_of(root, self.folder)}"
        self._listing, self._busy = f"{name}.json", f"{name}.busy"
        # A build that is killed from its first file on leaves what the next one has to sweep.
        self._staging = Staging(self.folder, begin=lambda: disk.touch(root, self._busy))
        self.is_own = before is not None and before.is_left()
        """Whether nobody but this process has built into the folder since, so that it is believed to be as it was."""
        self.listed = before._all if before and self.is_own else listing.read(root, self._listing)
        """The paths that the last build wrote, None where that is lost."""
        self.is_as_built = self.is_own or (stamps is not None and self._is_as_built(stamps))
        """Whether the folder has all files of the last build that is remembered, just as that left them."""
        if id and not self.is_as_built and not force:
            self._refuse_another_digest(output, id, stamps or {})
        is_complete = self.listed is not None and (stamps is None or self.is_as_built)
        self._before = (self.listed or set()) | (set() if is_complete else self._found())
        if self.listed is None or os.path.lexists(root / self._busy):
            _sweep(self.folder, self._before | self._paths)

    @property
    def _all(self) -> set[str]:
        """What is there of this build and of earlier ones."""
        return self._paths.union(self._not_removed)

    def _is_as_built(self, stamps: Mapping[str, Stamp]) -> bool:
        if not stamps or self.listed is None or self.listed != set(stamps):
            return False
        return all(self._stands(path, stamp) for path, stamp in stamps.items())

    def _refuse_another_digest(self, output: Path, id: str, stamps: Mapping[str, Stamp]) -> None:
        """Raises DigestError if the folder has the site of another digest, as the Atom id of its feed says.

        A feed that is as the last build left it, or may be, is its own, under an id that was changed since.
        """
        feed = addresses.FEED
        is_own = self._stands(feed, stamps[feed]) if feed in stamps else not stamps and self.listed is not None
        theirs = None if is_own else listing.feed_id(self.folder)
        if theirs is not None and theirs != id:
            what = f"this folder has the site of another digest, whose id is {theirs}"
            raise DigestError(f"{output}: {what}; choose another folder, or build with --force")

    def _found(self) -> set[str]:
        """Returns what earlier builds have left where their list is not all: in `.digest/`, that is every file."""
        if self.folder.is_relative_to(self._root.resolve() / disk.CACHE):
            return {path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if not path.is_dir()}
        return listing.recognised(self.folder)

    @cached_property
    def _places(self) -> list[str]:
        return _folders(self._paths)

    def leave(self) -> Output:
        """Returns this way, with a note of how things look as this process leaves them, for the next build to go by."""
        self._left = self._signs()
        return self

    def is_left(self) -> bool:
        """Tells whether nobody has built into the folder since this process left it, nor taken folder or list away."""
        return bool(self._left) and self._left == self._signs()

    def _signs(self) -> tuple[Stamp, ...]:
        """Returns what is another after anybody's build: the folder of the lists is written to in each."""
        try:
            lists, folder = os.lstat((self._root / self._listing).parent), os.lstat(self._place)
        except OSError:
            return ()
        return disk.stamp(lists), (0, 0, folder.st_dev, folder.st_ino)

    def _inside(self) -> list[str]:
        return [self._place, *(f"{self._place}/{place}" for place in self._places)]

    def stands(self, path: str, stamp: Stamp) -> bool:
        """Tells whether a file is the very one that an earlier build put there."""
        return self.is_as_built or self._stands(path, stamp)

    def _stands(self, path: str, stamp: Stamp) -> bool:
        try:
            status = os.lstat(f"{self._place}/{path}")
        except OSError:
            return False
        return disk.stamp(status) == stamp and stat.S_IMODE(status.st_mode) == staging.FILE

    def stage(self, path: str, content: bytes) -> None:
        """Makes a file ready where its bytes differ from what is there."""
        self._staging.put(path, content)

    @property
    def staged(self) -> dict[str, bytes | None]:
        """What is ready: None, or the bytes of what can be written only when something stale has gone."""
        return self._staging.ready()

    def adopt(self, staged: Mapping[str, bytes | None]) -> None:
        """Takes over what another process has staged for the same build."""
        self._staging.ready().update(staged)

    def drop(self) -> None:
        """Takes away all that was staged, by whichever process: the site stays as it was."""
        self._staging.drop(self._paths)
        disk.unlink(self._root / self._busy)

    def commit(self) -> Written:
        """Puts all that was staged in place, and removes what this build no longer makes."""
        staged = self._staging.ready()
        self._refuse_loss(staged)
        if self._before != self._paths:
            # So that a kill leaves nothing that nobody knows.
            listing.write(self._root, self._listing, self._before | self._paths)
        stale = _stale(self.folder, self._before, self._paths)
        removed = sum(map(self._remove, _in_the_way(stale, self._paths, self._places))) if stale else 0
        self._staging.settle()
        removed += sum(map(self._remove, stale))
        if not self.is_own:
            inside = self.folder.is_relative_to(self._root.resolve())  # another folder's mode is not ours to change
            _mend_folders(self._inside()[not inside :])
        if self.listed != self._all:
            listing.write(self._root, self._listing, self._all)
        disk.unlink(self._root / self._busy)
        return Written(
            written=len(staged),
            removed=removed,
            unchanged=len(self._paths) - len(staged),
            not_removed=tuple(
                f"{self.folder / path}: is no part of the site any more and cannot be removed: {why}; the next build "
                "tries again"
                for path, why in sorted(self._not_removed.items())
            ),
        )

    def _refuse_loss(self, staged: Collection[str]) -> None:
        """Raises DigestError where files would be written over that neither a build nor Digest has made.

        Where the list is lost, all that a build makes is ours in a folder whose home page or feed is.
        """
        if not staged or self._force or (self.listed is None and listing.is_own_site(self.folder)):
            return
        new = sorted(path for path in staged if path not in self._before)
        others = [path for path in new if _is_file(self.folder / path) and not listing.is_ours(self.folder / path)]
        if others:
            more = f" and {len(others) - _NAMED} more files" if len(others) > _NAMED else ""
            what = f"{self.folder / others[0]}: Digest did not make this file, and would write over it"
            named = f" (and over {', '.join(others[1:_NAMED])}{more})" if len(others) > 1 else ""
            raise DigestError(f"{what}{named}; move it, choose another folder, or build with --force")

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
                if (PurePosixPath(place) / disk.leftover(path.name)).as_posix() in paths and path.is_file():
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
        if path in needed or any(folder.as_posix() in whole for folder in PurePosixPath(path).parents)
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
