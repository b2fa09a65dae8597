"""How many independent readings a signal's past is worth.

Haar's decomposition of the variance: readings are paired, the means of pairs are paired again, and so on. The mean of
diff²/4 at level k is the variance that lives between blocks of 2^k rows; the levels sum to the whole. White noise
halves from level to level; a season, a drift or the weather does not, however much noise lies upon it, which the
correlation of neighbours alone would miss. (Flyvbjerg and Petersen 1989 estimate errors of means so.)
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from detectors.algorithms.detector import Floats

LEVELS = 24  # blocks of up to 16 million rows
FIRST, ENERGY = 0, 1  # of a level: the block that waits for its partner, and the sum of diff²/4


@njit(cache=True)
def add(levels, j, count, x):  # type: ignore[no-untyped-def]
    """Take reading number `count` (from 0) of signal `j` into `levels` (2, LEVELS, signals)."""
    mean = x
    for level in range(LEVELS):
        if (count >> level) & 1 == 0:
            levels[FIRST, level, j] = mean
            return
        levels[ENERGY, level, j] += (mean - levels[FIRST, level, j]) ** 2 / 4.0
        mean = (mean + levels[FIRST, level, j]) / 2.0


def worth(levels: Floats, count: Floats, variance: Floats) -> Floats:
    """Independent readings of each signal: its variance over that of its mean, by the level that doubts it most."""
    pairs = count.astype(np.int64)[None, :] >> np.arange(1, LEVELS + 1)[:, None]
    doubt = np.where(pairs > 0, levels[ENERGY] / np.maximum(pairs, 1) ** 2, 0.0).max(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        independent = np.where(doubt > 0.0, variance / doubt, 0.0)
    return np.minimum(independent, count)


def slow_share(levels: Floats, count: Floats, variance: Floats, rows: int) -> Floats:
    """Share of each signal's variance that a mean over about `rows` rows keeps: what lives between longer blocks."""
    pairs = count.astype(np.int64)[None, :] >> np.arange(1, LEVELS + 1)[:, None]
    between = np.where(pairs > 0, levels[ENERGY] / np.maximum(pairs, 1), 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = between[math.ceil(math.log2(rows)) :].sum(axis=0) / variance
    return np.where(variance > 0.0, np.minimum(share, 1.0), 1.0)
