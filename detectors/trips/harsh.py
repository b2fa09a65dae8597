"""How a trip is driven: harsh events, by what the device feels itself and by the slope of its speed.

The first are the extremes of acceleration that it measures between two messages. The second is the chord over at least
two seconds of speeds of which each is the median of three, so that one wrong value and steps of 1 km/h are nothing; the
further readings lie apart, the less a chord shows of a short event, and the lower is its threshold.
"""

from __future__ import annotations

import math

from detectors.algorithms.kernel import part
from detectors.trips.signals import FORWARD

G = 9.81
# Naturalistic studies (Simons-Morton et al. 2012, Am J Epidemiol 175:1075) count from 0.35 to 0.5 g, makers of trackers
# from 0.25 to 0.45. Lower counts every light that turns red, higher only emergencies.
HARSH = (0.30 * G, 0.35 * G, 0.40 * G)  # acceleration, braking, cornering: the peak that a sensor in the car measures
CALM = 0.6  # of its threshold, below which an event is over; higher counts one event twice, lower joins two
POSSIBLE = 1.2 * G  # no road tyre holds more: a broken reading
# Acceleration and braking are taken for half a sine so long, of which a chord sees the mean; a shorter one takes steady
# driving that is seen every five seconds for a harsh event, a longer one overlooks what is harsh.
EVENT_MS = (6_000.0, 4_000.0)
AGAIN_MS = 3_000  # two extremes closer than this are one event
CHORD_MS = 2_900  # shortest chord: shorter is noise
POINTS = 5  # of the filtered speed, at least `APART_MS` apart
APART_MS = 900
MOVES = 5.0  # km/h: what stands, a satellite receiver still moves by up to 4
FORWARD_EVENT, BRAKING_EVENT, CORNERING_EVENT = range(3)


@part
def slope(c, ts, value, dt):  # type: ignore[no-untyped-def]
    """A filtered speed: harsh events in its slope."""
    if c.points > 0 and ts - c.point_ts[c.points - 1] < APART_MS:
        return
    if c.points == POINTS:
        for k in range(POINTS - 1):
            c.point_ts[k], c.point[k] = c.point_ts[k + 1], c.point[k + 1]
        c.points -= 1
    c.point_ts[c.points], c.point[c.points] = ts, value
    c.points += 1
    start = c.points - 2
    while start >= 0 and ts - c.point_ts[start] < CHORD_MS:
        start -= 1
    if start < 0:
        return
    span = ts - c.point_ts[start]
    gain = (value - c.point[start]) / 3.6 / (span / 1000.0)
    if value >= MOVES:
        c.sloped_ms += dt
    for k in range(2):
        push = gain if k == FORWARD_EVENT else -gain
        turn = math.pi * span / (2.0 * EVENT_MS[k])
        limit = HARSH[k] * math.sin(min(turn, math.pi / 2.0)) / turn
        if c.pressed[k] == 0 and limit <= push <= POSSIBLE:
            c.pressed[k] = 1
            c.sloped[k] += 1
        elif push < CALM * limit:
            c.pressed[k] = 0


@part
def feel(c, ts):  # type: ignore[no-untyped-def]
    """Harsh events among the extremes since the last message; a sensor that stands still measures none."""
    for k in range(3):
        x = c.row[FORWARD + k]
        if x == c.felt_last[k]:
            continue
        if math.isfinite(x):
            c.felt_last[k] = x
        push = -x if k == BRAKING_EVENT else abs(x) if k == CORNERING_EVENT else x
        if HARSH[k] <= push <= POSSIBLE:
            if ts - c.felt_ts[k] > AGAIN_MS:
                c.felt[k] += 1
            c.felt_ts[k] = ts
