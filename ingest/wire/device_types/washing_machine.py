"""A front-loading washing machine; it speaks while a programme runs."""

from ingest.wire.catalogue import Command, DeviceType, Signal, boolean, state

WASHING_MACHINE = DeviceType(
    name="washing_machine",
    label="Washing machine",
    period_s=60,
    always_on=False,
    signals=(
        state(0, "programme", "Programme", ("eco", "cotton", "easy_care", "quick")),
        state(1, "phase", "Phase", ("filling", "heating", "washing", "draining", "spinning", "done", "stopped")),
        Signal(2, "power", "Electrical power", "W", 0, 4000),
        Signal(3, "water_used", "Water taken by this cycle", "L", 0, 400),
        Signal(4, "water_temp", "Water temperature", "Cel", -5, 105),
        Signal(5, "drum_speed", "Drum speed", "{rpm}", 0, 2000),
        Signal(6, "vibration", "Vibration of the tub, RMS", "mm/s", 0, 200),
        Signal(7, "vibration_kurtosis", "Kurtosis of the vibration", "1", 0, 100),
        Signal(8, "drain_time", "Duration of the last draining", "s", 0, 3600),
        Signal(9, "heating_time", "Duration of this cycle's heating", "s", 0, 10800),
        Signal(10, "load_mass", "Laundry", "kg", 0, 15),
        Signal(11, "cycles", "Cycles since it was made", "{cycles}", 0, 1e6),
        boolean(12, "door_locked", "Door locked"),
    ),
    commands=(
        Command("identify", "Blink its display"),
        Command("report_now", "Report now"),
    ),
)
