"""The intake draws in air beside its meter: the engine control adds fuel to make up for it."""

from device_sim.faults.fault import Fault

INTAKE_LEAK = Fault(
    name="intake_leak",
    label="Intake leak",
    about="Fuel trims rise, at idle far more than under load; idle turns fast and rough, P0171 follows.",
    device_types=("vehicle",),
    course="progressive",
    depths=(0.8, 1.0),  # of the greatest leak that the engine survives
    noticed=0.8,
    shape=1.2,
    knobs=lambda leak: {"intake_seal": 1.0 - leak},
)
