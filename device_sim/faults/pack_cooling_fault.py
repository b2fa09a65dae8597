"""The coolant pump of the electric drive fails: motor and pack get hot, and the pack unevenly so."""

from device_sim.faults.fault import Fault

PACK_COOLING_FAULT = Fault(
    name="pack_cooling_fault",
    label="Battery cooling fails",
    about="The motor gets hotter on every drive than its power explains, and the pack unevenly warm; P0A2F follows.",
    device_types=("electric_vehicle",),
    course="progressive",
    depths=(0.85, 0.97),  # part of the coolant flow that is lost in the end
    noticed=0.9,
    shape=1.0,
    knobs=lambda lost: {"coolant_flow": 1.0 - lost},
)
