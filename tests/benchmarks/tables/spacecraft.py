"""A channel of a spacecraft: one telemetry value and 24 switched commands, mostly off (as SMAP and MSL)."""

from __future__ import annotations

import numpy as np

from tests.benchmarks.tables.made import MINUTE, Made, places


def make(seed: int) -> Made:
    """The value follows an orbit and some commands; twice it does what neither explains: stuck, off, restless."""
    chance = np.random.default_rng(seed)
    rows, orbit = 7000, float(chance.integers(80, 120))
    commands = np.zeros((rows, 24))
    for column in range(24):
        for at in np.flatnonzero(chance.random(rows) < 0.002 * (column % 4)):
            commands[at : at + int(chance.integers(1, 12)), column] = 1
    turn = np.arange(rows) / orbit % 1
    value = np.tanh(4 * np.sin(2 * np.pi * turn)) * 0.6 + 0.25 * commands[:, 1] - 0.2 * commands[:, 2]
    value += chance.normal(0, 0.02, rows)
    windows = places(chance, rows, 2, (120, 320), 0.4)
    for kind, (first, last) in enumerate(windows):
        part = slice(first, last + 1)
        long = last + 1 - first
        wrong = (np.full(long, value[first]), value[part] + 0.45, value[part] + chance.normal(0, 0.25, long))
        value[part] = wrong[(seed + kind) % 3]
    return Made(MINUTE, np.concatenate([value[:, None], commands], 1), tuple(windows))
