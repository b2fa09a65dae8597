"""A hydraulic power pack that runs the same load cycle every minute; temperatures are means over the cycle."""

from ingest.wire.catalogue import DeviceType, Signal

HYDRAULIC_RIG = DeviceType(
    name="hydraulic_rig",
    label="Hydraulic rig",
    period_s=60,
    always_on=True,
    signals=(
        *(
            Signal(number, f"oil_temp_{number + 1}", f"Oil temperature TS{number + 1}", "Cel", -40, 150)
            for number in range(4)
        ),
        Signal(4, "pressure", "Pump pressure", "bar", 0, 1000),
        Signal(5, "flow", "Flow", "L/min", 0, 2000),
        Signal(6, "motor_power", "Motor power", "W", 0, 1_000_000),
        Signal(7, "vibration", "Vibration", "mm/s", 0, 500),
        Signal(8, "cooling_efficiency", "Cooling efficiency", "%", 0, 100),
        Signal(9, "efficiency", "Efficiency", "%", 0, 100),
    ),
)
