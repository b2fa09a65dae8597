"""What a fault is: a kind of trouble with its progress, and one occurrence of it on one device."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from device_sim.models.machine import Floats, Instants, Rows, State


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One fault on one device; the truth that detection is held against. Goes through JSON unchanged.

    `onset_ms` is the first instant at which the device is not well, `failure_ms` the instant of full effect (the
    same as the onset for a sudden fault), `end_ms` the repair, None while it lasts. `shape` is the power of progress
    between the two: 1 grows evenly, 2 starts slowly. `depth` is the fault's own measure at full effect.
    """

    device: str
    fault: str
    onset_ms: int
    failure_ms: int
    end_ms: int | None = None
    shape: float = 1.0
    depth: float = 1.0
    signal: str = ""

    def severity(self, ts: Instants) -> Floats:
        """How far it has come at each instant: 0 before the onset and after the end, 1 from the failure on."""
        active = ts >= self.onset_ms
        takes = self.failure_ms - self.onset_ms
        grown = np.clip((ts - self.onset_ms) / takes, 0.0, 1.0) ** self.shape if takes > 0 else np.ones(len(ts))
        if self.end_ms is not None:
            active &= ts < self.end_ms
        return np.where(active, grown, 0.0)


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of trouble.

    `device_types` empty means all. `depths` and `shape` are what an occurrence is drawn from. `knobs` turns
    severity times depth into the physics' knobs; `report` spoils what the device says, after the physics: it gets
    the rows of one day and a memory that lasts from day to day.
    """

    name: str
    device_types: tuple[str, ...]
    depths: tuple[float, float]
    shape: float = 1.0
    sudden: bool = False
    signals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    knobs: Callable[[Floats], Mapping[str, Floats]] | None = None
    report: Callable[[Occurrence, Rows, State], Rows] | None = None

    def strikes(self, device_type: str) -> bool:
        """Whether a device of that type can have it."""
        return not self.device_types or device_type in self.device_types

    def draw(
        self, chance: np.random.Generator, device: str, device_type: str, onset_ms: int, failure_ms: int
    ) -> Occurrence:
        """An occurrence with its parameters drawn; a sudden fault is whole at its onset."""
        depth = round(float(chance.uniform(*self.depths)), 3)
        choices = self.signals.get(device_type, ())
        signal = choices[int(chance.integers(len(choices)))] if choices else ""
        failure = onset_ms if self.sudden else failure_ms
        return Occurrence(device, self.name, onset_ms, failure, None, self.shape, depth, signal)
