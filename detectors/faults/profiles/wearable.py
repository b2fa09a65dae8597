"""A wristband's own health. Vital signs are looked at only for a stuck sensor: judging a wearer needs consent."""

from detectors.faults.profile import DAY, HOUR, MINUTE, Channel, Gate, Profile, plain, seasonal, stuck

WORN = Gate("skin_contact", low=0.5)
DRAIN = Channel("Battery drain", "%/h", ("battery_level",), "fall_per_hour", (WORN,))
SKIN = plain("Skin temperature", "Cel", "skin_temp", WORN)
PULSE = plain("Heart rate", "/min", "heart_rate", WORN)

COMMON = {"period_ms": 5 * MINUTE, "min_age_ms": 5 * DAY, "min_count": 300}

WEARABLE = Profile(
    "wearable",
    (
        # a long run drains fast for an hour or two: only half a day of it is wear
        seasonal("battery_drain", DRAIN, **COMMON, floor_sd=0.15, tail=0.5, smooth_ms=3 * HOUR, enter=5, leave=2.5,
                 need=40, of=48, hold_ms=5 * HOUR, lasting_ms=24 * HOUR),
        seasonal("skin_temp", SKIN, **COMMON, floor_sd=0.4, smooth_ms=HOUR, enter=6, leave=3, need=20, of=24,
                 hold_ms=4 * HOUR, lasting_ms=12 * HOUR),
        stuck(SKIN, period_ms=5 * MINUTE, min_ms=2 * HOUR, min_moves=300),
        stuck(PULSE, period_ms=5 * MINUTE, min_ms=2 * HOUR, min_moves=300),
    ),
    silent_after_s=4 * 3600,
)  # fmt: skip
