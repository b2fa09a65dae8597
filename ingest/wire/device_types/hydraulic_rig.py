"""A hydraulic power pack that runs the same load cycle every minute; temperatures are means over the cycle."""

from ingest.wire.catalogue import DeviceType, Signal

HYDRAULIC_RIG = DeviceType(
    name="hydraulic_rig",
    label="Hydraulic rig",
    period_s=60,
    always_on=True,
    signals=tuple(
        Signal(number, f"oil_temp_{number + 1}", f"Oil temperature TS{number + 1}", "Cel", -40, 150)
        for number in range(4)
    ),
)
