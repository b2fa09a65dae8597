"""Scenarios by name: TOML files of this folder, a few in Python, and others by path or entry point.

The entry point for a `Recipe` from outside is ``forewarn.scenario``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from device_sim.errors import ScenarioUnknown
from device_sim.scenarios.demo import DEMO
from device_sim.scenarios.every import EVERY_FAULT, ONE_OF_EACH
from device_sim.scenarios.files import SUFFIX, packaged, recipe
from device_sim.scenarios.scenario import Recipe
from device_sim.scenarios.small import ONE_HEAT_PUMP, ONE_VEHICLE, ONE_WEARABLE
from device_sim.scenarios.source import nearest
from kit.plugins import Registry


class Scenarios(Registry[Recipe]):
    """The registry of recipes, with the scenario files beside them; a file is read when it is asked for."""

    def get(self, name: str) -> Recipe:
        """The scenario of that name, or in the file of that path. Raises ScenarioUnknown, ScenarioFileInvalid."""
        if name.endswith(SUFFIX) or "/" in name:
            return recipe(Path(name))
        if name in packaged():
            return recipe(packaged()[name])
        if name not in self._all:
            raise ScenarioUnknown(name, nearest(name, list(self)))
        return super().get(name)

    def __iter__(self) -> Iterator[str]:
        yield from self._all
        yield from packaged()

    def items(self) -> list[tuple[str, Recipe]]:
        """Every scenario with its name."""
        return [(name, self.get(name)) for name in self]


SCENARIOS = Scenarios(
    "scenario",
    {recipe.name: recipe for recipe in (DEMO, ONE_HEAT_PUMP, ONE_VEHICLE, ONE_WEARABLE, ONE_OF_EACH, EVERY_FAULT)},
)
