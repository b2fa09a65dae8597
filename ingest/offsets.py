"""How far each reader of the log has come. The offset moves in the same transaction as what the reader made of it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ingest.errors import OffsetMoved
from ingest.tables import LogOffsetRow


@dataclass(frozen=True, slots=True)
class Position:
    """The last entry that a reader has taken over, and the receive time of its frame (0: none yet)."""

    offset: int = 0
    received_ms: int = 0


def positions(session: Session, reader: str, partitions: int) -> list[Position]:
    """Where the reader stands in each partition."""
    rows = session.execute(
        select(LogOffsetRow.partition, LogOffsetRow.offset, LogOffsetRow.received_ms).where(
            LogOffsetRow.reader == reader
        )
    )
    known = {partition: Position(offset, received_ms) for partition, offset, received_ms in rows}
    return [known.get(partition, Position()) for partition in range(partitions)]


def advance(session: Session, reader: str, partition: int, old: Position, new: Position) -> None:
    """Move the reader on from `old`. Raises OffsetMoved when it does not stand there: somebody else wrote."""
    session.execute(
        insert(LogOffsetRow)
        .values(reader=reader, partition=partition, offset=0, received_ms=0)
        .on_conflict_do_nothing()
    )
    moved = session.execute(
        update(LogOffsetRow)
        .where(LogOffsetRow.reader == reader, LogOffsetRow.partition == partition, LogOffsetRow.offset == old.offset)
        .values(offset=new.offset, received_ms=new.received_ms)
        .returning(LogOffsetRow.offset)
    ).scalar()
    if moved is None:
        raise OffsetMoved(reader, partition)


def place(session: Session, reader: str, partition: int, position: Position) -> None:
    """Put a reader where nobody else moves it."""
    values = {"offset": position.offset, "received_ms": position.received_ms}
    statement = insert(LogOffsetRow).values(reader=reader, partition=partition, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["reader", "partition"], set_=values))


def forget(session: Session, reader: str) -> None:
    """Take a reader away: the log keeps nothing for it any more."""
    session.execute(delete(LogOffsetRow).where(LogOffsetRow.reader == reader))
