"""Every file of the site made ready and then put in place; what would come out as it stands is left alone.

    page ──key──▶ as it was made? ──no──▶ data ──▶ render ──▶ stage        all staged ──▶ commit

Refuses to let anything be seen of a site that is not whole: what is wrong drops all that was staged.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from digest import disk, pair
from digest.errors import DigestError
from digest.model import Copied
from digest.pages import halves
from digest.pages.addresses import Base
from digest.pages.marks import mark
from digest.pages.output import Output, Written
from digest.pages.page import Page
from digest.pages.past import Past
from digest.pages.plan import Plan
from digest.pair import Partner

if TYPE_CHECKING:
    from digest.pages.render import Renderer
    from digest.pages.search_index import Index

_MANY = 300  # pages: with fewer, a second process takes longer to begin than it saves

Told = Callable[[int, int], None]
"""Hears how many of how many pages are done."""


def make(
    planned: Plan,
    index: Index,
    output: Output,
    past: Past,
    *,
    whole: bytes,
    root: Path,
    since: int,
    told: Told | None = None,
    partner: Partner | None = None,
) -> tuple[Written, dict[str, bytes]]:
    """Brings the output folder to what is planned; returns what came of it, and the key of every file.

    `whole` is a hash of what all pages are made of, content apart, `since` the moment (ns, by the disk's clock) from
    which a file may have been saved again unseen; `told` hears how many pages are done. With a `partner`, who makes the
    same, each makes one half of the pages ready. Raises DigestError, and then nothing is written.
    """
    maker = _Maker(planned, output, past, mark((whole, planned.shared)), root, told or _nobody)
    try:
        keys = maker.half(partner) if partner else maker.all()
        keys |= _copy(planned.copied, index, output, past, since)
        planned.refuse()
        return output.commit(), keys
    except BaseException:
        if partner is None or not partner.second:  # who hears of it, and drops what both have staged
            if partner:
                partner.stop()
            output.drop()
        raise


class _Maker:
    """Makes pages ready, alone or with a partner; each way returns the keys of all pages."""

    def __init__(self, planned: Plan, output: Output, past: Past, shared: bytes, root: Path, told: Told) -> None:
        self._planned, self._output, self._past = planned, output, past
        self._shared, self._root, self._told = shared, root, told

    def all(self) -> dict[str, bytes]:
        """Makes every page ready that would differ, in two processes where these are many."""
        keys = self._keys(self._planned.pages)
        wanted = self._wanted(self._planned.pages, keys)
        if len(wanted) < _MANY or not pair.has_room():
            self._render(wanted, self._told)
            return keys
        self._renderer().compile()
        with pair.begun() as partner:
            if partner:
                return keys | self.half(partner)
            self._render(wanted, self._told)
        return keys

    def half(self, partner: Partner) -> dict[str, bytes]:
        """Makes one half of the pages ready, and takes over what the partner has made of the other."""
        planned, told = self._planned, _nobody if partner.second else self._told
        pages = halves.half(planned.pages, older=partner.second)
        keys = self._keys(pages)
        self._render(self._wanted(pages, keys), lambda number, count: told(2 * number, 2 * count))
        other = partner.end((keys, self._output.staged, planned.writer.problems, planned.texts.used))
        its_keys, staged, problems, texts = other
        self._output.adopt(staged)
        planned.writer.problems.extend(problems)
        planned.texts.used.update(texts)
        return keys | its_keys

    def _keys(self, pages: Iterable[Page]) -> dict[str, bytes]:
        return {page.path: page.key(self._shared) for page in pages}

    def _wanted(self, pages: Iterable[Page], keys: Mapping[str, bytes]) -> list[Page]:
        return [page for page in pages if not self._past.has(page.path, keys[page.path], self._output)]

    def _render(self, pages: Sequence[Page], told: Told) -> None:
        if not pages:
            return
        planned, renderer = self._planned, self._renderer()
        renderer.begin(planned.texts, planned.setting.lasting, planned.setting.shared)
        for number, page in enumerate(pages):
            told(number, len(pages))
            self._output.stage(page.path, renderer.page(page, planned.data(page)))

    def _renderer(self) -> Renderer:
        planned = self._planned
        return planned.setting.lasting.made(_renderer, self._root, planned.base)


def _renderer(root: Path, base: Base) -> Renderer:
    from digest.pages.render import Renderer  # which a build with nothing to render need not wait for

    renderer = Renderer(root, base)
    renderer.refuse_flaws()
    return renderer


def _copy(copied: Collection[Copied], index: Index, output: Output, past: Past, since: int) -> dict[str, bytes]:
    """Makes all files ready that are not rendered, the index of the search among them; returns their keys."""
    keys = {one.path: _key(one, since) for one in copied}
    for one in copied:
        if not keys[one.path] or not past.has(one.path, keys[one.path], output):
            output.stage(one.path, _source(one))
    for path, key in index.files.items():
        if not past.has(path, key, output):
            output.stage(path, index.content(path))
    return {**keys, **index.files}


def _nobody(_: int, __: int) -> None:
    """Listens where nobody else does."""


def _key(one: Copied, since: int) -> bytes:
    """Returns the key of a file that is copied: its stamp, none where that may deceive."""
    try:
        stamp = disk.stamp(os.stat(one.source))  # noqa: PTH116 - a fifth of the cost
    except OSError:
        return b""
    return mark(stamp) if max(stamp[:2]) < since else b""


def _source(one: Copied) -> bytes:
    content = disk.read(one.source)
    if content is None:
        raise DigestError(f"{one.file}: this file went away during the build; build again")
    return content
