"""Hourly traffic of a web service over two months: daily and weekly habit, trend, outliers, shifts (as Yahoo S5)."""

from __future__ import annotations

import numpy as np

from tests.benchmarks.tables.made import HOUR, Made, creeping, places, wave


def make(seed: int) -> Made:
    """Four anomalies: a peak at the wrong hour, a hole, a short shift, a night that is as loud as a day."""
    chance = np.random.default_rng(seed)
    rows = 1440
    day = wave(rows, 24, chance.random()) + 0.4 * wave(rows, 12, chance.random())
    week = np.where(np.arange(rows) // 24 % 7 >= 5, 0.6, 1.0)
    trend = chance.normal(0, 0.3) * np.arange(rows) / rows
    x = 100 * np.exp(0.5 * day * week + trend + creeping(chance, rows, 5, 0.05))
    windows = places(chance, rows, 4, (1, 1), 0.35)
    found = []
    for kind, (drawn, _) in enumerate(windows):
        long = (1, 3, 20, 6)[kind]
        first = drawn + int(np.argmin(day[drawn : drawn + 24])) if kind == 3 else drawn
        part = slice(first, first + long)
        if kind == 3:
            x[part] = 100 * np.exp(0.45 + trend[first])
        else:
            x[part] *= (2.6, 0.15, 1.6)[kind]
        found.append((first, min(first + long - 1, rows - 1)))
    return Made(HOUR, x[:, None], tuple(found))
