"""Trouble codes as a car's own diagnosis keeps them: pending on one drive, confirmed on the next, then permanent."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from device_sim.models.machine import Columns, State

STATUSES = 3  # pending, confirmed, permanent: the order of the signal's states
FORGOTTEN_AFTER = 3  # drives in a row without it; OBD-II puts the lamp out then


def diagnosed(conditions: Mapping[int, NDArray[np.bool_]], state: State) -> tuple[State, Columns]:
    """What a drive brings to light: the parts of the state that change, and the two columns of trouble.

    `conditions` says for each SAE J2012 number in which minutes its condition holds, the gravest first. A code is
    reported once a drive, in the first minute of its condition that no other code has taken, so that the rest of the
    message is its freeze frame. NaN elsewhere.
    """
    length = len(next(iter(conditions.values())))
    codes, statuses, now = np.full(length, np.nan), np.full(length, np.nan), {}
    for code, condition in conditions.items():
        seen, clean = f"code_{code:04X}", f"without_{code:04X}"
        free = np.flatnonzero(condition & np.isnan(codes))
        if len(free):
            now[seen], now[clean] = min(state.get(seen, 0.0) + 1, STATUSES), 0.0
            codes[free[0]], statuses[free[0]] = code, now[seen] - 1
        elif state.get(seen):
            now[clean] = state.get(clean, 0.0) + 1
            now[seen] = 0.0 if now[clean] >= FORGOTTEN_AFTER else state[seen]
    return now, {"trouble_code": codes, "trouble_status": statuses}
