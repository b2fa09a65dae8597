"""Rows as payloads: each value in the form that its signal has on the wire, and whole windows of rows at once."""

from __future__ import annotations

from functools import cache
from itertools import compress, pairwise
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from device_sim.models.machine import Floats, Rows
from ingest.wire import codes
from ingest.wire.catalogue import Kind, Signal
from ingest.wire.codecs import CODECS
from ingest.wire.device_types import DEVICE_TYPES
from ingest.wire.message import Message

CODEC = "forewarn_json"  # the native one: what is in no other codec's name
_encoder = msgspec.json.Encoder()


def payloads(
    kind: str, codec: str, rows: Rows, historical: NDArray[np.bool_], first: NDArray[np.intp]
) -> tuple[list[bytes], list[int]]:
    """The payloads of a device of that type, and how many readings are in each.

    Payload i holds the rows from `first[i]` up to, not including, `first[i + 1]`; `historical` marks rows that say so.
    Raises KeyError for a column that the type lacks.
    """
    signals = spoken(kind, rows)
    counts = np.diff(np.concatenate([[0], np.cumsum([len(one) for one in signals])])[first]).tolist()
    stamps, marks, cuts = rows.ts.tolist(), historical.tolist(), first.tolist()
    if codec != CODEC:
        write = CODECS.get(codec).encode
        messages = [
            Message(ts=ts, signals=one, historical=old) for ts, one, old in zip(stamps, signals, marks, strict=True)
        ]
        return [write(messages[begin:end]) for begin, end in pairwise(cuts)], counts
    objects: list[Any] = [
        {"ts": ts, "signals": one, "historical": True} if old else {"ts": ts, "signals": one}
        for ts, one, old in zip(stamps, signals, marks, strict=True)
    ]
    if len(cuts) <= len(objects):  # some message holds several rows: they travel as an array
        objects = [objects[begin] if end == begin + 1 else objects[begin:end] for begin, end in pairwise(cuts)]
    # one call for all: JSON on one line holds no line feed of its own
    return _encoder.encode_lines(objects).split(b"\n")[:-1], counts


def spoken(kind: str, rows: Rows) -> list[dict[str, Any]]:
    """The signals of each row as its payload says them, without those that the row leaves out."""
    names = tuple(rows.columns)
    if not names:
        return [{} for _ in range(len(rows))]
    heard = zip(*((~np.isnan(column)).tolist() for column in rows.columns.values()), strict=True)
    values = zip(*(_column(kind, name, column) for name, column in rows.columns.items()), strict=True)
    return [dict(compress(zip(names, row, strict=True), mask)) for row, mask in zip(values, heard, strict=True)]


def written(kind: str, signal: str, value: float) -> float | bool | str:
    """How one stored value of that signal is written. Raises KeyError for a signal that the type lacks."""
    one: float | bool | str = _column(kind, signal, np.array([value]))[0]
    return one


def _column(kind: str, name: str, column: Floats) -> list[Any]:
    """The values of a column as written; anything where there is none (NaN)."""
    signal = _signal(kind, name)
    if signal.kind is Kind.BOOLEAN:
        return list((column > 0).tolist())
    if signal.kind is Kind.STATE:
        return [signal.states[number] for number in np.nan_to_num(column).astype(np.int64).tolist()]
    if signal.kind is Kind.CODE:
        return ["" if value != value else codes.to_text(int(value)) for value in column.tolist()]  # noqa: PLR0124 - NaN
    return list(column.tolist())


@cache
def _signal(kind: str, name: str) -> Signal:
    return DEVICE_TYPES.get(kind).signal(name)
