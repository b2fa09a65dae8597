"""The signals that cars of every drive have: tyres, brake pads and how the car is moved. Names after the COVESA VSS."""

from ingest.wire.catalogue import Signal

TROUBLE_STATUSES = ("pending", "confirmed", "permanent")
AXLE = "Vehicle.Chassis.Axle"
CORNERS = (
    ("front_left", "Row1.Wheel.Left"),
    ("front_right", "Row1.Wheel.Right"),
    ("rear_left", "Row2.Wheel.Left"),
    ("rear_right", "Row2.Wheel.Right"),
)


def tyres(first: int) -> tuple[Signal, ...]:
    """Gauge pressure of the four tyres, numbered from `first` on."""
    return tuple(
        Signal(
            first + at,
            f"tyre_pressure_{corner}",
            f"Tyre pressure {corner.replace('_', ' ')}",
            "kPa",
            0,
            1000,
            standard=f"{AXLE}.{path}.Tire.Pressure",
        )
        for at, (corner, path) in enumerate(CORNERS)
    )


def brake_pads(first: int) -> tuple[Signal, ...]:
    """Wear of the brake pads by axle (0 new, 100 worn through), numbered from `first` on."""
    return tuple(
        Signal(
            first + at,
            f"pad_wear_{axle}",
            f"Brake pad wear {axle}",
            "%",
            0,
            100,
            standard=f"{AXLE}.Row{at + 1}.Wheel.Left.Brake.PadWear",
        )
        for at, axle in enumerate(("front", "rear"))
    )


def accelerations(first: int) -> tuple[Signal, ...]:
    """The extremes of a minute: greatest forward, hardest braking (below 0), greatest sideways."""
    return (
        Signal(
            first, "acceleration_max", "Strongest acceleration", "m/s2", -30, 30,
            standard="Vehicle.Acceleration.Longitudinal",
        ),
        Signal(
            first + 1, "braking_max", "Hardest braking", "m/s2", -30, 30,
            standard="Vehicle.Acceleration.Longitudinal",
        ),
        Signal(
            first + 2, "cornering_max", "Hardest cornering", "m/s2", -30, 30,
            standard="Vehicle.Acceleration.Lateral",
        ),
    )  # fmt: skip
