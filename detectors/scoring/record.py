"""When a row is grave enough for a customer: it must break the table's own record, by a margin.

What looks extreme differs from table to table, and a few restless ones cause most false contacts under any common
limit. Of n exchangeable rows, though, the newest is the record with probability 1/n, whatever their distribution:
a row is grave when its weight exceeds a floor and `MARGIN` times the largest weight before the last episode's rows.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from detectors.algorithms.attention import REFRACTORY
from detectors.algorithms.detector import Floats
from detectors.scoring.clock import ripe_after

FLOOR = 40.0  # weight that is grave at the least; 33 calls twice as often for nothing, 60 finds half
MARGIN = 1.3  # over the record; 1 breaks it too easily, 2 never again
YOUNG_ROWS = 300  # readings before which there is no record worth the name
SEEN, NEWER, OLDER, QUIET, FIRST_TS, LAST_TS = 0, 1, 2, 3, 4, 5


def weight(surprise: Floats, severity: Floats) -> Floats:
    """What a row weighs: improbable *and* far out. Either alone is common."""
    return np.asarray(surprise * (1.0 + np.log1p(severity)))


class Record:
    """The record of one table; rows come in order, the cut into calls changes nothing.

    Nothing breaks it in the first `young` rows, nor in `patience` times what `ripe_after` says.
    """

    def __init__(self, young: float = YOUNG_ROWS, patience: float = 1.0) -> None:
        self._young, self._patience = max(float(young), YOUNG_ROWS), patience
        self._state = np.array([0.0, 0.0, 0.0, REFRACTORY, 0.0, -np.inf])

    def broken(self, ts: NDArray[np.int64], weights: Floats) -> NDArray[np.bool_]:
        """The rows that break it; none within the refractory time of the last one."""
        out = np.zeros(len(weights), np.bool_)
        _broken(ts, weights, (self._young, self._patience), self._state, out)
        return out


@njit(cache=True, nogil=True)
def _broken(ts, weights, young, state, out):  # type: ignore[no-untyped-def]
    """Two blocks of rows are kept apart from the record, so that an episode is not measured against itself."""
    block = int(REFRACTORY)
    for i in range(len(weights)):
        if ts[i] <= state[LAST_TS]:
            continue
        state[LAST_TS] = ts[i]
        if state[SEEN] == 0.0:
            state[FIRST_TS] = ts[i]
        state[SEEN] += 1.0
        state[QUIET] += 1.0
        ripe = young[1] * ripe_after(state[FIRST_TS], ts[i], state[SEEN])
        old = state[SEEN] > max(young[0], ripe)
        if old and state[QUIET] >= REFRACTORY and weights[i] >= max(FLOOR, MARGIN * state[OLDER]):
            out[i] = True
            state[QUIET] = 0.0
        if state[SEEN] > YOUNG_ROWS / 3.0:
            state[NEWER] = max(state[NEWER], weights[i])
        if int(state[SEEN]) % block == 0:
            state[OLDER] = max(state[OLDER], state[NEWER])
            state[NEWER] = 0.0
