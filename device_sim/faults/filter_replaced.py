"""Somebody fits a new filter: the pressure drop falls to where it was half a year ago."""

from device_sim.faults.fault import Fault

FILTER_REPLACED = Fault(
    name="filter_replaced",
    label="Filter replaced",
    about="The pressure drop over the filter falls from one day to the next and stays low; a little more air.",
    device_types=("air_handler",),
    course="sudden",
    depths=(0.05, 0.12),
    expects="nothing",
    noticed=None,
    knobs=lambda better: {"filter": 1.0 + better},
)
