"""What a fault is: a kind of trouble with its progress, and one occurrence of it on one device."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from device_sim.models.chance import cell_noise
from device_sim.models.machine import DAY_MS, HOUR_MS, Floats, Instants, Rows, State

Course = Literal["progressive", "sudden", "intermittent"]
Expects = Literal["contact", "attention", "nothing"]


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One fault on one device; the truth that detection is held against. Goes through JSON unchanged.

    `onset_ms` is the first instant at which the device is not well, `failure_ms` the instant of full effect (the
    same as the onset for a sudden fault), `end_ms` the repair, None while it lasts. `shape` is the power of progress
    between the two: 1 grows evenly, 2 starts slowly. `depth` is the fault's own measure at full effect. With
    `bout_ms` it comes and goes: cells of that length are bad with probability `duty`, drawn from `pattern`.
    `group` joins occurrences of one cause on many devices (weather, a firmware).
    """

    device: str
    fault: str
    onset_ms: int
    failure_ms: int
    end_ms: int | None = None
    shape: float = 1.0
    depth: float = 1.0
    signal: str = ""
    bout_ms: int = 0
    duty: float = 1.0
    pattern: int = 0
    group: str = ""

    def severity(self, ts: Instants) -> Floats:
        """How far it has come at each instant: 0 before the onset and after the end, 1 from the failure on."""
        active = ts >= self.onset_ms
        takes = self.failure_ms - self.onset_ms
        grown = np.clip((ts - self.onset_ms) / takes, 0.0, 1.0) ** self.shape if takes > 0 else np.ones(len(ts))
        if self.end_ms is not None:
            active &= ts < self.end_ms
        if self.bout_ms:
            active &= cell_noise(self.pattern, ts, self.bout_ms) < self.duty
        return np.where(active, grown, 0.0)


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of trouble, or of harmless change.

    `device_types` empty means all. `about` says in one sentence what an engineer would see in the signals.
    `expects` is what a good service does: tell the customer, show it to staff, or (a benign change) nothing.
    `depths`, `shape`, `days` (from onset to failure of a progressive one) and `lasts_days` (from failure to the end;
    None: until it is repaired) are what an occurrence is drawn from. `noticed` is the severity at which the owner
    notices without being told; None: never. `bout_h` and `duty` make an intermittent one come and go. `together` says
    that it strikes many devices at once.

    `knobs` turns severity times depth into the physics' knobs; `report` spoils what the device says, after the
    physics: it gets the rows of one day and a memory that lasts from day to day. `signals` are the signals that such a
    `report` may choose from, by device type.
    """

    name: str
    label: str
    about: str
    device_types: tuple[str, ...]
    course: Course
    depths: tuple[float, float]
    expects: Expects = "contact"
    shape: float = 1.0
    days: tuple[float, float] = (6.0, 14.0)
    lasts_days: tuple[float, float] | None = None
    noticed: float | None = 1.0
    bout_h: float = 0.0
    duty: float = 1.0
    together: bool = False
    signals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    knobs: Callable[[Floats], Mapping[str, Floats]] | None = None
    report: Callable[[Occurrence, Rows, State], Rows] | None = None

    def strikes(self, device_type: str) -> bool:
        """Whether a device of that type can be struck by it; never where only recordings show it."""
        if self.knobs is None and self.report is None:
            return False
        if self.signals and device_type not in self.signals:
            return False
        return not self.device_types or device_type in self.device_types

    def draw(  # noqa: PLR0917
        self,
        chance: np.random.Generator,
        device: str,
        device_type: str,
        onset_ms: int,
        failure_ms: int | None = None,
        group: str = "",
    ) -> Occurrence:
        """An occurrence with its parameters drawn; only a progressive fault takes time, `failure_ms` fixes how much."""
        depth = round(float(chance.uniform(*self.depths)), 3)
        choices = self.signals.get(device_type, ())
        signal = choices[int(chance.integers(len(choices)))] if choices else ""
        takes, lasts = float(chance.uniform(*self.days)), float(chance.uniform(*(self.lasts_days or (0.0, 0.0))))
        pattern = int(chance.integers(1, 2**53))
        if self.course != "progressive":
            failure_ms = onset_ms
        elif failure_ms is None:
            failure_ms = onset_ms + round(takes * DAY_MS)
        return Occurrence(
            device,
            self.name,
            onset_ms,
            failure_ms,
            failure_ms + round(lasts * DAY_MS) if self.lasts_days else None,
            self.shape,
            depth,
            signal,
            bout_ms=round(self.bout_h * HOUR_MS),
            duty=self.duty,
            pattern=pattern,
            group=group,
        )
