"""The defrost heater fails: ice closes the fins and no cold air reaches the food."""

from device_sim.faults.fault import Fault

FREEZER_ICING = Fault(
    name="freezer_icing",
    label="Freezer ices up",
    about="Defrosts last to their limit and stay cold, then the evaporator gets colder and the cabinet warmer.",
    device_types=("freezer",),
    course="progressive",
    depths=(0.95, 1.0),  # part of the heat that is missing in the end
    days=(9.0, 13.0),
    noticed=0.95,
    shape=0.25,  # an element burns out early; the ice takes the rest of the time
    knobs=lambda missing: {"defrost": 1.0 - missing},
)
