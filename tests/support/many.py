"""How much of what could be tried is tried: a little in every run, and `DIGEST_MANY` times as much where one says so.

    DIGEST_MANY=50 pytest -n 2 tests/whole/test_sequences.py

With it, other examples are drawn each time; what takes a minute or more is tried as well.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from hypothesis import seed

MANY = int(os.environ.get("DIGEST_MANY", "1"))
IS_DRAWN_ANEW = "DIGEST_MANY" in os.environ


def many(usual: int) -> int:
    """Returns how many examples to play, `usual` being the number of a run that says nothing."""
    return usual * MANY


def in_parts(test: Callable[[], None], part: int) -> Callable[[], None]:
    """Returns a random test that draws other examples than its other parts do, the same at each usual run."""
    return test if IS_DRAWN_ANEW else seed(part)(test)
