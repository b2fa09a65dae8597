"""The demonstration: 24 devices in four time zones, some of them ailing since hours, some owners awake at any hour.

The four zones are spread so that it is between 09:00 and 19:00 somewhere at every instant. At least three ailing
devices belong to owners there who may be contacted; others ail elsewhere, so that quiet hours and missing consent
have something to hold back. Faults begin so late that what detection finds is fresh when the history ends.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np

from device_sim.faults import FAULTS
from device_sim.faults.fault import Occurrence
from device_sim.models.chance import generator
from device_sim.models.machine import HOUR_MS
from device_sim.scenarios.places import PLACES, Place, customer, device_label
from device_sim.scenarios.scenario import Birth, Customer, Recipe, Scenario
from device_sim.stream import DeviceSpec, DeviceStream
from kit.clock import from_ms

FLEET = (  # id prefix, type, number of the owner among the people of the place, model, firmware
    ("car-1", "vehicle", 0, "Corvid 1.4", "5.12"),
    ("hp-1", "heat_pump", 0, "Aero 6", "2.4.1"),
    ("car-2", "vehicle", 1, "Corvid 1.6", "5.12"),
    ("hp-2", "heat_pump", 2, "Aero 8", "2.3.7"),
    ("band-1", "wearable", 3, "Pulse 2", "1.9"),
    ("band-2", "wearable", 4, "Pulse 2", "1.8"),
)
AWAKE = (9.0, 18.5)  # local hours; half an hour is kept so that a notice does not come after 19:00


@dataclass(frozen=True, slots=True)
class _Onset:
    """When a fault of a kind begins and is whole, in hours before now; of a car, before a drive of the last hours."""

    begins: float
    whole: float


# Later and there is no time left to notice; earlier and the finding is older than a day when the history ends.
ONSETS = {
    "refrigerant_leak": _Onset(34, 4),
    "battery_wear": _Onset(24, 14),
    "sensor_stuck": _Onset(13, 13),
    "silent": _Onset(3, 3),
    "coolant_leak": _Onset(10, 0),
    "charging_fault": _Onset(0, 0),
}
# For each place in turn, what strikes which device; further choices are for cars that were not driven enough. The
# first list where owners are awake now, the second anywhere else.
WHERE_AWAKE: tuple[tuple[tuple[str, str], ...], ...] = (
    (("refrigerant_leak", "hp-1"),),
    (("battery_wear", "band-1"),),
    (("charging_fault", "car-1"), ("charging_fault", "car-2"), ("refrigerant_leak", "hp-2")),
    (("sensor_stuck", "band-2"),),
)
ELSEWHERE: tuple[tuple[tuple[str, str], ...], ...] = (
    (("refrigerant_leak", "hp-2"),),
    (("coolant_leak", "car-2"), ("coolant_leak", "car-1"), ("sensor_stuck", "hp-1")),
    (("battery_wear", "band-2"),),
    (("silent", "band-1"),),
)
DRIVEN_MINUTES = 25  # that a car's fault must have been on the road to be seen
DRIVEN_SINCE_H = 20.0


def make(birth: Birth) -> Scenario:
    """The demonstration fleet as it is at `birth.now_ms`."""
    devices, customers = _fleet()
    truth = _truth(birth, {spec.id: spec for spec in devices})
    return Scenario("demo", birth, tuple(devices), tuple(customers), tuple(truth))


DEMO = Recipe("demo", "24 devices in four time zones, seven or eight ailing, some owners awake at any hour.", make)


def _fleet() -> tuple[list[DeviceSpec], list[Customer]]:
    devices, customers = [], []
    for place in PLACES:
        people = [customer(place, number) for number in range(len(place.names))]
        customers += people
        for prefix, kind, number, model, firmware in FLEET:
            owner = people[number]
            label = device_label(owner.name, owner.language, kind)
            identifier = f"{place.short}-{prefix}"
            devices.append(DeviceSpec(identifier, kind, model, firmware, label, owner.id, place.time_zone))
    return devices, customers


def awake(place: Place, now_ms: int) -> bool:
    """Whether it is a good hour to be contacted in `place`."""
    local = from_ms(now_ms).astimezone(ZoneInfo(place.time_zone))
    hour = timedelta(hours=local.hour, minutes=local.minute) / timedelta(hours=1)
    return AWAKE[0] <= hour < AWAKE[1]


def _truth(birth: Birth, devices: dict[str, DeviceSpec]) -> list[Occurrence]:
    by_day = [place for place in PLACES if awake(place, birth.now_ms)]
    others = [place for place in PLACES if place not in by_day] or by_day
    turns = [(by_day[turn % len(by_day)], choices) for turn, choices in enumerate(WHERE_AWAKE)]
    turns += [(others[turn % len(others)], choices) for turn, choices in enumerate(ELSEWHERE)]
    struck: dict[str, Occurrence] = {}
    for place, choices in turns:
        for fault, device in choices:
            spec = devices[f"{place.short}-{device}"]
            occurrence = None if spec.id in struck else _strike(birth, fault, spec)
            if occurrence:
                struck[spec.id] = occurrence
                break
    return list(struck.values())


def _strike(birth: Birth, fault: str, spec: DeviceSpec) -> Occurrence | None:
    """The fault on that device, or None when a car was not driven enough for its fault to show."""
    onset = ONSETS[fault]
    begins, whole = (birth.now_ms - round(hours * HOUR_MS) for hours in (onset.begins, onset.whole))
    if spec.type == "vehicle":
        drive = _last_drive(birth, spec)
        if drive is None:
            return None
        begins, whole = (drive - round(hours * HOUR_MS) for hours in (onset.begins, onset.whole))
    chance = generator(birth.seed, "strike", fault, spec.id)
    drawn = FAULTS.get(fault).draw(chance, spec.id, spec.type, begins, whole)
    return replace(drawn, shape=3.0) if fault == "coolant_leak" else drawn


def _last_drive(birth: Birth, spec: DeviceSpec) -> int | None:
    """The latest start of a drive after which the car was on the road long enough, lately enough."""
    since = birth.now_ms - round(DRIVEN_SINCE_H * HOUR_MS)
    minutes = DeviceStream(spec, birth.seed, birth.start_ms).window(since, birth.now_ms).ts
    starts = np.flatnonzero(np.diff(minutes, prepend=0) > HOUR_MS / 12)
    enough = [start for start in starts.tolist() if len(minutes) - start >= DRIVEN_MINUTES]
    return int(minutes[enough[-1]]) - 30_000 if enough else None
