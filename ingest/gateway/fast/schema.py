"""What the kernel must know of device types: signal names and states as bytes, kinds and bounds as columns.

Only names of plain ASCII without quotes, backslashes and brackets are put in: they stand in JSON as they are, and
no comparison with them can run over the bracket that ends a payload. A signal that does not fit is not found, which
means the slow way.
"""

# ruff: noqa: PLR0917 - a kernel sees columns

from __future__ import annotations

from collections import namedtuple
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.gateway.fast.machine import WORD, part, word
from ingest.gateway.fast.numbers import UNSURE
from ingest.wire.catalogue import Kind, Signal

NUMBER, BOOLEAN, STATE, CODE = range(4)
_KINDS = {Kind.NUMBER: NUMBER, Kind.BOOLEAN: BOOLEAN, Kind.STATE: STATE, Kind.CODE: CODE}
SIGNALS = 256  # of one device type
_CELLS = 1024  # of one type's hash table; a power of two, four times the signals keeps chains short
_QUOTE, _CLOSE, _CLOSE_LIST, _SPACE = (int(c) for c in b'"}] ')
FIRST = 256  # what stands before a message's first signal
_BEFORE = 257  # what may stand before a signal
_WORDS = 4  # of what stands between two values; longer is not kept in mind
_MASK, _LENGTH, _NUMBER, LIKELY = _WORDS, 2 * _WORDS, 2 * _WORDS + 1, 16  # cells of one memory: two cache lines

Schema = namedtuple(  # noqa: PYI024 - what Numba takes
    "Schema", ["text", "cell", "name_at", "kind", "low", "high", "state_at", "states", "text_at"]
)
"""Signals by ``type << 8 | number`` (`row`), everything in arrays:

text      uint8: every name and state, each followed by its closing quote
cell      int16: hash tables of each type's names, -1 or the signal's number
name_at   int64: where the row's name stands in `text`
kind      int8 · low, high  float64
state_at, states   int64: the first of the row's states in `text_at`, and how many
"""


def schema_of(types: Sequence[Mapping[str, Signal]]) -> Any:
    """The `Schema` of device types, each given by its signals; their order is their number."""
    count = len(types)
    text, text_at = bytearray(), list[int]()
    cell = np.full(count * _CELLS, -1, np.int16)
    shape = count * SIGNALS
    name_at, state_at, states = (np.zeros(shape, np.int64) for _ in range(3))
    kind, low, high = np.zeros(shape, np.int8), np.zeros(shape), np.zeros(shape)
    for type_no, signals in enumerate(types):
        for name, signal in signals.items():
            if not _fits(name, signal):
                continue
            row = type_no * SIGNALS + signal.number
            name_at[row], kind[row] = len(text), _KINDS[signal.kind]
            low[row], high[row] = signal.low, signal.high
            _enter(cell, type_no, name.encode(), signal.number)
            text += name.encode() + b'"'
            state_at[row], states[row] = len(text_at), len(signal.states)
            for state in signal.states:
                text_at.append(len(text))
                text += state.encode() + b'"'
    blob = np.frombuffer(bytes(text) + b'"', np.uint8)
    return Schema(blob, cell, name_at, kind, low, high, state_at, states, np.array([*text_at, 0], np.int64))


def _fits(name: str, signal: Signal) -> bool:
    """Whether the kernel can hold the signal exactly as Python does."""
    exact = float(signal.low) == signal.low and float(signal.high) == signal.high
    return exact and 0 <= signal.number < SIGNALS and all(map(_is_plain, (name, *signal.states)))


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable() and text != "" and not set(text) & set('"\\[]{}')


def _enter(cell: Any, type_no: int, name: bytes, number: int) -> None:
    at = 0
    for byte in name:
        at = (at * 31 + byte) % _CELLS
    while cell[type_no * _CELLS + at] >= 0:
        at = (at + 1) % _CELLS
    cell[type_no * _CELLS + at] = number


@part
def same(text, at, data, p):  # type: ignore[no-untyped-def]
    """The position after the closing quote when the text at `at` stands at `p`, else `UNSURE`."""
    while text[at] == data[p]:
        if text[at] == _QUOTE:
            return p + 1
        at += 1
        p += 1
    return UNSURE


@part
def find(schema, type_no, data, p):  # type: ignore[no-untyped-def]
    """``(position after the closing quote, signal number)`` of the name at `p`, `UNSURE` when the type has none."""
    at, end = np.int64(0), p
    while data[end] != _QUOTE:
        if data[end] == _CLOSE or data[end] == _CLOSE_LIST:  # no name of ours, perhaps the payload's end
            return UNSURE, np.int64(0)
        at = (at * 31 + np.int64(data[end])) & (_CELLS - 1)
        end += 1
    number = np.int64(schema.cell[type_no * _CELLS + at])
    while number >= 0:
        after = same(schema.text, schema.name_at[type_no * SIGNALS + number], data, p)
        if after != UNSURE:
            return after, number
        at = (at + 1) & (_CELLS - 1)
        number = np.int64(schema.cell[type_no * _CELLS + at])
    return UNSURE, np.int64(0)


def new_memory(schema: Any) -> NDArray[np.uint64]:
    """An empty memory for `guess` and `learn`: what stood between two values, by type and the signal before."""
    types = len(schema.kind) // SIGNALS
    return np.zeros((types * _BEFORE, LIKELY), np.uint64)


@part
def guess(memory, type_no, before, data, p):  # type: ignore[no-untyped-def]
    """``(position of the next value, signal number)`` when after `before` the same bytes come as last time.

    Messages of a type are alike: what stood between two values last time, as in ``, "speed": ``, is compared by words.
    """
    at = type_no * _BEFORE + before
    length = np.int64(memory[at, _LENGTH])
    if length == 0 or p + _WORDS * WORD > len(data):
        return UNSURE, np.int64(0)
    other = np.uint64(0)
    for n in range(_WORDS):
        other |= (word(data, p + n * WORD) ^ memory[at, n]) & memory[at, _MASK + n]
    if other != np.uint64(0) or data[p + length] <= _SPACE:  # the same but for more space, which belongs to it
        return UNSURE, np.int64(0)
    return p + length, np.int64(memory[at, _NUMBER])


@part
def learn(memory, type_no, before, data, start, p, number):  # type: ignore[no-untyped-def]
    """Keep in mind that the bytes from `start` to `p` stood between the values of `before` and `number`."""
    if p - start > _WORDS * WORD:
        return
    at = type_no * _BEFORE + before
    for cell in range(LIKELY):
        memory[at, cell] = 0
    for n in range(p - start):
        shift = np.uint64(n % WORD * 8)
        memory[at, n // WORD] |= np.uint64(data[start + n]) << shift
        memory[at, _MASK + n // WORD] |= np.uint64(0xFF) << shift
    memory[at, _LENGTH], memory[at, _NUMBER] = p - start, number


@part
def state(schema, row, data, p):  # type: ignore[no-untyped-def]
    """``(position after the closing quote, index)`` of the state of signal `row` whose text begins at `p`."""
    first = schema.state_at[row]
    for index in range(schema.states[row]):
        after = same(schema.text, schema.text_at[first + index], data, p)
        if after != UNSURE:
            return after, np.float64(index)
    return UNSURE, 0.0
