"""A washing machine by its cycles: how long it drains, what the element gives while it heats, how the drum spins.

Everything is held against the machine's own first cycles, as shares of what they were: a large drum shakes more than
a small one, and drains of different heights take different times. Spans are hours of running, two or three cycles.
"""

from detectors.faults.profile import HOUR, MINUTE, Channel, Gate, Profile, departure, missing, plain, spikes, stuck

HEATING = Gate("phase", low=1, high=1)
SPINNING = Gate("phase", low=4, high=4)
FAST = Gate("drum_speed", low=500)  # below it laundry tumbles, and the suspension's resonance hides the bearing
TUMBLING = Gate("phase", low=1, high=2)

DRAIN = plain("Duration of draining", "s", "drain_time")
ELEMENT = plain("Power while heating", "W", "power", HEATING)
RATTLE = plain("Kurtosis of the vibration in the spin", "1", "vibration_kurtosis", SPINNING, FAST)
SHAKE = Channel("Vibration in the spin", "mm/s", ("vibration",), when=(SPINNING, FAST))

WASHING_MACHINE = Profile(
    "washing_machine",
    (
        # laundry and water level move draining by a tenth; 40 % more is a filter that wants cleaning, a third of the
        # way closed. Lower calls a coin in the filter a fault, higher waits until the water stays
        departure("drain_time", DRAIN, period_ms=MINUTE, span_ms=2 * HOUR, learn=3, floor_share=0.1, side=1,
                  enter=4, leave=2, need=20, of=24, hold_ms=20 * MINUTE),
        # the element is on or off: its mean over two heatings is steady within a twentieth. A fifth less is lime
        departure("heating_power", ELEMENT, period_ms=MINUTE, span_ms=40 * MINUTE, learn=3, floor_share=0.06, side=-1,
                  enter=3.5, leave=2, need=9, of=12, hold_ms=10 * MINUTE),
        # a sound bearing hums (kurtosis 2 to 3 whatever the load); from 1 above its own on it rattles
        departure("spin_kurtosis", RATTLE, period_ms=MINUTE, span_ms=15 * MINUTE, learn=3, floor_sd=0.2, side=1,
                  enter=4.5, leave=2.5, need=6, of=8, hold_ms=5 * MINUTE),
        departure("spin_vibration", SHAKE, period_ms=MINUTE, span_ms=15 * MINUTE, learn=3, floor_share=0.25, side=1,
                  enter=3, leave=1.5, need=6, of=8, hold_ms=5 * MINUTE),
        stuck(plain("Water temperature while heating", "Cel", "water_temp", HEATING), period_ms=MINUTE,
              min_ms=30 * MINUTE, min_moves=40),
        stuck(plain("Vibration of the turning drum", "mm/s", "vibration", TUMBLING, Gate("drum_speed", low=20)),
              period_ms=MINUTE, min_ms=30 * MINUTE, min_moves=100),
        # what is spun was rinsed in water from the pipe, whose seasons take months; a drum that tumbles shakes little
        departure("sensor_drift", plain("Water temperature in the spin", "Cel", "water_temp", SPINNING),
                  period_ms=MINUTE, span_ms=30 * MINUTE, learn=4, floor_sd=1.5, enter=4.5, leave=3, hold_ms=5 * MINUTE),
        departure("sensor_drift", plain("Vibration of the turning drum", "mm/s", "vibration", TUMBLING,
                  Gate("drum_speed", low=20)), period_ms=MINUTE, span_ms=2 * HOUR, learn=3, floor_sd=0.2,
                  floor_share=0.4, side=1, enter=5, leave=3, hold_ms=20 * MINUTE),
        # a heating takes a quarter of an hour: three odd readings in some days of washing are all that a cable gives
        spikes(plain("Water temperature while heating", "Cel", "water_temp", HEATING), period_ms=MINUTE, floor=4,
               need=3, within_ms=5 * HOUR, calm_ms=8 * HOUR),
        spikes(plain("Vibration of the turning drum", "mm/s", "vibration", TUMBLING, Gate("drum_speed", low=20)),
               period_ms=MINUTE, floor=1.5, need=3, within_ms=5 * HOUR, calm_ms=8 * HOUR),
        # two or three cycles; a day's laundry is a span
        missing(plain("Water temperature", "Cel", "water_temp"), "phase", period_ms=MINUTE, span_ms=3 * HOUR, learn=3),
        missing(plain("Vibration", "mm/s", "vibration"), "phase", period_ms=MINUTE, span_ms=3 * HOUR, learn=3),
    ),
)  # fmt: skip
