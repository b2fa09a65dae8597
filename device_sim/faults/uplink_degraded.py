"""A line that gets worse: a wet joint, a bent fibre, an antenna that turns away."""

from device_sim.faults.fault import Fault

UPLINK_DEGRADED = Fault(
    name="uplink_degraded",
    label="Uplink gets worse",
    about="The uplink's signal falls by ten decibels, the round trip takes some times as long, packets are lost.",
    device_types=("hub",),
    course="progressive",
    depths=(0.8, 1.0),
    days=(6.0, 14.0),
    noticed=0.6,
    knobs=lambda worse: {"line": 1.0 - worse},
)
