"""Makes what the social cards need: their font, and the card of sites that draw none.

    make font CHARIS=FOLDER     the fonts and widths, from the folder of CharisSIL-Regular.ttf
    make card                   templates/static/card.png

Charis SIL (https://software.sil.org/charis/, Debian's fonts-sil-charis) is reduced to Latin and
Cyrillic letters, a few Greek ones, and general punctuation. Its licence reserves the names "Charis"
and "SIL", so the result has another one. `advances.json` has the width of each character in both fonts, in
thousandths of an em: the cards are laid out by it, and it says which characters there are.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from digest.site.social import png

NAME = "Digest Serif"
FONTS = {"Regular": "CharisSIL-Regular.ttf", "Bold": "CharisSIL-Bold.ttf"}
ROOT = Path(__file__).parent.parent
OUTPUT = ROOT / "digest/site/social/font"
KEPT = (
    range(0x20, 0x7F),  # Latin
    range(0xA0, 0x180),
    (0x18F, 0x192, *range(0x1CD, 0x1DD), *range(0x218, 0x21C), 0x259, 0x2BB, 0x2BC),
    range(0x300, 0x30D),  # combining marks
    range(0x400, 0x460),  # Cyrillic
    range(0x490, 0x4F6),
    (0x1E9E, *range(0x1EA0, 0x1EFA)),  # Latin with several marks, as in Vietnamese
    range(0x2010, 0x203B),  # general punctuation
    (0x20A9, 0x20AA, 0x20AB, 0x20AC, 0x20B4, 0x20B8, 0x20B9, 0x20BA, 0x20BD, 0x20BF),  # currencies
    (0x2103, 0x2116, 0x2122, 0x2126, *range(0x2190, 0x2194)),
    (0x2044, 0x2212, 0x2248, 0x2260, 0x2264, 0x2265, 0x221E, 0x3BC, 0x3C0, 0x3B1, 0x3B2, 0x3B3),
)
FEATURES = ["ccmp", "mark"]


SHAPES = """\
<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="630">
<path fill="#fdfcf9" d="M0 0h1200v630H0z"/><path fill="#96281b" d="M0 0h1200v14H0z"/>
<path fill="#d9d3c5" d="M72 556h1056v2H72z"/>
%s
</svg>
"""
COLOURS = [
    "#225b9f",
    "#964d06",
    "#046a2f",
    "#83407f",
    "#5e4695",
    "#5f5f04",
    "#0c686c",
    "#9d404c",
    "#815c07",
    "#075571",
]
STACKS = (
    "4",
    "17",
    "083",
    "5",
    "2401",
    "68",
    "37",
    "719205",
    "064",
    "84",
    "5",
    "3106",
    "9",
    "465",
    "0281",
    "7513428",
)


def make_card() -> None:
    """Draws the shipped card: the shape of an edition, without words."""
    bars = [
        f'<path fill="{COLOURS[int(theme)]}" d="M{72 + 67 * left} {496 - 64 * up}h51v60h-51z"/>'
        for left, stack in enumerate(STACKS)
        for up, theme in enumerate(stack)
    ]
    drawn = png.draw((SHAPES % "".join(bars)).encode())
    (ROOT / "templates/static/card.png").write_bytes(drawn)


def make_font(folder: Path) -> None:
    """Writes both fonts and their widths; the fonts of Charis are in `folder`."""
    from fontTools import subset  # installed by the make target
    from fontTools.ttLib import TTFont

    advances = {}
    for style, file in FONTS.items():
        font = TTFont(folder / file, recalcTimestamp=False)
        options = subset.Options(layout_features=FEATURES, hinting=False, glyph_names=False)
        options.drop_tables += ["Feat", "Glat", "Gloc", "Silf", "Sill", "Silt"]  # Graphite's
        options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=[one for part in KEPT for one in part])
        subsetter.subset(font)
        full = f"{NAME} {style}"
        for id, name in {1: NAME, 3: full, 4: full, 6: full.replace(" ", "")}.items():
            font["name"].setName(name, id, 3, 1, 0x409)
        font["name"].names = [one for one in font["name"].names if one.platformID == 3]
        font.save(OUTPUT / f"{style}.ttf")
        scale = 1000 / font["head"].unitsPerEm
        advances[style] = {
            chr(code): round(font["hmtx"][glyph][0] * scale)
            for code, glyph in sorted(font.getBestCmap().items())
        }
    text = json.dumps(advances, ensure_ascii=False, separators=(",", ":"))
    (OUTPUT / "advances.json").write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    make_font(Path(sys.argv[1])) if len(sys.argv) > 1 else make_card()
