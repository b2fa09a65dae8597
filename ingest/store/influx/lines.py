"""Readings as line protocol. Names are constants and everything else is a number: there is nothing to escape."""

from __future__ import annotations

import numpy as np
from numba import njit

from ingest.reading import SIGNAL_BITS, ReadingBatch

MEASUREMENT = "reading"
PLACES = 9  # decimals tried before Python is asked; fewer: more values the slow way, more: each such value costs more
EXACT = float(2**53)  # integers below are exact in a float
_LONGEST = 160  # bytes of a line: 32 of words, 20 each of five integers, 25 of a float
_TEXTS = tuple(
    np.frombuffer(text.encode(), np.uint8)
    for text in (f"{MEASUREMENT},device=", ",signal=", " v=", ",q=", ",seq=", " ", "\n")
)


def encode(batch: ReadingBatch) -> bytes:
    """One line a reading, in the batch's order; values are finite and come back bit by bit.

    A sequence number above 2**53 loses its last digits: fields are floats.
    """
    if not len(batch):
        return b""
    places = np.empty(len(batch), np.int8)
    _decimals(batch.value, places)
    odd = [repr(value).encode() for value in batch.value[places < 0].tolist()]
    ends = np.cumsum([0, *map(len, odd)])
    out = np.empty(len(batch) * _LONGEST, np.uint8)
    columns = (batch.series, batch.ts, batch.value, batch.quality, batch.seq)
    size = _write(out, columns, places, np.frombuffer(b"".join(odd), np.uint8), ends, _TEXTS)
    return out[: size - 1].tobytes()


@njit(cache=True, nogil=True)
def _decimals(value, places):  # type: ignore[no-untyped-def]
    """How many decimals say a value exactly, -1 where more than `PLACES` or an exponent would be needed.

    ``m / 10**k`` is the float nearest to the decimal when ``m < 2**53`` and ``k <= 22`` (Clinger, "How to read
    floating point numbers accurately", 1990): when it equals the value, its digits read back as the value.
    """
    for i in range(len(value)):
        places[i] = -1
        power = 1.0
        for k in range(PLACES + 1):
            whole = np.rint(value[i] * power)
            if abs(whole) >= EXACT or (whole == 0.0 and np.signbit(value[i])):
                break
            if whole / power == value[i]:
                places[i] = k
                break
            power *= 10.0


@njit(cache=True, nogil=True)
def _put(out, at, text):  # type: ignore[no-untyped-def]
    """Copy a text; the position behind it."""
    for byte in text:
        out[at] = byte
        at += 1
    return at


@njit(cache=True, nogil=True)
def _put_int(out, at, number, least):  # type: ignore[no-untyped-def]
    """Write a number that is not negative with at least so many digits; the position behind it."""
    digits, rest = 1, number // 10
    while rest:
        digits, rest = digits + 1, rest // 10
    digits = max(digits, least)
    for k in range(digits):
        out[at + digits - 1 - k] = 48 + number % 10
        number //= 10
    return at + digits


@njit(cache=True, nogil=True)
def _put_value(out, at, value, places):  # type: ignore[no-untyped-def]
    """Write a value that `places` decimals say exactly; the position behind it."""
    power = 1
    for _ in range(places):
        power *= 10
    whole = np.int64(np.rint(abs(value) * float(power)))
    if value < 0:
        out[at] = 45  # minus
        at += 1
    at = _put_int(out, at, whole // power, 1)
    if places:
        out[at] = 46  # point
        at = _put_int(out, at + 1, whole % power, places)
    return at


@njit(cache=True, nogil=True)
def _write(out, columns, places, odd, ends, texts):  # type: ignore[no-untyped-def]  # noqa: PLR0917 - a kernel sees columns
    """Write all lines; how many bytes. `odd` are the values without `places`, up to `ends`."""
    series, ts, value, quality, seq = columns
    device_is, signal_is, value_is, quality_is, seq_is, space, line_feed = texts
    at, strange = 0, 0
    for i in range(len(series)):
        at = _put_int(out, _put(out, at, device_is), series[i] >> SIGNAL_BITS, 1)
        at = _put_int(out, _put(out, at, signal_is), series[i] & ((1 << SIGNAL_BITS) - 1), 1)
        at = _put(out, at, value_is)
        if places[i] >= 0:
            at = _put_value(out, at, value[i], places[i])
        else:
            at = _put(out, at, odd[ends[strange] : ends[strange + 1]])
            strange += 1
        if quality[i]:
            at = _put_int(out, _put(out, at, quality_is), np.int64(quality[i]), 1)
        if seq[i] >= 0:
            at = _put_int(out, _put(out, at, seq_is), seq[i], 1)
        at = _put_int(out, _put(out, at, space), ts[i], 1)
        at = _put(out, at, line_feed)
    return at
