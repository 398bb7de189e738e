"""Renders the pages that an output folder lacks, on all cores, and stages them.

planned pages ──keep──▶ the others ──render──▶ HTML, Atom, Markdown ──────────▶ staged
                                       └▶ SVG of social cards ──draw, or cache──▶ staged as PNG
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from digest import parallel
from digest.cache import Cache, key_of
from digest.errors import Faults, Problem
from digest.model import Progress
from digest.site import addresses, fingerprint

if TYPE_CHECKING:
    from digest.site.output import Output
    from digest.site.page import Page
    from digest.site.plan import Plan
    from digest.site.render import Renderer

_MS_PER_PAGE, _MS_PER_CARD = 0.8, 60  # milliseconds of work, for `parallel.map`


class PageStager:
    """Stages the pages of one digest, in any number of builds; its templates are loaded once.

    Unless it `may_fork`, it works in this process alone.
    """

    def __init__(self, root: Path, cache: Cache, *, may_fork: bool) -> None:
        self._root, self._cache, self._may_fork = root, cache, may_fork
        self._renderer: Renderer | None = None

    def stage(
        self,
        planned: Plan,
        keys: Mapping[str, bytes],
        settings_key: bytes,
        output: Output,
        on_progress: Progress | None,
    ) -> None:
        """Stages each page that the folder does not have under its key; `keys` are those of all files.

        `settings_key` is the hash of settings, templates and program. Problems in texts are added
        to those of `planned`; raises Faults for problems in templates.
        """
        wanted = [page for page in planned.pages if not output.keep(page.path, keys[page.path])]
        if wanted:
            self._stage(wanted, planned, settings_key, output, _Count(len(wanted), on_progress))
        if planned.context.has_social_cards:
            self._cache.keep_only("card", keys)

    def _stage(
        self, pages: list[Page], planned: Plan, settings_key: bytes, output: Output, count: _Count
    ) -> None:
        from digest.site.page import newest_first  # late, as in `commands/build.py`

        if self._renderer is None:
            from digest.site.render import Renderer

            self._renderer = Renderer(self._root, planned.base)
            self._renderer.raise_problems()
        edition_keys, cached_editions = planned.edition_keys(settings_key), dict[str, str]()
        if any(page.path == addresses.WEEKS_FEED for page in pages):
            cached_editions = self._cache.get_all("edition", edition_keys, str)
        self._renderer.begin(planned.context.shared, cached_editions)
        pictures: dict[str, bytes] = {}

        def stage_page(page: Page, rendered: _Rendered) -> None:
            planned.context.markdown.problems.extend(rendered.problems)
            for id, text in rendered.editions.items():
                self._cache.put("edition", id, edition_keys[id], text)
            if page.path.startswith(addresses.CARDS):
                pictures[page.path] = rendered.content
            else:
                output.stage(page.path, rendered.content)
                count.add()

        parallel.map(
            partial(_rendered, self._renderer, planned),
            newest_first(pages),
            stage_page,
            work=_MS_PER_PAGE * len(pages) if self._may_fork else 0,
        )
        if pictures:
            self._stage_cards(pictures, output, count)

    def _stage_cards(self, pictures: Mapping[str, bytes], output: Output, count: _Count) -> None:
        """Stages social cards as PNG, from the cache unless their SVG pictures have changed.

        Other output folders have the same cards, and a new machine gets them with the cache.
        """
        from digest.site.social import png

        card_keys = {path: key_of(png.renderer_hash(), svg) for path, svg in pictures.items()}
        cached_cards = self._cache.get_all("card", card_keys, bytes)
        for path, content in cached_cards.items():
            output.stage(path, content)
            count.add()

        def stage_drawn(path: str, content: bytes) -> None:
            self._cache.put("card", path, card_keys[path], content)
            output.stage(path, content)
            count.add()

        missing = [path for path in pictures if path not in cached_cards]
        parallel.map(
            lambda path: _drawn(pictures[path]),
            missing,
            stage_drawn,
            work=_MS_PER_CARD * len(missing) if self._may_fork else 0,
        )


class _Rendered(NamedTuple):
    """A rendered page, with the problems of its texts and the texts of editions made for it, by id."""

    content: bytes
    problems: list[Problem]
    editions: dict[str, str]


def _rendered(renderer: Renderer, planned: Plan, page: Page) -> _Rendered:
    """Renders a page; everything that is to be kept of it is in the result."""
    problems, editions = planned.context.markdown.problems, renderer.editions
    before = len(problems), len(editions)
    content = renderer.page(page, planned.data(page))
    return _Rendered(
        content, problems[before[0] :], dict(islice(editions.items(), before[1], None))
    )


def _drawn(svg: bytes) -> bytes:
    """Returns a social card as PNG."""
    from digest.site.social import png

    try:
        return png.draw(svg)
    except png.DrawingError as error:
        what, cure = f"gives a picture that cannot be drawn: {error}", "correct the template"
        raise Faults([Problem(f"{fingerprint.FOLDER}/card.svg", 0, what, cure)]) from error


class _Count:
    """Counts the files that are done, and reports each."""

    def __init__(self, total: int, on_progress: Progress | None) -> None:
        self._done, self._total, self._on_progress = 0, total, on_progress

    def add(self) -> None:
        """Counts one more."""
        self._done += 1
        if self._on_progress:
            self._on_progress(self._done, self._total)
