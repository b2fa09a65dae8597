"""What no seed can make possible in a scenario file's faults."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from device_sim.faults import FAULTS
from device_sim.faults.fault import Fault
from device_sim.scenarios.households import Households
from device_sim.scenarios.lines import Path
from device_sim.scenarios.plan import Plan, Rate
from device_sim.scenarios.source import Source


def check(plan: Plan, source: Source, homes: Households) -> None:
    """Look at every fault, event and rate of the file. Raises ScenarioFileInvalid."""
    names, types = list(FAULTS), sorted({spec.type for spec in homes.devices})
    for table in ("faults", "events"):
        for place, one in enumerate(getattr(plan, table)):
            source.known((table, place, "fault"), "fault", one.fault, names)
    for place, rate in enumerate(plan.rates):
        at: Path = ("rates", place)
        if not rate.names:
            raise source.problem((*at, "fault"), "it names no fault.", "Name one.")
        for name in rate.names:
            source.known((*at, "fault"), "fault", name, names)
        for kind in rate.types:
            source.known((*at, "types"), "device of the type", kind, types)
        _check_faults(rate, at, source, types)
        _check_often(rate, at, plan, source)
    _check_shares(plan, source, types)


def check_strikes(source: Source, fault: Fault, types: Iterable[str], at: Path) -> None:
    """Raises ScenarioFileInvalid unless the fault can strike one of the types."""
    if not any(fault.strikes(kind) for kind in types):
        able = [kind for kind in sorted({*fault.device_types, *fault.signals}) if fault.strikes(kind)]
        fix = f"It strikes: {', '.join(able)}." if able else "Take another fault."
        raise source.problem(at, f"{fault.name} cannot strike a {' or a '.join(types)}.", fix)


def harmless(fault: str) -> bool:
    """Whether a good service does nothing about it."""
    return FAULTS.get(fault).expects == "nothing"


def _check_faults(rate: Rate, at: Path, source: Source, types: list[str]) -> None:
    for name in rate.names:
        fault = FAULTS.get(name)
        check_strikes(source, fault, rate.types or types, (*at, "fault"))
        if fault.together:
            problem = f"{name} strikes many at once."
            raise source.problem((*at, "fault"), problem, "Put it into [[events]] with its day.")
    if len({harmless(name) for name in rate.names}) > 1:
        fix = "Give the harmless ones a [[rates]] of their own."
        raise source.problem((*at, "fault"), "it mixes faults and harmless changes.", fix)


def _check_often(rate: Rate, at: Path, plan: Plan, source: Source) -> None:
    shown = " or ".join(rate.names)
    if sum(one is not None for one in (rate.share, rate.per_1000_device_days, rate.count)) != 1:
        fix = "Give one of share, per_1000_device_days and count."
        raise source.problem(at, f"it is not clear how often {shown} strikes.", fix)
    if (rate.per_1000_device_days or 0.0) * plan.days > 1000.0:
        fix = f"At most {1000 / plan.days:g}: a device gets a fault once in {plan.days} days."
        problem = f"{shown} would strike each device more than once."
        raise source.problem((*at, "per_1000_device_days"), problem, fix)
    earliest = plan.learns if rate.from_day is None else rate.from_day
    if earliest >= plan.days or (rate.to_day is not None and not earliest < rate.to_day <= plan.days):
        fix = f"Let from_day < to_day <= {plan.days}."
        raise source.problem((*at, "from_day"), f"{shown} has no time to begin.", fix)


def _check_shares(plan: Plan, source: Source, types: list[str]) -> None:
    sums: dict[tuple[str, bool], float] = defaultdict(float)
    for place, rate in enumerate(plan.rates):
        for kind in types if rate.share else ():
            if any(FAULTS.get(name).strikes(kind) for name in rate.names) and (not rate.types or kind in rate.types):
                key = kind, harmless(rate.names[0])
                sums[key] += rate.share or 0.0
                if sums[key] > 1.0 + 1e-9:
                    problem = f"{sums[key]:.0%} of the devices of type {kind} would be struck."
                    fix = "Lower the shares: a device gets one fault at most, and one harmless change."
                    raise source.problem(("rates", place, "share"), problem, fix)
