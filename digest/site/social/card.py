"""The layout of a card: where each line, bar and label is, in pixels of 1200 × 630.

SocialCard ──fit into 1200 × 630 pixels──▶ CardView ──templates/card.svg──▶ SVG
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from digest.site import charts
from digest.site.charts import Chart, Series, Slot
from digest.site.social.lettering import drawable, fit, line_height, truncated, width
from digest.site.social.png import HEIGHT, WIDTH

_LEFT, _ROOM = 72, WIDTH - 144
_PLATE, _LABEL, _DETAIL, _KEY = 40, 30, 32, 28  # sizes of letters
_DETAIL_STEP = 42
_HEAD = 130  # the rule below the nameplate
_FOOT = HEIGHT - 48  # the last baseline
_SIZES = (92, 84, 74, 64, 56, 50)  # of a title
_NAME_SIZES = (124, 108, *_SIZES)  # of the digest's name as the title
_BAR, _GAP = 26, 4
_DOT = 30  # from a dot to its words
_KEY_STEP, _KEY_GAP, _KEY_LINES = 42, 36, 2
_SCALE = _ROOM / charts.PLOT  # pixels of a unit of a chart
_CHART = int(160 / _SCALE)  # units that the bars of a chart may be high
_SIGN = 24


class Part(NamedTuple):
    """A theme in the bar of a week, with how many stories it has; colour 0 is for no theme."""

    title: str
    colour: int
    number: int


class SocialCard(NamedTuple):
    """What a card shows: the name of the digest, what is at the right of it, a title, a `detail`.

    The site's own card has its name as title. At the bottom is a bar of `parts`, or a chart of
    `series`, which are stories in `slots`. `colour` is that of a theme, 0 for none. All words but
    the titles of parts are drawable.
    """

    nameplate: str
    label: str
    title: str
    detail: str
    parts: tuple[Part, ...] = ()
    slots: tuple[Slot, ...] = ()
    series: tuple[Series, ...] = ()
    colour: int = 0


class CardPicture(NamedTuple):
    """The picture of a page: its place, and the same in words.

    `card` is what is drawn there, None for the one of the site. `version` is a hash of it.
    """

    place: str
    alt: str
    card: SocialCard | None = None
    version: str = ""


class Line(NamedTuple):
    """A line of text, and where it begins."""

    words: str
    left: float
    top: float


class KeyEntry(NamedTuple):
    """A theme below the bar: its words, where they are, and the colour of the dot before them."""

    words: str
    left: float
    top: float
    colour: int


class Segment(NamedTuple):
    """A part of the bar."""

    left: float
    wide: float
    colour: int


class Bars(NamedTuple):
    """A chart on a card, enlarged by `scale`; its bars begin at `foot`, and are up to `high`.

    `labels` are those below it.
    """

    chart: Chart
    left: float
    top: float
    scale: float
    foot: float
    high: float
    labels: tuple[Line, ...]


class CardView(NamedTuple):
    """A card: lines of text by kind, the size of the title, the bar (its top) and the key, or bars.

    `colour` is that of the rule below the nameplate, 0 for none; the site's card has no nameplate.
    """

    nameplate: str
    label: str
    colour: int
    title: tuple[Line, ...]
    size: int
    detail: tuple[Line, ...]
    bar: tuple[Segment, ...]
    bar_top: float
    key: tuple[KeyEntry, ...]
    bars: Bars | None


def lay_out(card: SocialCard) -> CardView:
    """Returns the layout of a card; it has no chart if too few weeks have stories.

    The detail is above the bar, or below the title if there is none.
    """
    key = _key(card.parts)
    chart = charts.draw(card.slots, card.series, _CHART) if card.series else None
    bars = _bars(chart) if chart else None
    bar_top = (key[0].top if key else _FOOT) - _KEY - 22 - _BAR
    bottom = float(HEIGHT)  # of what is above the bar or chart
    if card.parts:
        bottom = bar_top
    elif bars:
        bottom = bars.foot - bars.high
    head, room = (_HEAD + 42, _ROOM) if card.nameplate else (70, _ROOM * 4 // 5)
    detail = fit(card.detail, room, 2 * _DETAIL_STEP, (_DETAIL,), bold=False).lines
    below = 30 + _DETAIL_STEP * len(detail)
    sizes = _SIZES if card.nameplate else _NAME_SIZES
    title = fit(card.title, _ROOM, int(bottom - below - head), sizes, bold=True)
    step = line_height(title.size)
    begin = head + title.size * 0.78
    high = step * (len(title.lines) - 1) + title.size * 0.3 + 46
    detail_high = _DETAIL_STEP * (len(detail) - 1)
    if not card.parts and not bars:  # nothing is at the bottom: the words are in the middle
        begin += max(0, HEIGHT - _LEFT - begin - high - detail_high) / 2
    detail_begin = bottom - 30 - detail_high if card.parts else begin + high
    label = truncated(card.label, _ROOM * 500 / _LABEL, bold=False)
    label_wide = width(label, bold=False) * _LABEL / 1000 + 40
    return CardView(
        nameplate=truncated(card.nameplate, (_ROOM - label_wide) * 1000 / _PLATE, bold=True),
        label=label,
        colour=card.colour,
        title=_lines(title.lines, begin, step),
        size=title.size,
        detail=_lines(detail, detail_begin, _DETAIL_STEP),
        bar=_bar(card.parts),
        bar_top=bar_top,
        key=key,
        bars=bars,
    )


def _lines(lines: Sequence[str], first: float, step: float) -> tuple[Line, ...]:
    placed = []
    for number, words in enumerate(lines):
        placed.append(Line(words, _LEFT, round(first + step * number, 1)))
    return tuple(placed)


def _bar(parts: Sequence[Part]) -> tuple[Segment, ...]:
    """Returns the parts side by side, as wide as they have stories."""
    total = sum(part.number for part in parts)
    segments, before = [], 0
    for part in parts:
        left = _LEFT + _ROOM * before / total
        before += part.number
        right = _LEFT + _ROOM * before / total - (_GAP if before < total else 0)
        segments.append(Segment(round(left, 1), round(right - left, 1), part.colour))
    return tuple(segments)


def _key(parts: Sequence[Part]) -> tuple[KeyEntry, ...]:
    """Returns the names of the parts below the bar, as many as fit into its lines."""
    entries: list[KeyEntry] = []
    left, row = 0.0, 0
    for part in parts:
        title = drawable(part.title)
        if not title:
            continue
        words = truncated(f"{title} {part.number}", (_ROOM - _DOT) * 1000 / _KEY, bold=False)
        wide = _DOT + width(words, bold=False) * _KEY / 1000
        if left and left + wide > _ROOM:
            left, row = 0.0, row + 1
        if row == _KEY_LINES:
            break
        top = _FOOT + _KEY_STEP * row
        entries.append(KeyEntry(words, round(_LEFT + _DOT + left, 1), top, part.colour))
        left += wide + _KEY_GAP
    up = entries[-1].top - _FOOT if entries else 0  # the last line is at the foot
    return tuple([entry._replace(top=entry.top - up) for entry in entries])


def _bars(chart: Chart) -> Bars:
    """Returns a chart as wide as the card, its labels at the bottom."""
    foot = _FOOT - _SIGN - 14
    labels = []
    for at, words in chart.labels:
        labels.append(Line(words, round(_LEFT + (at - charts.LEFT) * _SCALE, 1), _FOOT))
    left, top = _LEFT - charts.LEFT * _SCALE, foot - chart.foot * _SCALE
    high = (chart.foot - charts.TOP) * _SCALE
    return Bars(chart, round(left, 2), round(top, 2), round(_SCALE, 4), foot, high, tuple(labels))
