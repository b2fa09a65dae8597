"""State of many series as columns: one row (slot) a series, growable, with a versioned dump."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.errors import StateUnreadable

MAGIC = b"FWS1"
_HEAD = struct.Struct("<4sI")


@dataclass(frozen=True, slots=True)
class Field:
    """One column: its dtype, the shape of one slot's part () for a number, and what a fresh slot holds."""

    name: str
    dtype: str
    shape: tuple[int, ...] = ()
    fill: float = 0.0


class SlotState:
    """Columns of equal length, one row a slot.

    ``state["level"]`` is the live array of shape (slots, *the field's shape). Growing replaces the
    arrays, so take them anew after `grow`.
    """

    def __init__(self, owner: str, version: str, fields: Sequence[Field]) -> None:
        self._owner = f"{owner}/{version}"
        self._fields = tuple(fields)
        self._arrays: dict[str, NDArray[Any]] = {field.name: _column(field, 0) for field in fields}
        self.slots = 0

    def __getitem__(self, name: str) -> NDArray[Any]:
        array = self._arrays[name]
        return array[: self.slots]

    def grow(self, slots: int) -> None:
        """Have at least `slots` slots; new ones are fresh, old ones stay. Never shrinks."""
        if slots <= self.slots:
            return
        room = len(next(iter(self._arrays.values())))
        if slots > room:
            room = max(slots, room * 3 // 2, 16)
            for field in self._fields:
                column = _column(field, room)
                column[: self.slots] = self[field.name]
                self._arrays[field.name] = column
        self.slots = slots

    def set(self, slot: int, **values: float) -> None:
        """Write parameters of one slot. Raises KeyError for a name that is no field."""
        for name, value in values.items():
            self[name][slot] = value

    def bytes_per_slot(self) -> int:
        """Memory that one series takes."""
        return sum(_size(field) for field in self._fields)

    def dump(self) -> bytes:
        """Everything as bytes: a header that names the owner, its version and the columns, then the columns."""
        head = json.dumps({"of": self._owner, "slots": self.slots, "fields": self._shape()}).encode()
        columns = [np.ascontiguousarray(self[field.name]).tobytes() for field in self._fields]
        return b"".join([_HEAD.pack(MAGIC, len(head)), head, *columns])

    def load(self, data: bytes) -> None:
        """Take over what `dump` gave.

        Raises StateUnreadable when it is another detector's, another version's, or damaged; nothing changes then.
        """
        slots, at = self._read_head(data)
        loaded: dict[str, NDArray[Any]] = {}
        for field in self._fields:
            column = np.frombuffer(data, field.dtype, slots * math.prod(field.shape), at)
            loaded[field.name] = column.reshape((slots, *field.shape)).copy()
            at += slots * _size(field)
        self._arrays, self.slots = loaded, slots

    def _read_head(self, data: bytes) -> tuple[int, int]:
        try:
            magic, length = _HEAD.unpack_from(data)
            head = json.loads(data[_HEAD.size : _HEAD.size + length])
            found, slots, shape = str(head["of"]), int(head["slots"]), head["fields"]
        except (struct.error, ValueError, KeyError, TypeError):
            raise StateUnreadable(self._owner, "damaged", self._owner) from None
        start = _HEAD.size + length
        size = slots * self.bytes_per_slot()
        if magic != MAGIC or found != self._owner or shape != self._shape():
            raise StateUnreadable(self._owner, found, self._owner)
        if slots < 0 or len(data) != start + size:
            raise StateUnreadable(self._owner, "cut short", self._owner)
        return slots, start

    def _shape(self) -> list[list[Any]]:
        return [[field.name, field.dtype, list(field.shape)] for field in self._fields]


def _size(field: Field) -> int:
    return np.dtype(field.dtype).itemsize * math.prod(field.shape)


def _column(field: Field, slots: int) -> NDArray[Any]:
    return np.full((slots, *field.shape), field.fill, field.dtype)
