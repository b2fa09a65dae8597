"""Somebody wants it colder from now on, to save or to keep: another level in every signal, and all is well."""

from device_sim.faults.fault import Fault

SETPOINT_CHANGED = Fault(
    name="setpoint_changed",
    label="Set point changed",
    about="The wanted value falls (1 to 2.5 K, a pump's by 10 to 25 %); what follows it settles at another level.",
    device_types=("heat_pump", "freezer", "circulation_pump", "air_handler"),
    course="sudden",
    depths=(0.1, 0.25),  # in 10 K
    expects="nothing",
    noticed=None,
    knobs=lambda colder: {"setpoint": 1.0 - colder},
)
