"""A heart rate at rest and in motion, a row a minute, with motion beside it (as recordings of wearables)."""

from __future__ import annotations

import numpy as np

from tests.benchmarks.tables.made import MINUTE, Made, creeping, places


def make(seed: int) -> Made:
    """Ten days; three spells of a fast pulse without motion, an hour or more each."""
    chance = np.random.default_rng(seed)
    rows = 14_400
    hour = np.arange(rows) / 60 % 24
    awake = (hour > 7) & (hour < 23)
    moves = np.where(awake, np.exp(creeping(chance, rows, 25, 1.0)), 0.05 * chance.random(rows))
    for day in range(10):
        if chance.random() < 0.4:
            at = day * 1440 + int(chance.integers(1020, 1200))
            moves[at : at + int(chance.integers(25, 70))] += chance.uniform(6, 10)
    effort = np.convolve(moves, np.exp(-np.arange(20) / 4) / 4)[:rows]
    pulse = 56 + 9 * awake + 8 * effort**0.8 + creeping(chance, rows, 8, 2.5)
    windows = places(chance, rows, 3, (60, 150), 0.35)
    for first, last in windows:
        pulse[first : last + 1] += 32 * np.minimum(np.arange(last + 1 - first) / 8, 1)
    values = np.stack([np.round(pulse), np.round(moves, 2)], 1)
    values[chance.random(rows) < 0.02, 0] = np.nan
    return Made(MINUTE, values, tuple(windows))
