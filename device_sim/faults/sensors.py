"""The sensors that can fail, whatever the device: which signals, and how large an error of each is worth noticing."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from device_sim.faults.fault import Occurrence
from device_sim.models.chance import cell_noise
from device_sim.models.machine import Floats, Instants
from ingest.wire.device_types import DEVICE_TYPES

SIZES: Mapping[str, float] = {
    "ambient_temp": 4.0,
    "board_temp": 6.0,
    "cabinet_temp": 3.0,
    "co2": 250.0,
    "evaporator_temp": 4.0,
    "floor_temp": 2.0,
    "heart_rate": 7.0,
    "humidity": 8.0,
    "inlet_pressure": 0.3,
    "intake_temp": 12.0,
    "manifold_pressure": 10.0,
    "mixed_air_temp": 3.0,
    "motor_temp": 14.0,
    "outdoor_temp": 4.0,
    "pack_temp_max": 7.0,
    "pressure": 0.6,
    "return_temp": 3.0,
    "room_temp": 1.6,
    "skin_temp": 1.5,
    "supply_air_temp": 3.0,
    "vibration": 2.0,
    "water_temp": 4.0,
}
"""Signal to an error in its unit. Smaller hides in the noise, larger is no riddle."""

SIGNALS: Mapping[str, tuple[str, ...]] = {
    "vehicle": ("intake_temp", "manifold_pressure"),
    "electric_vehicle": ("motor_temp", "pack_temp_max"),
    "heat_pump": ("outdoor_temp", "evaporator_temp", "return_temp"),
    "freezer": ("cabinet_temp", "ambient_temp"),
    "air_handler": ("supply_air_temp", "mixed_air_temp"),
    "circulation_pump": ("water_temp", "inlet_pressure"),
    "wearable": ("skin_temp", "heart_rate"),
    "water_meter": ("pressure", "water_temp"),
    "hub": ("board_temp",),
    "room_sensor": ("room_temp", "humidity", "co2"),
    "leak_sensor": ("floor_temp",),
    "washing_machine": ("water_temp", "vibration"),
}
"""Device type to its sensors that fail."""


def off(occurrence: Occurrence, column: Floats, sizes: Floats) -> Floats:
    """`column` with an error of so many `sizes` of its signal, printed as finely as the device does, within range."""
    low, high = _possible(occurrence.signal)
    return np.clip(np.round(column + sizes * SIZES[occurrence.signal], _digits(column)), low, high)


def dice(occurrence: Occurrence, ts: Instants, number: int) -> Floats:
    """A number in [0, 1) for each instant, the fault's own; other `number`, other dice."""
    return cell_noise(occurrence.pattern + number, ts, 1000)


@cache
def _possible(signal: str) -> tuple[float, float]:
    """The range that every device type with this signal allows."""
    found = [one for _, kind in DEVICE_TYPES.items() for one in kind.signals if one.name == signal]
    return max(one.low for one in found), min(one.high for one in found)


def _digits(column: Floats) -> int:
    """The decimals with which the device prints its values."""
    heard = column[~np.isnan(column)]
    return next((digits for digits in range(5) if np.allclose(heard, np.round(heard, digits), rtol=0, atol=1e-9)), 5)
