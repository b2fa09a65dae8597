"""What every car has, whatever drives it: tyres, brake pads, a 12 V battery, and sensors that fail."""

from detectors.faults.profile import (
    DAY,
    HOUR,
    MINUTE,
    Channel,
    Gate,
    Watch,
    departure,
    drift,
    limit,
    missing,
    spikes,
)

ROLLING = Gate("speed", low=10)
SAME_AXLE = 0.025  # of a pair's ratio: sun on one side, a valve cap of noise. Smaller calls a binding brake, which
# warms its tyre by a tenth of its pressure, a puncture; larger waits until the tyre is visibly flat
PAD_LIMIT = 97.0  # %: the wear mark, from where metal meets metal
CHARGED = 14.1  # V of a car that charges its battery
UNDERINFLATED = 0.8  # of its neighbour: what UN R141 has a pressure monitor warn of; smaller drives on a flat tyre


def tyres() -> tuple[Watch, ...]:
    """A tyre against the other of its axle: weather, load, speed and a visit to the air pump move both alike."""
    watches: list[Watch] = []
    for axle in ("front", "rear"):
        left, right = (f"tyre_pressure_{axle}_{side}" for side in ("left", "right"))
        even = _share(axle, left, right)
        watches += [
            departure(f"tyre_{axle}", even, period_ms=MINUTE, span_ms=20 * MINUTE, learn=6, memory=60,
                      floor_sd=SAME_AXLE, enter=5, leave=2.5, need=6, of=8, hold_ms=10 * MINUTE,
                      lasting_ms=60 * MINUTE),
            # six hours of driving tell a nail from a hot day. The trend alone raises nothing
            *(drift("tyre_going", share, period_ms=MINUTE, span_ms=30 * MINUTE, learn=6, limit=UNDERINFLATED, side=-1,
                    floor_sd=0.008, ahead_ms=7 * DAY) for share in (even, _share(axle, right, left))),
            *(limit("tyre_low", share, period_ms=MINUTE, side=-1, limit=UNDERINFLATED, back=0.05, unit=0.05,
                    hold_ms=8 * MINUTE, calm_ms=20 * MINUTE) for share in (even, _share(axle, right, left))),
        ]  # fmt: skip
    return tuple(watches)


def _share(axle: str, tyre: str, other: str) -> Channel:
    side = tyre.rsplit("_", 1)[1]
    label = f"Pressure of the {axle} {side} tyre, as a share of the other on its axle,"
    return Channel(label, "1", (tyre,), when=(ROLLING,), over=(other,), least=20.0)


def brakes() -> tuple[Watch, ...]:
    """Pads that go much faster than they ever did, and pads that are nearly gone.

    The reference follows within about ten hours of driving, as fast as ordinary wear; a caliper that binds takes more
    in a day than a hard driver in a month. New pads are below it, which is no departure. The trend alone raises
    nothing; with either of the others it says when the pads are gone.
    """
    watches: list[Watch] = []
    for axle in ("front", "rear"):
        wear = Channel(f"Brake pad wear {axle}", "%", (f"pad_wear_{axle}",), when=(ROLLING,))
        watches += [
            departure("pad_wear", wear, period_ms=MINUTE, span_ms=60 * MINUTE, learn=4, memory=10, floor_sd=2.5, side=1,
                      enter=4, leave=2, need=6, of=8, hold_ms=20 * MINUTE, lasting_ms=120 * MINUTE),
            # eight hours of driving tell a trend from a mountain pass; fewer foresee too much
            drift("pads_going", wear, period_ms=MINUTE, span_ms=60 * MINUTE, learn=8, limit=PAD_LIMIT, floor_sd=0.4,
                  ahead_ms=14 * DAY),
            limit("pads_worn", wear, period_ms=MINUTE, limit=88, back=10, unit=4, hold_ms=15 * MINUTE,
                  calm_ms=30 * MINUTE),
        ]  # fmt: skip
    return tuple(watches)


def starter(lowest: float, usual: float, label: str) -> tuple[Watch, ...]:
    """How far a start pulls the 12 V battery down: a reading a start, so a span is eight starts at the least.

    `lowest` is the voltage below which a start soon fails; `usual` what eight starts together differ by from week to
    week. Four times that is beyond what a frosty week does, and eight starts are smooth enough for two of them to be
    believed: a battery that gives up within a week has some ten left. The trend alone raises nothing; it goes by what
    the start leaves of the voltage over what it takes, because the voltage falls the faster the weaker the battery is,
    and that share (a conductance, as workshops measure) falls evenly.
    """
    dip = Channel(label, "V", ("start_voltage",))
    strength = Channel("Strength of the 12 V battery at the start", "1", ("start_voltage",),
                       over=("voltage", "start_voltage"), least=0.5)  # fmt: skip
    return (
        departure("start_voltage", dip, period_ms=12 * HOUR, span_ms=DAY, learn=2, memory=20, floor_sd=usual, side=-1,
                  enter=4, leave=2, need=2, of=3, hold_ms=HOUR, lasting_ms=2 * DAY),
        drift("start_going", strength, period_ms=12 * HOUR, span_ms=8 * HOUR, learn=8,
              limit=lowest / (CHARGED - lowest), floor_sd=1.5 * usual, side=-1, ahead_ms=10 * DAY),
        limit("start_voltage_low", dip, period_ms=12 * HOUR, side=-1, limit=lowest, back=0.4, unit=0.3,
              hold_ms=HOUR, calm_ms=DAY),
    )  # fmt: skip


def sensor(channel: Channel, beside: str, floor: float) -> tuple[Watch, ...]:
    """A sensor that jumps, or that is missing from messages in which `beside` comes.

    `floor` is more than what it measures can move in a minute and be back within five. Three such jumps make the
    symptom: what has mass cannot do it once. Spans of two hours of driving are two or three days of most cars.
    """
    return (
        spikes(channel, period_ms=MINUTE, floor=floor, need=3, within_ms=4 * HOUR, calm_ms=6 * HOUR),
        missing(channel, beside, period_ms=MINUTE, span_ms=2 * HOUR, learn=3),
    )
