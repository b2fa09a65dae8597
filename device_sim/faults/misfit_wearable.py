"""A band that is worn too loose: the optics see light from the side, the skin is touched now and then."""

from device_sim.faults.fault import Fault

MISFIT_WEARABLE = Fault(
    name="misfit_wearable",
    label="Band does not fit",
    about="Contact and optical quality fall, pulses are missing or wild and follow the steps on a walk.",
    device_types=("wearable",),
    course="sudden",
    depths=(0.6, 0.95),
    noticed=None,
    knobs=lambda loose: {"fit": 1.0 - loose},
)
