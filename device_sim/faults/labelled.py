"""Faults that are known from the labels of recordings alone: nothing draws them, nothing turns a knob for them."""

from __future__ import annotations

from device_sim.faults.fault import Course, Expects, Fault


def _labelled(name: str, label: str, device_type: str, about: str, course: Course, expects: Expects) -> Fault:  # noqa: PLR0917
    return Fault(name, label, about, (device_type,), course, depths=(1.0, 1.0), expects=expects, noticed=None)


LABELLED = (
    _labelled(
        "supply_air_off_target", "Air handler does not reach its target", "air_handler",
        "Days that the recording marks as faulty, after days that it marks as normal.", "sudden", "contact",
    ),
    _labelled(
        "cooler_wear", "Cooler loses its effect", "hydraulic_rig",
        "The cooler works at 20 %, later at 3 % of what it should: the oil gets hot.", "progressive", "contact",
    ),
    _labelled(
        "pump_leakage", "Pump leaks inside", "hydraulic_rig",
        "A weak, later a severe leak within the pump turns pressure into heat.", "progressive", "contact",
    ),
    _labelled(
        "engine_wear", "Turbofan wears out", "turbofan",
        "The high-pressure compressor wears: hotter, faster and thirstier over the last 125 flights before it fails.",
        "progressive", "contact",
    ),
    _labelled(
        "capacity_fade", "Cell has lost its capacity", "battery_cell",
        "Capacity falls from 90 to 75 % of the 2 Ah that the cell was sold with.", "progressive", "contact",
    ),
    _labelled(
        "component_failure", "Component fails", "production_machine",
        "A component fails and is replaced; errors gather in the day before.", "progressive", "contact",
    ),
    _labelled(
        "freezing_of_gait", "Freezing of gait", "gait_sensor",
        "The legs tremble at 3 to 8 Hz instead of walking, for seconds.", "sudden", "attention",
    ),
)  # fmt: skip
