"""A box on the roof for the holidays: no fault."""

from device_sim.faults.fault import Fault

ROOF_BOX = Fault(
    name="roof_box",
    label="Roof box",
    about="More load and consumption at speed than usual, for a week or two.",
    device_types=("vehicle", "electric_vehicle"),
    course="sudden",
    depths=(0.25, 0.45),  # more air resistance
    lasts_days=(6.0, 14.0),
    expects="nothing",
    noticed=None,
    knobs=lambda more: {"drag": 1.0 + more},
)
