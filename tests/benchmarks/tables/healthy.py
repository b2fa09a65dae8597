"""Tables in which nothing is wrong and much goes on: what is said of them is wrong."""

from __future__ import annotations

import numpy as np

from tests.benchmarks.tables.made import HOUR, MINUTE, Made, creeping, wave


def make(seed: int) -> Made:
    """Regimes, random walks, heavy tails, a clock of its own, growing counters, warming up, a mode met late."""
    chance = np.random.default_rng(seed)
    rows = 6000
    kind = seed % 6
    noise = chance.normal(0, 1, (rows, 5))
    if kind == 0:
        modes = chance.normal(0, 20, (4, 5))
        values = modes[np.repeat(chance.integers(0, 4, rows // 50), 50)] + noise
    elif kind == 1:
        values = noise.cumsum(0)
    elif kind == 2:
        values = chance.standard_t(3, (rows, 5)) * np.exp(creeping(chance, rows, 300, 0.4))[:, None]
    elif kind == 3:
        values = 5 * wave(rows, 173)[:, None] * chance.uniform(0.5, 2, 5) + 0.4 * noise
    elif kind == 4:
        values = np.cumsum(chance.poisson(3, (rows, 5)), 0) + 0.0
        values[:, 0] = 20 + 60 * (1 - np.exp(-np.arange(rows) / 900)) + noise[:, 0]
    else:
        values = noise + 4 * wave(rows, 24)[:, None] + 6 * wave(rows, 24 * 365)[:, None]
    return Made(HOUR if kind == 5 else MINUTE, values, ())
