"""A worn cell: the same day takes several times as much out of the battery."""

from device_sim.faults.fault import Fault

BATTERY_WEAR = Fault(
    name="battery_wear",
    device_types=("wearable",),
    depths=(0.72, 0.82),  # part of the capacity that is lost in the end
    shape=0.7,
    knobs=lambda lost: {"battery_health": 1.0 - lost},
)
