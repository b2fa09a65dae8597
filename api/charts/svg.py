"""A chart as SVG text: no script and no inline style (the policy forbids both), colours by class from ``app.css``."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from markupsafe import Markup, escape

from api.charts.axes import time_ticks, value_ticks
from api.charts.data import WIDE, Chart, Mark, Size
from api.charts.reduce import reduce, split_at_gaps
from api.reader import unit_words
from kit.clock import from_ms

LETTER = 7  # pixels of a letter of a tick, generously: too few and long state names leave the picture
SHAPE = 6  # half the width of a mark's shape
WORD = 66  # pixels of a mark's word
MARGIN = 0.08  # of the range above and below the data; less lets a peak touch the frame


@dataclass(frozen=True, slots=True)
class _Scale:
    """From time and value to pixels."""

    size: Size
    start_ms: int
    end_ms: int
    low: float
    high: float

    def x(self, ms: int) -> float:
        share = (ms - self.start_ms) / max(1, self.end_ms - self.start_ms)
        return self.size.left + min(1.0, max(0.0, share)) * self.size.plot_width

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self.size.top + (1 - min(1.0, max(0.0, share))) * self.size.plot_height


def draw(chart: Chart, size: Size = WIDE) -> Markup:
    """The chart as one ``<svg>`` element with a title and a description for those who cannot see it."""
    low, high = _range(chart)
    ticks = _value_ticks(chart, low, high, max(3, size.plot_height // 60))
    size = replace(size, left=max(size.left, 16 + LETTER * max((len(text) for _, text in ticks), default=0)))
    scale = _Scale(size, chart.start_ms, chart.end_ms, low, high)
    parts = [
        _head(chart, size),
        *_value_axis(chart, scale, ticks),
        *_time_axis(chart, scale),
        _band(chart, scale),
        *_line(chart, scale),
        *_marks(chart, scale),
        "</svg>",
    ]
    return Markup("").join(Markup(part) for part in parts)  # noqa: S704 - every text in the parts is escaped


def _head(chart: Chart, size: Size) -> str:
    title, description = f"t-{chart.key}-{size.width}", f"d-{chart.key}-{size.width}"
    return (
        f'<svg class="chart" viewBox="0 0 {size.width} {size.height}" role="img"'
        f' aria-labelledby="{escape(title)} {escape(description)}">'
        f'<title id="{escape(title)}">{escape(chart.title)}</title>'
        f'<desc id="{escape(description)}">{escape(chart.description)}</desc>'
    )


def _range(chart: Chart) -> tuple[float, float]:
    """Lowest and highest value to show, with a margin; states get half a step of room."""
    if chart.states:
        return -0.5, len(chart.states) - 0.5
    shown = [chart.value, *(np.array([low, high]) for ms, low, high in chart.band if _inside(chart, ms))]
    values = np.concatenate(shown)
    if len(values) == 0:
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    room = (high - low) * MARGIN or max(abs(high) * MARGIN, 1.0)
    return low - room, high + room


def _inside(chart: Chart, ms: int) -> bool:
    return chart.start_ms <= ms <= chart.end_ms


def _value_axis(chart: Chart, scale: _Scale, ticks: list[tuple[float, str]]) -> list[str]:
    size = scale.size
    parts = []
    for tick, text in ticks:
        y = scale.y(tick)
        parts.append(f'<line class="grid" x1="{size.left}" x2="{size.width - size.right}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="tick" x="{size.left - 8}" y="{y + 4:.1f}" text-anchor="end">{escape(text)}</text>')
    if unit := unit_words(chart.unit):
        parts.append(
            f'<text class="unit" x="{size.left - 8}" y="{size.top - 12}" text-anchor="end">{escape(unit)}</text>'
        )
    return parts


def _value_ticks(chart: Chart, low: float, high: float, least: int) -> list[tuple[float, str]]:
    if chart.states:
        return [(float(index), name.replace("_", " ")) for index, name in enumerate(chart.states)]
    ticks = value_ticks(low, high, least)
    decimals = max((len(f"{tick:.12f}".rstrip("0").partition(".")[2]) for tick in ticks), default=0)
    return [(tick, chart.reader.fixed(tick, decimals)) for tick in ticks]


def _time_axis(chart: Chart, scale: _Scale) -> list[str]:
    size = scale.size
    bottom = size.height - size.bottom
    parts = [f'<line class="axis" x1="{size.left}" x2="{size.width - size.right}" y1="{bottom}" y2="{bottom}"/>']
    for ms, label in time_ticks(chart.start_ms, chart.end_ms, chart.reader, max(4, size.plot_width // 72)):
        x = scale.x(ms)
        parts.append(f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{bottom}" y2="{bottom + 5}"/>')
        parts.append(f'<text class="tick" x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{escape(label)}</text>')
    zone = chart.reader.zone_at(from_ms(chart.end_ms))
    right = size.width - size.right
    parts.append(f'<text class="unit" x="{right}" y="{size.height - 6}" text-anchor="end">{escape(zone)}</text>')
    return parts


def _band(chart: Chart, scale: _Scale) -> str:
    points = [(ms, low, high) for ms, low, high in chart.band if _inside(chart, ms)]
    if len(points) < 2:
        return ""
    upper = [f"{scale.x(ms):.1f},{scale.y(high):.1f}" for ms, _, high in points]
    lower = [f"{scale.x(ms):.1f},{scale.y(low):.1f}" for ms, low, _ in reversed(points)]
    return f'<polygon class="band" points="{" ".join(upper + lower)}"/>'


def _line(chart: Chart, scale: _Scale) -> list[str]:
    parts = []
    for run in split_at_gaps(chart.ts, chart.gap_ms):
        ts, value = reduce(chart.ts[run], chart.value[run], chart.start_ms, chart.end_ms, scale.size.plot_width)
        points = [(scale.x(ms), scale.y(v)) for ms, v in zip(ts.tolist(), value.tolist(), strict=True)]
        if len(points) == 1:
            parts.append(f'<circle class="dot" cx="{points[0][0]:.1f}" cy="{points[0][1]:.1f}" r="2"/>')
        else:
            parts.append(f'<polyline class="line" points="{" ".join(_path(points, step=bool(chart.states)))}"/>')
    return parts


def _path(points: list[tuple[float, float]], *, step: bool) -> list[str]:
    """Points of the line; a state holds until the next one, so it moves in steps."""
    out: list[str] = []
    before = points[0][1]
    for x, y in points:
        if step and y != before:
            out.append(f"{x:.1f},{before:.1f}")
        out.append(f"{x:.1f},{y:.1f}")
        before = y
    return out


def _marks(chart: Chart, scale: _Scale) -> list[str]:
    """Vertical lines with a shape and a word at the top: where it began reads to the left, where it was noticed right.

    Near an edge a word changes sides; when both stand on one side, the beginning's goes one line down. Two moments
    close together push their shapes apart, so that both can be seen.
    """
    size = scale.size
    shown = [(mark, scale.x(mark.ms)) for mark in chart.marks if _inside(chart, mark.ms)]
    if not shown:
        return []
    first, last = min(x for _, x in shown), max(x for _, x in shown)
    push = max(0.0, SHAPE - (last - first) / 2) if len(shown) > 1 else 0.0
    lefts = {mark.kind: _word_left(mark, x, size) for mark, x in shown}
    crowded = len(set(lefts.values())) < len(lefts)
    parts = []
    for mark, x in shown:
        left, lower = lefts[mark.kind], crowded and mark.kind == "onset"
        wx, wy = (first - 9 - push if left else last + 9 + push), size.top - 6 + (15 if lower else 0)
        top, bottom = size.top - 4, size.height - size.bottom
        anchor = "end" if left else "start"
        parts += [
            f'<line class="mark {mark.kind}" x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{bottom}"/>',
            _shape(mark, x + (-push if mark.kind == "onset" else push), size.top - 10),
            f'<text class="mark-label" x="{wx:.1f}" y="{wy}" text-anchor="{anchor}">{escape(mark.label)}</text>',
        ]
    return parts


def _word_left(mark: Mark, x: float, size: Size) -> bool:
    """Whether the mark's word stands to its left: the beginning's while there is room, the other's when it must."""
    return x > size.left + WORD if mark.kind == "onset" else x > size.width - size.right - WORD


def _shape(mark: Mark, x: float, y: float) -> str:
    if mark.kind == "onset":
        points = f"{x:.1f},{y - 5:.1f} {x + 5:.1f},{y + 4:.1f} {x - 5:.1f},{y + 4:.1f}"
    else:
        points = f"{x:.1f},{y - 5:.1f} {x + 5:.1f},{y:.1f} {x:.1f},{y + 5:.1f} {x - 5:.1f},{y:.1f}"
    return f'<polygon class="mark-shape {mark.kind}" points="{points}"/>'
