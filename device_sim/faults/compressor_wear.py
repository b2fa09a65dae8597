"""Valves and rings of a compressor wear: it turns faster, shakes and gets hot for less and less heat."""

from device_sim.faults.fault import Fault

COMPRESSOR_WEAR = Fault(
    name="compressor_wear",
    label="Worn compressor",
    about="More turns and power for the same heat, hot gas, growing vibration; in the end the backup heater heats.",
    device_types=("heat_pump",),
    course="progressive",
    depths=(0.55, 0.7),  # part of the compression that is lost in the end
    days=(8.0, 16.0),
    noticed=0.9,
    shape=1.2,
    knobs=lambda lost: {"compression": 1.0 - lost},
)
