"""Whether a machine is off: signals that move all the time stand still, several at once.

What is off is not wrong, and looks it: a turbine that is pitched out, a car that is parked, a logger that repeats
its last row. Such rows are no evidence of anything that a customer should hear of.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from detectors.algorithms.detector import Floats

RUN = 3  # equal readings in succession that are standing still; with 5 a stop is called wear before
MOVES = 0.9  # share of the rows so far, but for standing still, that change a signal of which that says something …
LEAST, SHARE = 2, 0.1  # … and so many of them, and at least that share of those, must stand still at once
YOUNG_ROWS = 30  # readings before that is known of a signal
SEEN, MOVED, SAME, LAST = range(4)


class Still:
    """Says it of rows of `signals` readings as they come; the cut into calls changes nothing."""

    def __init__(self, signals: int) -> None:
        self._state = np.zeros((4, signals))
        self._state[LAST] = np.nan

    def off(self, values: Floats) -> NDArray[np.bool_]:
        """The rows (n, signals) in which it is off; NaN says nothing."""
        out = np.zeros(len(values), np.bool_)
        _off(values, self._state, out)
        return out


@njit(cache=True, nogil=True)
def _off(values, state, out):  # type: ignore[no-untyped-def]
    for i in range(len(values)):
        movers, still = 0, 0
        for j in range(values.shape[1]):
            x = values[i, j]
            if np.isfinite(x):
                if x == state[LAST, j]:
                    state[SAME, j] += 1.0
                else:
                    state[SAME, j] = 1.0
                    state[MOVED, j] += 1.0
                state[SEEN, j] += state[SAME, j] <= RUN
                state[LAST, j] = x
            if state[SEEN, j] >= YOUNG_ROWS and state[MOVED, j] >= MOVES * state[SEEN, j]:
                movers += 1
                still += state[SAME, j] >= RUN
        out[i] = still >= max(LEAST, SHARE * movers)
