"""The alternator gives too little: the voltage sags while driving and the battery empties."""

from device_sim.faults.fault import Fault

CHARGING_FAULT = Fault(
    name="charging_fault",
    device_types=("vehicle",),
    depths=(0.7, 1.0),  # part of the alternator's output that is lost
    sudden=True,
    knobs=lambda lost: {"alternator": 1.0 - lost},
)
