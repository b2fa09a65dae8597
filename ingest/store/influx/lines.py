"""Readings as line protocol. Names are constants and everything else is a number: there is nothing to escape."""

from __future__ import annotations

import numpy as np

from ingest.reading import ReadingBatch, device_no, signal_no

MEASUREMENT = "reading"


def encode(batch: ReadingBatch) -> bytes:
    """One line a reading, in the batch's order; values are finite and come back bit by bit.

    A sequence number above 2**53 loses its last digits: fields are floats.
    """
    numbers, place = np.unique(batch.series, return_inverse=True)
    heads = [f"{MEASUREMENT},device={device_no(n)},signal={signal_no(n)} v=" for n in numbers.tolist()]
    rows = zip(place.tolist(), batch.value.tolist(), batch.ts.tolist(), strict=True)
    if not batch.quality.any() and not (batch.seq >= 0).any():
        return "\n".join([f"{heads[at]}{value!r} {ts}" for at, value, ts in rows]).encode()
    more = zip(batch.quality.tolist(), batch.seq.tolist(), strict=True)
    tails = [(f",q={q}" if q else "") + (f",seq={seq}" if seq >= 0 else "") for q, seq in more]
    both = zip(rows, tails, strict=True)
    return "\n".join([f"{heads[at]}{value!r}{tail} {ts}" for (at, value, ts), tail in both]).encode()
