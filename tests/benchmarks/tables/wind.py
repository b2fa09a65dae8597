"""A wind turbine: a row every ten minutes for ten months, means and spreads of 12 sensors (as CARE)."""

from __future__ import annotations

import numpy as np

from tests.benchmarks.tables.made import DAY, MINUTE, Made, creeping


def make(seed: int) -> Made:
    """Wind drives everything, the season moves all temperatures; the gearbox runs ever hotter in its last month."""
    chance = np.random.default_rng(seed)
    rows = 300 * 144
    wind = np.abs(7 + creeping(chance, rows, 60, 2.8) + creeping(chance, rows, 3, 0.8))
    power = 2000 * np.clip((wind - 3) / 9, 0, 1) ** 3
    stopped = np.zeros(rows, bool)
    for at in chance.integers(0, rows, 12):
        stopped[at : at + int(chance.integers(6, 150))] = True
    power[stopped] = -5
    air = 10 - 9 * np.cos(2 * np.pi * np.arange(rows) / (365 * 144)) + creeping(chance, rows, 400, 3)
    air += 3 * np.sin(2 * np.pi * (np.arange(rows) / 144 - 0.4))
    begins = rows - int(chance.integers(25, 40)) * 144
    worn = np.clip((np.arange(rows) - begins) / (rows - begins), 0, 1)
    heat = np.convolve(power / 2000, np.exp(-np.arange(60) / 12) / 12)[:rows]
    speed = np.clip(wind * 2.2, 0, 18) * ~stopped
    columns = [wind, power, air, speed, speed * 100, np.where(wind > 11, (wind - 11) * 3, 0) + 90 * stopped]
    for gain in (22.0, 28.0, 35.0, 40.0, 15.0, 18.0):
        extra = 14 * worn * heat if gain == 28.0 else 8 * worn * heat if gain == 22.0 else 0.0
        columns.append(20 + 0.5 * air + gain * heat + extra + chance.normal(0, 0.6, rows))
    means = np.stack(columns, 1)
    spreads = np.abs(means[:, :6]) * 0.06 * chance.gamma(4, 0.25, (rows, 6))
    values = np.concatenate([means, spreads], 1)
    values[chance.random(rows) < 0.004] = np.nan
    assert 10 * MINUTE * 144 == DAY
    return Made(10 * MINUTE, values, ((begins, rows - 1),), fails=True)
