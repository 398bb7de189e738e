"""The output folder: files that differ appear by rename, and files of earlier builds are removed.

    begin ──▶ stage each file under a hidden name ──▶ commit: rename staged files, remove stale ones

The cache has a list of the files that builds wrote into each output folder, with fingerprints. Only
what is in that list, and is still as it was written, is removed. If the list is lost or incomplete,
pages and feeds with the mark of Digest are removed as well; everything else stays, and is named.

Digest does not build into folders of content, nor write through a symbolic link that leads out
of the output folder.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from digest import disk
from digest.cache import Cache
from digest.disk import Stamp
from digest.errors import DigestError, and_more
from digest.site import addresses, marked_files, staging
from digest.site.staging import Staging

_PROTECTED = ("content", "templates", "digest", "tests", ".git", disk.WORK_FOLDER)
_MAX_NAMED = 3
_BUILT_INSIDE = ("preview", "publish")  # of `.digest/`


class Written(NamedTuple):
    """How many files a build wrote and removed.

    `not_removed` says which stale files could not be removed and why; they stay in the list, so
    that the next build tries again. `unknown` names files that may be the user's, so they stay.
    """

    written: int
    removed: int
    unchanged: int
    not_removed: tuple[str, ...] = ()
    unknown: str = ""


class Summary(NamedTuple):
    """What a report says of a site, also if a later build changes nothing (`BuildReport`).

    `search_failure` says why the search index could not be made; "" if it was, or none was wanted.
    """

    stories: int = 0
    weeks: int = 0
    search_failure: str = ""
    secrets: str = ""
    damaged: tuple[str, ...] = ()


class Manifest(NamedTuple):
    """The last build into a folder: keys of its content and of all else (program, templates,
    config).

    `files` has the key and stamp of each file. With `has_new_locations`, the build has not recorded
    the new locations of some stories.
    """

    content_key: bytes = b""
    settings_key: bytes = b""
    files: Mapping[str, tuple[bytes, Stamp]] = {}
    summary: Summary = Summary()
    has_new_locations: bool = False


def check(root: Path, output: Path) -> Path:
    """Returns the output folder, resolved; raises DigestError if a build could harm content."""
    folder, home = output.resolve(), root.resolve()
    written = Path(os.path.abspath(output))  # noqa: PTH100 - keeps symbolic links
    is_named_inside = written.is_relative_to(root.absolute()) or written.is_relative_to(home)
    if is_named_inside and not folder.is_relative_to(home):
        what = "this symbolic link leads out of the digest"
        cure = f"remove it, or name that folder itself with --output {folder}"
        raise DigestError(f"{output}: {what}; {cure}")
    cure = "choose a folder such as site/"
    if home.is_relative_to(folder):
        raise DigestError(f"{output}: the site cannot be built into the digest itself; {cure}")
    for name in _PROTECTED:
        allowed = _BUILT_INSIDE if name == disk.WORK_FOLDER else ()
        is_allowed = any(folder.is_relative_to(home / name / inner) for inner in allowed)
        if folder.is_relative_to(home / name) and not is_allowed:
            raise DigestError(f"{output}: the site cannot be built into {name}/; {cure}")
    if folder.exists() and not folder.is_dir():
        raise DigestError(f"{output}: this is a file; {cure}")
    return folder


def name_of(root: Path, folder: Path) -> str:
    """Returns the name of a folder in the cache, which stays if digest and output are moved."""
    home = root.resolve()
    name = folder.relative_to(home) if folder.is_relative_to(home) else folder
    return disk.path_hash(name.as_posix())


class Output:
    """The output folder during one build: call `begin`, then `stage` for each file, then `commit`.

    Unless `force` is set, it raises DigestError instead of writing over a file that no build made,
    or into a folder with the site of another digest (its Atom id is not `id`).
    """

    def __init__(
        self, root: Path, folder: Path, cache: Cache, *, id: str = "", force: bool = False
    ) -> None:
        self._root, self.folder, self._cache = root, check(root, folder), cache
        self._id, self._force, self._as_given = id, force, folder
        self._paths: set[str] = set()
        self._before: dict[str, str] = {}
        self._recognised: set[str] = set()
        self._fingerprints: dict[str, str] = {}
        self._look_for_unknown = False
        self._kept: set[str] = set()
        self._not_removed: dict[str, str] = {}
        self._name = name_of(root, self.folder)
        self.manifest = cache.get("output", self._name, b"", Manifest) or Manifest()
        self._staging = Staging(self.folder, begin=self._note_begun)

    @cached_property
    def listed(self) -> dict[str, str] | None:
        """The files that builds wrote, with fingerprints; None if the list is lost or damaged."""
        listed = self._cache.get("files", self._name, b"", dict[str, str])
        return listed if listed and all(map(marked_files.is_inside, listed)) else None

    def _note_begun(self) -> None:
        """Notes that a build has begun to write: if it is killed, the next one has to clean up."""
        self._cache.put("busy", self._name, b"", True)
        self._cache.save()

    @property
    def _was_killed(self) -> bool:
        return bool(self._cache.get("busy", self._name, b"", bool))

    @cached_property
    def is_as_built(self) -> bool:
        """True if the folder has all files of the last build, unchanged.

        If not, something else wrote into it, and the list may be incomplete: for example a later
        build, whose list was lost when an older `.digest/` was restored.
        """
        files = self.manifest.files
        if not files or (self.listed or {}).keys() != files.keys():
            return False
        return all(self._is_unchanged(path, stamp) for path, (_, stamp) in files.items())

    def is_current(self, content_key: bytes, settings_key: bytes) -> bool:
        """True if the folder has the site that was made under these keys; see `Manifest`.

        Not after a build that was killed: the next one removes what it left.
        """
        last = self.manifest.content_key, self.manifest.settings_key
        if not content_key or last != (content_key, settings_key):
            return False
        return self.is_as_built and not self._was_killed

    def begin(self, paths: Iterable[str]) -> None:
        """Starts a build of these files; removes unfinished files of a build that was killed."""
        self._paths = set(paths)
        if self._id and not self.is_as_built and not self._force:
            self._check_same_digest()
        self._before = dict(self.listed or {})
        if not self.is_as_built:
            if self._is_inside_cache:  # then every file is ours
                every = self._every_path()
                self._recognised = {path for path in every if not (self.folder / path).is_dir()}
            else:
                self._recognised = marked_files.find_built_files(self.folder)
                self._look_for_unknown = marked_files.is_marked_site(self.folder)
            self._before = dict.fromkeys(self._recognised, "") | self._before
        if self.listed is None or self._was_killed:
            _sweep(self.folder, self._before.keys() | self._paths)

    def _check_same_digest(self) -> None:
        """Raises DigestError if the folder has the site of another digest, by the id of its feed.

        If the feed is as the last build left it, or may be, the site is this digest's, and only
        the id in digest.toml was changed since.
        """
        feed, files = addresses.FEED, self.manifest.files
        is_this_digest = not files and self.listed is not None
        if feed in files:
            is_this_digest = self._is_unchanged(feed, files[feed][1])
        content = b"" if is_this_digest else disk.read(self.folder / feed) or b""
        id = marked_files.read_feed_id(content) if marked_files.has_mark(feed, content) else None
        if id is not None and id != self._id:
            what = f"this folder has the site of another digest, whose id is {id}"
            raise DigestError(
                f"{self._as_given}: {what}; choose another folder, or build with --force"
            )

    @property
    def _is_inside_cache(self) -> bool:
        return self.folder.is_relative_to(self._root.resolve() / disk.WORK_FOLDER)

    def _every_path(self) -> Iterator[str]:
        """Yields the path of every file in the folder."""
        for path in self.folder.rglob("*"):
            if _is_file(path):
                yield path.relative_to(self.folder).as_posix()

    def keep(self, path: str, key: bytes) -> bool:
        """Keeps a file if it was made under this key and has not changed since; False if not.

        An empty key says that it has to be made again.
        """
        last = self.manifest.files.get(path)
        if not key or last is None or last[0] != key:
            return False
        if not (self.is_as_built or self._is_unchanged(path, last[1])):
            return False
        self._kept.add(path)
        return True

    def _is_unchanged(self, path: str, stamp: Stamp) -> bool:
        try:
            status = os.lstat(f"{self.folder}/{path}")
        except OSError:
            return False
        return disk.stamp(status) == stamp and stat.S_IMODE(status.st_mode) == staging.FILE

    def stage(self, path: str, content: bytes) -> None:
        """Writes a file under a hidden name, if its bytes differ from what is there."""
        self._fingerprints[path] = marked_files.mark_or_hash(path, content)
        self._staging.put(path, content)

    def drop(self) -> None:
        """Removes what was staged and not put in place yet."""
        self._staging.drop(self._paths)
        with contextlib.suppress(DigestError):  # the build is already failing with another error
            self._cache.remove("busy", self._name)
            self._cache.save()

    def commit(
        self,
        keys: Mapping[str, bytes],
        manifest: Manifest,
        on_checked: Callable[[], None] = lambda: None,
    ) -> Written:
        """Puts what was staged in place, and removes files that this build did not make.

        `keys` has the key of each file of the site; they are saved with the manifest. `on_checked`
        is called once all checks have passed, and before the first file is put in place; if it
        raises an error, the site stays as it was.
        """
        staged = self._staging.ready()
        self._check_nothing_lost(staged)
        now = dict(self._fingerprints)
        for path in self._paths - now.keys():  # those that stay as they are
            fingerprint = self._before.get(path)
            if not fingerprint:
                fingerprint = marked_files.mark_or_hash(path, disk.read(self.folder / path) or b"")
            now[path] = fingerprint
        on_checked()
        if self._before != now:  # if this build is killed, old and new files must be listed
            both = {path: f"{self._before.get(path, '')} {new}" for path, new in now.items()}
            self._save_list(self._before | both)
        folders = _folders(self._paths)
        gone = _gone(self.folder, self._before, self._paths)
        stale = [path for path in gone if self._is_ours(path)]
        removed = sum(map(self._remove, _blocking(stale, self._paths, folders)))
        self._staging.commit()
        removed += sum(map(self._remove, stale))
        _set_folder_modes([f"{self.folder}/{folder}" for folder in folders])
        if self.folder.is_relative_to(self._root.resolve()):
            _set_folder_modes([str(self.folder)])
        files = {}
        for path, key in keys.items():
            is_kept = path in self._kept
            files[path] = self.manifest.files[path] if is_kept else (key, self.stamp(path))
        manifest = manifest._replace(files=files)
        if manifest != self.manifest:
            self._cache.put("output", self._name, b"", manifest)
        self._cache.remove("busy", self._name)
        self._save_list(now | {path: self._before[path] for path in self._not_removed})
        not_removed = []
        for path, why in sorted(self._not_removed.items()):
            what = f"is no longer part of the site and cannot be removed: {why}"
            not_removed.append(f"{self.folder / path}: {what}; the next build tries again")
        return Written(
            written=len(staged),
            removed=removed,
            unchanged=len(self._paths) - len(staged),
            not_removed=tuple(not_removed),
            unknown=self._unknown_files(gone),
        )

    def _save_list(self, files: dict[str, str]) -> None:
        if self.listed != files:
            self._cache.put("files", self._name, b"", files)
            self.listed = files
        self._cache.save()

    def _is_ours(self, path: str) -> bool:
        """True if a listed file is the one that a build wrote; the list may be from elsewhere."""
        if path in self._recognised:
            return True
        target = self.folder / path
        try:
            content = None if target.is_symlink() else disk.read(target)
        except DigestError:  # such as a folder
            return False
        if content is None:
            return False
        return marked_files.mark_or_hash(path, content) in self._before[path].split()

    def _unknown_files(self, gone: Iterable[str]) -> str:
        """Returns a line about files that a build may have made or not; "" if there are none."""
        if self._is_inside_cache:
            return ""
        explained = self._paths.union(self._not_removed)
        unknown = []
        for path in self._every_path() if self._look_for_unknown else gone:
            is_hidden = "/." in f"/{path}"
            if path not in explained and not is_hidden and _is_file(self.folder / path):
                unknown.append(path)
        if not unknown:
            return ""
        names = and_more(sorted(unknown), _MAX_NAMED)
        what = "not part of the site, and may be yours, so it stays; delete it if it is not"
        if len(unknown) > 1:
            what = "not part of the site, and may be yours, so they stay; delete what is not"
        return f"{self.folder}: {names}: {what}"

    def _check_nothing_lost(self, staged: Collection[str]) -> None:
        """Raises DigestError if a staged file would replace one that Digest did not make.

        If the list is lost and the home page or feed is ours, so is every file that a build makes.
        """
        if not staged or self._force:
            return
        if self.listed is None and marked_files.is_marked_site(self.folder):
            return
        others = []
        for path in sorted(staged):
            target = self.folder / path
            if (
                path not in self._before
                and _is_file(target)
                and not marked_files.is_marked_file(target)
            ):
                others.append(path)
        if others:
            first = self.folder / others[0]
            what = f"{first}: Digest did not make this file, and would write over it"
            if len(others) > 1:
                unnamed = len(others) - _MAX_NAMED
                more = f" and {unnamed} more files" if unnamed > 0 else ""
                what += f" (and over {', '.join(others[1:_MAX_NAMED])}{more})"
            raise DigestError(f"{what}; move it, choose another folder, or build with --force")

    def _remove(self, path: str) -> bool:
        """Removes a file, and folders that become empty; False if it is not there."""
        target = self.folder / path
        if not target.parent.resolve().is_relative_to(self.folder):
            return False
        try:
            target.unlink()
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            if _is_file(target):  # not a folder, which is not ours
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
        return disk.stamp(os.lstat(f"{self.folder}/{path}"))


def _sweep(folder: Path, paths: Collection[str]) -> None:
    """Removes unfinished files of these paths, which a build that was killed has left."""
    for inner in (".", *_folders(paths)):
        inside = folder / inner
        if inside.is_dir() and inside.resolve().is_relative_to(folder):
            for path in inside.glob(".*"):
                finished = (PurePosixPath(inner) / disk.final_name(path.name)).as_posix()
                if finished in paths and path.is_file():
                    disk.unlink(path)


def _folders(paths: Iterable[str]) -> list[str]:
    """Returns every folder above the paths, outer folders first."""
    folders: set[str] = set()
    for path in paths:
        above = path.rpartition("/")[0]
        while above and above not in folders:
            folders.add(above)
            above = above.rpartition("/")[0]
    return sorted(folders)


def _gone(folder: Path, before: Collection[str], paths: set[str]) -> list[str]:
    """Returns the files of earlier builds (`before`) that this build did not make (`paths`).

    If only the case of a path has changed, it is the same file on some disks, and is not gone.
    """
    gone = sorted(path for path in before if path not in paths)
    if not gone:
        return []
    by_folded = {path.casefold(): path for path in paths}

    def is_same_file(path: str) -> bool:
        other = by_folded.get(path.casefold())
        try:
            return other is not None and (folder / path).samefile(folder / other)
        except OSError:
            return False

    return [path for path in gone if not is_same_file(path)]


def _blocking(stale: Iterable[str], paths: Collection[str], folders: Iterable[str]) -> list[str]:
    """Returns the stale files where a folder must be, or in a folder where a file must be."""
    needed = set(folders)
    blocking = []
    for path in stale:
        above = [folder.as_posix() for folder in PurePosixPath(path).parents]
        if path in needed or any(folder in paths for folder in above):
            blocking.append(path)
    return blocking


def _is_file(path: Path) -> bool:
    """True if there is a file or a symbolic link."""
    return path.is_symlink() or (path.exists() and not path.is_dir())


def _set_folder_modes(folders: Iterable[str]) -> None:
    """Gives folders the mode that web hosts need; symbolic links are skipped."""
    for folder in folders:
        mode = os.lstat(folder).st_mode
        if stat.S_ISDIR(mode) and stat.S_IMODE(mode) != staging.FOLDER:
            os.chmod(folder, staging.FOLDER)  # noqa: PTH101 - five times as fast as Path.chmod
