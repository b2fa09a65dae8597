"""A scenario file: what may stand in it, and what it says. `docs/scenarios.md` explains every key.

Days are counted from the start of the period: 0 is its first instant, 1.5 the noon of the second day in UTC.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

import msgspec

from device_sim.network import PERFECT, NetworkSpec
from device_sim.people import PASSIVE, Ways
from kit.clock import to_ms

Share = Annotated[float, msgspec.Meta(gt=0, le=1)]
Chance = Annotated[float, msgspec.Meta(ge=0, le=1)]
Weight = Annotated[float, msgspec.Meta(gt=0, le=1e9)]
DayNumber = Annotated[float, msgspec.Meta(ge=0, le=400)]
Depth = Annotated[float, msgspec.Meta(gt=0, le=100)]

MOST_DEVICES = 100_000


class _Table(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """A table of the file; a key that it does not know is an error."""


class Devices(_Table, frozen=True, kw_only=True):
    """``[[devices]]``: `count` devices of one type, ids ``<name>-1`` and so on; `name` is by default the type.

    `models` and `firmware` are the mix, by weight. `behind` names the ``[[devices]]`` of hubs that they speak through.
    `recordings` are recorded lives; the devices play them in turn, and without `count` there is one for each.
    """

    type: str
    count: Annotated[int, msgspec.Meta(ge=1, le=MOST_DEVICES)] | None = None
    name: str = ""
    models: dict[str, Weight] = msgspec.field(default_factory=lambda: {"Model 1": 1.0})
    firmware: dict[str, Weight] = msgspec.field(default_factory=lambda: {"1.0": 1.0})
    behind: str = ""
    recordings: tuple[str, ...] = ()
    rows_each: Annotated[int, msgspec.Meta(ge=1, le=500)] = 1
    on_change: bool = False
    codec: str = "forewarn_json"

    @property
    def prefix(self) -> str:
        """What ids begin with."""
        return self.name or self.type

    @property
    def number(self) -> int:
        """How many there are."""
        return self.count or len(self.recordings) or 1


class Customers(_Table, frozen=True, kw_only=True):
    """``[customers]``: how many devices each has on average, and the shares who agreed and who have quiet hours."""

    devices_each: Annotated[float, msgspec.Meta(ge=1, le=1000)] = 2.0
    consent: Chance = 1.0
    quiet_hours: Chance = 1.0


class Rate(_Table, frozen=True, kw_only=True):
    """``[[rates]]``: a fault or harmless change that strikes by chance, on devices that have none of its kind yet.

    Of several named in `fault`, each strikes about equally often. Exactly one of `share` (of the devices that they can
    strike), `per_1000_device_days` and `count` says how often. It begins between `from_day` and `to_day`; without
    `to_day`, early enough to come to its end within the period.
    """

    fault: str | tuple[str, ...]
    types: tuple[str, ...] = ()
    share: Share | None = None
    per_1000_device_days: Annotated[float, msgspec.Meta(gt=0, le=500)] | None = None
    count: Annotated[int, msgspec.Meta(ge=1, le=MOST_DEVICES)] | None = None
    from_day: DayNumber | None = None
    to_day: DayNumber | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The faults that it stands for."""
        return (self.fault,) if isinstance(self.fault, str) else self.fault


class Strike(_Table, frozen=True, kw_only=True):
    """``[[faults]]``: one fault on one device by hand; what is left out is drawn."""

    fault: str
    device: str
    day: DayNumber
    fails_day: DayNumber | None = None
    ends_day: DayNumber | None = None
    depth: Depth | None = None
    signal: str = ""


class Event(_Table, frozen=True, kw_only=True):
    """``[[events]]``: one cause that strikes many devices at once: all that fit `types`, `places`, `firmware`, `hub`.

    `share` is the part of those that it strikes; of a `hub`, it strikes the hub and every device behind it.
    """

    fault: str
    day: DayNumber
    fails_day: DayNumber | None = None
    ends_day: DayNumber | None = None
    types: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    firmware: str = ""
    hub: str = ""
    share: Share = 1.0


class Owner(_Table, frozen=True, kw_only=True):
    """``[[owners]]``: `customer` has `device` from one day to the other; without `to_day`, for good."""

    device: str
    customer: str
    from_day: DayNumber = 0.0
    to_day: DayNumber | None = None


class Plan(_Table, frozen=True, kw_only=True):
    """A whole scenario file."""

    summary: Annotated[str, msgspec.Meta(min_length=1)]
    days: Annotated[int, msgspec.Meta(ge=1, le=400)]
    devices: Annotated[tuple[Devices, ...], msgspec.Meta(min_length=1)]
    start: date = date(2026, 1, 12)
    seed: Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = None
    learning_days: DayNumber | None = None
    places: dict[str, Weight] = msgspec.field(default_factory=lambda: {"ber": 1.0})
    customers: Customers = Customers()
    people: Ways = PASSIVE
    network: NetworkSpec = PERFECT
    rates: tuple[Rate, ...] = ()
    faults: tuple[Strike, ...] = ()
    events: tuple[Event, ...] = ()
    owners: tuple[Owner, ...] = ()

    @property
    def start_ms(self) -> int:
        """Midnight of the first day in UTC."""
        return to_ms(datetime(self.start.year, self.start.month, self.start.day, tzinfo=UTC))

    @property
    def learns(self) -> float:
        """Days without any fault that is drawn, for detectors to learn the healthy device."""
        return min(8.0, 0.4 * self.days) if self.learning_days is None else self.learning_days


TABLES: dict[str, type[_Table]] = {
    "devices": Devices,
    "customers": Customers,
    "rates": Rate,
    "faults": Strike,
    "events": Event,
    "owners": Owner,
}
