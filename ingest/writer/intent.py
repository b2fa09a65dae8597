"""What a flush is about to store, written down before it stores: a flush that died half way is then booked rightly.

Without it the readings that were stored and not yet booked would look like duplicates to the flush that comes after.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ingest.offsets import Position
from ingest.tables import FlushIntentRow


@dataclass(frozen=True, slots=True)
class Intent:
    """Between these offsets of each partition lie so many readings, of which `fresh` marks the new ones."""

    old: tuple[int, ...]
    new: tuple[int, ...]
    fresh: NDArray[np.bool_]

    def starts_at(self, positions: Sequence[Position]) -> bool:
        """Whether a reader that stands there has this flush before it."""
        return self.old == tuple(position.offset for position in positions)


class _Through(msgspec.Struct):
    old: list[int]
    new: list[int]
    readings: int


def declare(session: Session, reader: str, intent: Intent) -> None:
    """Write the intent down in place of the one before it."""
    through = _Through(list(intent.old), list(intent.new), len(intent.fresh))
    values = {"through": msgspec.json.encode(through).decode(), "fresh": np.packbits(intent.fresh).tobytes()}
    statement = insert(FlushIntentRow).values(reader=reader, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["reader"], set_=values))


def load(session: Session, reader: str) -> Intent | None:
    """The last intent of the reader, None for none."""
    row = session.get(FlushIntentRow, reader)
    if row is None:
        return None
    through = msgspec.json.decode(row.through, type=_Through)
    bits = np.unpackbits(np.frombuffer(row.fresh, np.uint8), count=through.readings)
    return Intent(tuple(through.old), tuple(through.new), bits.astype(np.bool_))
