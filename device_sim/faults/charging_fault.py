"""The alternator gives too little: the voltage sags while driving and the battery empties."""

from device_sim.faults.fault import Fault

CHARGING_FAULT = Fault(
    name="charging_fault",
    label="Alternator gives too little",
    about="The voltage sags while driving and the battery empties.",
    device_types=("vehicle",),
    course="sudden",
    depths=(0.7, 1.0),  # part of the alternator's output that is lost
    knobs=lambda lost: {"alternator": 1.0 - lost},
)
