"""Clocks of devices that are off: what was decided about them, and how an event time is put right.

A decision says: from this time of its own clock on, the device's clock is so far ahead of ours. It holds until the
next one. The correction depends on the device's own time and the decisions alone, and a decision begins ahead of all
that was heard, so that a message that is delivered twice gets the same time twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ingest.tables import ClockOffsetRow, DeviceRow

KEPT = 4  # decisions kept for a device; older ones can only matter to messages that are days on their way


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """From `from_ms` of its own clock on, the device's clock is `offset_ms` ahead of ours; negative: behind."""

    from_ms: int
    offset_ms: int


Offsets = tuple[ClockOffset, ...]
"""The decisions about one device, the newest first."""


def offset_at(offsets: Offsets, ts: int) -> int:
    """How far ahead of ours the device's clock is when it says `ts`; 0 where nothing was decided.

    The newest decision that has begun by then counts, not the one with the latest beginning: a clock that was set
    back passes the times of an older decision a second time, and is right then.
    """
    return next((known.offset_ms for known in offsets if known.from_ms <= ts), 0)


def of_devices(session: Session, numbers: Iterable[int]) -> dict[int, Offsets]:
    """The decisions about these devices by device number; devices without any are left out."""
    return _load(session, ClockOffsetRow.device_no.in_(list(numbers)))


def of_tenant(session: Session, tenant: str) -> dict[int, Offsets]:
    """The decisions about every device of the tenant that has any, by device number."""
    return _load(session, ClockOffsetRow.device_no.in_(select(DeviceRow.no).where(DeviceRow.tenant == tenant)))


def decide(session: Session, device_no: int, offset: ClockOffset) -> None:
    """Write a decision down, and forget the oldest beyond `KEPT`."""
    statement = insert(ClockOffsetRow).values(
        device_no=device_no, from_ms=offset.from_ms, offset_ms=offset.offset_ms, decided_at=func.clock_timestamp()
    )
    changed = {"offset_ms": offset.offset_ms, "decided_at": func.clock_timestamp()}
    session.execute(statement.on_conflict_do_update(index_elements=["device_no", "from_ms"], set_=changed))
    newest = (
        select(ClockOffsetRow.from_ms)
        .where(ClockOffsetRow.device_no == device_no)
        .order_by(ClockOffsetRow.decided_at.desc())
        .limit(KEPT)
    )
    session.execute(
        delete(ClockOffsetRow)
        .where(ClockOffsetRow.device_no == device_no, ClockOffsetRow.from_ms.not_in(newest))
        .execution_options(synchronize_session=False)
    )


def _load(session: Session, condition: ColumnElement[bool]) -> dict[int, Offsets]:
    rows = session.execute(
        select(ClockOffsetRow.device_no, ClockOffsetRow.from_ms, ClockOffsetRow.offset_ms)
        .where(condition)
        .order_by(ClockOffsetRow.decided_at.desc())
    )
    found: dict[int, list[ClockOffset]] = defaultdict(list)
    for device_no, from_ms, offset_ms in rows:
        found[device_no].append(ClockOffset(from_ms, offset_ms))
    return {device_no: tuple(offsets) for device_no, offsets in found.items()}
