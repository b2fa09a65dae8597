"""One cell group of the traction battery discharges by itself: it falls behind the others."""

from device_sim.faults.fault import Fault

CELL_IMBALANCE = Fault(
    name="cell_imbalance",
    label="Cell imbalance",
    about="The lowest cell falls away from the highest, the more the emptier the pack; range shrinks with it.",
    device_types=("electric_vehicle",),
    course="progressive",
    depths=(0.25, 0.4),  # charge that the weak cell lacks in the end, of the pack's
    noticed=0.8,
    shape=1.1,
    knobs=lambda behind: {"cell_balance": 1.0 - behind},
)
