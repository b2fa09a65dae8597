"""A fan loses its bearing or its belt: it shakes and moves less and less air."""

from device_sim.faults.fault import Fault

FAN_WEAR = Fault(
    name="fan_wear",
    label="Worn fan",
    about="Vibration grows while less air moves; a heat pump's fan turns slower and its evaporator gets colder, "
    "an air handler's filter pressure drop falls although the speed signal rises.",
    device_types=("heat_pump", "air_handler"),
    course="progressive",
    depths=(0.6, 0.72),  # part of the air that is lost in the end
    days=(7.0, 16.0),
    noticed=0.9,
    shape=1.3,
    knobs=lambda lost: {"fan": 1.0 - lost},
)
