"""Fewer points without losing an extreme: the first, lowest, highest and last reading of each column of pixels.

This is the M4 aggregation (Jugel et al., VLDB 2014): a line drawn from it differs in no pixel from the full one.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray


def reduce(
    ts: NDArray[np.int64], value: NDArray[np.float64], start_ms: int, end_ms: int, columns: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """At most ``4 * columns`` of the readings, in order; short series come back as they are."""
    if len(ts) <= 4 * columns or end_ms <= start_ms:
        return ts, value
    column = np.clip((ts - start_ms) * columns // (end_ms - start_ms), 0, columns - 1)
    first = np.flatnonzero(np.diff(column, prepend=-1))
    last = np.append(first[1:], len(ts)) - 1
    by_value = np.lexsort((value, column))  # columns stay together, each sorted by value
    keep = np.unique(np.concatenate([first, last, by_value[first], by_value[last]]))
    return ts[keep], value[keep]


def split_at_gaps(ts: NDArray[np.int64], gap_ms: int) -> list[slice]:
    """The runs of readings without a silence longer than `gap_ms`."""
    if len(ts) == 0:
        return []
    edges = np.flatnonzero(np.diff(ts) > gap_ms) + 1
    bounds = [0, *edges.tolist(), len(ts)]
    return [slice(a, b) for a, b in pairwise(bounds)]
