"""The contract of a detector."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from detectors.algorithms.state import Field, SlotState

QUIET = 0
LASTING = 2  # ±2: the symptom has lasted the longer time that is asked of an unnamed cause

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scores:
    """What a detector says about each reading of a batch, in the batch's order.

    surprise  nats, ≥ 0: −ln of the probability of the reading under the past
    severity  ≥ 0: how far out, in robust standard deviations (or the detector's documented unit)
    low, high the range expected before the reading was seen; may be ±inf
    judged    what was held against that range: the reading, or its mean over the watch's smoothing time
    active    the symptom after the reading: 0 quiet, 1 above, -1 below, ±2 when it has lasted
    onset     ms: when the symptom began, or the run of readings that may become one
    count     readings since then
    ahead     of detectors that look ahead: (readings, 3), the days until the limit is reached with a chance of 10 %
              and of 90 % (inf: not to be foreseen), and the chance that it is reached within a week
    A reading that is not finite scores 0 everywhere, keeps `active` and teaches nothing.
    """

    surprise: Floats
    severity: Floats
    low: Floats
    high: Floats
    judged: Floats
    active: NDArray[np.int8]
    onset: Ints
    count: Ints
    ahead: Floats | None = None

    @staticmethod
    def blank(length: int) -> Scores:
        """Scores of `length` readings that say nothing."""
        return Scores(
            np.zeros(length),
            np.zeros(length),
            np.full(length, -np.inf),
            np.full(length, np.inf),
            np.zeros(length),
            np.zeros(length, np.int8),
            np.zeros(length, np.int64),
            np.zeros(length, np.int64),
        )


class Stateful(Protocol):
    """What owns a `SlotState`."""

    @property
    def name(self) -> str:
        """Its name in the registry."""
        ...

    @property
    def version(self) -> str:
        """Goes up whenever the state or the meaning of a score changes; a state of another version is not read."""
        ...

    @property
    def fields(self) -> tuple[Field, ...]:
        """The columns of its state."""
        ...


class Detector(Stateful, Protocol):
    """Scores readings of many series.

    `fields` describes the state of one series; its parameters are columns too, so that series may differ, and
    their defaults suit a series of which nothing is known. Every detector has the columns `active`, `onset`, `count`
    (as of the last reading) and `frozen` (uint8: learn nothing while it is 1).
    """

    def update(self, state: SlotState, slot: Ints, ts: Ints, value: Floats) -> Scores:
        """Score each reading against the past of its slot, then learn it.

        Slots may repeat in a batch; readings of one slot come in the order of time. A reading that is not later
        than its slot's last one is scored against the same past, but moves neither time nor state.
        """
        ...


class Local(Detector, Protocol):
    """A detector whose habits have hours of the day: those of the clock where the device is."""

    def update(self, state: SlotState, slot: Ints, ts: Ints, value: Floats, ahead_ms: Ints | None = None) -> Scores:
        """As `Detector.update`; `ahead_ms` is what that clock is ahead of UTC at each reading, none: it shows UTC."""
        ...


Kernel = Callable[..., None]


def scored(kernel: Kernel, state: SlotState, slot: Ints, ts: Ints, value: Floats, *local: Ints) -> Scores:
    """Run a kernel over a batch.

    It gets slot, ts, `local` (that time on the clock where the device is, if its habits have hours), value, its
    state's rows, and the columns it fills: surprise, severity, low, high, judged, active, onset, count. `judged` holds
    the readings already, for kernels that judge the reading itself.
    """
    out = Scores.blank(len(slot))
    np.copyto(out.judged, value, where=np.isfinite(value))
    filled = (out.surprise, out.severity, out.low, out.high, out.judged, out.active, out.onset, out.count)
    kernel(slot, ts, *local, value, state.rows, filled)
    return out


def new_state(detector: Stateful, slots: int = 0) -> SlotState:
    """Fresh state for `slots` series."""
    state = SlotState(detector.name, detector.version, detector.fields)
    state.grow(slots)
    return state
