"""Pictures of a scorecard as SVG text, styled by the page around them. Each says in words what it shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape

import numpy as np

from device_sim.models.machine import DAY_MS
from device_sim.scorecard import wording
from device_sim.scorecard.lives import Life, MarkKind
from device_sim.scorecard.outcome import Outcome

Across = Callable[[int | None], float]  # from an instant to its place; None is the end of the run

WIDE, LEFT = 720.0, 8.0
LIFE = 440.0  # width of a life; wider makes its words small where two stand side by side
ROW = 22.0  # height of a fault's bar with its gap
MARKS = 30.0  # height of the strip of findings and notices
BINS = 24
PAIR = 36.0  # height of a bar with its words above


def life(one: Life) -> str:
    """A device's time: a bar for each thing that happened, above it what was found, told and answered."""
    bottom = MARKS + ROW * max(len(one.outcomes), 1)
    span = one.end_ms - one.start_ms
    said = "; ".join(f"{wording.fault_label(o.fault)}: {wording.ended(o)}" for o in one.outcomes) or "Nothing happened."

    def x(at_ms: int | None) -> float:
        at = one.end_ms if at_ms is None else at_ms
        return LEFT + (LIFE - 2 * LEFT) * min(max((at - one.start_ms) / span, 0.0), 1.0)

    parts = [_day_lines(one, x, bottom)]
    parts += [_bar(outcome, MARKS + ROW * row, x) for row, outcome in enumerate(one.outcomes)]
    parts += [_mark(mark.kind, x(mark.at_ms), mark.text) for mark in one.marks]
    return _svg(LIFE, bottom + 14, f"{one.device}: {said}", "".join(parts))


def histogram(values: Sequence[float], unit: str) -> str:
    """How often each value came, zero marked; `unit` stands behind the numbers."""
    if not values:
        return ""
    low, high = min(0.0, float(np.floor(min(values)))), max(1.0, float(np.ceil(max(values))))
    counts, edges = np.histogram(values, bins=BINS, range=(low, high))
    step, tallest = (WIDE - 2 * LEFT) / BINS, max(int(counts.max()), 1)
    bars = "".join(
        f'<rect class="{"late" if edges[at + 1] <= 0 else "early"}" x="{LEFT + at * step:.1f}"'
        f' y="{110 - 90 * count / tallest:.1f}" width="{step - 2:.1f}" height="{90 * count / tallest:.1f}"/>'
        for at, count in enumerate(counts.tolist())
        if count
    )
    zero = LEFT + (WIDE - 2 * LEFT) * (0 - low) / (high - low)
    middle = float(np.median(values))
    at_middle = LEFT + (WIDE - 2 * LEFT) * (middle - low) / (high - low)
    axis = (
        f'<line class="axis" x1="{LEFT}" x2="{WIDE - LEFT}" y1="110" y2="110"/>'
        f'<line class="failure" x1="{zero:.1f}" x2="{zero:.1f}" y1="14" y2="110"/>'
        f'<line class="noticed" x1="{at_middle:.1f}" x2="{at_middle:.1f}" y1="14" y2="110"/>'
        + _text(at_middle, 10, f"median {wording.plain(round(middle, 1))} {unit}", "middle")
        + _text(LEFT, 124, wording.plain(low))
        + _text(WIDE - LEFT, 124, f"{wording.plain(high)} {unit}", "end")
    )
    said = f"{len(values)} values from {min(values):.1f} to {max(values):.1f} {unit}, median {middle:.1f}"
    return _svg(WIDE, 130, said, bars + axis)


def counted(items: Mapping[str, int]) -> str:
    """A bar for each thing with its count."""
    if not items:
        return ""
    most = max(items.values())
    rows = []
    for row, (name, count) in enumerate(items.items()):
        y, long = PAIR * row, (WIDE - 60) * count / most
        rows.append(
            _text(0, y + 12, name)
            + f'<rect class="missed" x="0" y="{y + 17}" width="{long:.1f}" height="10"/>'
            + _text(long + 6, y + 26, str(count))
        )
    said = ", ".join(f"{name}: {count}" for name, count in items.items())
    return _svg(WIDE, PAIR * len(items), said, "".join(rows))


def _day_lines(one: Life, x: Across, bottom: float) -> str:
    days = round((one.end_ms - one.start_ms) / DAY_MS)
    step = max(1, -(-days // 10))
    lines = []
    for day in range(0, days + 1, step):
        at = x(one.start_ms + day * DAY_MS)
        anchor = "start" if day == 0 else "end" if day == days else "middle"
        lines.append(f'<line class="grid" x1="{at:.1f}" x2="{at:.1f}" y1="0" y2="{bottom}"/>')
        lines.append(_text(at, bottom + 11, f"day {day}" if day == 0 else str(day), anchor))
    return "".join(lines)


def _bar(outcome: Outcome, top: float, x: Across) -> str:
    """From onset to failure it grows, from there to the end it is whole."""
    begin, failure, end = x(outcome.onset_ms), x(outcome.failure_ms), x(outcome.end_ms)
    failure = min(failure, end)
    kind = "harmless" if outcome.expects == "nothing" else "fault"
    shape = f"M{begin:.1f} {top + 17}L{failure:.1f} {top + 3}H{max(end, begin + 2):.1f}V{top + 17}Z"
    lines = ""
    if outcome.noticed_ms is not None:
        at = x(outcome.noticed_ms)
        lines = f'<line class="noticed" x1="{at:.1f}" x2="{at:.1f}" y1="{top}" y2="{top + 19}"/>'
    if outcome.course == "progressive" and outcome.expects != "nothing" and failure < LIFE - LEFT:
        lines += f'<line class="failure" x1="{failure:.1f}" x2="{failure:.1f}" y1="{top}" y2="{top + 19}"/>'
    near_end = begin > LIFE * 0.6
    words = _text(begin - 5 if near_end else begin + 5, top + 14, wording.fault_label(outcome.fault), _side(near_end))
    return f'<path class="{kind}" d="{shape}"/>{lines}{words}'


def _side(left: bool) -> str:
    return "end" if left else "start"


_SHAPES: Mapping[MarkKind, str] = {
    "weak": "M0 -4L4 0L0 4L-4 0Z",
    "strong": "M0 -5L5 0L0 5L-5 0Z",
    "contact": "M-6 -4.5H6V4.5H-6ZM-6 -4.5L0 1L6 -4.5",
    "again": "M-6 -4.5H6V4.5H-6ZM-6 -4.5L0 1L6 -4.5",
    "wrong": "M-5 -5L5 5M5 -5L-5 5",
    "said": "M-4 -4H4V2H0L-3 5V2H-4Z",
}
_HEIGHTS: Mapping[MarkKind, float] = {"weak": 24, "strong": 24, "contact": 9, "again": 9, "wrong": 9, "said": 16}


def _mark(kind: MarkKind, at: float, text: str) -> str:
    place = f"translate({at:.1f} {_HEIGHTS[kind]})"
    return f'<path class="mark-{kind}" d="{_SHAPES[kind]}" transform="{place}"><title>{escape(text)}</title></path>'


def _text(x: float, y: float, words: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def _svg(width: float, height: float, said: str, inside: str) -> str:
    named = escape(said, quote=True)
    return f'<svg class="picture-of" viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{named}">{inside}</svg>'
