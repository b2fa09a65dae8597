"""Which devices are heard, and how well: the detectors that go by the log's clock instead of a device's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from detectors.algorithms.cadence import Cadence
from detectors.algorithms.detector import Floats, Ints, Scores, new_state
from detectors.algorithms.silence import Silence
from detectors.algorithms.state import SlotState
from detectors.engine.derive import changed
from detectors.engine.fleet import Fleet, Spoke
from detectors.engine.program import TypeProgram
from detectors.faults.fusion import Symptom

GRACE_MS = 900_000.0  # silence must be watched at least so long
HABIT = 0.4  # of the time that is told: what a device of which nothing is known is taken to stay away by habit. It is
# shown to staff at half the time that is told, then, and sooner with each month without an outage; less shows them the
# first outage of every device, most of which end within hours, more than 0.5 tells the owner late
LOOK = -1.0  # what the cadence detector takes for a look at the clock


class Seen(NamedTuple):
    """A symptom of a device's connection; its `watch` is a place behind those of the profile."""

    device: int
    symptom: Symptom


class Presence:
    """See the module. The states belong to the engine, which saves them."""

    def __init__(self, fleet: Fleet, states: dict[str, SlotState]) -> None:
        self._fleet = fleet
        self._silence, self._cadence = Silence(), Cadence()
        self._states = states
        states[self._silence.name] = new_state(self._silence)
        states[self._cadence.name] = new_state(self._cadence)

    def grow(self) -> None:
        """Give every known device its place."""
        silence, cadence = self._states["silence"], self._states["cadence"]
        start, devices = silence.slots, len(self._fleet.devices)
        silence.grow(devices)
        cadence.grow(devices)
        for device in range(start, devices):
            kind = self._fleet.type_of(device)
            after = 1000.0 * _silent_after_s(kind)
            period = 1000.0 * kind.device_type.period_s if kind else 1.0
            grace = max(GRACE_MS, 3 * period)
            lasting = max(after, 1000.0 * kind.profile.silent_lasting_s) if kind else np.inf
            silence.set(
                device,
                period_ms=period,
                after_ms=after or np.inf,
                lasting_ms=lasting if after else np.inf,
                grace_ms=grace,
                calm_ms=grace,
                longest=HABIT * lasting if after else 0.0,
            )
            cadence.set(device, period_ms=period)
            if not after:
                cadence.set(device, share=np.inf)

    def heard(self, spoke: Spoke, log_ms: Ints, received_ms: Ints, age: Ints) -> list[Seen]:
        """Devices spoke, the newest thing that they said was so old; what follows from it."""
        value = age.astype(np.float64)
        self._cadence.update(self._states["cadence"], spoke.device, log_ms, value)
        return list(self._silent(spoke.device, log_ms, received_ms, value, received_ms - age))

    def look(self, log_ms: int, received_ms: int) -> list[Seen]:
        """Look at the clock: who is silent now, and who is heard with holes."""
        columns, everyone = self._fleet.columns, np.arange(len(self._fleet.devices), dtype=np.int64)
        now, received = np.full(len(everyone), log_ms, np.int64), np.full(len(everyone), received_ms, np.int64)
        onset = columns["heard_ms"] - columns["age_ms"]
        unsteady = list(self._unstable(everyone, now, received))
        return unsteady + list(self._silent(everyone, now, received, np.full(len(everyone), np.nan), onset))

    def _silent(self, devices: Ints, log_ms: Ints, received_ms: Ints, age: Floats, onset: Ints) -> Iterator[Seen]:
        scores = self._silence.update(self._states["silence"], devices, log_ms, age)
        moved = changed(devices, scores.active, self._fleet.columns["silent"])
        for at in sorted(moved.tolist(), key=devices.__getitem__):
            kind = self._fleet.type_of(int(devices[at]))
            if kind is not None:
                since, now = int(onset[at]), int(received_ms[at])
                place = len(kind.profile.watches)
                yield Seen(int(devices[at]), _symptom(("silent", place), scores, at, (since, now), float(now - since)))

    def _unstable(self, devices: Ints, log_ms: Ints, received_ms: Ints) -> Iterator[Seen]:
        scores = self._cadence.update(self._states["cadence"], devices, log_ms, np.full(len(devices), LOOK))
        for at in changed(devices, scores.active, self._fleet.columns["unstable"]).tolist():
            kind = self._fleet.type_of(at)
            if kind is not None:
                now = int(received_ms[at])
                since = now - int(log_ms[at] - scores.onset[at])
                share = 100.0 * float(scores.severity[at]) * float(self._states["cadence"]["share"][at])
                yield Seen(at, _symptom(("unstable", len(kind.profile.watches) + 1), scores, at, (since, now), share))


def _silent_after_s(kind: TypeProgram | None) -> float:
    """0 for a type whose silence means nothing."""
    return kind.profile.silent_after_s if kind and kind.device_type.always_on else 0.0


def _symptom(name: tuple[str, int], scores: Scores, at: int, span: tuple[int, int], value: float) -> Symptom:
    """`name` is its key and its place; `span` is from its onset to now, on the receiver's clock."""
    return Symptom(
        key=name[0],
        watch=name[1],
        active=int(scores.active[at]),
        onset=span[0],
        ts=span[1],
        count=0,
        surprise=float(scores.surprise[at]),
        severity=float(scores.severity[at]),
        value=value,
        low=0.0,
        high=0.0,
        first=float(scores.count[at]),
        second=0.0,
    )
