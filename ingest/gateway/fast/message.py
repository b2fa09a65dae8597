"""One payload of well-formed Forewarn JSON into columns, compiled; "not sure" for everything else.

The kernel takes a payload only when every reading of it is good, and then gives exactly what
`ingest.gateway.payload` gives. Broken JSON, unknown fields or signals, escapes, a name twice, a value or a time that
is not plainly allowed: it gives up, and the whole payload goes the slow way, which finds the reason.

Bounds: a payload ends with a closing bracket (`payload` looks first), and no loop here steps over one; so only the
step that takes a closing bracket itself must look whether the payload goes on.
"""

# ruff: noqa: PLR0911, PLR0917 - a kernel sees columns, and gives up wherever it is not sure

from __future__ import annotations

from collections import namedtuple

import numpy as np

from ingest.gateway.fast.machine import part
from ingest.gateway.fast.numbers import UNSURE, number, whole_number
from ingest.gateway.fast.schema import BOOLEAN, CODE, FIRST, NUMBER, STATE, find, guess, learn, same, state
from ingest.gateway.fast.times import moment
from ingest.reading import Quality

Sender = namedtuple("Sender", ["base", "type_no", "name_at", "name_len"])  # noqa: PYI024 - what Numba takes
"""Whose payload it is; its name stands in the same bytes, in the topic."""
Window = namedtuple("Window", ["oldest", "recent", "newest"])  # noqa: PYI024
"""Event times, ms, that need no second look: from `oldest` if marked historical, from `recent` if not, to `newest`."""
Rows = namedtuple("Rows", ["series", "ts", "value", "quality", "seq"])  # noqa: PYI024
"""The columns of a `ReadingBatch` while they are filled."""
Desk = namedtuple("Desk", ["head", "stamps", "likely"])  # noqa: PYI024
"""Working memory: of a message its time, seq and mark and how many readings were opened; in which message a signal
was met last, by number; and what `schema.guess` goes by. Belongs to one thread."""

_TAB, _LINE, _RETURN, _SPACE, _QUOTE, _COMMA, _COLON = (int(c) for c in b'\t\n\r ",:')
_OPEN, _CLOSE, _OPEN_LIST, _CLOSE_LIST = (int(c) for c in b"{}[]")
_ZERO, _NINE, _UP_A, _UP_F = (int(c) for c in b"09AF")
_WORDS = np.frombuffer(b'ts"signals"seq"historical"clock"device"ok"true"false"', np.uint8)
_AT_TS, _AT_SIGNALS, _AT_SEQ, _AT_HISTORICAL, _AT_CLOCK, _AT_DEVICE, _AT_OK, _AT_TRUE, _AT_FALSE = (
    _WORDS.tobytes().index(word) for word in (b"ts", b"sig", b"seq", b"his", b"clo", b"dev", b"ok", b"true", b"false")
)
_TRUE_LEN, _FALSE_LEN = 4, 5
_TS, _SIGNALS, _SEQ, _HISTORICAL, _CLOCK, _DEVICE = (1 << n for n in range(6))
_HISTORICAL_BIT = int(Quality.HISTORICAL)
_SYSTEMS = np.frombuffer(b"PCBU", np.uint8)
_H_TS, _H_SEQ, _H_HISTORICAL, OPENED = range(4)


@part
def _skip(data, p):  # type: ignore[no-untyped-def]
    """The next position that is no white space."""
    while data[p] <= _SPACE and (data[p] == _SPACE or data[p] == _LINE or data[p] == _TAB or data[p] == _RETURN):
        p += 1
    return p


@part
def _after_colon(data, p):  # type: ignore[no-untyped-def]
    """The position of the value behind the colon that must come next."""
    p = _skip(data, p)
    return _skip(data, p + 1) if data[p] == _COLON else UNSURE


@part
def _word(data, p, at, length):  # type: ignore[no-untyped-def]
    """The position after a bare word."""
    for n in range(length):
        if data[p + n] != _WORDS[at + n]:
            return UNSURE
    return p + length


@part
def _truth(data, p):  # type: ignore[no-untyped-def]
    """``(position, 0 or 1)`` of ``true`` or ``false``."""
    after = _word(data, p, _AT_TRUE, _TRUE_LEN)
    if after != UNSURE:
        return after, 1
    return _word(data, p, _AT_FALSE, _FALSE_LEN), 0


@part
def _trouble_code(data, p):  # type: ignore[no-untyped-def]
    """``(position after the closing quote, number)`` of a code as in ``P0301"``; small letters go the slow way."""
    system = 0
    while system < 4 and data[p] != _SYSTEMS[system]:
        system += 1
    if system == 4 or data[p + 1] < _ZERO or data[p + 1] > _ZERO + 3:
        return UNSURE, 0.0
    code = system << 14 | (np.int64(data[p + 1]) - _ZERO) << 12
    for n in range(3):
        c = np.int64(data[p + 2 + n])
        if _ZERO <= c <= _NINE:
            code |= (c - _ZERO) << 4 * (2 - n)
        elif _UP_A <= c <= _UP_F:
            code |= (c - _UP_A + 10) << 4 * (2 - n)
        else:
            return UNSURE, 0.0
    return (p + 6 if data[p + 5] == _QUOTE else UNSURE), np.float64(code)


@part
def _value(schema, row, data, p):  # type: ignore[no-untyped-def]
    """``(position, value)`` of the value at `p`, when it is one that signal `row` may have."""
    kind = schema.kind[row]
    if kind == NUMBER:
        p, value = number(data, p)
        return (p if schema.low[row] <= value <= schema.high[row] else UNSURE), value
    if kind == BOOLEAN:
        if data[p] > _NINE:
            p, truth = _truth(data, p)
            return p, np.float64(truth)
        p, value = number(data, p)
        allowed = value == 0.0 or value == 1.0  # noqa: PLR1714 - Numba makes a set of it, each time
        return (p if allowed and schema.low[row] <= value <= schema.high[row] else UNSURE), value
    if data[p] != _QUOTE:
        return UNSURE, 0.0
    if kind == STATE:
        return state(schema, row, data, p + 1)
    if kind == CODE:
        return _trouble_code(data, p + 1)
    return UNSURE, 0.0


@part
def _name(schema, sender, desk, before, data, p):  # type: ignore[no-untyped-def]
    """``(position of its value, number)`` of the signal after `before`, whose value ended at `p`."""
    after, signal = guess(desk.likely, sender.type_no, before, data, p)
    if after != UNSURE:
        return after, signal
    start, p = p, _skip(data, p)
    if before != FIRST:
        if data[p] != _COMMA:
            return UNSURE, signal
        p = _skip(data, p + 1)
    if data[p] != _QUOTE:
        return UNSURE, signal
    p, signal = find(schema, sender.type_no, data, p + 1)
    if p != UNSURE:
        p = _after_colon(data, p)
    if p != UNSURE:
        learn(desk.likely, sender.type_no, before, data, start, p, signal)
    return p, signal


@part
def _signals(schema, sender, desk, stamp, data, p, out, row):  # type: ignore[no-untyped-def]
    """``(position, next free row)`` after the object of signals whose bracket opened just before `p`."""
    before = FIRST
    while True:
        p, signal = _name(schema, sender, desk, before, data, p)
        if p == UNSURE or desk.stamps[signal] == stamp:
            return UNSURE, row
        desk.head[OPENED] += 1
        desk.stamps[signal] = stamp
        p, value = _value(schema, sender.type_no << 8 | signal, data, p)
        if p == UNSURE:
            return UNSURE, row
        out.series[row] = sender.base | signal
        out.value[row] = value
        row += 1
        before = signal
        if data[p] != _COMMA:
            p = _skip(data, p)
            if data[p] == _CLOSE:
                return p + 1, row


@part
def _field(data, p):  # type: ignore[no-untyped-def]
    """``(position after the closing quote, field bit)`` of a message's field whose name begins at `p`."""
    first, at, bit = data[p], _AT_DEVICE, _DEVICE
    if first == 0x74:
        at, bit = _AT_TS, _TS
    elif first == 0x73 and data[p + 1] == 0x69:
        at, bit = _AT_SIGNALS, _SIGNALS
    elif first == 0x73:
        at, bit = _AT_SEQ, _SEQ
    elif first == 0x68:
        at, bit = _AT_HISTORICAL, _HISTORICAL
    elif first == 0x63:
        at, bit = _AT_CLOCK, _CLOCK
    return same(_WORDS, at, data, p), bit


@part
def _own_name(sender, data, p):  # type: ignore[no-untyped-def]
    """The position after the text at `p` when it is the sender's name."""
    if data[p] != _QUOTE:
        return UNSURE
    for n in range(sender.name_len):
        if data[p + 1 + n] != data[sender.name_at + n]:
            return UNSURE
    p += 1 + sender.name_len
    return p + 1 if data[p] == _QUOTE else UNSURE


@part
def _head_value(sender, head, bit, data, p):  # type: ignore[no-untyped-def]
    """The position after the value of a field other than the signals; what it says goes into `head`."""
    if bit == _TS and data[p] == _QUOTE:
        p, head[_H_TS] = moment(data, p + 1)
    elif bit == _TS:
        p, head[_H_TS] = whole_number(data, p)
    elif bit == _SEQ:
        p, head[_H_SEQ] = whole_number(data, p)
    elif bit == _HISTORICAL:
        p, head[_H_HISTORICAL] = _truth(data, p)
    elif bit == _CLOCK:
        p = same(_WORDS, _AT_OK, data, p + 1) if data[p] == _QUOTE else UNSURE
    else:
        p = _own_name(sender, data, p)
    return p


@part
def _message(schema, sender, desk, stamp, data, p, end, out, row):  # type: ignore[no-untyped-def]
    """``(position, next free row)`` after the message whose bracket opened just before `p`; times are not set yet."""
    head = desk.head
    head[_H_TS], head[_H_SEQ], head[_H_HISTORICAL] = 0, -1, 0
    fields = 0
    while True:
        p = _skip(data, p)
        if data[p] != _QUOTE:
            return UNSURE, row
        p, bit = _field(data, p + 1)
        if p == UNSURE or fields & bit:
            return UNSURE, row
        fields |= bit
        p = _after_colon(data, p)
        if p == UNSURE:
            return UNSURE, row
        if bit == _SIGNALS:
            if data[p] != _OPEN:
                return UNSURE, row
            p, row = _signals(schema, sender, desk, stamp, data, p + 1, out, row)
        else:
            p = _head_value(sender, head, bit, data, p)
        if p == UNSURE or p >= end:
            return UNSURE, row
        p = _skip(data, p)
        if data[p] == _CLOSE:
            return (p + 1 if fields & _TS and fields & _SIGNALS else UNSURE), row
        if data[p] != _COMMA:
            return UNSURE, row
        p += 1


@part
def _dated(window, head, out, first, row):  # type: ignore[no-untyped-def]
    """Give the rows of one message their time. False when it is not plainly allowed."""
    ts, historical = head[_H_TS], head[_H_HISTORICAL]
    if ts > window.newest or ts < (window.oldest if historical else window.recent):
        return False
    quality = _HISTORICAL_BIT if historical else 0
    for at in range(first, row):
        out.ts[at] = ts
        out.quality[at] = quality
        out.seq[at] = head[_H_SEQ]
    return True


@part
def payload(schema, sender, window, desk, stamp, data, p, end, out, row):  # type: ignore[no-untyped-def]
    """``(next free row, next stamp)`` after the payload from `p` to `end`; the row is `UNSURE` for the slow way."""
    while end > p and (data[end - 1] == _SPACE or data[end - 1] == _LINE):
        end -= 1
    if end - p < 2 or (data[end - 1] != _CLOSE and data[end - 1] != _CLOSE_LIST):
        return UNSURE, stamp
    many = data[p] == _OPEN_LIST
    p = _skip(data, p + 1 if many else p)
    while data[p] == _OPEN:
        first = row
        p, row = _message(schema, sender, desk, stamp, data, p + 1, end, out, row)
        stamp += 1
        if p == UNSURE or not _dated(window, desk.head, out, first, row):
            return UNSURE, stamp
        if not many or p >= end:
            return (row if p == end and not many else UNSURE), stamp
        p = _skip(data, p)
        if data[p] == _CLOSE_LIST:
            return (row if p + 1 == end else UNSURE), stamp
        if data[p] != _COMMA:
            return UNSURE, stamp
        p = _skip(data, p + 1)
    return UNSURE, stamp
