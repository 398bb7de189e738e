"""The ways onto the disk: files that appear whole, lines only ever added, one writer at a time, and `.digest/`.

Refuses to write anything half: a file is written beside its place under a hidden name and renamed into it, so
that a reader, a crash or a full disk meets the old file or the new one. What stops a write is one clear line.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from digest.errors import DigestError, in_its_place

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows has no flock; there the lock is not taken
    fcntl = None  # type: ignore[assignment]

CACHE = ".digest"
_UNFINISHED = ".unfinished"
LEFT_BEHIND = f".*{_UNFINISHED}"
"""The pattern of the names that files have before they are whole."""
_HIDDEN = re.compile(r"\.(?P<name>.+?)(?:\.(?P<hash>[0-9a-f]{16}))?\.unfinished", re.DOTALL)
_SURROGATE = re.compile(rb"\\\\u[dD][89a-fA-F]")
_MEMORY_VERSION = 1
_BRIEF = b"brief"
_SAFELY = getattr(os, "O_NONBLOCK", 0) | getattr(
    os, "O_BINARY", 0
)  # nothing is waited for, of whatever kind it is
_READING = os.O_RDONLY | _SAFELY
_ADDING = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0) | _SAFELY
_NO_NAMES = frozenset({"", ".", ".."})
_BLANK = b" \t\r\n\0"
_CANNOT_FLUSH = frozenset(
    {errno.EINVAL, errno.ENOTSUP, errno.EBADF}
)  # said by file systems that flush no folder
_TICK = 20_000_000  # ns: the coarsest step in which disks' clocks go


def read(path: Path | str) -> bytes | None:
    """Returns the bytes of a file, None where there is none; raises DigestError where it cannot be read.

    A pipe, a socket or a device is refused, and never waited for.
    """
    try:
        file = os.open(path, _READING)  # a third of what pathlib's way costs
        try:
            return _all_of(file)
        finally:
            os.close(file)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise refused("read", path, error) from error


def read_inside(root: Path, file: str) -> bytes | None:
    """Returns the bytes of a file of the digest as `read` does; raises DigestError where its path has a link in it."""
    return read(inside(root, file))


def inside(root: Path, file: str) -> Path:
    """Returns the path of a file of the digest; raises DigestError where any part of it below the root is a link.

    Git carries symbolic links, and one may lead anywhere, so that none is followed.
    """
    place = os.fspath(root)
    parts = file.split("/")
    if any(part in _NO_NAMES or "\0" in part for part in parts):
        raise DigestError(f"{file!r}: is not a path below the digest's folder")
    for number, part in enumerate(parts, start=1):
        place = f"{place}/{part}"
        try:
            mode = os.lstat(place).st_mode
        except (FileNotFoundError, NotADirectoryError):
            break
        except OSError as error:
            raise refused("read", place, error) from error
        if stat.S_ISLNK(mode):
            what = "file" if number == len(parts) else "folder"
            raise DigestError(
                f"{'/'.join(parts[:number])}: is a symbolic link; put the {what} itself here"
            )
    return root / file


Stamp = tuple[int, int, int, int]
"""What tells that a file is still the one that was there: its two times of change (ns), its size, its number."""


def stamp(status: os.stat_result) -> Stamp:
    """Returns the stamp of a file."""
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino


def moment(root: Path) -> int:
    """Returns a moment (ns, by the disk's own clock) at which what has just been written may still be rewritten unseen.

    A file that was changed before it has another time of change when it is changed again; the caller holds the lock.
    """
    place = root / CACHE / "lock"
    os.utime(place)
    return place.stat().st_mtime_ns - _TICK


def write(root: Path, file: str, content: bytes, mode: int | None = None) -> None:
    """Puts a file in place, whole or not at all, making its folders; `mode` where the umask must not decide.

    The unfinished file has one fixed name, so that what a killed run left behind is used up by the next. Without `mode`
    it survives a power cut.
    """
    path = inside(root, file)
    with _unfinished(path, hidden(path.name), content, mode) as unfinished:
        unfinished.replace(path)
    if mode is None:
        settle(root, [file])


def touch(root: Path, file: str) -> None:
    """Makes an empty file, as often as it is asked to and by as many at once; one that is there stays as it is."""
    path = inside(root, file)
    try:
        make_folder(path.parent, None)
        path.touch()
    except OSError as error:
        raise refused("write", path, error) from error
    settle(root, [file])


def hidden(name: str) -> str:
    """Returns the name that a file has before it is whole."""
    return f".{name}{_UNFINISHED}"


def create(root: Path, file: str, content: bytes, *, settled: bool = True) -> bool:
    """Puts a new file in place and returns True; returns False, and touches nothing, where the name is taken.

    Its hidden name has the hash of what it will hold, so that `is_whole` can tell. Unless it is `settled`, the caller
    has to settle it.
    """
    path = inside(root, file)
    with _unfinished(path, hidden(f"{path.name}.{_hash(content)}"), content) as unfinished:
        try:
            os.link(unfinished, path)  # unlike a rename, a link never replaces what is there
        except FileExistsError:
            return False
        finally:
            unfinished.unlink()
    if settled:
        settle(root, [file])
    return True


def replace(root: Path, file: str, before: bytes, after: bytes, *, settled: bool = True) -> bool:
    """Puts new bytes into a file that holds these and returns True; returns False, and touches nothing, where it holds
    others by now. It is looked at last of all, for its editor may save it at any moment. Its mode stays as it is.

    Unless it is `settled`, the caller has to settle it.
    """
    path = inside(root, file)
    with _unfinished(path, hidden(path.name), after) as unfinished:
        if read(path) != before:
            unfinished.unlink()
            return False
        unfinished.chmod(stat.S_IMODE(path.stat().st_mode))
        unfinished.replace(path)
    if settled:
        settle(root, [file])
    return True


def link(root: Path, file: str, place: str) -> bool:
    """Gives a file a second name and returns True; returns False, and touches nothing, where that name is taken."""
    path, second = inside(root, file), inside(root, place)
    try:
        make_folder(second.parent, None)
        os.link(path, second, follow_symlinks=False)
    except FileExistsError:
        return False
    except OSError as error:
        raise refused("write", second, error) from error
    settle(root, [place])
    return True


def unlink(path: Path | str) -> None:
    """Takes a file's name away; one that is gone already is no fault."""
    try:
        os.unlink(path)  # noqa: PTH108 - a third of what pathlib's way costs
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        raise refused("move", path, error) from error


def settle(root: Path, files: Iterable[str]) -> None:
    """Makes the names of files survive a power cut: each folder above them is flushed once, up to the root.

    What a later write relies on has to be settled before it.
    """
    folders = {folder for file in files for folder in Path(file).parents}
    for folder in sorted(folders, key=lambda folder: len(folder.parts), reverse=True):
        _flush_folder(root / folder)


def append(root: Path, file: str, lines: str, *, settled: bool = True) -> None:
    """Adds whole lines of JSON to the end of a file, all or none: where the disk refuses, it is as it was.

    What a killed run has left of a line at its end is taken off first, for it never was a line. Raises DigestError, and
    touches nothing, where not one line of the file can be read. Unless it is `settled`, the caller has to settle it.
    """
    path = inside(root, file)
    try:
        make_folder(path.parent, None)
        _part(root, file, path)
        with open(os.open(path, _ADDING, 0o666), "a+b", buffering=0) as opened:  # noqa: PTH123
            _refuse_unreadable(opened, file)
            stop = _end_last_line(opened)
            end = opened.seek(0, os.SEEK_END)
            rest = stop + lines.encode()
            try:
                while rest:
                    rest = rest[os.write(opened.fileno(), rest) :]
                os.fsync(opened.fileno())
            except OSError:
                with contextlib.suppress(OSError):
                    opened.truncate(end)
                raise
    except OSError as error:
        raise refused("write", path, error) from error
    if settled:
        settle(root, [file])


def _part(root: Path, file: str, path: Path) -> None:
    """Gives a file with several names (hard links) its own bytes: what is added to it must not appear under the others,
    such as in a copy that a backup made.
    """
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        if path.lstat().st_nlink > 1:
            content = read(path) or b""
            if not replace(root, file, content, content):
                raise DigestError(
                    f"{file}: this file is being changed by another program; run the command again"
                )


def recall(root: Path, name: str, kind: Callable[[Any], bool] = lambda _: True) -> dict[str, Any]:
    """Returns what was remembered under a name in `.digest/`; nothing where it is gone, damaged or of another version.

    Values that are not of their `kind` are left out. Raises nothing for a damaged memory: it costs time, never content.
    """
    try:
        content = read_inside(root, f"{CACHE}/{name}") or b"{}"
        if _SURROGATE.search(content):  # of which no text can be made again
            return {}
        memory = json.loads(content)
        says = dict(memory["says"]) if memory.get("version") == _MEMORY_VERSION else {}
    except (DigestError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
    return {key: value for key, value in says.items() if kind(value)}


def is_texts(value: Any) -> bool:
    """Tells whether a remembered value is a list of texts."""
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def remember(root: Path, name: str, memory: Mapping[str, Any]) -> None:
    """Keeps a memory under a name in `.digest/`, as JSON."""
    text = json.dumps(
        {"version": _MEMORY_VERSION, "says": dict(memory)}, ensure_ascii=False, sort_keys=True
    )
    write(root, f"{CACHE}/{name}", text.encode())


@contextlib.contextmanager
def lock(root: Path, waiting: Callable[[], None] | None = None) -> Iterator[None]:
    """Holds the digest's lock while one run writes; raises DigestError where another run holds it.

    With `waiting`, which is called then, the end of that other run is waited for: so does a preview, whose own builds
    are as short as they are many, and who meets one of these waits in turn. The operating system gives the lock back
    when its holder ends, however it ends: nothing stale can stay.
    """
    place = inside(root, f"{CACHE}/lock")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        for name in os.listdir(place.parent):  # noqa: PTH208
            inside(root, f"{CACHE}/{name}")
        file = open(os.open(place, _ADDING, 0o666), "ab", buffering=0)  # noqa: PTH123, SIM115 - closed below
    except OSError as error:
        raise refused("write", place, error) from error
    with file:
        if fcntl is not None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if waiting is not None:
                    waiting()
                elif read(place) != _BRIEF:
                    what = f"{root}: another run of digest is writing here; wait until it has ended"
                    raise DigestError(what) from error
                fcntl.flock(file, fcntl.LOCK_EX)
            try:
                file.truncate(0)
                if waiting is not None:
                    file.write(_BRIEF)
            except OSError as error:
                raise refused("write", place, error) from error
        yield


def make_folder(folder: Path, mode: int | None) -> None:
    """Makes a folder and those above it; with `mode`, the new ones get it whatever the umask."""
    if folder.is_dir():
        return
    make_folder(folder.parent, mode)
    folder.mkdir(exist_ok=True)
    if mode is not None:
        folder.chmod(mode)


def leftover(name: str) -> str:
    """Returns the name of the file that the unfinished one of this name would have become; "" for any other name."""
    found = _HIDDEN.fullmatch(name)
    return found["name"] if found else ""


def is_whole(path: Path) -> bool:
    """Tells whether an unfinished file holds all that it was to hold.

    Those of earlier versions do not say what that is; they are believed where they begin and end as a story does.
    """
    found, content = _HIDDEN.fullmatch(path.name), read(path) or b""
    if found and found["hash"]:
        return found["hash"] == _hash(content)
    return content.startswith(b"---") and content.endswith(b"\n")


def is_torn(content: bytes) -> bool:
    """Tells whether a file holds nothing, or nothing but a line of JSON that a killed run has not ended."""
    return not content or (
        content.startswith(b"{") and b"\n" not in content and b"\r" not in content
    )


def refused(act: str, path: Path | str, error: OSError) -> DigestError:
    """Returns what to say of a file where the disk refuses something: what is in its place, if that is why."""
    return DigestError(
        f"{path}: cannot {act} this file: {in_its_place(path, error) or error.strerror or error}"
    )


@contextlib.contextmanager
def _unfinished(path: Path, name: str, content: bytes, mode: int | None = None) -> Iterator[Path]:
    """Gives the finished file under its hidden name, and takes it away where the disk refuses something."""
    unfinished = path.with_name(name)
    try:
        make_folder(path.parent, 0o755 if mode is not None else None)
        # What a run killed between link and unlink left is a second name of a file in place: never write into that.
        unfinished.unlink(missing_ok=True)
        with unfinished.open("xb") as file:
            file.write(content)
            file.flush()
            if (
                mode is None
            ):  # what people wrote must outlive a power cut; what build wrote can be built again
                os.fsync(file.fileno())
        if mode is not None:
            unfinished.chmod(mode)
        yield unfinished
    except BaseException as error:
        with contextlib.suppress(OSError):
            unfinished.unlink()
        if isinstance(error, OSError):
            raise refused("write", path, error) from error
        raise


def _hash(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=8).hexdigest()


def _flush_folder(folder: Path) -> None:
    if os.name != "posix":  # pragma: no cover - Windows flushes no folder
        return
    try:
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
    except OSError as error:
        if error.errno not in _CANNOT_FLUSH:
            raise refused("write", folder, error) from error


def _all_of(file: int) -> bytes:
    status = os.fstat(file)
    if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file")
    size = status.st_size
    content = os.read(file, size + 1)
    if len(content) == size > 0:
        return content
    while more := os.read(file, 1 << 20):
        content += more
    return content


def _refuse_unreadable(file: IO[bytes], name: str) -> None:
    """Raises DigestError where no line of a file is JSON: what was added to it would be lost as well.

    A single line that has neither an end nor is whole may be what a killed run has left.
    """
    file.seek(0)
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        return
    lines = [line for line in file if line.strip(_BLANK)]
    if not lines or any(map(_is_object, lines)):
        return
    if len(lines) > 1 or not is_torn(lines[0]):
        ends = ", whose lines end in CR alone," if b"\r" in lines[0].rstrip(b"\r\n") else ""
        raise DigestError(
            f"{name}: no line of this file{ends} can be read, so none is added; restore it from git"
        )


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _end_last_line(file: IO[bytes]) -> bytes:
    """Takes off an incomplete last line, and returns the line break that a whole one may lack."""
    if not _lacks_break(file):
        return b""
    content = file.read()
    start = max(content.rfind(b"\n"), content.rfind(b"\r")) + 1
    stop = b"\n" if content[start - 1 : start] == b"\r" else b""
    last = content[start:]
    if not last:
        return stop
    try:
        json.JSONDecoder().raw_decode(last.decode(errors="replace"))
    except (ValueError, RecursionError):
        file.truncate(start)
        return stop
    return b"\n"


def _lacks_break(file: IO[bytes]) -> bool:
    end = file.seek(0, os.SEEK_END)
    file.seek(max(end - 1, 0))
    lacks = bool(end) and file.read(1) != b"\n"
    file.seek(0)
    return lacks
