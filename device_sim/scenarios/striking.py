"""What goes wrong in a scenario file, and when: by hand, many devices at once, and by chance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from device_sim.faults import FAULTS
from device_sim.faults.fault import Fault, Occurrence
from device_sim.models.chance import generator
from device_sim.models.machine import DAY_MS
from device_sim.recorded import library
from device_sim.scenarios.checks import check, check_strikes, harmless
from device_sim.scenarios.households import HUB, Households
from device_sim.scenarios.lines import Path
from device_sim.scenarios.places import PLACES
from device_sim.scenarios.plan import Event, Plan, Rate, Strike
from device_sim.scenarios.scenario import Birth
from device_sim.scenarios.source import Source
from device_sim.stream import DeviceSpec

WITHIN = 0.85  # of its course that the last progressive fault still has; less, and too few come to their end
REST_DAYS = 2.0  # that a fault without a course has at least; less, and nobody could be told in time


class Truth:
    """The faults of one life of a plan, as they are decided; `occurrences` in order of device and onset."""

    def __init__(self, plan: Plan, source: Source, birth: Birth, homes: Households) -> None:
        self._plan, self._source, self._birth, self._homes = plan, source, birth, homes
        self._devices = {spec.id: spec for spec in homes.devices}
        self._found: list[Occurrence] = []
        self._struck: dict[bool, set[str]] = defaultdict(set)  # by whether it is harmless
        check(plan, source, homes)
        for spec in homes.devices:
            if spec.recording:
                self._recorded(spec)
        for place, strike in enumerate(plan.faults):
            self._by_hand(strike, ("faults", place))
        for place, event in enumerate(plan.events):
            self._at_once(event, ("events", place))
        for place, rate in enumerate(plan.rates):
            self._by_chance(rate, place)

    def occurrences(self) -> tuple[Occurrence, ...]:
        """All that begin within the life."""
        ours = [one for one in self._found if one.onset_ms < self._birth.now_ms]
        return tuple(sorted(ours, key=lambda one: (one.device, one.onset_ms, one.fault)))

    def _add(self, found: Occurrence) -> None:
        self._found.append(found)
        self._struck[harmless(found.fault)].add(found.device)

    def _recorded(self, spec: DeviceSpec) -> None:
        """What the labels of the device's recording say."""
        for found in library.truth_of(spec, self._birth.seed, self._birth.start_ms, self._birth.now_ms):
            self._add(found)

    # -- by hand --------------------------------------------------------------------------------------------------

    def _by_hand(self, strike: Strike, at: Path) -> None:
        self._source.known((*at, "device"), "device", strike.device, list(self._devices))
        spec, fault = self._devices[strike.device], FAULTS.get(strike.fault)
        check_strikes(self._source, fault, [spec.type], (*at, "fault"))
        if not library.strikes(fault, spec):
            problem = f"{fault.name} cannot be put on the recording {spec.recording}."
            raise self._source.problem((*at, "fault"), problem, "Take a fault whose signals were recorded.")
        chance = generator(self._birth.seed, "strike", strike.fault, spec.id, at[-1])
        found = self._timed(fault.draw(chance, spec.id, spec.type, 0), fault, strike, at)
        if strike.signal:
            choices = list(fault.signals.get(spec.type, ()))
            self._source.known((*at, "signal"), f"signal for {fault.name} on a {spec.type}", strike.signal, choices)
            found = replace(found, signal=strike.signal)
        self._add(found if strike.depth is None else replace(found, depth=strike.depth))

    def _timed(self, found: Occurrence, fault: Fault, when: Strike | Event, at: Path) -> Occurrence:
        """An occurrence that was drawn for instant 0, at the days that the file gives."""
        found = _moved(found, self._ms(when.day))
        if when.day >= self._plan.days:
            raise self._source.problem((*at, "day"), "it begins after the end.", f"days is {self._plan.days}.")
        if when.fails_day is not None:
            if fault.course != "progressive":
                problem = f"{fault.name} is {fault.course}: it has no course."
                raise self._source.problem((*at, "fails_day"), problem, "Remove that line.")
            if when.fails_day <= when.day:
                raise self._source.problem((*at, "fails_day"), "it fails before it begins.", "Let it fail later.")
            found = replace(found, failure_ms=self._ms(when.fails_day))
        if when.ends_day is not None:
            if when.ends_day <= when.day:
                raise self._source.problem((*at, "ends_day"), "it ends before it begins.", "Let it end later.")
            found = replace(found, end_ms=self._ms(when.ends_day))
        return found

    def _ms(self, day: float) -> int:
        return self._birth.start_ms + round(day * DAY_MS)

    # -- many at once ---------------------------------------------------------------------------------------------

    def _at_once(self, event: Event, at: Path) -> None:
        fault = FAULTS.get(event.fault)
        fitting = [spec for spec in self._fitting(event, at) if library.strikes(fault, spec)]
        if not fitting:
            if event.firmware and self._might_fit(event, fault):
                return  # the luck of this seed gave nobody that firmware
            raise self._source.problem(at, f"{event.fault} strikes no device.", "Widen types, places or firmware.")
        chance = generator(self._birth.seed, "event", event.fault, at[-1])
        number = max(1, round(event.share * len(fitting)))
        chosen = sorted(chance.permutation(len(fitting))[:number].tolist())
        group = f"{event.fault}-{at[-1]}"
        for spec in (fitting[one] for one in chosen):
            # the chance is that of the event, begun anew: all have one depth, course and end
            alike = generator(self._birth.seed, "event", event.fault, at[-1], "course")
            found = self._timed(fault.draw(alike, spec.id, spec.type, 0, group=group), fault, event, at)
            if harmless(fault.name):  # weather for all: each device may still have a change of its own
                self._found.append(found)
            else:
                self._add(found)

    def _fitting(self, event: Event, at: Path) -> Iterable[DeviceSpec]:
        known, types = self._source.known, {spec.type for spec in self._homes.devices}
        for name in event.types:
            known((*at, "types"), "device of the type", name, sorted(types))
        for name in event.places:
            known((*at, "places"), "place", name, [place.short for place in PLACES])
        if event.firmware:
            firmware = sorted({version for group in self._plan.devices for version in group.firmware})
            known((*at, "firmware"), "device with the firmware", event.firmware, firmware)
        if event.hub:
            known((*at, "hub"), "hub", event.hub, [spec.id for spec in self._homes.devices if spec.type == HUB])
        for spec in self._homes.devices:
            if (
                (not event.types or spec.type in event.types)
                and (not event.places or self._homes.place[spec.id] in event.places)
                and event.firmware in {"", spec.firmware}
                and (not event.hub or event.hub in {spec.id, spec.parent})
            ):
                yield spec

    def _might_fit(self, event: Event, fault: Fault) -> bool:
        """Whether any ``[[devices]]`` of a type that the event strikes may have its firmware."""
        return any(
            event.firmware in group.firmware and (not event.types or group.type in event.types)
            for group in self._plan.devices
            if fault.strikes(group.type)
        )

    # -- by chance ------------------------------------------------------------------------------------------------

    def _by_chance(self, rate: Rate, place: int) -> None:
        seed, faults = self._birth.seed, [FAULTS.get(name) for name in rate.names]
        able = [
            spec
            for spec in self._homes.devices
            if any(library.strikes(fault, spec) for fault in faults) and (not rate.types or spec.type in rate.types)
        ]
        chance = generator(seed, "rate", *rate.names, place)
        number = self._number(rate, len(able), chance)
        taken = self._struck[harmless(rate.names[0])]
        free = [able[one] for one in chance.permutation(len(able)).tolist() if able[one].id not in taken]
        if rate.count is not None and rate.count > len(free):
            problem = f"{', '.join(rate.names)} cannot strike {rate.count} devices: {len(free)} are well."
            raise self._source.problem(("rates", place, "count"), problem, "Lower the count, or add devices.")
        turns = {fault.name: 0 for fault in (faults[one] for one in chance.permutation(len(faults)).tolist())}
        for spec in free[:number]:
            name = min((name for name in turns if library.strikes(FAULTS.get(name), spec)), key=turns.__getitem__)
            turns[name] += 1
            own = generator(seed, "strike", name, spec.id, place)
            drawn = FAULTS.get(name).draw(own, spec.id, spec.type, 0)
            self._add(_moved(drawn, self._ms(self._onset_day(rate, drawn, own))))

    def _number(self, rate: Rate, able: int, chance: np.random.Generator) -> int:
        if rate.count is not None:
            return rate.count
        if rate.share is not None:
            return int(rate.share * able + chance.random())  # so that the mean over seeds is the share
        return int(chance.poisson((rate.per_1000_device_days or 0.0) * able * self._birth.days / 1000.0))

    def _onset_day(self, rate: Rate, drawn: Occurrence, chance: np.random.Generator) -> float:
        takes = drawn.failure_ms / DAY_MS
        earliest = self._plan.learns if rate.from_day is None else rate.from_day
        latest = self._birth.days - (takes * WITHIN if takes else REST_DAYS)
        latest = max(latest, earliest + 0.5) if rate.to_day is None else rate.to_day
        return float(chance.uniform(earliest, latest))


def _moved(found: Occurrence, by_ms: int) -> Occurrence:
    return replace(
        found,
        onset_ms=found.onset_ms + by_ms,
        failure_ms=found.failure_ms + by_ms,
        end_ms=None if found.end_ms is None else found.end_ms + by_ms,
    )
