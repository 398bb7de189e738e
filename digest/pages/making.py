"""Every file of the site made ready and then put in place; what would come out as it stands is left alone.

    page ──key──▶ as it was made? ──no──▶ data ──▶ render ──▶ stage        all staged ──▶ commit

Refuses to let anything be seen of a site that is not whole: what is wrong drops all that was staged.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING

from digest import disk
from digest.errors import DigestError, Problem
from digest.model import Copied
from digest.pages import pair
from digest.pages.marks import mark
from digest.pages.output import Output, Written
from digest.pages.page import Page
from digest.pages.past import Past
from digest.pages.plan import Plan

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
) -> tuple[Written, dict[str, bytes]]:
    """Brings the output folder to what is planned; returns what came of it, and the key of every file.

    `whole` is a hash of what all pages are made of, content apart, `since` the moment (ns, by the disk's clock) from
    which a file may have been saved again unseen; `told` hears how many pages are done. Raises DigestError, and then
    nothing is written.
    """
    shared = mark((whole, planned.shared))
    keys = {page.path: page.key(shared) for page in planned.pages}
    wanted = [page for page in planned.pages if not past.has(page.path, keys[page.path], output)]
    try:
        if wanted:
            _render(wanted, planned, output, root, past.code, told or _nobody)
        keys |= _copy(planned.copied, index, output, past, since)
        planned.refuse()
        return output.commit(), keys
    except BaseException:
        output.drop()
        raise


def _render(pages: list[Page], planned: Plan, output: Output, root: Path, code: dict[str, bytes], told: Told) -> None:
    from digest.pages.render import Renderer  # which a build with nothing to render need not wait for

    renderer = Renderer(root, planned.base, planned.texts, code)
    renderer.refuse_flaws()
    if len(pages) >= _MANY and pair.has_room():
        _render_in_two(pages, planned, output, renderer, told)
        return
    for number, page in enumerate(pages):
        told(number, len(pages))
        output.stage(page.path, renderer.page(page))


def _render_in_two(pages: list[Page], planned: Plan, output: Output, renderer: Renderer, told: Told) -> None:
    """Renders pages for people here and those for programs in a second process; what both show is made before."""
    for_people = [(page, page.data()) for page in pages if page.path.endswith(".html")]
    for_programs = [page for page in pages if not page.path.endswith(".html")]

    def render_here() -> None:
        for number, (page, data) in enumerate(for_people):
            told(number * len(pages) // len(for_people), len(pages))
            output.stage(page.path, renderer.page(page, data))

    def render_there() -> tuple[dict[str, bytes | None], list[Problem], dict[bytes, str], dict[str, bytes]]:
        for page in for_programs:
            output.stage(page.path, renderer.page(page))
        return output.staged, planned.writer.problems, planned.texts.used, renderer.code

    _, (staged, problems, texts, code) = pair.both(render_here, render_there)
    output.adopt(staged)
    planned.writer.problems.extend(problems)
    planned.texts.used.update(texts)
    renderer.code.update(code)


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
