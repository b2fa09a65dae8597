"""What a scenario is: devices with their owners, and the truth about what goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from device_sim.faults.fault import Occurrence
from device_sim.models.machine import DAY_MS
from device_sim.stream import DeviceSpec, DeviceStream


@dataclass(frozen=True, slots=True)
class Customer:
    """An owner as the manifest names them; `quiet_hours` is (from, to) in their own time, None for none."""

    id: str
    name: str
    language: str
    time_zone: str
    email: str
    consents: tuple[str, ...] = ("service",)
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
class Scenario:
    """A fleet with its life ahead."""

    name: str
    birth: Birth
    devices: tuple[DeviceSpec, ...]
    customers: tuple[Customer, ...]
    truth: tuple[Occurrence, ...]

    def streams(self) -> list[DeviceStream]:
        """The life of every device from the birth on."""
        return [DeviceStream(spec, self.birth.seed, self.birth.start_ms, self.truth) for spec in self.devices]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to make a scenario of that name."""

    name: str
    summary: str
    make: Callable[[Birth], Scenario] = field(repr=False)
