"""A turbofan that flies under six conditions, a row a flight, run to failure (as C-MAPSS FD002 and FD004)."""

from __future__ import annotations

import numpy as np

from tests.benchmarks.tables.made import Made

CONDITIONS = [[0, 0, 100], [10, 0.25, 100], [20, 0.7, 100], [25, 0.62, 60], [35, 0.84, 100], [42, 0.84, 100]]


def make(seed: int) -> Made:
    """Three settings, 21 sensors, of which a condition moves nearly all and wear 14, by far less."""
    chance = np.random.default_rng(seed)
    plant = np.random.default_rng(77)  # all engines are of one model
    rows = int(chance.integers(140, 340))
    flown = chance.integers(0, 6, rows)
    level = plant.normal(0, 40, (6, 21)) + plant.uniform(20, 1000, 21)
    begins = rows - chance.uniform(90, 130)
    worn = np.clip((np.arange(rows) - begins) / (rows - begins), 0, 1) ** 1.7
    noise = plant.uniform(0.15, 0.5, 21)
    effect = np.where(np.arange(21) < 14, plant.choice([-1, 1], 21) * noise * plant.uniform(2.5, 6, 21), 0)
    sensors = level[flown] + worn[:, None] * effect + chance.normal(0, 1, (rows, 21)) * noise
    sensors[:, 17] = 2388.0
    sensors[:, 18] = np.where(flown == 3, 84.93, 100.0)
    settings = np.array(CONDITIONS)[flown] + chance.normal(0, 1, (rows, 3)) * [0.003, 0.0003, 0]
    return Made(1000, np.concatenate([settings, sensors], 1), ((max(int(begins), 0), rows - 1),), fails=True)
