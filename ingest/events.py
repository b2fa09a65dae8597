"""What devices said beside readings, and whether they are connected. Functions take a Session and never commit."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from ingest.reading import EventKind
from ingest.registry.devices import Device, by_numbers
from ingest.tables import DeviceEventRow, DeviceStatusRow

CLAIM_MOST = 200  # events of one device taken together; more is a stuck button, and the rest comes with the next claim


WORDS_MOST = 300  # characters shown of what a device said; more does not fit a line of a page


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that a device said: `at` by its own clock where it gave a time, `received_at` by ours."""

    kind: EventKind
    at: datetime
    received_at: datetime
    body: bytes

    @property
    def words(self) -> str:
        """What a person can read of it."""
        return words_in(self.body)


@dataclass(frozen=True, slots=True)
class Claimed:
    """What one device said and nobody has taken yet, oldest first; never empty."""

    device: Device
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """Whether a device is connected, by its own word or its last will, and since when."""

    online: bool
    since: datetime


def claim(session: Session, kind: EventKind) -> Claimed | None:
    """Take what the device that has waited longest said, of this kind; None when nothing waits.

    It is taken when this transaction commits; what another transaction is taking is passed over. What was said by a
    device that is not registered any more is taken and forgotten.
    """
    waiting = (DeviceEventRow.kind == kind, DeviceEventRow.taken_at.is_(None))
    while True:
        first = session.scalar(
            select(DeviceEventRow)
            .where(*waiting)
            .order_by(DeviceEventRow.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if first is None:
            return None
        rows = session.scalars(
            select(DeviceEventRow)
            .where(*waiting, DeviceEventRow.device_no == first.device_no)
            .order_by(DeviceEventRow.id)
            .limit(CLAIM_MOST)
            .with_for_update(skip_locked=True)
        ).all()
        session.execute(
            update(DeviceEventRow)
            .where(DeviceEventRow.id.in_([row.id for row in rows]))
            .values(taken_at=func.clock_timestamp()),
            execution_options={"synchronize_session": False},
        )
        device = by_numbers(session, [first.device_no]).get(first.device_no)
        if device is not None:
            return Claimed(device, tuple(_event(row) for row in rows))


def of_device(session: Session, device: Device, limit: int = 10) -> list[Event]:
    """The newest things a device said, newest first; its answers to commands are with the commands."""
    rows = session.scalars(
        select(DeviceEventRow)
        .where(
            DeviceEventRow.device_no == device.no,
            DeviceEventRow.kind.in_([EventKind.HELP, EventKind.EVENT]),
        )
        .order_by(DeviceEventRow.id.desc())
        .limit(limit)
    )
    return [_event(row) for row in rows]


def status(session: Session, device: Device) -> Status | None:
    """Whether the device is connected; None when it has never said."""
    row = session.get(DeviceStatusRow, device.no, populate_existing=True)
    return None if row is None else Status(row.online, row.since)


def words_in(body: bytes) -> str:
    """What a person can read of it: the ``message`` of a JSON object, a JSON text, or the text itself; one line."""
    given = body.decode("utf-8", "replace")
    try:
        content = json.loads(given)
    except (ValueError, RecursionError):
        content = given
    said = content.get("message", "") if isinstance(content, dict) else content
    words = said if isinstance(said, str) else ""
    return "".join(sign if sign.isprintable() else " " for sign in words[:WORDS_MOST]).strip()


def _event(row: DeviceEventRow) -> Event:
    return Event(EventKind(row.kind), row.at, row.received_at, row.body)
