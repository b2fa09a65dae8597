"""Accelerometers on ankle, thigh and trunk, worn on a walk. Context for staff and wearer, no diagnosis."""

from ingest.wire.catalogue import DeviceType, Signal

GAIT_SENSOR = DeviceType(
    name="gait_sensor",
    label="Gait sensor",
    period_s=1,
    always_on=False,
    signals=(
        Signal(0, "ankle_motion", "Movement of the ankle", "m/s2", 0, 160),
        Signal(1, "leg_motion", "Movement of the thigh", "m/s2", 0, 160),
        Signal(2, "trunk_motion", "Movement of the trunk", "m/s2", 0, 160),
        Signal(3, "freeze_index", "Tremor (3 to 8 Hz) by stride (0.5 to 3 Hz) of the ankle", "1", 0, 1_000_000),
    ),
)
