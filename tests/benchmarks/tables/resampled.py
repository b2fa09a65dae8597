"""A plant whose logger is set to another rate in mid-table: that is no anomaly; one follows later."""

from __future__ import annotations

import numpy as np

from tests.benchmarks.tables.made import MINUTE, Made, creeping, wave


def make(seed: int) -> Made:
    """A week at one row a minute, then four at one in ten minutes; a sensor comes off its place for a day."""
    chance = np.random.default_rng(seed)
    rows = 5 * 7 * 1440
    common = 3 * wave(rows, 1440) + creeping(chance, rows, 120, 0.7)
    values = common[:, None] * chance.uniform(0.5, 2, 4) + 0.3 * chance.normal(0, 1, (rows, 4))
    first = 18 * 1440
    values[first : first + 1440, 0] += 9
    kept = np.r_[0 : 7 * 1440, 7 * 1440 : rows : 10]
    window = (int(np.searchsorted(kept, first)), int(np.searchsorted(kept, first + 1439)))
    return Made(MINUTE, values[kept], (window,), times=kept * MINUTE)
