"""The 12 V battery wears out: each start pulls the voltage lower, on a cold morning the car does not start."""

from device_sim.faults.fault import Fault

WEAK_12V_BATTERY = Fault(
    name="weak_12v_battery",
    label="Weak 12 V battery",
    about="The voltage at the start falls start by start, most on cold mornings; in the end it does not start.",
    device_types=("vehicle", "electric_vehicle"),
    course="progressive",
    depths=(0.83, 0.92),  # part of the battery's strength that is lost in the end
    days=(7.0, 16.0),
    noticed=0.9,
    shape=1.0,
    knobs=lambda lost: {"battery_12v": 1.0 - lost},
)
