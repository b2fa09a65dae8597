"""Scenarios that follow the registries: a device of each type, and each fault once beside a healthy device."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from device_sim.faults import FAULTS
from device_sim.faults.fault import Fault
from device_sim.models import MODELS
from device_sim.scenarios.files import make
from device_sim.scenarios.plan import Customers, Devices, Plan, Strike
from device_sim.scenarios.scenario import Birth, Recipe, Scenario
from device_sim.scenarios.source import Source

DAYS = 30
FIRST_ONSET, ONSETS_WITHIN = 8.0, 6.0  # the faults begin on these days, spread evenly
FAULTY, HEALTHY = "ailing", "well"  # what stands behind a device's type in its id


def one_of_each() -> Plan:
    """One device of every type that has a model, each with the first fault that it can have."""
    kinds = list(MODELS)
    faults = [(kind, fault.name) for kind in kinds if (fault := _first(kind)) is not None]
    return _plan([Devices(type=kind) for kind in kinds], [(f"{kind}-1", fault) for kind, fault in faults])


def every_fault() -> Plan:
    """Each registered fault once, on a device of its own, beside one healthy device of each type."""
    struck, devices = [], []
    counts = dict.fromkeys(MODELS, 0)
    for turn, (name, fault) in enumerate(FAULTS.items()):
        able = [kind for kind in MODELS if fault.strikes(kind)]
        if not able:
            continue
        kind = able[0] if fault.device_types else able[turn % len(able)]  # a fault of all types goes round
        counts[kind] += 1
        struck.append((f"{kind}-{FAULTY}-{counts[kind]}", name))
    for kind, number in counts.items():
        if number:
            devices.append(Devices(type=kind, name=f"{kind}-{FAULTY}", count=number))
        devices.append(Devices(type=kind, name=f"{kind}-{HEALTHY}"))
    return _plan(devices, struck)


def _first(kind: str) -> Fault | None:
    """The fault of that type that fewest other types have: what is typical of it."""
    able = [fault for _, fault in FAULTS.items() if fault.strikes(kind) and fault.expects != "nothing"]
    return min(able, key=lambda fault: len(fault.device_types or tuple(MODELS)), default=None)


def _plan(devices: Iterable[Devices], struck: list[tuple[str, str]]) -> Plan:
    step = ONSETS_WITHIN / max(1, len(struck))
    return Plan(
        summary="-",
        days=DAYS,
        devices=tuple(devices),
        customers=Customers(devices_each=1.0, quiet_hours=0.5),
        faults=tuple(
            Strike(fault=fault, device=device, day=round(FIRST_ONSET + turn * step, 3))
            for turn, (device, fault) in enumerate(struck)
        ),
    )


def _recipe(name: str, summary: str, plan: Callable[[], Plan]) -> Recipe:
    def born(birth: Birth) -> Scenario:
        return make(plan(), Source(name), name, birth)

    return Recipe(name, summary, born, DAYS)


ONE_OF_EACH = _recipe("one_of_each", "One device of every type, each with a fault of its own.", one_of_each)
EVERY_FAULT = _recipe("every_fault", "Every fault once, beside healthy devices of every type.", every_fault)
