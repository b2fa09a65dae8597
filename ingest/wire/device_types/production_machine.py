"""A machine on a shop floor that reports errors and replaced parts as they happen, and nothing else."""

from ingest.wire.catalogue import DeviceType, state

PRODUCTION_MACHINE = DeviceType(
    name="production_machine",
    label="Production machine",
    period_s=86_400,
    always_on=False,
    signals=(
        state(0, "error", "Error", ("error1", "error2", "error3", "error4", "error5")),
        state(1, "replaced", "Replaced component", ("comp1", "comp2", "comp3", "comp4")),
    ),
)
