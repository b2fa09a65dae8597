"""Hourly power of a region or a building over a year: day, week, season, holidays (as OPSD and meters of buildings)."""

from __future__ import annotations

import numpy as np

from tests.benchmarks.tables.made import HOUR, Made, creeping, places


def make(seed: int) -> Made:
    """Load, sun, wind, temperature; three anomalies of hours to days: a plant left running, an outage, a dead meter."""
    chance = np.random.default_rng(seed)
    rows = 365 * 24
    hour, day = np.arange(rows) % 24, np.arange(rows) // 24
    season = np.cos(2 * np.pi * day / 365)
    cold = 10 - 9 * season + 4 * np.sin(2 * np.pi * (hour - 9) / 24) + creeping(chance, rows, 70, 3)
    work = np.where(day % 7 < 5, 1.0, 0.55)
    load = 40 + 22 * work * np.exp(-(((hour - 13) / 5) ** 2)) + 6 * season + 0.25 * np.abs(cold - 16)
    load += creeping(chance, rows, 6, 1.0)
    sun = np.clip(np.sin(np.pi * (hour - 6) / 12), 0, None) * (8 - 5 * season) * chance.beta(3, 2, rows)
    wind = np.exp(2 + creeping(chance, rows, 30, 0.7))
    windows = places(chance, rows, 3, (10, 60), 0.3)
    for kind, (first, last) in enumerate(windows):
        part = slice(first, last + 1)
        load[part] = (load[part] + 18, load[part] * 0.45, np.full(last + 1 - first, load[first]))[kind]
    return Made(HOUR, np.round(np.stack([load, sun, wind, cold], 1), 2), tuple(windows))
