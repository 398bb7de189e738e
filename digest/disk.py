"""The ways onto the disk: files that appear whole, lines only ever added, one writer at a time, and `.digest/`.

Refuses to write anything half: a file is written beside its place under a hidden name and renamed into it, so
that a reader, a crash or a full disk meets the old file or the new one. What stops a write is one clear line.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from digest.errors import DigestError

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows has no flock; there the lock is not taken
    fcntl = None  # type: ignore[assignment]

CACHE = ".digest"
_UNFINISHED = ".unfinished"
LEFT_BEHIND = f".*{_UNFINISHED}"
"""The pattern of the names that files have before they are whole."""
_MEMORY_VERSION = 1
_BRIEF = b"brief"
_TICK = 20_000_000  # ns: the coarsest step in which disks' clocks go


def read(path: Path | str) -> bytes | None:
    """Returns the bytes of a file, None where there is none; raises DigestError where it cannot be read."""
    try:
        file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))  # a third of what pathlib's way costs
        try:
            return _all_of(file)
        finally:
            os.close(file)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise refused("read", path, error) from error


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


def write(path: Path, content: bytes, mode: int | None = None) -> None:
    """Puts a file in place, whole or not at all, making its folders; `mode` where the umask must not decide.

    The unfinished file has one fixed name, so that what a killed run left behind is used up by the next.
    """
    with _unfinished(path, content, mode) as unfinished:
        unfinished.replace(path)


def touch(path: Path) -> None:
    """Makes an empty file, as often as it is asked to and by as many at once; one that is there stays as it is."""
    try:
        make_folder(path.parent, None)
        path.touch()
    except OSError as error:
        raise refused("write", path, error) from error


def hidden(name: str) -> str:
    """Returns the name that a file has before it is whole."""
    return f".{name}{_UNFINISHED}"


def create(path: Path, content: bytes) -> bool:
    """Puts a new file in place and returns True; returns False, and touches nothing, where the name is taken."""
    with _unfinished(path, content) as unfinished:
        try:
            os.link(unfinished, path)  # unlike a rename, a link never replaces what is there
        except FileExistsError:
            return False
        finally:
            unfinished.unlink()
    return True


def replace(path: Path, before: bytes, after: bytes) -> bool:
    """Puts new bytes into a file that holds these and returns True; returns False, and touches nothing, where it holds
    others by now. It is looked at last of all, for its editor may save it at any moment. Its mode stays as it is.
    """
    with _unfinished(path, after) as unfinished:
        if read(path) != before:
            unfinished.unlink()
            return False
        unfinished.chmod(stat.S_IMODE(path.stat().st_mode))
        unfinished.replace(path)
    return True


def link(path: Path, place: Path) -> bool:
    """Gives a file a second name and returns True; returns False, and touches nothing, where that name is taken."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        os.link(path, place, follow_symlinks=False)
    except FileExistsError:
        return False
    except OSError as error:
        raise refused("write", place, error) from error
    return True


def unlink(path: Path | str) -> None:
    """Takes a file's name away; one that is gone already is no fault."""
    try:
        os.unlink(path)  # noqa: PTH108 - a third of what pathlib's way costs
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        raise refused("move", path, error) from error


def append(path: Path, lines: str) -> None:
    """Adds whole lines of JSON to the end of a file, all or none: where the disk refuses, it is as it was.

    What a killed run has left of a line at its end is taken off first, for it never was a line.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b", buffering=0) as file:
            stop = _end_last_line(file)
            end = file.seek(0, os.SEEK_END)
            rest = stop + lines.encode()
            try:
                while rest:
                    rest = rest[os.write(file.fileno(), rest) :]
                os.fsync(file.fileno())
            except OSError:
                with contextlib.suppress(OSError):
                    file.truncate(end)
                raise
    except OSError as error:
        raise refused("write", path, error) from error


def recall(root: Path, name: str) -> dict[str, Any]:
    """Returns what was remembered under a name in `.digest/`; nothing where it is gone, damaged or of another version.

    Raises nothing for a damaged memory: it costs time, never content.
    """
    try:
        memory = json.loads(read(root / CACHE / name) or b"{}")
        return dict(memory["says"]) if memory.get("version") == _MEMORY_VERSION else {}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def remember(root: Path, name: str, memory: Mapping[str, Any]) -> None:
    """Keeps a memory under a name in `.digest/`, as JSON."""
    text = json.dumps({"version": _MEMORY_VERSION, "says": dict(memory)}, ensure_ascii=False, sort_keys=True)
    write(root / CACHE / name, text.encode())


@contextlib.contextmanager
def lock(root: Path, waiting: Callable[[], None] | None = None) -> Iterator[None]:
    """Holds the digest's lock while one run writes; raises DigestError where another run holds it.

    With `waiting`, which is called then, the end of that other run is waited for: so does a preview, whose own builds
    are as short as they are many, and who meets one of these waits in turn. The operating system gives the lock back
    when its holder ends, however it ends: nothing stale can stay.
    """
    place = root / CACHE / "lock"
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        file = place.open("ab", buffering=0)
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
            file.truncate(0)
            if waiting is not None:
                file.write(_BRIEF)
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
    return name[1:].removesuffix(_UNFINISHED) if name.startswith(".") and name.endswith(_UNFINISHED) else ""


def refused(act: str, path: Path | str, error: OSError) -> DigestError:
    """Returns what to say of a file where the disk refuses something."""
    return DigestError(f"{path}: cannot {act} this file: {error.strerror or error}")


@contextlib.contextmanager
def _unfinished(path: Path, content: bytes, mode: int | None = None) -> Iterator[Path]:
    """Gives the finished file under its hidden name, and takes it away where the disk refuses something."""
    unfinished = path.with_name(hidden(path.name))
    try:
        make_folder(path.parent, 0o755 if mode is not None else None)
        # What a run killed between link and unlink left is a second name of a file in place: never write into that.
        unfinished.unlink(missing_ok=True)
        with unfinished.open("xb") as file:
            file.write(content)
            file.flush()
            if mode is None:  # what people wrote must outlive a power cut; what build wrote can be built again
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


def _all_of(file: int) -> bytes:
    size = os.fstat(file).st_size
    content = os.read(file, size + 1)
    if len(content) == size > 0:
        return content
    while more := os.read(file, 1 << 20):
        content += more
    return content


def _end_last_line(file: IO[bytes]) -> bytes:
    """Takes off an incomplete last line, and returns the line break that a whole one may lack."""
    file.seek(0)
    head, _, last = file.read().rpartition(b"\n") if _lacks_break(file) else (b"", b"", b"")
    try:
        json.loads(last or b"0")
    except ValueError:
        file.truncate(len(head) + bool(head))
        return b""
    return b"\n" if last else b""


def _lacks_break(file: IO[bytes]) -> bool:
    end = file.seek(0, os.SEEK_END)
    file.seek(max(end - 1, 0))
    lacks = bool(end) and file.read(1) != b"\n"
    file.seek(0)
    return lacks
