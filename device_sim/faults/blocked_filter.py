"""A filter clogs: the air filter of an air handler, the water strainer of a heat pump."""

from device_sim.faults.fault import Fault

BLOCKED_FILTER = Fault(
    name="blocked_filter",
    label="Blocked filter",
    about="Air: pressure drop over the filter multiplies, the fan speeds up, little air. Water: flow falls, the spread "
    "between supply and return widens until the unit locks out.",
    device_types=("heat_pump", "air_handler"),
    course="progressive",
    depths=(0.76, 0.84),  # part of the passage that is closed in the end
    days=(7.0, 16.0),
    noticed=0.9,
    knobs=lambda closed: {"filter": 1.0 - closed},
)
