"""The compressor of a freezer wears: it runs longer and louder until it no longer keeps the food frozen."""

from device_sim.faults.fault import Fault

FREEZER_COMPRESSOR_WEAR = Fault(
    name="freezer_compressor_wear",
    label="Worn freezer compressor",
    about="Duty grows to 100 %, the evaporator gets less cold, vibration rises, then the cabinet thaws.",
    device_types=("freezer",),
    course="progressive",
    depths=(0.8, 0.9),  # part of the cold that is lost in the end
    days=(7.0, 16.0),
    noticed=0.95,
    shape=1.2,
    knobs=lambda lost: {"compressor": 1.0 - lost},
)
