"""The fault catalogue: every cause that Forewarn can name, with the symptoms that give it away.

Out-of-tree faults come by the entry point ``forewarn.fault``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from kit.plugins import Registry

Level = Literal["low", "medium", "high"]
RAISE_AT = 1.0  # weight of the symptoms that raises a fault


@dataclass(frozen=True, slots=True)
class Fault:
    """A cause on a device.

    `device_types` are the types that can have it, () all. `impact` and `urgency` make a case's priority;
    `text_key` names the texts for people. `signature` gives each symptom its weight: the fault is raised when the
    weights of the symptoms that show together reach 1, so 1 means "proof enough alone" and 0.5 "needs another".
    `contact` says that the customer may be told; every named fault asks for evidence that is strong enough for it.
    """

    name: str
    label: str
    device_types: tuple[str, ...]
    impact: Level
    urgency: Level
    text_key: str
    contact: bool
    signature: Mapping[str, float] = field(default_factory=dict)


COOLANT_LEAK = Fault(
    name="coolant_leak",
    label="Coolant loss or overheating",
    device_types=("vehicle",),
    impact="high",
    urgency="high",
    text_key="coolant_leak",
    contact=True,
    signature={"coolant_hot": 1.0, "coolant_temp:high": 1.0},
)
CHARGING_FAULT = Fault(
    name="charging_fault",
    label="Battery is not being charged",
    device_types=("vehicle",),
    impact="high",
    urgency="medium",
    text_key="charging_fault",
    contact=True,
    signature={"charging_voltage_low": 1.0, "charging_voltage:low": 0.5},
)
REFRIGERANT_LEAK = Fault(
    name="refrigerant_leak",
    label="Loss of refrigerant",
    device_types=("heat_pump",),
    impact="high",
    urgency="medium",
    text_key="refrigerant_leak",
    contact=True,
    signature={
        "evaporator_approach:high": 0.6,
        "discharge_lift:high": 0.6,
        "suction_pressure:low": 0.4,
        "evaporator_temp:low": 0.2,
        "discharge_temp:high": 0.2,
    },
)
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
SUPPLY_AIR_OFF_TARGET = Fault(
    name="supply_air_off_target",
    label="Supply air does not reach its target",
    device_types=("air_handler",),
    impact="medium",
    urgency="medium",
    text_key="supply_air_off_target",
    contact=True,
    signature={
        "supply_air_too_warm": 1.0,
        "supply_air_too_cold": 1.0,
        "heat_through_closed_coil": 1.0,
        "cold_through_closed_coil": 1.0,
    },
)
SENSOR_STUCK = Fault(
    name="sensor_stuck",
    label="Sensor is stuck",
    device_types=(),
    impact="medium",
    urgency="low",
    text_key="sensor_stuck",
    contact=True,
    signature={"stuck": 1.0},
)
SILENT = Fault(
    name="silent",
    label="Device has fallen silent",
    device_types=(),
    impact="medium",
    urgency="medium",
    text_key="silent",
    contact=True,
    signature={"silent": 1.0},
)
FLOODING = Fault(
    name="flooding",
    label="Device sends far too much",
    device_types=(),
    impact="medium",
    urgency="medium",
    text_key="flooding",
    contact=False,
    signature={"throttled": 1.0},
)
HELP_REQUESTED = Fault(
    name="help_requested",
    label="Help was asked for at the device",
    device_types=(),
    impact="high",
    urgency="medium",
    text_key="help_requested",
    contact=False,
    signature={"help": 1.0},
)
UNUSUAL_BEHAVIOUR = Fault(
    name="unusual_behaviour",
    label="Unusual behaviour",
    device_types=(),
    impact="low",
    urgency="low",
    text_key="unusual_behaviour",
    contact=False,
    signature={"unusual": 1.0},
)

FAULTS: Registry[Fault] = Registry(
    "fault",
    {
        fault.name: fault
        for fault in (
            COOLANT_LEAK,
            CHARGING_FAULT,
            REFRIGERANT_LEAK,
            BATTERY_WEAR,
            SUPPLY_AIR_OFF_TARGET,
            SENSOR_STUCK,
            SILENT,
            FLOODING,
            HELP_REQUESTED,
            UNUSUAL_BEHAVIOUR,
        )
    },
)
