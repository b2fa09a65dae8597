"""Made tables, a module for each kind of public data set: its structure, our own numbers, labelled, seeded.

Every module beside this one has ``make(seed) -> Made`` and copies no value of the set that it resembles. Here: what a
generator gives, and what several of them draw.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Chance = np.random.Generator
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
START = 1_704_067_200_000  # 2024-01-01 00:00 UTC


@dataclass(frozen=True, slots=True)
class Made:
    """A labelled table.

    step_ms   between rows
    values    (rows, signals); NaN is missing
    windows   (first, last) row of each anomaly
    fails     the table ends with a failure that its last window leads up to: warning ahead counts
    times     ms of each row since the first where they are not evenly apart
    """

    step_ms: int
    values: Floats
    windows: tuple[tuple[int, int], ...]
    fails: bool = False
    times: NDArray[np.int64] | None = None

    @property
    def ts(self) -> NDArray[np.int64]:
        """Epoch milliseconds of the rows."""
        if self.times is not None:
            return START + self.times
        return START + self.step_ms * np.arange(len(self.values), dtype=np.int64)


def creeping(chance: Chance, rows: int, memory: float, sd: float) -> Floats:
    """A first-order autoregressive course about 0 with that standard deviation."""
    keep = np.exp(-1.0 / memory)
    steps = chance.normal(0, sd * np.sqrt(1 - keep**2), rows)
    out = np.empty(rows)
    last = chance.normal(0, sd)
    for row in range(rows):
        last = keep * last + steps[row]
        out[row] = last
    return out


def wave(rows: int, period: float, phase: float = 0.0) -> Floats:
    """A sine with that period in rows."""
    return np.asarray(np.sin(2 * np.pi * (np.arange(rows) / period + phase)))


def places(chance: Chance, rows: int, count: int, length: tuple[int, int], free: float = 0.3) -> list[tuple[int, int]]:
    """So many windows that do not meet, none within the `free` first share of the rows."""
    edges = np.linspace(int(rows * free), rows, count + 1).astype(int)
    found = []
    for low, high in itertools.pairwise(edges):
        long = int(chance.integers(length[0], length[1] + 1))
        first = int(chance.integers(low, max(high - long - 1, low + 1)))
        found.append((first, min(first + long - 1, rows - 1)))
    return found
