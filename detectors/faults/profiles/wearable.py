"""A wristband: its cell, how it sits, how well it reads, and, with the wearer's consent, the pulse of their nights.

Vital signs are held against the wearer's own last nights, never against a table: a resting pulse of 48 and one of 74
are both well. Only sleep counts, with the band on the skin and a clean optical signal, so neither a run nor a loose
strap looks like an illness. It is no diagnosis. What is marked `vitals` sees nothing without consent.
"""

from detectors.faults.profile import (
    DAY,
    HOUR,
    MINUTE,
    Channel,
    Gate,
    Profile,
    departure,
    limit,
    missing,
    plain,
    seasonal,
    spikes,
    stuck,
    vitals,
)

WORN = Gate("skin_contact", low=0.5)
ASLEEP = Gate("activity", high=0)
CLEAN = Gate("signal_quality", low=70)

DRAIN = Channel("Battery drain", "%/h", ("battery_level",), "fall_per_hour", (WORN,))
CONTACT = plain("Quality of the contact with the skin", "%", "contact_quality", WORN)
OPTICS = plain("Optical signal quality at rest", "%", "signal_quality", WORN, Gate("activity", high=1))
SKIN = plain("Skin temperature", "Cel", "skin_temp", WORN)
PULSE = plain("Heart rate", "/min", "heart_rate", WORN)
SLEEPING_PULSE = plain("Heart rate in sleep", "/min", "heart_rate", WORN, ASLEEP, CLEAN)
SLEEPING_BREATH = plain("Respiration rate in sleep", "/min", "respiration_rate", WORN, ASLEEP, CLEAN)
RESTING_PULSE = plain("Resting heart rate of the night", "/min", "resting_heart_rate", WORN)

COMMON = {"period_ms": 5 * MINUTE, "min_age_ms": 5 * DAY, "min_count": 300}
STEADY = {"period_ms": 5 * MINUTE, "need": 9, "of": 12, "hold_ms": HOUR}

WEARABLE = Profile(
    "wearable",
    (
        # a worn cell empties half as fast again; a run every day adds a twentieth
        departure("battery_drain", DRAIN, period_ms=5 * MINUTE, need=9, of=12, hold_ms=4 * HOUR, span_ms=DAY, learn=5,
                  floor_share=0.1, floor_sd=0.05, side=1, enter=4, leave=3),
        departure("contact_quality", CONTACT, **STEADY, span_ms=36 * HOUR, learn=4, floor_sd=1, side=-1, enter=5,
                  leave=0.6),
        # poor optics with good contact are the firmware's. They must be seen before the drain that comes with it, and
        # forgotten after it: hence the longer mean, and the low level to leave
        departure("signal_quality", OPTICS, **STEADY, span_ms=36 * HOUR, learn=4, floor_sd=1.5, side=-1, enter=5,
                  leave=0.5),
        # 2 beats are how nights differ; 7 above the own mean over a night is a body at work
        vitals(departure("sleeping_pulse", SLEEPING_PULSE, **STEADY, span_ms=5 * HOUR, learn=6, floor_sd=2, side=1,
                         enter=3.3, leave=1.5)),
        vitals(departure("sleeping_breath", SLEEPING_BREATH, **STEADY, span_ms=5 * HOUR, learn=6, floor_sd=0.25,
                         side=1, enter=3, leave=1.5)),
        vitals(departure("resting_pulse", RESTING_PULSE, **STEADY, span_ms=DAY, learn=5, floor_sd=2, side=1, enter=3,
                         leave=1.5)),
        vitals(seasonal("skin_temp", SKIN, **COMMON, floor_sd=0.4, smooth_ms=HOUR, enter=6, leave=3, need=20, of=24,
                        hold_ms=4 * HOUR, lasting_ms=12 * HOUR)),
        # in a drawer for half a day and more: when its battery is empty then, nobody misses it
        limit("put_away", plain("Worn on the skin", "1", "skin_contact"), period_ms=5 * MINUTE, side=-1, limit=0.5,
              hold_ms=12 * HOUR, calm_ms=HOUR),
        # the last hours of a charge: its wearer is told by the band itself. Higher hides a band that breaks
        limit("empty", plain("Battery level", "%", "battery_level"), period_ms=5 * MINUTE, side=-1, limit=5, back=2,
              hold_ms=10 * MINUTE, calm_ms=20 * MINUTE),
        stuck(SKIN, period_ms=5 * MINUTE, min_ms=2 * HOUR, min_moves=300),
        stuck(PULSE, period_ms=5 * MINUTE, min_ms=2 * HOUR, min_moves=300),
        # the same skin in sleep within half a kelvin; 2 K off with good contact is the sensor
        vitals(departure("sensor_drift", plain("Skin temperature in sleep", "Cel", "skin_temp", WORN, ASLEEP), **STEADY,
                  span_ms=10 * HOUR, learn=4, floor_sd=0.4, enter=5, leave=3)),
        spikes(plain("Skin temperature in sleep", "Cel", "skin_temp", WORN, ASLEEP), period_ms=5 * MINUTE, floor=1.5),
        spikes(plain("Heart rate in sleep", "/min", "heart_rate", WORN, ASLEEP), period_ms=5 * MINUTE, floor=15),
        missing(SKIN, "battery_level", period_ms=5 * MINUTE),
        # poor optics or a loose strap leave the pulse out in good health
        missing(plain("Heart rate", "/min", "heart_rate", WORN, CLEAN), "battery_level", period_ms=5 * MINUTE),
    ),
    silent_after_s=4 * 3600,
)  # fmt: skip
