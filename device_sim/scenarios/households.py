"""The devices of a scenario file and the customers who have them, by seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil

import numpy as np

from device_sim.models import MODELS
from device_sim.models.chance import generator
from device_sim.models.machine import DAY_MS
from device_sim.reporting import Habit
from device_sim.scenarios.places import PLACES, Place, device_label, resident
from device_sim.scenarios.plan import Devices, Owner, Plan
from device_sim.scenarios.scenario import AGREED, Customer, Handover
from device_sim.scenarios.source import Source
from device_sim.stream import DeviceSpec
from ingest.wire.codecs import CODECS
from ingest.wire.device_types import DEVICE_TYPES
from ingest.wire.topics import is_identifier

HUB = "hub"  # the device type that others may speak through


@dataclass(frozen=True, slots=True)
class Households:
    """Who has what: `place` says for each device in which place it stands."""

    devices: tuple[DeviceSpec, ...]
    customers: tuple[Customer, ...]
    handovers: tuple[Handover, ...]
    place: Mapping[str, str]


def settle(plan: Plan, source: Source, seed: int, start_ms: int) -> Households:
    """Every device with its owner. Raises ScenarioFileInvalid."""
    _check_places(plan, source)
    groups = _groups(plan, source, seed)
    alone = [spec for group, specs in groups for spec in specs if not group.behind]
    people, homes = _people(plan, seed, ceil(len(alone) / plan.customers.devices_each))
    turns = generator(seed, "owners").permutation(len(alone)).tolist()
    owner = {spec.id: people[turn % len(people)] for spec, turn in zip(alone, turns, strict=True)}
    hubs = {group.prefix: [spec.id for spec in specs] for group, specs in groups if group.type == HUB}
    devices = []
    for group, specs in groups:
        for turn, spec in enumerate(specs):
            parent = hubs[group.behind][turn % len(hubs[group.behind])] if group.behind else ""
            devices.append(_owned(spec, owner[parent or spec.id], parent))
    devices, handovers = _handed_over(plan, source, devices, people, start_ms)
    return Households(
        tuple(devices),
        tuple(people),
        tuple(handovers),
        {spec.id: homes[owner[spec.parent or spec.id].id].short for spec in devices},
    )


def _check_places(plan: Plan, source: Source) -> None:
    for name in plan.places:
        source.known(("places", name), "place", name, [place.short for place in PLACES])
    if not plan.places:
        raise source.problem(("places",), "nobody lives anywhere.", f"Add a place, such as {PLACES[0].short} = 1.")


def _groups(plan: Plan, source: Source, seed: int) -> list[tuple[Devices, list[DeviceSpec]]]:
    """Each ``[[devices]]`` with its devices, as yet without owners."""
    hubs = [group.prefix for group in plan.devices if group.type == HUB]
    counts: Counter[str] = Counter()
    groups = []
    for place, group in enumerate(plan.devices):
        at = ("devices", place)
        source.known((*at, "type"), "device type", group.type, list(DEVICE_TYPES))
        if not group.recordings and group.type not in MODELS:
            fix = f"Name recordings that they play, or take one of: {', '.join(MODELS)}."
            raise source.problem((*at, "type"), f"nothing simulates a {group.type}.", fix)
        source.known((*at, "codec"), "codec", group.codec, list(CODECS))
        if not is_identifier(group.prefix) or len(group.prefix) > 100:
            fix = "Use up to 100 ASCII letters, digits, ._:@- and no - in front."
            raise source.problem((*at, "name"), f"'{group.prefix}' cannot stand in device ids.", fix)
        if group.behind:
            source.known((*at, "behind"), "[[devices]] of hubs with the name", group.behind, hubs)
            if group.type == HUB:
                raise source.problem((*at, "behind"), "a hub cannot be behind a hub.", "Remove that line.")
        _check_mix(group, place, source)
        specs = [_spec(group, counts[group.prefix] + number, seed) for number in range(1, group.number + 1)]
        counts[group.prefix] += group.number
        groups.append((group, specs))
    return groups


def _check_mix(group: Devices, place: int, source: Source) -> None:
    for key, mix in (("models", group.models), ("firmware", group.firmware)):
        if not mix:
            raise source.problem(("devices", place, key), f"{key} is empty.", "Remove it, or name one.")


def _spec(group: Devices, number: int, seed: int) -> DeviceSpec:
    identifier = f"{group.prefix}-{number}"
    chance = generator(seed, "make", identifier)
    return DeviceSpec(
        identifier,
        group.type,
        model=_drawn(group.models, chance),
        firmware=_drawn(group.firmware, chance),
        label="",
        owner="",
        time_zone="",
        recording=group.recordings[(number - 1) % len(group.recordings)] if group.recordings else "",
        habit=Habit(group.rows_each, group.on_change, group.codec),
    )


def _people(plan: Plan, seed: int, number: int) -> tuple[list[Customer], dict[str, Place]]:
    """The customers, spread over the places by weight, and where each lives."""
    chance = generator(seed, "customers")
    places = {place.short: place for place in PLACES}
    total, counts = sum(plan.places.values()), Counter[str]()
    people, homes = [], {}
    for turn in range(1, number + 1):
        short = max(plan.places, key=lambda name: plan.places[name] / total * turn - counts[name])
        counts[short] += 1
        agreed, quiet = chance.random(2) < (plan.customers.consent, plan.customers.quiet_hours)
        person = resident(places[short], counts[short], chance)
        person = replace(person, consents=AGREED if agreed else ())
        people.append(person if quiet else replace(person, quiet_hours=None))
        homes[person.id] = places[short]
    return people, homes


def _drawn(mix: Mapping[str, float], chance: np.random.Generator) -> str:
    names, weights = list(mix), np.array(list(mix.values()))
    return names[int(chance.choice(len(names), p=weights / weights.sum()))]


def _owned(spec: DeviceSpec, owner: Customer, parent: str) -> DeviceSpec:
    label = device_label(owner.name, owner.language, spec.type)
    return replace(spec, label=label, owner=owner.id, time_zone=owner.time_zone, parent=parent)


def _handed_over(
    plan: Plan, source: Source, devices: list[DeviceSpec], people: list[Customer], start_ms: int
) -> tuple[list[DeviceSpec], list[Handover]]:
    """The devices with their first owners, and who has them next."""
    ids, names = [spec.id for spec in devices], [customer.id for customer in people]
    first: dict[str, str] = {}
    handovers = []
    for device, periods in _periods(plan, source, ids, names).items():
        for _, owner in periods:
            if owner.from_day == 0:
                first[device] = owner.customer
            else:
                handovers.append(Handover(device, owner.customer, start_ms + round(owner.from_day * DAY_MS)))
    owned = [replace(spec, owner=first.get(spec.id, spec.owner)) for spec in devices]
    return owned, sorted(handovers, key=lambda one: (one.at_ms, one.device))


def _periods(
    plan: Plan, source: Source, devices: list[str], customers: list[str]
) -> dict[str, list[tuple[int, Owner]]]:
    """The periods of each device in order of time, with their places in the file; none overlap, none leave a gap."""
    found: dict[str, list[tuple[int, Owner]]] = {}
    for place, owner in enumerate(plan.owners):
        source.known(("owners", place, "device"), "device", owner.device, devices)
        source.known(("owners", place, "customer"), "customer", owner.customer, customers)
        if owner.to_day is not None and owner.to_day <= owner.from_day:
            raise source.problem(("owners", place, "to_day"), "the period ends before it begins.", "Let it end later.")
        found.setdefault(owner.device, []).append((place, owner))
    for device, periods in found.items():
        periods.sort(key=lambda one: one[1].from_day)
        for (_, one), (place, other) in pairwise(periods):
            at = ("owners", place, "from_day")
            if one.to_day is None or one.to_day > other.from_day:
                until = "for good" if one.to_day is None else f"until day {one.to_day:g}"
                problem = f"{one.customer} has {device} {until}, {other.customer} from day {other.from_day:g}."
                raise source.problem(at, problem, f"Let the one period end by day {other.from_day:g}.")
            if one.to_day < other.from_day:
                problem = f"nobody has {device} from day {one.to_day:g} to day {other.from_day:g}."
                raise source.problem(at, problem, f"Begin with from_day = {one.to_day:g}.")
        place, last = periods[-1]
        if last.to_day is not None and last.to_day < plan.days:
            raise source.problem(
                ("owners", place, "to_day"),
                f"nobody has {device} after day {last.to_day:g}.",
                "Remove to_day, or add who has it then.",
            )
    return found
