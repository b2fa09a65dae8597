"""Records written by hand: a small fleet whose right score can be worked out on paper."""

from __future__ import annotations

from collections.abc import Sequence

from device_sim.faults.fault import Occurrence
from device_sim.models.machine import DAY_MS, HOUR_MS
from device_sim.scenarios.scenario import Customer
from device_sim.scorecard.record import Case, Found, Notice, Record, Said
from device_sim.scorecard.record import Verdict as Opinion
from device_sim.stream import DeviceSpec

START_MS = 1_768_176_000_000
DAYS = 30
ZONE = "Europe/Berlin"


def at(day: float) -> int:
    """That day of the run as an instant."""
    return START_MS + round(day * DAY_MS)


def device(name: str, kind: str = "vehicle") -> DeviceSpec:
    return DeviceSpec(name, kind, "Model 1", "1.0", name, "c-1", ZONE)


def wrong(name: str, fault: str, onset: float, failure: float, end: float | None = None) -> Occurrence:
    """Something that is wrong with a device; times in days of the run."""
    return Occurrence(name, fault, at(onset), at(failure), None if end is None else at(end), pattern=7)


def found(key: str, name: str, fault: str, day: float, contact: bool = True, detector: str = "fusion") -> Found:
    return Found(key, name, fault, "raised", at(day), at(day), at(day), 9.0, 4.0, 0.9, contact, detector, "1")


def case(number: int, one: Found, *more: Found) -> Case:
    return Case(
        number, one.device, one.fault, "open", one.at_ms + 60_000, None, (one.id, *(other.id for other in more))
    )


def notice(of: Case, one: Found, delivered: float | None, state: str = "delivered", stage: str = "gate") -> Notice:
    told_ms = None if delivered is None else at(delivered)
    return Notice(
        f"n-{of.number}-{one.id}",
        of.number,
        of.device,
        of.fault,
        one.id,
        "c-1",
        "email",
        state,
        stage,
        "",
        of.opened_ms,
        told_ms,
    )


def record(
    truth: Sequence[Occurrence] = (),
    findings: Sequence[Found] = (),
    cases: Sequence[Case] = (),
    notices: Sequence[Notice] = (),
    said: Sequence[Said] = (),
    verdicts: Sequence[Opinion] = (),
    devices: Sequence[DeviceSpec] = (),
    seed: int = 7,
) -> Record:
    """A run over every device that is spoken of, plus ten that are well."""
    named = sorted({one.device for one in (*truth, *findings)})
    well = (f"well-{number}" for number in range(10))
    fleet = tuple(devices) or tuple(map(device, dict.fromkeys((*named, *well))))
    owner = Customer("c-1", "Robin Example", "en", ZONE, "robin@example.org")
    return Record(
        "by_hand",
        seed,
        START_MS,
        at(DAYS),
        "0.1",
        fleet,
        (owner,),
        tuple(truth),
        tuple(findings),
        tuple(cases),
        tuple(notices),
        tuple(said),
        tuple(verdicts),
        {"received": 10, "stored": 10},
    )


def told(day: float, name: str = "car", fault: str = "coolant_leak", number: int = 1) -> Record:
    """A coolant leak from day 10 to its failure on day 20, found and told at once on `day`."""
    one = found(f"f-{number}", name, fault, day)
    opened = case(number, one)
    truth = [wrong(name, "coolant_leak", 10, 20)]
    return record(truth, [one], [opened], [notice(opened, one, day + HOUR_MS / DAY_MS)])


def fleet(seed: int, skill: int = 3) -> Record:
    """Four cars that leak; the first `skill` owners are told ahead, one of a healthy car is told wrongly."""
    names = [f"car-{n}" for n in range(4)]
    truth = [wrong(name, "coolant_leak", 9 + place, 19 + place) for place, name in enumerate(names)]
    findings = [
        found(f"f-{name}", name, "coolant_leak", 12 + place + seed / 10, contact=place < skill)
        for place, name in enumerate(names)
    ]
    findings.append(found("f-well", "well-1", "charging_fault", 5, detector="limit"))
    cases = [case(1001 + place, one) for place, one in enumerate(findings)]
    notices = [
        notice(of, one, (one.at_ms - START_MS) / DAY_MS + 0.2)
        for of, one in zip(cases, findings, strict=True)
        if one.contact
    ]
    return record(truth, findings, cases, notices, seed=seed)
