"""Adaptive, decayed histograms: the density of a stream with nothing known about its range.

Equal bins; a value outside doubles the bin width and merges the bins pairwise, so any range is reached in a few
steps and nothing is lost. Counts decay by giving newer readings a growing weight; they are kept as 16-bit numbers of
`STEP` a reading, and what a weight leaves over is owed to the next one, so that sums stay true.
"""

from __future__ import annotations

import math

from detectors.algorithms.kernel import part

BINS = 64  # 32 miss small shifts; 128 starve each bin and cost 1 to 2 points of the NAB score
PRIOR = 0.05  # weight that each bin has before any reading; higher makes new values less surprising
SMOOTH = 0.33  # share of each neighbour in a bin's density; 0 is jumpy, above 0.4 blurs
LOW, WIDTH, TOTAL, UNIT, OWED, FRAME = 0, 1, 2, 3, 4, 5  # the frame of a histogram: five numbers
TINIEST = 1e-12
STEP = 8.0  # a fresh reading in counts; with decays down to 0.9996 a bin holds at most 40,000 of 65,535
MOST = 62  # bits by which a whole number can be shifted; every bin has long become one
RESCALE_AT = 2.0  # the weight at which all counts are halved


@part
def _move(counts, start, end):  # type: ignore[no-untyped-def]
    moved = counts[start]
    counts[start] = 0
    counts[end] += moved


@part
def fit(counts, frame, value):  # type: ignore[no-untyped-def]
    """Make the range hold `value` and return its bin; the first value sets up the frame."""
    bins = len(counts)
    if frame[UNIT] == 0.0:
        frame[WIDTH] = max(abs(value) * 1e-9, TINIEST)
        frame[LOW] = value - frame[WIDTH] * (bins // 2)
        frame[UNIT] = 1.0
    times = 0
    while value < frame[LOW]:
        frame[LOW] -= frame[WIDTH] * bins
        frame[WIDTH] *= 2.0
        times += 1
    if times > 0:
        for i in range(bins - 1, -1, -1):
            _move(counts, i, bins - 1 - (bins - 1 - i >> min(times, MOST)))
    times = 0
    while value >= frame[LOW] + frame[WIDTH] * bins:
        frame[WIDTH] *= 2.0
        times += 1
    if times > 0:
        for i in range(bins):
            _move(counts, i, i >> min(times, MOST))
    return min(max(int((value - frame[LOW]) / frame[WIDTH]), 0), bins - 1)


@part
def surprise(counts, frame, value):  # type: ignore[no-untyped-def]
    """−ln of the smoothed share of the bin of `value` under what was learned so far; changes nothing."""
    if frame[UNIT] == 0.0:
        return 0.0
    bins = len(counts)
    prior = PRIOR * STEP * frame[UNIT]
    where = (value - frame[LOW]) / frame[WIDTH]
    if where < 0.0 or where >= bins:
        return math.log((frame[TOTAL] + prior * bins) / prior)
    place = int(where)
    left = counts[place - 1] if place > 0 else 0.0
    right = counts[place + 1] if place < bins - 1 else 0.0
    mass = (1.0 - 2.0 * SMOOTH) * counts[place] + SMOOTH * (left + right)
    return max(-math.log((mass + prior) / (frame[TOTAL] + prior * bins)), 0.0)


@part
def learn(counts, frame, value, weight, keep):  # type: ignore[no-untyped-def]
    """Count `value` with `weight`, after what was learned before has decayed by `keep` (0 to 1]."""
    place = fit(counts, frame, value)
    frame[UNIT] /= keep
    counted = weight * STEP * frame[UNIT] + frame[OWED]
    whole = int(counted)
    frame[OWED] = counted - whole
    counts[place] = min(counts[place] + whole, 65_535)
    frame[TOTAL] += whole
    if frame[UNIT] > RESCALE_AT:
        frame[UNIT] *= 0.5
        frame[TOTAL] = 0.0
        for i in range(len(counts)):
            counts[i] //= 2
            frame[TOTAL] += counts[i]


@part
def quantiles(counts, frame, shares, out):  # type: ignore[no-untyped-def]
    """Write the values below which the `shares` (ascending) of the mass lie, by linear interpolation, to `out`."""
    total, bins = 0, len(counts)
    for i in range(bins):
        total += counts[i]
    below, k, want = 0, 0, shares[0] * total
    for i in range(bins):
        upto = below + counts[i]
        while k < len(shares) and upto > below and upto >= want:
            inside = (want - below) / (upto - below)
            out[k] = frame[LOW] + (i + min(max(inside, 0.0), 1.0)) * frame[WIDTH]
            k += 1
            want = shares[k] * total if k < len(shares) else math.inf
        below = upto
    while k < len(shares):
        out[k] = frame[LOW] + bins * frame[WIDTH]
        k += 1
