"""A machine on a shop floor: the errors that it reports, and what its sensors say where it has any.

One error is a reason to look. Two different ones within half a day come from the same trouble, and a part is about to
fail. For a week and a half after a part was replaced errors mean little: the machine is being set up and runs in.
"""

from detectors.faults.profile import DAY, HOUR, Gate, Profile, Watch, departure, plain

ERROR = plain("Error", "1", "error")
REPLACED = plain("Replaced component", "1", "replaced")
TURNING = Gate("rotation", low=1)
SUPPLY = plain("Supply voltage", "V", "supply_voltage", TURNING)

HOURLY = {"period_ms": HOUR, "span_ms": 12 * HOUR, "learn": 14, "memory": 60, "hold_ms": 6 * HOUR, "enter": 5,
          "leave": 2.5}  # fmt: skip

PRODUCTION_MACHINE = Profile(
    "production_machine",
    (
        # two days without another error and it was nothing; where it was something, the part has failed by then
        Watch("error", "event", ERROR, {"period_ms": HOUR, "grave": 1, "expires_ms": 2 * DAY}),
        # 12 h: codes of one trouble come within the hour; a day joins a third more that are not related
        Watch("errors_together", "event", ERROR,
              {"period_ms": HOUR, "grave": 3, "need": 2, "within_ms": 12 * HOUR, "expires_ms": 2 * DAY}),
        # 12 days: shorter calls what follows a repair a new fault, longer is deaf where service is every fortnight
        Watch("fresh_part", "event", REPLACED, {"period_ms": HOUR, "expires_ms": 12 * DAY}),
        # means of half a day against a week of its own: 5 % of the supply, 8 to 10 % of what is mechanical
        departure("supply_voltage", SUPPLY, **HOURLY, floor_share=0.01),
        departure("rotation", plain("Speed", "{rpm}", "rotation", TURNING), **HOURLY, floor_share=0.015, side=-1),
        departure("pressure", plain("Working pressure", "bar", "pressure", TURNING), **HOURLY, floor_share=0.015),
        departure("vibration", plain("Vibration", "mm/s", "vibration", TURNING), **HOURLY, floor_share=0.02, side=1),
    ),
)  # fmt: skip
