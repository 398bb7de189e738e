"""Draws SVG pictures as PNG, the same bytes on every machine: no font of the system is used.

resvg computes the same pixels everywhere, and oxipng packs them; cards have few colours, so a
palette halves them.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import Literal

from digest.cache import key_of
from digest.site.social import lettering

WIDTH, HEIGHT = 1200, 630  # pixels, the size that Open Graph consumers ask for
MAX_BYTES = 40 * 1024  # bytes


class DrawingError(ValueError):
    """The SVG cannot be drawn, with the reason."""


def available() -> bool:
    """True if the extra `cards` is installed."""
    return all(map(importlib.util.find_spec, ("resvg_py", "oxipng")))


@cache
def renderer_hash() -> bytes:
    """Returns a hash of what a drawing depends on besides the SVG: libraries and fonts."""
    from importlib.metadata import version  # late: most builds draw nothing

    versions = f"{version('resvg-py')} {version('pyoxipng-ng')}".encode()
    return key_of(versions, *map(Path.read_bytes, lettering.FILES))


def draw(svg: bytes) -> bytes:
    """Returns an SVG picture as PNG of 1200 × 630 pixels; raises DrawingError.

    A picture of more bytes than `MAX_BYTES`, which only odd texts give, is drawn again with letters
    whose edges are not smooth.
    """
    content = _draw(svg, "optimize_legibility")
    return content if len(content) <= MAX_BYTES else _draw(svg, "optimize_speed")


def _draw(svg: bytes, letters: Literal["optimize_legibility", "optimize_speed"]) -> bytes:
    import oxipng
    import resvg_py  # both imported late: most builds draw nothing

    try:
        drawn = resvg_py.svg_to_bytes(
            svg_string=svg.decode(),
            width=WIDTH,
            height=HEIGHT,
            skip_system_fonts=True,
            font_files=list(map(str, lettering.FILES)),
            text_rendering=letters,
        )
    except ValueError as error:
        raise DrawingError(" ".join(str(error).split())) from error
    return bytes(
        oxipng.optimize_from_memory(
            drawn,
            level=0,
            filter=[oxipng.RowFilter.NoOp],
            deflate=oxipng.Deflaters.libdeflater(8),
            strip=oxipng.StripChunks.all(),
        )
    )
