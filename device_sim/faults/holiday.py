"""Nobody is at home for a while, or the band lies in a drawer: little is used, and nothing is wrong."""

from device_sim.faults.fault import Fault

HOLIDAY = Fault(
    name="holiday",
    label="Holiday (harmless)",
    about="Nothing is used for some days: no water, no trips, nobody in the room, no phones; then life goes on.",
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
        "leak_sensor",
        "wearable",
    ),
    course="sudden",
    depths=(1.0, 1.0),
    expects="nothing",
    lasts_days=(4.0, 12.0),
    noticed=None,
    knobs=lambda away: {"usage": 1.0 - away},
)
