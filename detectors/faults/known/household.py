"""Faults of what is about the house and on the wrist: water, laundry, hubs and their sensors, wearables."""

from detectors.faults.fault import Fault

BATTERY_WEAR = Fault(
    name="battery_wear",
    label="Worn battery",
    device_types=("wearable",),
    impact="low",
    urgency="low",
    text_key="battery_wear",
    contact=True,
    signature={"battery_drain:high": 1.0},
)

FAULTS = (BATTERY_WEAR,)
