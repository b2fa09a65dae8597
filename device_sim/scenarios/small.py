"""One device with one fault: small scenarios for tests, trials and explaining."""

from __future__ import annotations

from collections.abc import Callable

from device_sim.faults import FAULTS
from device_sim.models.chance import generator
from device_sim.models.machine import HOUR_MS
from device_sim.scenarios.scenario import Birth, Customer, Recipe, Scenario
from device_sim.stream import DeviceSpec

ZONE = "Europe/Berlin"


def _recipe(name: str, kind: str, fault: str, summary: str) -> Recipe:
    return Recipe(name, summary, _maker(name, kind, fault))


def _maker(name: str, kind: str, fault: str) -> Callable[[Birth], Scenario]:
    def make(birth: Birth) -> Scenario:
        owner = Customer("c-1", "Robin Example", "en", ZONE, "robin@example.org", quiet_hours=None)
        spec = DeviceSpec(f"{kind}-1", kind, "Model 1", "1.0", f"The {kind.replace('_', ' ')}", owner.id, ZONE)
        onset, failure = birth.now_ms - 30 * HOUR_MS, birth.now_ms - 6 * HOUR_MS
        truth = FAULTS.get(fault).draw(generator(birth.seed, "strike", spec.id), spec.id, kind, onset, failure)
        return Scenario(name, birth, (spec,), (owner,), (truth,))

    return make


ONE_HEAT_PUMP = _recipe(
    "one_heat_pump", "heat_pump", "refrigerant_leak", "One heat pump that loses refrigerant from 30 hours ago on."
)
ONE_VEHICLE = _recipe("one_vehicle", "vehicle", "coolant_leak", "One car that loses coolant from 30 hours ago on.")
ONE_WEARABLE = _recipe("one_wearable", "wearable", "battery_wear", "One wristband whose battery wears out.")
