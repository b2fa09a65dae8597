"""A house full of guests: more of everything for some days, and nothing is wrong."""

from device_sim.faults.fault import Fault

GUESTS = Fault(
    name="guests",
    label="Guests in the house (harmless)",
    about="More water, more laundry, more phones and more breath in the rooms for some days; then life as usual.",
    device_types=("water_meter", "washing_machine", "hub", "room_sensor"),
    course="sudden",
    depths=(0.6, 1.6),
    expects="nothing",
    lasts_days=(2.0, 6.0),
    noticed=None,
    knobs=lambda more: {"usage": 1.0 + more},
)
