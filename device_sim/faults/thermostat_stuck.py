"""The thermostat stays open: the engine never gets warm on the motorway."""

from device_sim.faults.fault import Fault

THERMOSTAT_STUCK = Fault(
    name="thermostat_stuck",
    label="Thermostat stuck open",
    about="The coolant warms slowly and cools down again at speed, far below the usual 88 degrees; P0128 follows.",
    device_types=("vehicle",),
    course="sudden",
    depths=(0.45, 0.9),  # how far open it stays
    noticed=None,
    knobs=lambda open_: {"thermostat": 1.0 - open_},
)
