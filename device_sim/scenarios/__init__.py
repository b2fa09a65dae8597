"""Scenarios: one file or line each. Others come by the entry point ``forewarn.scenario``."""

from device_sim.scenarios.demo import DEMO
from device_sim.scenarios.scenario import Recipe
from device_sim.scenarios.small import ONE_HEAT_PUMP, ONE_VEHICLE, ONE_WEARABLE
from kit.plugins import Registry

SCENARIOS: Registry[Recipe] = Registry(
    "scenario", {recipe.name: recipe for recipe in (DEMO, ONE_HEAT_PUMP, ONE_VEHICLE, ONE_WEARABLE)}
)
