"""One small picture: a signal of the healthy device in grey, of the ailing one in colour, with onset and failure."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from string import Template

import numpy as np

from device_sim.models.machine import Floats
from device_sim.sheet.twins import BUCKETS, Trace

WIDTH, HEIGHT, TOP = 360.0, 84.0, 6.0
SVG = Template(
    '<svg viewBox="0 0 360 84" role="img" aria-label="$said">$lines<path class="healthy" d="$healthy"/>'
    '<path class="ailing" d="$ailing"/><text x="2" y="10">$high</text><text x="2" y="82">$low</text></svg>'
)
LINE = Template('<line class="$kind" x1="$at" x2="$at" y1="0" y2="84"/>')


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn. `onset` and `failure` are parts of the width, `label` is read out where nothing is seen."""

    label: str
    unit: str
    healthy: Trace
    ailing: Trace
    onset: float
    failure: float


def draw(picture: Picture) -> str:
    """The picture as an SVG element that is styled by the page around it."""
    low, high = _range(picture)
    healthy, ailing = (_bars(trace, low, high) for trace in (picture.healthy, picture.ailing))
    lines = [("onset", picture.onset)]
    if picture.failure > picture.onset:
        lines.append(("failure", min(picture.failure, 1.0)))
    return SVG.substitute(
        said=escape(f"{picture.label}: from {low:.4g} to {high:.4g} {picture.unit}".strip(), quote=True),
        lines="".join(LINE.substitute(kind=kind, at=f"{part * WIDTH:.1f}") for kind, part in lines),
        healthy=healthy,
        ailing=ailing,
        high=f"{high:.4g} {escape(picture.unit)}",
        low=f"{low:.4g}",
    )


def _range(picture: Picture) -> tuple[float, float]:
    ends = np.concatenate([picture.healthy.low, picture.healthy.high, picture.ailing.low, picture.ailing.high])
    ends = ends[~np.isnan(ends)]
    if not len(ends):
        return 0.0, 1.0
    low, high = float(ends.min()), float(ends.max())
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _bars(trace: Trace, low: float, high: float) -> str:
    """A stroke from the least to the greatest value of each bucket, at least one pixel long."""
    step, scale = WIDTH / BUCKETS, (HEIGHT - 2 * TOP) / (high - low)
    top, bottom = _down(trace.high, high, scale), _down(trace.low, high, scale)
    bars = [
        f"M{(at + 0.5) * step:.1f} {top[at]:.1f}V{max(bottom[at], top[at] + 1.0):.1f}"
        for at in np.flatnonzero(~np.isnan(trace.mean)).tolist()
    ]
    return "".join(bars)


def _down(values: Floats, high: float, scale: float) -> list[float]:
    return [float(value) for value in TOP + (high - values) * scale]
