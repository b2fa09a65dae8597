"""Another shift at work, a new baby: the same life at other hours, and nothing is wrong."""

from device_sim.faults.fault import Fault

NEW_HABITS = Fault(
    name="new_habits",
    label="New habits (harmless)",
    about="From one day to the next everything happens some hours later, for good.",
    device_types=(
        "vehicle",
        "electric_vehicle",
        "heat_pump",
        "freezer",
        "circulation_pump",
        "air_handler",
        "water_meter",
        "washing_machine",
        "hub",
        "room_sensor",
        "wearable",
    ),
    course="sudden",
    depths=(0.2, 0.45),  # tenths are hours
    expects="nothing",
    noticed=None,
    knobs=lambda by: {"rhythm": 1.0 + by},
)
