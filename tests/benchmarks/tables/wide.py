"""A plant with a thousand columns, of which five wear."""

from __future__ import annotations

import numpy as np

from tests.benchmarks.tables.made import Made, creeping


def make(seed: int) -> Made:
    """Columns follow ten common causes; one in five is constant or switched; five creep out, slowly."""
    chance = np.random.default_rng(seed)
    rows, columns = 2500, 1000
    causes = np.stack([creeping(chance, rows, 20, 1) for _ in range(10)], 1)
    values = causes @ chance.normal(0, 0.5, (10, columns)) + chance.normal(0, 1, (rows, columns))
    values[:, ::10] = chance.integers(0, 3, columns // 10)
    values[:, 5::10] = values[:, 5::10] > 2.5
    begins = rows - 700
    worn = np.clip((np.arange(rows) - begins) / 700, 0, 1)
    values[:, [2, 3, 4, 6, 7]] += 7 * worn[:, None]
    return Made(10_000, values, ((begins, rows - 1),), fails=True)
