"""Weather that moves everyone: a spell far from the season, which is no fault of any device."""

from device_sim.faults.fault import Fault

_FEEL_IT = (
    "heat_pump",
    "freezer",
    "circulation_pump",
    "air_handler",
    "vehicle",
    "electric_vehicle",
    "room_sensor",
    "leak_sensor",
)

COLD_SPELL = Fault(
    name="cold_spell",
    label="Cold spell",
    about="It is 6 to 12 K colder than the season for some days: heating works hard, everywhere at once.",
    device_types=_FEEL_IT,
    course="progressive",
    depths=(0.6, 1.2),  # in 10 K
    expects="nothing",
    days=(1.0, 2.0),
    lasts_days=(3.0, 7.0),
    noticed=None,
    together=True,
    knobs=lambda colder: {"outdoor": 1.0 - colder},
)
HOT_SPELL = Fault(
    name="hot_spell",
    label="Hot spell",
    about="It is 6 to 12 K warmer than the season for some days: cooling works hard, everywhere at once.",
    device_types=_FEEL_IT,
    course="progressive",
    depths=(0.6, 1.2),  # in 10 K
    expects="nothing",
    days=(1.0, 2.0),
    lasts_days=(3.0, 7.0),
    noticed=None,
    together=True,
    knobs=lambda warmer: {"outdoor": 1.0 + warmer},
)
