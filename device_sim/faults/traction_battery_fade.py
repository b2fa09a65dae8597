"""The traction battery loses capacity and gains resistance far faster than age explains."""

from device_sim.faults.fault import Fault

TRACTION_BATTERY_FADE = Fault(
    name="traction_battery_fade",
    label="Traction battery fades",
    about="A trip takes more percent than it did, voltage sags deeper under load, a full charge gives less range.",
    device_types=("electric_vehicle",),
    course="progressive",
    depths=(0.35, 0.5),  # part of the capacity that is lost in the end
    days=(8.0, 16.0),
    noticed=0.7,
    shape=1.0,
    knobs=lambda lost: {"pack_health": 1.0 - lost},
)
