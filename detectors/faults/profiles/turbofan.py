"""A jet engine in cruise, a message a flight: its gas path against its own first forty flights.

What wears in the core moves the whole gas path: hotter behind the turbine, more pressure and flow for the same thrust.
Each signal moves by little, so several must agree; a single one that departs is a sensor. How much margin an engine
has until it must come off the wing is known to a fifth only, which widens the horizon and is said so.
"""

from detectors.faults.profile import DAY, HOUR, Channel, Profile, Watch, departure, drift, plain
from ingest.wire.device_types.turbofan import TURBOFAN as SIGNALS

FLIGHT = 3 * HOUR
# eight flights smooth the weather on the way; five times that are the engine's own reference
PATH = {"period_ms": FLIGHT, "span_ms": DAY, "learn": 5, "memory": 200, "need": 4, "of": 6, "hold_ms": 8 * FLIGHT,
        "enter": 2, "leave": 1}  # fmt: skip


def _path(symptom: str, signal: str, side: float, share: float) -> Watch:
    """A signal of the gas path; `share` of it is how far means of eight flights differ in good health at the least."""
    known = SIGNALS.signal(signal)
    return departure(symptom, plain(known.label, known.unit, signal), **PATH, side=side, floor_share=share)


# rises while the compressor loses its grip on the air: two sensors of one place, so weather and thrust cancel out
STALLING = Channel(
    "Static by total pressure behind the high-pressure compressor", "1", ("hpc_static_pressure",),
    over=("hpc_outlet_pressure",),
)  # fmt: skip

TURBOFAN = Profile(
    "turbofan",
    (
        # flown at another thrust everything differs; wear moves this speed by less than a tenth of a thousandth
        departure("thrust", plain("Corrected speed of the fan shaft", "{rpm}", "fan_speed_corrected"),
                  **{**PATH, "need": 1, "of": 1, "hold_ms": 0, "enter": 0.25, "leave": 0.1}, floor_share=0.001),
        _path("lpc_outlet", "lpc_outlet_temp", 1, 0.0013),
        _path("hpc_outlet", "hpc_outlet_temp", 1, 0.002),
        _path("lpt_outlet", "lpt_outlet_temp", 1, 0.0027),
        _path("hpc_pressure", "hpc_outlet_pressure", -1, 0.0004),
        _path("static_pressure", "hpc_static_pressure", 1, 0.0013),
        _path("fuel_flow", "fuel_flow_ratio", -1, 0.0004),
        _path("bypass", "bypass_ratio", 1, 0.0013),
        _path("bleed", "bleed_enthalpy", 1, 0.0013),
        _path("hpt_coolant", "hpt_coolant_flow", -1, 0.0013),
        _path("lpt_coolant", "lpt_coolant_flow", -1, 0.0013),
        # 2 %: what is left of the margin on an engine in service, give or take a fifth; nearer tells too soon, further
        # says nothing before it fails
        drift("margin", STALLING, period_ms=FLIGHT, span_ms=4 * FLIGHT, learn=10, share=1.02, doubt=0.19, floor_sd=5e-5,
              ahead_ms=10 * DAY, need=3, of=4, enter=0.84),
    ),
)  # fmt: skip
