"""A server: 38 counters and gauges a minute, many constant or nearly always zero, bursts (as SMD)."""

from __future__ import annotations

import numpy as np

from tests.benchmarks.tables.made import MINUTE, Made, creeping, places, wave


def make(seed: int) -> Made:
    """Ten days; three incidents in which some of the columns that follow the load do what the load does not ask."""
    chance = np.random.default_rng(seed)
    rows = 14_400
    load = np.exp(0.5 * wave(rows, 1440, chance.random()) + creeping(chance, rows, 30, 0.2))
    busy = np.stack([load ** chance.uniform(0.3, 1.2) * np.exp(creeping(chance, rows, 3, 0.08)) for _ in range(14)], 1)
    bursts = np.where(chance.random((rows, 8)) < 0.004, chance.gamma(1, 1, (rows, 8)), 0.0)
    counts = chance.poisson(np.outer(load, chance.uniform(0.1, 3, 6))).astype(float)
    constant = np.tile(chance.integers(0, 2, 10).astype(float), (rows, 1))
    windows = places(chance, rows, 3, (40, 180), 0.35)
    for first, last in windows:
        struck = chance.choice(14, 5, replace=False)
        busy[first : last + 1, struck] *= chance.uniform(1.6, 2.5)
        counts[first : last + 1, :2] += chance.poisson(5, (last + 1 - first, 2))
    return Made(MINUTE, np.concatenate([busy / 3, bursts, counts, constant], 1), tuple(windows))
