"""JSON numbers to float64, compiled: the same bits as Python's ``float()``, or an honest "not sure".

Up to 2**53 and 22 decimal places one multiplication or division of exact floats is exactly rounded (Clinger, 1990,
"How to read floating point numbers accurately"). Longer ones, as Python and JavaScript print them, go through a
64 x 128 bit product (Lemire, 2021, "Number parsing at a gigabyte per second"; doi:10.1002/spe.2984). More than 19
digits, whole numbers beyond 2**53 and exponents outside a sensor's world are left to the slow way.

Functions take the bytes and a position and give back the position after the number, or `UNSURE`. None of them checks
for the end of the bytes: the caller has seen to it that a closing bracket comes, and no number goes on over one.
"""

from __future__ import annotations

import numpy as np

from ingest.gateway.fast.machine import WORD, high_product, leading_zeros, part, trailing_zeros, word

UNSURE = -1
_MOST_DIGITS = 19  # of 64 bits
_MOST_POWER = 64  # of ten; a sensor's value needs less, the tables grow with it
_MOST_WHOLE = 1 << 53  # every whole number up to here is a float64
_ZERO, _NINE, _MINUS, _PLUS, _POINT, _E_LOW = (int(c) for c in b"09-+.e")
_LOW_CASE = 0x20  # the bit that small letters have

_TEN = np.array([float(10**n) for n in range(23)])  # all exact


def _power_of_five(q: int) -> int:
    """The leading 128 bits of 5**q: cut off for q >= 0, one unit up for q < 0, as the proof of the method asks."""
    five: int = 5 ** abs(q)
    bits = five.bit_length()
    if q >= 0:
        return five << 128 - bits if bits <= 128 else five >> bits - 128
    if q >= -27:
        return (1 << bits + 127) // five + 1
    reciprocal = (1 << 2 * bits + 128) // five + 1
    return reciprocal >> reciprocal.bit_length() - 128


_FIVES = [_power_of_five(q) for q in range(-_MOST_POWER, _MOST_POWER + 1)]
_FIVE_HIGH = np.array([five >> 64 for five in _FIVES], np.uint64)
_FIVE_LOW = np.array([five & 0xFFFFFFFFFFFFFFFF for five in _FIVES], np.uint64)
_TWO_FIRST = -400
_TWO = np.array([2.0**n for n in range(_TWO_FIRST, 300)])


@part
def _long_number(w, q):  # type: ignore[no-untyped-def]
    """``(sure, w * 10**q)`` for uint64 w > 0, correctly rounded."""
    zeros = leading_zeros(w)
    w <<= np.uint64(zeros)
    five = _FIVE_HIGH[q + _MOST_POWER]
    high, low = high_product(w, five), w * five
    if high & np.uint64(0x1FF) == np.uint64(0x1FF):
        more = high_product(w, _FIVE_LOW[q + _MOST_POWER])
        low += more
        if more > low:
            high += np.uint64(1)
        if low == np.uint64(0xFFFFFFFFFFFFFFFF):
            return False, 0.0
    upper = high >> np.uint64(63)
    shift = upper + np.uint64(9)
    mantissa = high >> shift
    halfway = low <= np.uint64(1) and -4 <= q <= 23 and mantissa & np.uint64(3) == np.uint64(1)
    if halfway and mantissa << shift == high:
        mantissa &= ~np.uint64(1)
    mantissa = (mantissa + (mantissa & np.uint64(1))) >> np.uint64(1)
    power = ((217706 * q) >> 16) + 63 + np.int64(upper) - zeros - 52
    return True, np.float64(mantissa) * _TWO[power - _TWO_FIRST]


@part
def _significant(data, p, end):  # type: ignore[no-untyped-def]
    """How many digits there are from the first that is not zero."""
    while p < end and (data[p] == _ZERO or data[p] == _POINT):
        p += 1
    count = 0
    while p < end:
        count += data[p] != _POINT
        p += 1
    return count


@part
def _exponent(data, p):  # type: ignore[no-untyped-def]
    """``(position, exponent)`` from the byte after the ``e``."""
    minus = data[p] == _MINUS
    if minus or data[p] == _PLUS:
        p += 1
    start, value = p, np.int64(0)
    while data[p] >= _ZERO and data[p] <= _NINE and p - start < 4:
        value = value * 10 + (np.int64(data[p]) - _ZERO)
        p += 1
    if p == start or p - start == 4:
        return UNSURE, np.int64(0)
    return p, -value if minus else value


@part
def _general(data, start, p, w, places):  # type: ignore[no-untyped-def]
    """The rest of `number` when it is not short and plain: `p` stands after the digits of the mantissa."""
    digits_end, whole, q = p, places == 0, 0
    if data[p] | _LOW_CASE == _E_LOW:
        whole = False
        p, q = _exponent(data, p + 1)
        if p == UNSURE:
            return UNSURE, 0.0
    q -= places
    if whole or q < -_MOST_POWER or q > _MOST_POWER or _significant(data, start, digits_end) > _MOST_DIGITS:
        return UNSURE, 0.0
    if w == np.uint64(0):
        return p, 0.0
    sure, value = _long_number(w, q)
    return p if sure else UNSURE, value


@part
def _short(data, p):  # type: ignore[no-untyped-def]
    """``(position, float64)`` of a number such as ``91.25`` that ends within a word; for all others `UNSURE`.

    All its digits are turned at once, by three multiplications of ever wider digits (Lemire, 2018, "Quickly parsing
    eight digits"). No branch depends on how long the number is: guessing that wrong costs more than the digits.
    """
    digits = word(data, p) ^ np.uint64(0x3030303030303030)
    others = ((digits + np.uint64(0x7676767676767676)) | digits) & np.uint64(0x8080808080808080)
    end = whole = trailing_zeros(others) & ~7  # bits, as all lengths here
    if others == np.uint64(0) or whole == 0 or (whole > 8 and digits & np.uint64(0xFF) == np.uint64(0)):
        return UNSURE, 0.0
    places = 0
    if (digits >> np.uint64(whole)) & np.uint64(0xFF) == np.uint64(_POINT ^ _ZERO):
        others &= others - np.uint64(1)
        end = trailing_zeros(others) & ~7
        places = (end - whole) // 8 - 1
        if others == np.uint64(0) or places == 0:
            return UNSURE, 0.0
        before = (np.uint64(1) << np.uint64(whole)) - np.uint64(1)
        digits = ((digits & before) | ((digits >> np.uint64(8)) & ~before)) << np.uint64(8)
    digits <<= np.uint64(64 - end)
    digits = digits * np.uint64(10) + (digits >> np.uint64(8))
    pairs = np.uint64(0x000000FF000000FF)
    high = (digits & pairs) * np.uint64(0x000F424000000064)
    low = ((digits >> np.uint64(16)) & pairs) * np.uint64(0x0000271000000001)
    after = data[p + end // 8]
    value = np.float64((high + low) >> np.uint64(32)) / _TEN[places]
    return (UNSURE if after | _LOW_CASE == _E_LOW else p + end // 8), value


@part
def _digits(data, p, w):  # type: ignore[no-untyped-def]
    """``(position, w)`` with the digits from `p` on put behind those of `w`; beyond 19 in all it overflows."""
    while data[p] >= _ZERO and data[p] <= _NINE:
        w = w * np.uint64(10) + np.uint64(data[p] - _ZERO)
        p += 1
    return p, w


@part
def number(data, p):  # type: ignore[no-untyped-def]
    """``(position, float64)`` of the number that begins at `p`; the position is `UNSURE` for all but a plain number."""
    minus = data[p] == _MINUS
    if minus:
        p += 1
    if p + WORD <= len(data):
        after, value = _short(data, p)
        if after != UNSURE and not (minus and value == 0.0):
            return after, -value if minus else value
    start = p
    p, w = _digits(data, p, np.uint64(0))
    if p == start or (data[start] == _ZERO and p - start > 1):
        return UNSURE, 0.0
    places = 0
    if data[p] == _POINT:
        point = p
        p, w = _digits(data, p + 1, w)
        places = p - point - 1
        if places == 0:
            return UNSURE, 0.0
    if p - start <= _MOST_DIGITS and w <= np.uint64(_MOST_WHOLE) and data[p] | _LOW_CASE != _E_LOW:
        if minus and places == 0 and w == np.uint64(0):
            return UNSURE, 0.0  # -0 is a whole number, and as such has no sign
        value = np.float64(w) / _TEN[places]
    else:
        p, value = _general(data, start, p, w, places)
    return p, -value if minus else value


@part
def whole_number(data, p):  # type: ignore[no-untyped-def]
    """``(position, int64)`` of a whole number from 0 to 10**18 - 1 that begins at `p`."""
    start, value = p, np.int64(0)
    while data[p] >= _ZERO and data[p] <= _NINE:
        value = value * 10 + (np.int64(data[p]) - _ZERO)
        p += 1
    if p == start or p - start > 18 or (data[start] == _ZERO and p - start > 1):
        return UNSURE, np.int64(0)
    return p, value
