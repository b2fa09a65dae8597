"""Water got past the seal: the drum's bearing rusts and grinds in the spin."""

from device_sim.faults.fault import Fault

DRUM_BEARING = Fault(
    name="drum_bearing",
    label="Worn drum bearing",
    about="Vibration and above all its kurtosis grow in the spin, which takes more power; the wash itself is quiet.",
    device_types=("washing_machine",),
    course="progressive",
    depths=(0.9, 1.5),
    days=(8.0, 16.0),
    shape=1.5,
    noticed=0.75,
    knobs=lambda rough: {"bearing": 1.0 + rough},
)
