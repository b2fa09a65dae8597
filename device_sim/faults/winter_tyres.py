"""Other tyres for the season, inflated a little higher: no fault."""

from device_sim.faults.fault import Fault

WINTER_TYRES = Fault(
    name="winter_tyres",
    label="Winter tyres",
    about="All four tyres step up together on one day.",
    device_types=("vehicle", "electric_vehicle"),
    course="sudden",
    depths=(0.04, 0.1),  # how much higher they are inflated
    expects="nothing",
    noticed=None,
    knobs=lambda more: {"tyre_setting": 1.0 + more},
)
