"""What a chart is drawn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from api.reader import Reader


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment that matters: where the fault began (``onset``) or was noticed (``detected``)."""

    ms: int
    label: str
    kind: Literal["onset", "detected"]


@dataclass(frozen=True, slots=True)
class Chart:
    """One signal over time.

    `ts` (epoch ms, ascending) and `value` are the readings between `start_ms` and `end_ms`; a silence longer than
    `gap_ms` is left open. `band` holds ``(epoch ms, low, high)`` of what was expected, ascending. `states` names
    the values 0, 1, … of a signal that is no number; empty for a number. `key` makes the ids of the SVG unique on
    its page.
    """

    key: str
    title: str
    description: str
    unit: str
    start_ms: int
    end_ms: int
    ts: NDArray[np.int64]
    value: NDArray[np.float64]
    reader: Reader
    gap_ms: int
    band: tuple[tuple[int, float, float], ...] = ()
    marks: tuple[Mark, ...] = ()
    states: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Size:
    """Pixels of a chart's own coordinate system; the page scales it."""

    width: int = 760
    height: int = 300
    left: int = 56
    right: int = 14
    top: int = 30
    bottom: int = 44

    @property
    def plot_width(self) -> int:
        """Pixels between the axes' ends."""
        return self.width - self.left - self.right

    @property
    def plot_height(self) -> int:
        """Pixels between the axes' ends."""
        return self.height - self.top - self.bottom


WIDE = Size()
SMALL = Size(width=420, height=200, left=50, right=12, top=30, bottom=40)
