"""What a run is about to write into story files, noted in the cache until its ledger lines are there.

If the run is killed in between, the next one so knows what in the files is not an editor's.
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


@contextmanager
def noted(
    cache: Cache,
    run: str,
    what: Sequence[object] | Mapping[str, object],
    left: Sequence[object] = (),
) -> Iterator[None]:
    """Notes what a run writes within the `with` block; an empty note replaces no earlier one.

    What a killed run wrote and this one leaves as it is (`left`) stays noted after the block. The
    cache is saved before the block, and has to be saved after it.
    """
    if what:
        cache.put(_KIND, run, b"", [*left, *what] if left else what)
    cache.save(flush=True)
    yield
    cache.remove(_KIND, run)
    if left:
        cache.put(_KIND, run, b"", left)
