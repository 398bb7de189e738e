"""The layout of a card: where each line, bar and label is, in pixels of 1200 × 630.

SocialCard ──fit into 1200 × 630 pixels──▶ CardView ──templates/card.svg──▶ SVG
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from digest.site import charts
from digest.site.charts import Chart, Series, Slot
from digest.site.social.lettering import drawable_text, fit, line_height, text_width, truncated
from digest.site.social.png import HEIGHT, WIDTH

_LEFT, _INNER_WIDTH = 72, WIDTH - 144  # without the margins
_PLATE_SIZE, _LABEL_SIZE, _DETAIL_SIZE, _LEGEND_SIZE = 40, 30, 32, 28  # of letters
_DETAIL_STEP = 42
_RULE_TOP = 130  # the rule below the nameplate
_LAST_BASELINE = HEIGHT - 48
_TITLE_SIZES = (92, 84, 74, 64, 56, 50)
_NAME_SIZES = (124, 108, *_TITLE_SIZES)  # of the digest's name as the title
_BAR_HEIGHT, _BAR_GAP = 26, 4
_DOT_WIDTH = 30  # from a dot to its words
_LEGEND_STEP, _LEGEND_GAP, _LEGEND_LINES = 42, 36, 2
_SCALE = _INNER_WIDTH / charts.PLOT_WIDTH  # pixels of a unit of a chart
_CHART_HEIGHT = int(160 / _SCALE)  # units that the bars of a chart may be high
_CHART_LABEL_HEIGHT = 24


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


class LegendEntry(NamedTuple):
    """A theme below the bar: its words, where they are, and the colour of the dot before them."""

    words: str
    left: float
    top: float
    colour: int


class Segment(NamedTuple):
    """A part of the bar."""

    left: float
    width: float
    colour: int


class Bars(NamedTuple):
    """A chart on a card, enlarged by `scale`; its bars stand on `foot`, up to `height` high.

    `labels` are those below it.
    """

    chart: Chart
    left: float
    top: float
    scale: float
    foot: float
    height: float
    labels: tuple[Line, ...]


class CardView(NamedTuple):
    """A card: lines of text by kind, the size of the title, the bar (its top) and the legend, or bars.

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
    legend: tuple[LegendEntry, ...]
    bars: Bars | None


def lay_out(card: SocialCard) -> CardView:
    """Returns the layout of a card; it has no chart if too few weeks have stories.

    The detail is above the bar, or below the title if there is none.
    """
    legend = _legend(card.parts)
    chart = charts.draw(card.slots, card.series, _CHART_HEIGHT) if card.series else None
    bars = _bars(chart) if chart else None
    bar_top = (legend[0].top if legend else _LAST_BASELINE) - _LEGEND_SIZE - 22 - _BAR_HEIGHT
    bottom = float(HEIGHT)  # of what is above the bar or chart
    if card.parts:
        bottom = bar_top
    elif bars:
        bottom = bars.foot - bars.height
    head, room = (_RULE_TOP + 42, _INNER_WIDTH) if card.nameplate else (70, _INNER_WIDTH * 4 // 5)
    detail = fit(card.detail, room, 2 * _DETAIL_STEP, (_DETAIL_SIZE,), bold=False).lines
    below = 30 + _DETAIL_STEP * len(detail)
    sizes = _TITLE_SIZES if card.nameplate else _NAME_SIZES
    title = fit(card.title, _INNER_WIDTH, int(bottom - below - head), sizes, bold=True)
    step = line_height(title.size)
    title_top = head + title.size * 0.78  # its first baseline
    title_height = step * (len(title.lines) - 1) + title.size * 0.3 + 46
    detail_height = _DETAIL_STEP * (len(detail) - 1)
    if not card.parts and not bars:  # nothing is at the bottom: the words are in the middle
        title_top += max(0, HEIGHT - _LEFT - title_top - title_height - detail_height) / 2
    detail_top = bottom - 30 - detail_height if card.parts else title_top + title_height
    label = truncated(card.label, _INNER_WIDTH * 500 / _LABEL_SIZE, bold=False)
    label_width = text_width(label, bold=False) * _LABEL_SIZE / 1000 + 40
    return CardView(
        nameplate=truncated(
            card.nameplate, (_INNER_WIDTH - label_width) * 1000 / _PLATE_SIZE, bold=True
        ),
        label=label,
        colour=card.colour,
        title=_lines(title.lines, title_top, step),
        size=title.size,
        detail=_lines(detail, detail_top, _DETAIL_STEP),
        bar=_bar(card.parts),
        bar_top=bar_top,
        legend=legend,
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
        left = _LEFT + _INNER_WIDTH * before / total
        before += part.number
        right = _LEFT + _INNER_WIDTH * before / total - (_BAR_GAP if before < total else 0)
        segments.append(Segment(round(left, 1), round(right - left, 1), part.colour))
    return tuple(segments)


def _legend(parts: Sequence[Part]) -> tuple[LegendEntry, ...]:
    """Returns the names of the parts below the bar, as many as fit into its lines."""
    entries: list[LegendEntry] = []
    left, row = 0.0, 0
    for part in parts:
        title = drawable_text(part.title)
        if not title:
            continue
        words = truncated(
            f"{title} {part.number}", (_INNER_WIDTH - _DOT_WIDTH) * 1000 / _LEGEND_SIZE, bold=False
        )
        entry_width = _DOT_WIDTH + text_width(words, bold=False) * _LEGEND_SIZE / 1000
        if left and left + entry_width > _INNER_WIDTH:
            left, row = 0.0, row + 1
        if row == _LEGEND_LINES:
            break
        top = _LAST_BASELINE + _LEGEND_STEP * row
        entries.append(LegendEntry(words, round(_LEFT + _DOT_WIDTH + left, 1), top, part.colour))
        left += entry_width + _LEGEND_GAP
    shift = entries[-1].top - _LAST_BASELINE if entries else 0  # the last line is at the bottom
    return tuple([entry._replace(top=entry.top - shift) for entry in entries])


def _bars(chart: Chart) -> Bars:
    """Returns a chart as wide as the card, its labels at the bottom."""
    foot = _LAST_BASELINE - _CHART_LABEL_HEIGHT - 14
    labels = []
    for at, words in chart.labels:
        labels.append(Line(words, round(_LEFT + (at - charts.LEFT) * _SCALE, 1), _LAST_BASELINE))
    left, top = _LEFT - charts.LEFT * _SCALE, foot - chart.foot * _SCALE
    return Bars(
        chart=chart,
        left=round(left, 2),
        top=round(top, 2),
        scale=round(_SCALE, 4),
        foot=foot,
        height=(chart.foot - charts.TOP) * _SCALE,
        labels=tuple(labels),
    )
