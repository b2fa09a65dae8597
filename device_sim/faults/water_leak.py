"""A joint that weeps, drips, runs: water is taken at every hour of the night, more every day."""

from device_sim.faults.fault import Fault

WATER_LEAK = Fault(
    name="water_leak",
    label="Water leak",
    about="Flow never stops, the least flow of the night grows from a drip to a stream, and the floor gets wet.",
    device_types=("water_meter", "leak_sensor"),
    course="progressive",
    depths=(0.5, 1.8),  # L/min that escape in the end
    days=(6.0, 14.0),
    noticed=0.8,
    shape=2.0,
    knobs=lambda lost: {"leak": 1.0 + lost},
)
