"""The air compressor of a train: a row every ten seconds, analogue and switched signals (as MetroPT-3)."""

from __future__ import annotations

import numpy as np

from tests.benchmarks.tables.made import Made, creeping, places


def make(seed: int) -> Made:
    """Five days of loading and unloading; two air leaks of hours, during which it hardly ever unloads."""
    chance = np.random.default_rng(seed)
    rows = 5 * 8640
    windows = places(chance, rows, 2, (1000, 2500), 0.35)
    leak = np.zeros(rows)
    for first, last in windows:
        leak[first : last + 1] = np.minimum(np.arange(last + 1 - first) / 200, 1)
    hour = np.arange(rows) / 360 % 24
    use = np.where((hour > 5) & (hour < 24), 0.012, 0.003) * np.exp(creeping(chance, rows, 60, 0.5))
    loads, tank = np.zeros(rows), np.zeros(rows)
    level, on = 9.0, False
    for row in range(rows):
        on = level < 8.2 or (on and level < 10.2)
        level += 0.09 * on - use[row] - 0.075 * leak[row] * (level > 6.5)
        loads[row], tank[row] = on, level
    warm = np.convolve(loads, np.exp(-np.arange(600) / 150) / 150)[:rows]
    oil = 50 + 25 * warm + 3 * np.sin(2 * np.pi * (hour - 9) / 24) + chance.normal(0, 0.3, rows)
    columns = [
        np.where(loads > 0, tank + 0.3, -0.01) + chance.normal(0, 0.02, rows),
        tank + chance.normal(0, 0.02, rows),
        np.where(loads > 0, -0.01, tank - 0.1) + chance.normal(0, 0.02, rows),
        np.where(chance.random(rows) < 0.01, chance.uniform(0, 2, rows), -0.02),
        tank + chance.normal(0, 0.02, rows),
        oil,
        np.where(loads > 0, 5.8, 3.8) + chance.normal(0, 0.1, rows),
        1 - loads,
        loads,
        1 - (np.arange(rows) // 40 % 2) * (chance.random(rows) < 0.98),
        1 - loads,
        (tank < 7.0).astype(float),
        np.ones(rows),
        (oil > 95).astype(float),
        loads * (chance.random(rows) < 0.9),
    ]
    return Made(10_000, np.stack(columns, 1), tuple(windows))
