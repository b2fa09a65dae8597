"""What every model is: a machine that lives one local day at a time, and the rows it reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import ClassVar, Protocol
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from device_sim.models.chance import generator
from kit.clock import to_ms

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

Floats = NDArray[np.float64]
Instants = NDArray[np.int64]
Columns = dict[str, Floats]
"""Signal name to one value a row, in the form of stored readings: numbers as they are, booleans 0/1, states by
index, trouble codes by number; NaN where the device leaves the signal out of that message."""
State = dict[str, float]
"""What a machine carries from one day into the next; goes through JSON unchanged."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Messages of one device as columns: `ts` in epoch milliseconds, strictly increasing; `columns` of that length."""

    ts: Instants
    columns: Columns

    def __len__(self) -> int:
        return len(self.ts)

    def between(self, start_ms: int, end_ms: int) -> Rows:
        """The rows with start <= ts < end."""
        first, last = np.searchsorted(self.ts, [start_ms, end_ms])
        return Rows(self.ts[first:last], {name: column[first:last] for name, column in self.columns.items()})

    def keep(self, mask: NDArray[np.bool_]) -> Rows:
        """The rows where `mask` holds."""
        return Rows(self.ts[mask], {name: column[mask] for name, column in self.columns.items()})

    @staticmethod
    def join(parts: list[Rows], signals: tuple[str, ...]) -> Rows:
        """All rows of `parts`, which follow each other in time and have the columns `signals`."""
        if not parts:
            return Rows(np.empty(0, np.int64), {name: np.empty(0) for name in signals})
        columns = {name: np.concatenate([part.columns[name] for part in parts]) for name in signals}
        return Rows(np.concatenate([part.ts for part in parts]), columns)


@dataclass(frozen=True, slots=True)
class Day:
    """One calendar day in the owner's time zone, from local midnight to the next.

    Hours are counted from midnight as they elapse: on the two days of a clock change habits are off by an hour.
    """

    calendar: date
    start_ms: int
    end_ms: int

    @property
    def ordinal(self) -> int:
        """The number of the day, for seeds."""
        return self.calendar.toordinal()

    @property
    def weekend(self) -> bool:
        """Whether it is a Saturday or Sunday."""
        return self.calendar.weekday() >= 5

    def at(self, hour: float) -> int:
        """The instant `hour` hours after midnight."""
        return self.start_ms + round(hour * HOUR_MS)

    def hour(self, ts: Instants) -> Floats:
        """Hours since midnight of each instant."""
        return (ts - self.start_ms) / HOUR_MS

    @staticmethod
    def of(day: date, zone: ZoneInfo) -> Day:
        """The calendar day `day` in `zone`."""
        return Day(day, _midnight(day, zone), _midnight(day + timedelta(days=1), zone))


def _midnight(day: date, zone: ZoneInfo) -> int:
    return to_ms(datetime(day.year, day.month, day.day, tzinfo=zone))


@dataclass(frozen=True)
class Identity:
    """Who a machine is: all that its life depends on."""

    seed: int
    device: str
    time_zone: str

    @cached_property
    def zone(self) -> ZoneInfo:
        """The owner's time zone."""
        return ZoneInfo(self.time_zone)

    def chance(self, purpose: str, day: Day | None = None) -> np.random.Generator:
        """The machine's own chance for `purpose`, on `day` or for life."""
        return generator(self.seed, self.device, purpose, day.ordinal if day else -1)


class Wear(Protocol):
    """What faults do to the physics: named knobs that are 1 on a healthy machine."""

    def knob(self, name: str, ts: Instants) -> Floats:
        """The knob's value at each instant."""
        ...


class Lives(Protocol):
    """What has a life, a local day at a time. Same identity, day, state and wear: the same rows, bit for bit."""

    @property
    def signals(self) -> tuple[str, ...]:
        """The names of the columns."""
        ...

    def first_state(self) -> State:
        """The state before its first day."""
        ...

    def day(self, day: Day, state: State, wear: Wear) -> tuple[Rows, State]:
        """Live through `day`: every message that it would send, and the state at the end. `state` is not changed."""
        ...


class Machine(Lives, Protocol):
    """One simulated device, by its physics: `knobs` are what faults can turn, and what each stands for."""

    signals: ClassVar[tuple[str, ...]]
    knobs: ClassVar[Mapping[str, str]]


MachineFactory = Callable[[Identity], Machine]
"""Builds a machine; in practice its class."""


def ticks(day: Day, period_s: int, chance: np.random.Generator, phase_s: int) -> Instants:
    """Report times of an always-on device: every `period_s`, `phase_s` after the full period, up to 2 s off.

    The grid counts from the epoch, so days join without a seam; `phase_s` must lie in [3, period - 3].
    """
    period, phase = period_s * 1000, phase_s * 1000
    first = -(-(day.start_ms - phase) // period)
    last = -(-(day.end_ms - phase) // period)
    grid = np.arange(first, last, dtype=np.int64) * period + phase
    return grid + chance.integers(-2000, 2001, len(grid))


def measured(true: Floats, chance: np.random.Generator, noise: float, step: float) -> Floats:
    """What a sensor says: `true` with normal noise of that standard deviation, rounded to `step`."""
    return quantised(true + noise * chance.standard_normal(len(true)), step)


def quantised(value: Floats, step: float) -> Floats:
    """`value` rounded to a multiple of `step`, free of binary dust and of negative zeros, as a device prints it."""
    digits = max(0, int(np.ceil(-np.log10(step))) + 4)
    return np.asarray(np.round(np.round(value / step) * step, digits) + 0.0, np.float64)
