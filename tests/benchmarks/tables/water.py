"""Drinking water, a row a minute: slow courses, steps of the works, missing cells, short events (as GECCO)."""

from __future__ import annotations

import numpy as np

from tests.benchmarks.tables.made import MINUTE, Made, creeping, places, wave


def make(seed: int) -> Made:
    """Two weeks of nine signals; four events in which chlorine, redox and turbidity change for minutes to hours."""
    chance = np.random.default_rng(seed)
    rows = 14 * 1440
    pump = (np.sin(2 * np.pi * np.arange(rows) / 1440 + 1) + creeping(chance, rows, 90, 0.4) > 0).astype(float)
    columns = [
        6.5 + 0.3 * wave(rows, 1440) + creeping(chance, rows, 3000, 0.4),
        0.17 + creeping(chance, rows, 800, 0.012) + chance.normal(0, 0.002, rows),
        8.35 + creeping(chance, rows, 2000, 0.05) + 0.03 * pump,
        755 + creeping(chance, rows, 1500, 8),
        210 + creeping(chance, rows, 2500, 4) + 4 * pump,
        0.012 + np.abs(creeping(chance, rows, 100, 0.004)),
        0.12 + creeping(chance, rows, 800, 0.01),
        1500 + 250 * pump + chance.normal(0, 20, rows),
        900 + 180 * pump + chance.normal(0, 15, rows),
    ]
    values = np.stack(columns, 1)
    windows = places(chance, rows, 4, (15, 120), 0.3)
    for first, last in windows:
        part = slice(first, last + 1)
        ramp = np.minimum(np.arange(last + 1 - first) / 5, 1)
        values[part, 1] -= 0.06 * ramp
        values[part, 3] -= 45 * ramp
        values[part, 5] += 0.06 * ramp
    values = np.round(values, 4)
    values[chance.random(rows) < 0.01] = np.nan
    return Made(MINUTE, values, tuple(windows))
