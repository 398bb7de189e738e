"""Reads the width and height of pictures, so that pages reserve their space; imports imagesize.

Reads only the head of a file. A picture whose size cannot be read is shown without one.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable

from digest.names import is_picture

_SVG_HEAD = 1 << 16  # bytes; comments or a document type may precede the root
_ROOT = re.compile(r"<svg(?:\s[^<>]*)?>")
_ATTRIBUTE = re.compile(r"""\s(width|height|viewBox)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_PIXELS = re.compile(r"\s*(\d+(?:\.\d+)?)(?:px)?\s*")
_MAX_SIDE = 1 << 17  # pixels; a larger size is a mistake


def size_of(file: str, read: Callable[[str], bytes]) -> tuple[int, int] | None:
    """Returns a picture's width and height in pixels; None for other files or an unknown size."""
    if not is_picture(file):
        return None
    if file.lower().endswith(".svg"):
        width, height = _svg_size(read(file)[:_SVG_HEAD].decode(errors="replace"))
    else:
        import imagesize  # not needed by a build without pictures

        width, height = imagesize.get(io.BytesIO(read(file)))
    whole = round(width), round(height)
    return whole if min(whole) > 0 and max(whole) <= _MAX_SIDE else None


def _svg_size(text: str) -> tuple[float, float]:
    """Returns the size of an SVG drawing in pixels, from its attributes or else its view box."""
    root = _ROOT.search(re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL))
    found = _ATTRIBUTE.findall(root[0]) if root else []
    attributes = {name: quoted or single for name, quoted, single in found}
    sides = [_PIXELS.fullmatch(attributes.get(name, "")) for name in ("width", "height")]
    if sides[0] and sides[1]:
        return float(sides[0][1]), float(sides[1][1])
    box = re.findall(r"-?[\d.]+(?:e-?\d+)?", attributes.get("viewBox", ""))
    try:
        return float(box[2]), float(box[3])
    except (IndexError, ValueError):
        return 0, 0
