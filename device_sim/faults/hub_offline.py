"""The hub is without power or line: it and every device behind it are silent together."""

from device_sim.faults.fault import Fault
from device_sim.faults.silent import hush

HUB_OFFLINE = Fault(
    name="hub_offline",
    label="Hub and all behind it silent",
    about="Messages of the hub and of every device behind it end at the same instant and begin again together.",
    device_types=("hub", "room_sensor", "leak_sensor"),
    course="sudden",
    depths=(1.0, 1.0),
    lasts_days=(0.5, 3.0),
    noticed=None,
    together=True,
    report=hush,
)
