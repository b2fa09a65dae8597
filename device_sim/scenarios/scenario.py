"""What a scenario is: devices with their owners, what lies between, and the truth about what goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from device_sim.faults.fault import Occurrence
from device_sim.models.machine import DAY_MS
from device_sim.network import PERFECT, Line, NetworkSpec
from device_sim.people import PASSIVE, Ways
from device_sim.stream import DeviceSpec, DeviceStream, stream_of
from kit.clock import to_ms

FIRST_DAY = to_ms(datetime(2026, 1, 12, tzinfo=UTC))  # a Monday in the northern heating season
DAYS = 14
SEED = 20


AGREED = ("service", "vitals")
"""What people agree to who agree: to be told of their devices, and that the band's vital signs are judged."""


@dataclass(frozen=True, slots=True)
class Customer:
    """An owner as the manifest names them; `quiet_hours` is (from, to) in their own time, None for none."""

    id: str
    name: str
    language: str
    time_zone: str
    email: str
    consents: tuple[str, ...] = AGREED
    quiet_hours: tuple[str, str] | None = ("21:00", "08:00")
    unit_system: str = "metric"


@dataclass(frozen=True, slots=True)
class Birth:
    """All that a scenario is made from: same birth, same scenario. `now_ms` is the instant at which history ends."""

    seed: int
    now_ms: int
    days: int

    @property
    def start_ms(self) -> int:
        """The first instant of history."""
        return self.now_ms - self.days * DAY_MS


@dataclass(frozen=True, slots=True)
class Period:
    """The time that a scenario covers: start <= t < end, in epoch milliseconds."""

    start_ms: int
    end_ms: int

    @property
    def days(self) -> float:
        """How long it is."""
        return (self.end_ms - self.start_ms) / DAY_MS


@dataclass(frozen=True, slots=True)
class Handover:
    """From `at_ms` on the device belongs to the customer `owner`."""

    device: str
    owner: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Scenario:
    """A fleet with its life ahead.

    `handovers`, in order of time, are changes of owner after the first one, who stands in the device's spec.
    """

    name: str
    birth: Birth
    devices: tuple[DeviceSpec, ...]
    customers: tuple[Customer, ...]
    truth: tuple[Occurrence, ...]
    network: NetworkSpec = PERFECT
    people: Ways = PASSIVE
    handovers: tuple[Handover, ...] = ()

    @property
    def period(self) -> Period:
        """From the birth to the end of its history."""
        return Period(self.birth.start_ms, self.birth.now_ms)

    def streams(self) -> list[DeviceStream]:
        """The life of every device from the birth on."""
        return [stream_of(spec, self.birth.seed, self.birth.start_ms, self.truth) for spec in self.devices]

    def lines(self) -> dict[str, Line]:
        """What lies between each device and the broker, by device id."""
        return {spec.id: Line(self.network, self.birth.seed, spec.id) for spec in self.devices}


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to make a scenario of that name.

    `days` is how long it is meant to be and `seed` the one that it is usually made with (None: as the settings say),
    `start_ms` the instant at which it begins when it is scored, so that runs repeat. `recorded` is the number of
    devices of a scenario that plays recorded lives, which must be there to make it.
    """

    name: str
    summary: str
    make: Callable[[Birth], Scenario] = field(repr=False)
    days: int | None = None
    start_ms: int = FIRST_DAY
    seed: int | None = None
    recorded: int = 0

    def birth(self, seed: int | None = None, days: int | None = None) -> Birth:
        """The birth at the fixed start, with this seed and length or the usual ones."""
        length = days or self.days or DAYS
        chosen = next(one for one in (seed, self.seed, SEED) if one is not None)
        return Birth(chosen, self.start_ms + length * DAY_MS, length)
