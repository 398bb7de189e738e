"""Reads and writes files safely: files appear whole, lines are only added, none through a link.

A file is written beside its place under a hidden name and then renamed, so that a reader, a crash
or a full disk never leaves half a file. What prevents a write is said in one line.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from digest.errors import DigestError, FileError, in_its_place

WORK_FOLDER = ".digest"
LOCK_FILE = f"{WORK_FOLDER}/lock"
"""Its time of change also tells that of the disk, see `trusted_until`."""
_UNFINISHED = ".unfinished"
LEFT_BEHIND = f".*{_UNFINISHED}"
"""The pattern of hidden names of unfinished files."""
_HIDDEN = re.compile(r"\.(?P<name>.+?)(?:\.(?P<hash>[0-9a-f]{16}))?\.unfinished", re.DOTALL)
_NONBLOCKING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)  # never waits for a pipe
_READING = os.O_RDONLY | _NONBLOCKING
ADDING = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0) | _NONBLOCKING
"""How a file is opened to which something is added."""
_SPECIAL_PARTS = frozenset({"", ".", ".."})
_BLANK = b" \t\r\n\0"
_CANNOT_FLUSH = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EBADF})  # a file system has no flush
_LONGEST_NAME = 255  # bytes, on nearly all disks
_TICK = 20_000_000  # ns: the coarsest resolution of time stamps on disks


def read(path: Path | str) -> bytes | None:
    """Returns the bytes of a file, None if it does not exist; raises DigestError on other errors.

    A pipe, socket or device is an error, and is never waited for.
    """
    try:
        file = os.open(path, _READING)  # takes a third of pathlib's time
        try:
            return _all_of(file)
        finally:
            os.close(file)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise file_error("read", path, error) from error


def read_inside(root: Path, file: str) -> bytes | None:
    """Reads a file of the digest like `read`; raises DigestError if its path has a link in it."""
    return read(inside(root, file))


def inside(root: Path, file: str) -> Path:
    """Returns the path of a file of the digest; raises DigestError if a part of it is a link.

    Git stores symbolic links, which may lead anywhere, so none is followed.
    """
    path = os.fspath(root)
    parts = file.split("/")
    if any(part in _SPECIAL_PARTS or "\0" in part for part in parts):
        raise DigestError(f"{file!r}: is not a path below the digest's folder")
    for number, part in enumerate(parts, start=1):
        path = f"{path}/{part}"
        try:
            mode = os.lstat(path).st_mode
        except (FileNotFoundError, NotADirectoryError):
            break
        except OSError as error:
            raise file_error("read", path, error) from error
        if stat.S_ISLNK(mode):
            what = "file" if number == len(parts) else "folder"
            raise DigestError(
                f"{'/'.join(parts[:number])}: is a symbolic link; put the {what} itself here"
            )
    return root / file


Stamp = tuple[int, int, int, int]
"""Shows that a file is unchanged: its two times of change (ns), size, and inode."""


def stamp(status: os.stat_result) -> Stamp:
    """Returns the stamp of a file."""
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino


def trusted_until(root: Path) -> int:
    """Returns the time (ns) up to which stamps can be trusted: the disk's, minus its resolution.

    A file changed before it gets another stamp when it is changed again; one changed later
    may not. The caller holds the lock.
    """
    lock_file = root / LOCK_FILE
    os.utime(lock_file)
    return lock_file.stat().st_mtime_ns - _TICK


def write(root: Path, file: str, content: bytes, mode: int | None = None) -> None:
    """Puts a file in place, whole or not at all, and creates its folders.

    `mode` is for files that must not depend on the umask; without it, the file survives a power
    cut. The hidden name is always the same, so the next write uses up what a killed run left.
    """
    path = inside(root, file)
    with _unfinished(path, hidden(path.name), content, mode) as unfinished:
        unfinished.replace(path)
    if mode is None:
        flush_names(root, [file])


def hidden(name: str) -> str:
    """Returns the hidden name of an unfinished file; one with a hash if it would be too long."""
    hidden_name = f".{name}{_UNFINISHED}"
    if len(os.fsencode(hidden_name)) <= _LONGEST_NAME:
        return hidden_name
    return f".{path_hash(name)}{_UNFINISHED}"


def create(root: Path, file: str, content: bytes, *, flush: bool = True) -> bool:
    """Creates a file and returns True; returns False, and changes nothing, if there is one.

    Its hidden name has the hash of its content, so that `is_whole` can check it. With
    `flush=False`, the caller has to call `flush_names`.
    """
    path = inside(root, file)
    with _unfinished(path, hidden(f"{path.name}.{_hash(content)}"), content) as unfinished:
        try:
            os.link(unfinished, path)  # unlike a rename, a link never replaces a file
        except FileExistsError:
            return False
        finally:
            unfinished.unlink()
    if flush:
        flush_names(root, [file])
    return True


def replace(root: Path, file: str, before: bytes, after: bytes, *, flush: bool = True) -> bool:
    """Replaces a file's bytes and returns True; returns False, and changes nothing, if they differ.

    They are compared last of all, since an editor may save the file at any time. The mode stays.
    With `flush=False`, the caller has to call `flush_names`.
    """
    path = inside(root, file)
    with _unfinished(path, hidden(path.name), after) as unfinished:
        if read(path) != before:
            unfinished.unlink()
            return False
        unfinished.chmod(stat.S_IMODE(path.stat().st_mode))
        unfinished.replace(path)
    if flush:
        flush_names(root, [file])
    return True


def link(root: Path, file: str, target: str) -> bool:
    """Gives a file `target` as a second name, and returns True; False, and no change, if the name is taken."""
    path, second = inside(root, file), inside(root, target)
    try:
        make_folder(second.parent, None)
        os.link(path, second, follow_symlinks=False)
    except FileExistsError:
        return False
    except OSError as error:
        raise file_error("write", second, error) from error
    flush_names(root, [target])
    return True


def move(root: Path, file: str, target: str) -> None:
    """Moves a file to `target`, where there is none."""
    path, moved = inside(root, file), inside(root, target)
    try:
        if not moved.parent.is_dir():
            make_folder(moved.parent, None)
            flush_names(root, [target])  # or else a power cut might leave the file in no folder
        path.rename(moved)
    except OSError as error:
        raise file_error("move", path, error) from error
    flush_names(root, [file, target])


def unlink(path: Path | str) -> None:
    """Removes a file, if it exists."""
    try:
        os.unlink(path)  # noqa: PTH108 - takes a third of pathlib's time
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        raise file_error("delete", path, error) from error


def remove(root: Path, file: str) -> None:
    """Removes a file of the digest, if it exists; it does not come back after a power cut."""
    if os.path.lexists(inside(root, file)):
        unlink(root / file)
        flush_names(root, [file])


def flush_names(root: Path, files: Iterable[str]) -> None:
    """Flushes the folders above files up to the root, so that their names survive a power cut.

    Call it before any write that relies on these files.
    """
    folders = {folder for file in files for folder in Path(file).parents}
    for folder in sorted(folders, key=lambda folder: len(folder.parts), reverse=True):
        _flush_folder(root / folder)


def append(root: Path, file: str, lines: str, *, flush: bool = True) -> None:
    """Adds whole lines of JSON to a file, all or none: on an error of the disk it is as before.

    Half a line that a killed run left at its end is removed first. Raises DigestError, and changes
    nothing, if no line of the file can be read. With `flush=False`, the caller has to call
    `flush_names`.
    """
    path = inside(root, file)
    try:
        make_folder(path.parent, None)
        _unshare(root, file, path)
        with open(os.open(path, ADDING, 0o666), "a+b", buffering=0) as opened:  # noqa: PTH123
            opened.seek(0)
            is_regular = stat.S_ISREG(os.fstat(opened.fileno()).st_mode)
            content = opened.readall() if is_regular else b""
            end, line_break = _end_of_lines(file, content)
            if end < len(content):
                opened.truncate(end)
            rest = line_break + lines.encode()
            try:
                while rest:
                    rest = rest[os.write(opened.fileno(), rest) :]
                os.fsync(opened.fileno())
            except OSError:
                with contextlib.suppress(OSError):
                    opened.truncate(end)
                raise
    except OSError as error:
        raise file_error("write", path, error) from error
    if flush:
        flush_names(root, [file])


def _end_of_lines(file: str, content: bytes) -> tuple[int, bytes]:
    """Returns where the whole lines of JSON end, and the line break that the last one lacks.

    Raises DigestError if no line of the file is JSON: lines added to it would be lost as well. A
    single unfinished line may be what a killed run left.
    """
    lines = [line for line in content.split(b"\n") if line.strip(_BLANK)]
    is_unfinished = len(lines) == 1 and is_incomplete(content[content.index(lines[0]) :])
    if lines and not is_unfinished and not any(map(_is_object, lines)):
        ends = ", whose lines end in CR alone," if b"\r" in lines[0].rstrip(b"\r") else ""
        what = f"no line of this file{ends} can be read, so none is added; restore it from git"
        raise DigestError(f"{file}: {what}")
    whole = without_half_line(content)
    return len(whole), b"" if whole.endswith(b"\n") or not whole else b"\n"


def _unshare(root: Path, file: str, path: Path) -> None:
    """Gives a file with several names (hard links) its own bytes: a backup may be one of them."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        if path.lstat().st_nlink > 1:
            content = read(path) or b""
            if not replace(root, file, content, content):
                raise DigestError(
                    f"{file}: this file is being changed by another program; run the command again"
                )


def make_folder(folder: Path, mode: int | None) -> None:
    """Creates a folder and those above it; with `mode`, new ones get it whatever the umask."""
    if folder.is_dir():
        return
    make_folder(folder.parent, mode)
    folder.mkdir(exist_ok=True)
    if mode is not None:
        folder.chmod(mode)


def final_name(name: str) -> str:
    """Returns the final name of an unfinished file; "" for any other name."""
    match = _HIDDEN.fullmatch(name)
    return match["name"] if match else ""


def remove_unfinished(root: Path, files: Iterable[str]) -> None:
    """Removes what a killed run has left of these files under hidden names."""
    names_by_folder = dict[Path, set[str]]()
    for file in files:
        path = inside(root, file)
        names_by_folder.setdefault(path.parent, set()).add(path.name)
    for folder, names in names_by_folder.items():
        with contextlib.suppress(FileNotFoundError):
            for name in os.listdir(folder):  # noqa: PTH208
                if final_name(name) in names:
                    unlink(folder / name)


def is_whole(path: Path) -> bool:
    """True if an unfinished file is complete.

    Files of earlier versions have no hash; they count as complete if they begin and end like a
    story.
    """
    found, content = _HIDDEN.fullmatch(path.name), read(path) or b""
    if found and found["hash"]:
        return found["hash"] == _hash(content)
    return content.startswith(b"---") and content.endswith(b"\n")


def is_incomplete(content: bytes) -> bool:
    """True if a file is empty, or has only one line of JSON, which a killed run did not finish."""
    return not content or (content.startswith(b"{") and not any(end in content for end in b"\r\n"))


def without_half_line(content: bytes) -> bytes:
    """Returns lines of JSON without half a line at the end, as a killed run leaves it.

    A whole line that only lacks its line break stays.
    """
    start = max(content.rfind(b"\n"), content.rfind(b"\r")) + 1
    try:
        json.JSONDecoder().raw_decode(content[start:].decode(errors="replace"))
    except (ValueError, RecursionError):
        return content[:start]
    return content


def path_hash(path: str) -> str:
    """Returns a hash of a path, of 16 hexadecimal digits: a name that does not show the path."""
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:16]


def file_error(action: str, path: Path | str, error: OSError) -> FileError:
    """Returns the error for a failed file operation; it says if a folder or a link is in the way."""
    why = in_its_place(path, error) or error.strerror or error
    return FileError(path, f"cannot {action} this file: {why}")


@contextlib.contextmanager
def _unfinished(path: Path, name: str, content: bytes, mode: int | None = None) -> Iterator[Path]:
    """Writes a file under its hidden name, and removes it if anything goes wrong."""
    unfinished = path.with_name(name)
    try:
        make_folder(path.parent, 0o755 if mode is not None else None)
        # A run killed between link and unlink left a second name of the file: never write to it.
        unfinished.unlink(missing_ok=True)
        with unfinished.open("xb") as file:
            file.write(content)
            file.flush()
            # Without `mode` it is a person's work; what build wrote can be built again.
            if mode is None:
                os.fsync(file.fileno())
        if mode is not None:
            unfinished.chmod(mode)
        yield unfinished
    except BaseException as error:
        with contextlib.suppress(OSError):
            unfinished.unlink()
        if isinstance(error, OSError):
            raise file_error("write", path, error) from error
        raise


def _hash(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=8).hexdigest()


def _flush_folder(folder: Path) -> None:
    if os.name != "posix":  # pragma: no cover - Windows does not flush folders
        return
    try:
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
    except OSError as error:
        if error.errno not in _CANNOT_FLUSH:
            raise file_error("write", folder, error) from error


def _all_of(file: int) -> bytes:
    status = os.fstat(file)
    if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file")
    content = os.read(file, status.st_size + 1)
    if len(content) == status.st_size > 0:
        return content
    while more := os.read(file, 1 << 20):
        content += more
    return content


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False
