"""A wrist-worn band. Vital signs carry their LOINC codes; they are context for the band's own health, no diagnosis."""

from ingest.wire.catalogue import Command, DeviceType, Signal, boolean, state

WEARABLE = DeviceType(
    name="wearable",
    label="Wristband",
    period_s=300,
    always_on=True,
    signals=(
        Signal(0, "heart_rate", "Heart rate", "/min", 0, 300, standard="8867-4"),
        Signal(1, "respiration_rate", "Respiration rate", "/min", 0, 120, standard="9279-1"),
        Signal(2, "skin_temp", "Skin temperature", "Cel", -20, 60, standard="39106-0"),
        state(3, "activity", "Activity", ("sleeping", "resting", "walking", "running")),
        Signal(4, "steps", "Steps since the last message", "{steps}", 0, 5000, standard="55423-8"),
        boolean(5, "skin_contact", "Worn on the skin"),
        Signal(6, "battery_level", "Battery level", "%", 0, 100),
        Signal(7, "battery_voltage", "Battery voltage", "V", 0, 6),
        Signal(8, "signal_quality", "Optical signal quality", "%", 0, 100),
        Signal(9, "movement", "Movement intensity (mean acceleration)", "m/s2", 0, 80),
        Signal(10, "direction", "Direction of movement", "deg", 0, 360),
        Signal(11, "resting_heart_rate", "Resting heart rate of last night", "/min", 0, 300, standard="40443-4"),
        Signal(12, "contact_quality", "Quality of the contact with the skin", "%", 0, 100),
    ),
    commands=(
        Command("identify", "Vibrate"),
        Command("report_now", "Report now"),
    ),
)
