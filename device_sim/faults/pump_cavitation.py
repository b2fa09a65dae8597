"""A heating system loses its pressure: in the end water boils in the pump's impeller and eats it."""

from device_sim.faults.fault import Fault

PUMP_CAVITATION = Fault(
    name="pump_cavitation",
    label="Cavitating pump",
    about="Inlet pressure falls; then, at high demand first, flow and head break in and flutter, the pump rattles.",
    device_types=("circulation_pump",),
    course="progressive",
    depths=(0.86, 0.97),  # part of the pressure that is lost in the end
    days=(7.0, 16.0),
    noticed=0.9,
    knobs=lambda lost: {"inlet": 1.0 - lost},
)
