"""A gasket hardens and gapes: damp room air seeps into the freezer day and night."""

from device_sim.faults.fault import Fault

DOOR_SEAL = Fault(
    name="door_seal",
    label="Worn door seal",
    about="Cooling nearly without a pause, more defrosts, a warmer cabinet, although the door stays shut.",
    device_types=("freezer",),
    course="progressive",
    depths=(0.9, 1.0),  # part of the gasket that gapes in the end
    days=(7.0, 16.0),
    noticed=0.9,
    shape=1.3,
    knobs=lambda gapes: {"door_seal": 1.0 - gapes},
)
