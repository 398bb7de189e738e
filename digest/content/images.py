"""The one importer of imagesize: how wide and how high a picture is, so that a page can keep its place free.

Looks at the head of a file and decodes nothing. Refuses to guess: a file whose size it cannot read has none, and is
shown without.
"""

from __future__ import annotations

import io
import posixpath
import re
from collections.abc import Callable

from digest.content.paths import PICTURES

_SVG_HEAD = 1 << 16  # bytes; a comment or a document type may stand before the root
_ROOT = re.compile(r"<svg(?:\s[^<>]*)?>")
_ATTRIBUTE = re.compile(r"""\s(width|height|viewBox)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_PIXELS = re.compile(r"\s*(\d+(?:\.\d+)?)(?:px)?\s*")
_MOST = 1 << 17  # pixels; what claims more is no picture for a page


def size_of(file: str, read: Callable[[str], bytes]) -> tuple[int, int] | None:
    """Returns a picture's width and height in pixels as it is shown; None where they cannot be read, or it is none."""
    suffix = posixpath.splitext(file)[1].lower()
    if suffix not in PICTURES:
        return None
    if suffix == ".svg":
        width, height = _drawn(read(file)[:_SVG_HEAD].decode(errors="replace"))
    else:
        import imagesize  # which a build without pictures need not wait for

        width, height = imagesize.get(io.BytesIO(read(file)))
    whole = round(width), round(height)
    return whole if min(whole) > 0 and max(whole) <= _MOST else None


def _drawn(text: str) -> tuple[float, float]:
    """Returns the size that a drawing gives itself, in pixels, or else that of its view box."""
    root = _ROOT.search(re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL))
    said = (
        {name: quoted or single for name, quoted, single in _ATTRIBUTE.findall(root[0])}
        if root
        else {}
    )
    sides = [_PIXELS.fullmatch(said.get(name, "")) for name in ("width", "height")]
    if sides[0] and sides[1]:
        return float(sides[0][1]), float(sides[1][1])
    box = re.findall(r"-?[\d.]+(?:e-?\d+)?", said.get("viewBox", ""))
    try:
        return float(box[2]), float(box[3])
    except (IndexError, ValueError):
        return 0, 0
