"""The week's shopping, or what was cooked for many, goes into the freezer at once."""

from device_sim.faults.fault import Fault

WARM_FOOD = Fault(
    name="warm_food",
    label="Filled with warm food",
    about="The compressor runs for some hours and the cabinet is a little warmer, then all is as before.",
    device_types=("freezer",),
    course="sudden",
    depths=(0.5, 1.0),  # in 100 W while it freezes through
    expects="nothing",
    lasts_days=(0.2, 0.6),
    noticed=None,
    knobs=lambda more: {"warm_food": 1.0 + more},
)
