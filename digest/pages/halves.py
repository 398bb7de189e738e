"""Pages parted between two processes: those of newer stories for the one, those of older stories for the other.

So a story is read, its card made and rendered in one of them alone, but for the few on pages that lie across the cut.
Refuses to know processes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from digest.model import Outline
from digest.pages.archive import Edition
from digest.pages.page import Page

_NEWER = 0.48  # of the work: whoever has the newer half puts all in place in the end, and keeps what has been learnt
_FRAME = 2
"""What the frame of a page takes to render, in stories."""


def half(pages: Iterable[Page], *, older: bool) -> list[Page]:
    """Returns one half of the pages by the work that they are, in the order of time, the newest stories first."""
    shown = [(page, stories_of(page)) for page in pages]
    shown.sort(key=lambda one: _newest(one[1]), reverse=True)
    work = [len(stories) + _FRAME for _, stories in shown]
    whole, done, cut = sum(work), 0, 0
    while cut < len(shown) and done < whole * _NEWER:
        done += work[cut]
        cut += 1
    return [page for page, _ in (shown[cut:] if older else shown[:cut])]


def stories_of(page: Page) -> Sequence[Outline]:
    """Returns the stories that a page lists whole; none where it lists none, or names them in passing."""
    for value in page.inputs:
        if isinstance(value, Edition):
            return value.stories
        if isinstance(value, tuple) and value and type(value[0]) is Outline:
            return value
    return ()


def _newest(stories: Sequence[Outline]) -> float:
    """Returns when the newest of the stories was published; pages without any come first."""
    return stories[0].at if stories else float("inf")
