"""A worn cell: the same day takes several times as much out of the battery."""

from device_sim.faults.fault import Fault

BATTERY_WEAR = Fault(
    name="battery_wear",
    label="Worn battery",
    about="The battery holds a small part of its charge and empties in days, and its voltage sags under load.",
    device_types=("wearable", "room_sensor", "leak_sensor"),
    course="progressive",
    depths=(0.72, 0.82),  # part of the capacity that is lost in the end
    days=(5.0, 12.0),
    noticed=0.7,
    shape=0.7,
    knobs=lambda lost: {"battery_health": 1.0 - lost},
)
