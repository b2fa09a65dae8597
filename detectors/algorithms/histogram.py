"""Adaptive, decayed histograms: the density of a stream with nothing known about its range.

Equal bins; a value outside doubles the bin width and merges the bins pairwise, so any range is reached in a few
steps and nothing is lost. Counts decay by giving newer readings a growing weight.
"""

from __future__ import annotations

import math

from numba import njit

BINS = 128  # fewer miss small shifts; 256 starve each bin and cost 4 points of the NAB score
PRIOR = 0.05  # weight that each bin has before any reading; higher makes new values less surprising
SMOOTH = 0.33  # share of each neighbour in a bin's density; 0 is jumpy, above 0.4 blurs
LOW, WIDTH, TOTAL, UNIT = 0, 1, 2, 3  # the frame of a histogram: four numbers
TINIEST = 1e-12
RESCALE_AT = 1e6  # float32 counts keep their precision below this weight


@njit(cache=True)
def fit(counts, frame, value):  # type: ignore[no-untyped-def]
    """Make the range hold `value` and return its bin; the first value sets up the frame."""
    half = BINS // 2
    if frame[UNIT] == 0.0:
        frame[WIDTH] = max(abs(value) * 1e-9, TINIEST)
        frame[LOW] = value - frame[WIDTH] * half
        frame[UNIT] = 1.0
    while value < frame[LOW]:
        for i in range(half):
            counts[BINS - 1 - i] = counts[BINS - 1 - 2 * i] + counts[BINS - 2 - 2 * i]
        counts[:half] = 0.0
        frame[LOW] -= frame[WIDTH] * BINS
        frame[WIDTH] *= 2.0
    while value >= frame[LOW] + frame[WIDTH] * BINS:
        for i in range(half):
            counts[i] = counts[2 * i] + counts[2 * i + 1]
        counts[half:] = 0.0
        frame[WIDTH] *= 2.0
    return min(max(int((value - frame[LOW]) / frame[WIDTH]), 0), BINS - 1)


@njit(cache=True)
def surprise(counts, frame, value):  # type: ignore[no-untyped-def]
    """−ln of the smoothed share of the bin of `value` under what was learned so far; changes nothing."""
    if frame[UNIT] == 0.0:
        return 0.0
    prior = PRIOR * frame[UNIT]
    where = (value - frame[LOW]) / frame[WIDTH]
    if where < 0.0 or where >= BINS:
        return math.log((frame[TOTAL] + prior * BINS) / prior)
    place = int(where)
    left = counts[place - 1] if place > 0 else 0.0
    right = counts[place + 1] if place < BINS - 1 else 0.0
    mass = (1.0 - 2.0 * SMOOTH) * counts[place] + SMOOTH * (left + right)
    return max(-math.log((mass + prior) / (frame[TOTAL] + prior * BINS)), 0.0)


@njit(cache=True)
def learn(counts, frame, value, weight, keep):  # type: ignore[no-untyped-def]
    """Count `value` with `weight`, after what was learned before has decayed by `keep` (0 to 1]."""
    place = fit(counts, frame, value)
    frame[UNIT] /= keep
    counts[place] += weight * frame[UNIT]
    frame[TOTAL] += weight * frame[UNIT]
    if frame[UNIT] > RESCALE_AT:
        scale = 1.0 / frame[UNIT]
        for i in range(BINS):
            counts[i] *= scale
        frame[TOTAL] *= scale
        frame[UNIT] = 1.0


@njit(cache=True)
def quantiles(counts, frame, shares, out):  # type: ignore[no-untyped-def]
    """Write the values below which the `shares` (ascending) of the mass lie, by linear interpolation, to `out`."""
    total = 0.0
    for i in range(BINS):
        total += counts[i]
    below, k = 0.0, 0
    for i in range(BINS):
        while k < len(shares) and counts[i] > 0 and below + counts[i] >= shares[k] * total:
            inside = (shares[k] * total - below) / counts[i]
            out[k] = frame[LOW] + (i + min(max(inside, 0.0), 1.0)) * frame[WIDTH]
            k += 1
        below += counts[i]
    while k < len(shares):
        out[k] = frame[LOW] + BINS * frame[WIDTH]
        k += 1
