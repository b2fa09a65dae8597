"""A hard disk's daily SMART attributes: counters that only grow, constants, a temperature (as Backblaze)."""

from __future__ import annotations

import numpy as np

from tests.benchmarks.tables.made import DAY, Made, creeping


def make(seed: int) -> Made:
    """Hours, starts, blocks written and errors over one to three years; sectors go bad in the last weeks."""
    chance = np.random.default_rng(seed)
    rows = int(chance.integers(350, 1000))
    begins = rows - int(chance.integers(20, 45))
    worn = np.clip((np.arange(rows) - begins) / (rows - begins), 0, 1)
    bad = chance.poisson(25 * worn**2).cumsum() * 8.0
    noise = creeping(chance, rows, 20, 1.2)
    columns = [
        24.0 * np.arange(rows) + chance.integers(0, 20_000),
        np.cumsum(chance.random(rows) < 0.01) + 8.0,
        np.cumsum(chance.gamma(2, 4e9, rows)),
        np.cumsum(chance.gamma(2, 9e9, rows)),
        np.round(29 + 2 * np.sin(2 * np.pi * np.arange(rows) / 365) + noise),
        bad,
        np.round(bad * chance.uniform(0.2, 0.5)),
        np.round(bad * 0.1),
        np.cumsum(chance.random(rows) < 0.02).astype(float),
        np.zeros(rows),
        np.full(rows, 100.0),
        np.cumsum(chance.poisson(3, rows)).astype(float),
        chance.integers(0, 2**28, rows).astype(float),
    ]
    return Made(DAY, np.stack(columns, 1), ((begins, rows - 1),), fails=True)
