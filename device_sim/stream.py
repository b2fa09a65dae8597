"""One simulated device as a stream of rows: any window of its life, the same however it is cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np

from device_sim.faults import FAULTS
from device_sim.faults.fault import Occurrence
from device_sim.models import MODELS
from device_sim.models.machine import Day, Floats, Identity, Instants, Lives, Rows, State
from device_sim.recorded import library
from device_sim.recorded.machine import Recorded
from device_sim.reporting import AT_ONCE, Habit
from kit.clock import from_ms


@dataclass(frozen=True, slots=True)
class DeviceSpec:
    """A device of a scenario: what the registry will know of it, and how it goes about reporting.

    `parent` is the hub behind which it speaks, `recording` the recorded life that it plays instead of a model's.
    """

    id: str
    type: str
    model: str
    firmware: str
    label: str
    owner: str
    time_zone: str
    parent: str = ""
    recording: str = ""
    habit: Habit = AT_ONCE


class Ailments:
    """The faults of one device: what they do to its physics and to what it reports."""

    def __init__(self, occurrences: Sequence[Occurrence]) -> None:
        self._faults = [(FAULTS.get(occurrence.fault), occurrence) for occurrence in occurrences]

    def mended(self, fault: str, at_ms: int) -> Ailments:
        """The same ailments with `fault` ending at `at_ms`, where it would last longer."""
        return Ailments(
            [
                replace(one, end_ms=at_ms)
                if one.fault == fault and one.onset_ms < at_ms and (one.end_ms is None or one.end_ms > at_ms)
                else one
                for _, one in self._faults
            ]
        )

    def knob(self, name: str, ts: Instants) -> Floats:
        """The product of what every fault makes of this knob; 1 without a fault."""
        value = np.ones(len(ts))
        for fault, occurrence in self._faults:
            if fault.knobs:
                turned = fault.knobs(occurrence.severity(ts) * occurrence.depth)
                value = value * turned.get(name, 1.0)
        return value

    def report(self, rows: Rows, memory: State) -> Rows:
        """`rows` as the ailing device sends them; `memory` is carried from day to day."""
        for fault, occurrence in self._faults:
            if fault.report:
                rows = fault.report(occurrence, rows, memory)
        return rows


class DeviceStream:
    """The life of one device from `start_ms` on.

    Internally whole local days, each drawn from (seed, device, date), so that neither the rest of the fleet nor the
    cutting into windows nor the speed changes a bit. Going forward is cheap; an earlier window starts the life over.
    `resume` is what `checkpoint` gave, under the same seed and faults.
    """

    def __init__(
        self,
        spec: DeviceSpec,
        seed: int,
        start_ms: int,
        faults: Sequence[Occurrence] = (),
        resume: dict[str, Any] | None = None,
        *,
        machine: Lives | None = None,
    ) -> None:
        """`machine` lives the life; by default the model of the device's type."""
        self.spec = spec
        self._identity = Identity(seed, spec.id, spec.time_zone)
        self._machine: Lives = machine or MODELS.get(spec.type)(self._identity)
        self._ailments = Ailments([fault for fault in faults if fault.device == spec.id])
        self._start_ms = start_ms
        self._begin(resume)

    @property
    def signals(self) -> tuple[str, ...]:
        """The names of the columns."""
        return self._machine.signals

    def window(self, start_ms: int, end_ms: int) -> Rows:
        """Every message with start <= ts < end."""
        start_ms = max(start_ms, self._start_ms)
        if start_ms < self._today.start_ms:
            self._begin(None)
        parts = []
        while self._today.start_ms < end_ms:
            if start_ms < self._today.end_ms:
                parts.append(self._rows.between(start_ms, end_ms))
            if end_ms <= self._today.end_ms:
                break
            self._live(self._today.calendar + timedelta(days=1), self._after)
        return Rows.join(parts, self.signals)

    @property
    def lived_until_ms(self) -> int:
        """The end of the day last lived: a repair can begin no earlier."""
        return self._today.end_ms

    def mend(self, fault: str, at_ms: int) -> None:
        """End every occurrence of `fault` at `at_ms`, where it would last longer; the past stays as it was.

        Raises ValueError for an instant before the day after the one last lived: that is the past.
        """
        if at_ms < self._today.end_ms:
            raise ValueError("what was lived cannot be mended")
        self._ailments = self._ailments.mended(fault, at_ms)

    def checkpoint(self) -> dict[str, Any]:
        """Where this life stands, ready for JSON: the day last lived and the state at its morning."""
        return {"date": self._today.calendar.isoformat(), "state": dict(self._before)}

    def _begin(self, resume: dict[str, Any] | None) -> None:
        if resume:
            self._live(date.fromisoformat(resume["date"]), self._machine.first_state() | resume["state"])
            return
        # one day of life before the first message lets pipes and batteries find their temper
        first = from_ms(self._start_ms).astimezone(self._identity.zone).date() - timedelta(days=1)
        self._live(first, self._machine.first_state())

    def _live(self, today: date, state: State) -> None:
        self._before = state
        self._today = Day.of(today, self._identity.zone)
        memory = {key: value for key, value in state.items() if "/" in key}
        own = {key: value for key, value in state.items() if "/" not in key}
        rows, own = self._machine.day(self._today, own, self._ailments)
        self._rows = self._ailments.report(rows, memory)
        self._after = own | memory


def stream_of(
    spec: DeviceSpec,
    seed: int,
    start_ms: int,
    faults: Sequence[Occurrence] = (),
    resume: dict[str, Any] | None = None,
) -> DeviceStream:
    """The life of a device of a scenario: its recording where it has one, else that of its type's model.

    Raises RecordingMissing and RecordingUnusable.
    """
    if not spec.recording:
        return DeviceStream(spec, seed, start_ms, faults, resume)
    tape = library.tape(spec.recording)
    machine = Recorded(Identity(seed, spec.id, spec.time_zone), tape, start_ms)
    return DeviceStream(spec, seed, start_ms, faults, resume, machine=machine)


def life(streams: Sequence[DeviceStream], start_ms: int, end_ms: int) -> Iterator[tuple[str, Rows]]:
    """The window of every stream, one device after the other: (device id, rows)."""
    for stream in streams:
        yield stream.spec.id, stream.window(start_ms, end_ms)
