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
LINE = 64  # bytes that come from memory at once
LARGE = 8 * LINE  # rows from this size on start and end with a line; a smaller one would only grow
_HEAD = struct.Struct("<4sI")


@dataclass(frozen=True, slots=True)
class Field:
    """One column: its dtype, the shape of one slot's part () for a number, and what a fresh slot holds."""

    name: str
    dtype: str
    shape: tuple[int, ...] = ()
    fill: float = 0.0


class SlotState:
    """Columns of equal length, one row a slot; a row lies in one piece, so that a reading touches few cache lines.

    ``state["level"]`` is a live view of shape (slots, *the field's shape), `rows` all of them as records. Growing
    replaces the memory, so take them anew after `grow`.
    """

    def __init__(self, owner: str, version: str, fields: Sequence[Field]) -> None:
        self._owner = f"{owner}/{version}"
        self._fields = tuple(fields)
        self._form = form(self._fields)
        self._rows = self._fresh(0)
        self.slots = 0

    @property
    def rows(self) -> NDArray[Any]:
        """Every slot as a record."""
        return self._rows[: self.slots]

    def __getitem__(self, name: str) -> NDArray[Any]:
        column: NDArray[Any] = self.rows[name]
        return column

    def grow(self, slots: int) -> None:
        """Have at least `slots` slots; new ones are fresh, old ones stay. Never shrinks."""
        if slots <= self.slots:
            return
        room = len(self._rows)
        if slots > room:
            larger = self._fresh(max(slots, room * 3 // 2, 16))
            larger[: self.slots] = self.rows
            self._rows = larger
        self.slots = slots

    def copy(self) -> SlotState:
        """The same slots in memory of their own, without room to grow: what `dump` can take its time over."""
        copy = SlotState.__new__(SlotState)
        copy._owner, copy._fields, copy._form = self._owner, self._fields, self._form  # noqa: SLF001 - its own class
        copy._rows, copy.slots = self.rows.copy(), self.slots  # noqa: SLF001
        return copy

    def set(self, slot: int, **values: float) -> None:
        """Write parameters of one slot. Raises KeyError for a name that is no field."""
        for name, value in values.items():
            self[name][slot] = value

    def renew(self, slot: int) -> None:
        """Make one slot fresh again, its parameters too."""
        self.rows[slot] = self._fresh(1)[0]

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
        loaded = self._fresh(slots)
        for field in self._fields:
            column = np.frombuffer(data, field.dtype, slots * math.prod(field.shape), at)
            loaded[field.name] = column.reshape((slots, *field.shape))
            at += slots * _size(field)
        self._rows, self.slots = loaded, slots

    def _fresh(self, slots: int) -> NDArray[Any]:
        size = slots * self._form.itemsize
        memory = np.zeros(size + LINE, np.uint8)
        start = -memory.ctypes.data % LINE
        rows = memory[start : start + size].view(self._form)
        for field in self._fields:
            if field.fill:
                rows[field.name] = field.fill
        return rows

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


def form(fields: Sequence[Field]) -> np.dtype[Any]:
    """A row of these columns, in their order: those that are needed together come together."""
    plain = np.dtype([(field.name, field.dtype, field.shape) for field in fields], align=True)
    if plain.itemsize < LARGE:
        return plain
    formats = [(field.dtype, field.shape) for field in fields]
    offsets = [place[1] for place in (plain.fields or {}).values()]
    size = -(-plain.itemsize // LINE) * LINE
    names = list(plain.names or ())
    return np.dtype({"names": names, "formats": formats, "offsets": offsets, "itemsize": size})


def _size(field: Field) -> int:
    return np.dtype(field.dtype).itemsize * math.prod(field.shape)
