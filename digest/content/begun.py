"""What a run is about to write into story files, noted in the cache until its ledger lines are
there.

If the run is killed in between, the next run knows which words in the files are not the editor's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeVar

from digest.cache import Cache

_KIND = "begun"
T = TypeVar("T")


def read(cache: Cache, run: str, as_type: type[T]) -> T | None:
    """Returns what a killed run (such as `pull`) was writing; None if none was killed."""
    return cache.get(_KIND, run, b"", as_type)


def note(cache: Cache, run: str, what: object) -> None:
    """Notes what a run is about to write, or what it has written. The caller saves the cache."""
    cache.put(_KIND, run, b"", what)


def forget(cache: Cache, run: str) -> None:
    """Forgets what a run was writing, since it is done. The caller saves the cache."""
    cache.remove(_KIND, run)


@contextmanager
def noted(
    cache: Cache,
    run: str,
    what: Sequence[object] | Mapping[str, object],
) -> Iterator[None]:
    """Notes what a run writes within the `with` block; an empty note replaces no earlier one.

    The cache is saved before the block, and has to be saved after it.
    """
    if what:
        note(cache, run, what)
    cache.save(flush=True)
    yield
    # No `finally`: if the block fails, the note has to stay for the next run.
    forget(cache, run)
