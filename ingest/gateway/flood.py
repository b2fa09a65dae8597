"""Flood control: how many messages a device may send, by a token bucket each.

A device that sends more loses what is above its rate before anything is decoded, so that a flood costs others next
to nothing. What it says beside readings (status, help, answers) has a bucket of its own: a flood of telemetry must
not silence a call for help.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.gateway.fast.machine import kernel
from ingest.gateway.fast.slots import OTHER

_BUCKETS = 2  # of a device: telemetry, everything else


class Flood:
    """Buckets by device slot. `rate` messages a second for long, `burst` at once."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate / 1000
        self._burst = float(burst)
        self._left = np.empty(0)
        self._at = np.empty(0, np.int64)

    def admit(self, located: Any, devices: int, received_ms: int) -> NDArray[np.bool_]:
        """Which of these packets, in order of arrival, pass; those of nobody known do. `devices` bounds the slots."""
        self._grow(devices * _BUCKETS)
        passed = np.empty(len(located.slot), np.bool_)
        _admit(located.slot, located.channel, self._left, self._at, self._rate, self._burst, received_ms, passed)
        return passed

    def _grow(self, size: int) -> None:
        more = size - len(self._left)
        if more > 0:
            self._left = np.concatenate([self._left, np.full(more, self._burst)])
            self._at = np.concatenate([self._at, np.zeros(more, np.int64)])


@kernel
def _admit(slot, channel, left, at, rate, burst, now, passed):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    for packet in range(len(slot)):
        passed[packet] = True
        if slot[packet] < 0:
            continue
        bucket = slot[packet] * _BUCKETS + (1 if channel[packet] == OTHER else 0)
        if now > at[bucket]:
            left[bucket] = min(burst, left[bucket] + (now - at[bucket]) * rate)
            at[bucket] = now
        if left[bucket] >= 1.0:
            left[bucket] -= 1.0
        else:
            passed[packet] = False
