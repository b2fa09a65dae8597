"""Scenario files as recipes: those that come along by name, any other by its path."""

from __future__ import annotations

from functools import cache, partial
from importlib.resources import as_file, files
from pathlib import Path

from device_sim.scenarios.households import settle
from device_sim.scenarios.plan import Plan
from device_sim.scenarios.scenario import Birth, Recipe, Scenario
from device_sim.scenarios.source import Source, read
from device_sim.scenarios.striking import Truth

SUFFIX = ".toml"


@cache
def packaged() -> dict[str, Path]:
    """The files that come along, by name."""
    with as_file(files("device_sim.scenarios")) as folder:
        return {path.stem: path for path in sorted(folder.glob(f"*{SUFFIX}"))}


def recipe(path: Path) -> Recipe:
    """The scenario in the file at `path`, named after it. Raises ScenarioFileInvalid.

    Making it raises that too, and RecordingMissing where it plays recorded lives that are not there.
    """
    comes_along = packaged().get(path.stem) == path
    plan, source = read(path, path.name if comes_along else str(path))
    plays = any(group.recordings for group in plan.devices)
    return Recipe(
        path.stem,
        plan.summary,
        partial(make, plan, source, path.stem),
        plan.days,
        plan.start_ms,
        plan.seed,
        recorded=sum(group.number for group in plan.devices) if plays else 0,
    )


def make(plan: Plan, source: Source, name: str, birth: Birth) -> Scenario:
    """The plan's fleet as it comes to life at `birth`. Raises ScenarioFileInvalid."""
    homes = settle(plan, source, birth.seed, birth.start_ms)
    truth = Truth(plan, source, birth, homes).occurrences()
    handovers = tuple(one for one in homes.handovers if one.at_ms < birth.now_ms)
    return Scenario(name, birth, homes.devices, homes.customers, truth, plan.network, plan.people, handovers)
