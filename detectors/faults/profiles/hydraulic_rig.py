"""A hydraulic power pack that runs the same load cycle over and over: its oil's heat, and where that goes.

A cooler that fails leaves the oil hot and takes less out of it. A pump that leaks inside turns power into heat instead
of flow; by oil temperatures alone, with a good cooler, that cannot be seen, so it takes flow and power to tell.
"""

from detectors.faults.profile import DAY, HOUR, MINUTE, Channel, Profile, departure, limit, plain

OIL = plain("Oil temperature TS1", "Cel", "oil_temp_1")
DROP = Channel("Oil before minus behind the cooler", "K", ("oil_temp_3", "oil_temp_4"), "difference")
LIFT = Channel("Flow per motor power", "L/min/W", ("flow",), over=("motor_power",), least=100)

SLOW = {"period_ms": MINUTE, "span_ms": 6 * HOUR, "learn": 8, "memory": 60, "need": 20, "of": 30, "hold_ms": 2 * HOUR,
        "lasting_ms": DAY}  # fmt: skip

HYDRAULIC_RIG = Profile(
    "hydraulic_rig",
    (
        # 6 K: halls differ by that much between a cool and a hot day; a cooler at a fifth of its effect leaves ten
        departure("oil_hot", OIL, **SLOW, floor_sd=1.5, side=1, enter=4, leave=2),
        # 8 %: the same oil gives as much to the same cooler whatever the weather; a fifth of the effect takes a sixth
        departure("cooler_drop", DROP, **SLOW, floor_share=0.02, side=-1, enter=4, leave=2),
        # 65 °C: mineral oil ages twice as fast by every 10 K from 60 on, and seals harden
        limit("oil_limit", OIL, period_ms=MINUTE, limit=65, back=3, unit=3, hold_ms=20 * MINUTE, calm_ms=2 * HOUR),
        departure("cooling", plain("Cooling efficiency", "%", "cooling_efficiency"), **SLOW, floor_share=0.04, side=-1,
                  enter=4, leave=2),
        # pumps lose 10 % of their volume by the end of their life; half of that against its own is wear
        departure("lift", LIFT, **SLOW, floor_share=0.012, side=-1, enter=4, leave=2),
        departure("efficiency", plain("Efficiency", "%", "efficiency"), **SLOW, floor_share=0.012, side=-1, enter=4,
                  leave=2),
        departure("shaking", plain("Vibration", "mm/s", "vibration"), **SLOW, floor_share=0.06, side=1, enter=5,
                  leave=2.5),
    ),
    silent_after_s=2 * 3600,
)  # fmt: skip
