"""What devices said that is no reading, from the log into the database: online or not, help, events, answers.

A reader of the log of its own, beside the flush: that a device went offline, or that a person asks for help, must not
wait for a store that is away. Each event is booked once, in the transaction that moves this reader's offset.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import Engine, delete, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ingest import commands, metrics, offsets
from ingest.errors import FrameCorrupt
from ingest.log.frames import decode_events
from ingest.log.protocol import PartitionLog
from ingest.offsets import Position
from ingest.reading import DeviceEvent, EventKind
from ingest.registry.devices import by_identifiers
from ingest.tables import AnnouncementRow, DeviceEventRow
from kit.clock import from_ms
from kit.db import transaction

READER = "events"
READ_ITEMS = 256  # entries a step and partition; fewer is slow after an outage, more holds more memory at once
KEPT = timedelta(days=30)  # events older than this are dropped; less loses what a case of last week refers to
TIDY_EVERY = 1000  # steps with events between two sweeps of what is too old; more often sweeps for nothing

_KEPT_AS_EVENTS = {EventKind.HELP, EventKind.EVENT}
_STATUS = text(
    """
    INSERT INTO device_status AS s (device_no, online, since) VALUES (:no, :online, :since)
    ON CONFLICT (device_no) DO UPDATE SET online = excluded.online, since = excluded.since
     WHERE s.online <> excluded.online
    """
)


@dataclass(frozen=True, slots=True)
class Heard:
    """An event with the number of its device and the time at which the gateway received it."""

    device_no: int
    event: DeviceEvent
    received_ms: int


class EventBooker:
    """Reads the log for events; `step` is for `kit.supervise`. Not safe for threads."""

    def __init__(self, engine: Engine, log: PartitionLog, tenant: str) -> None:
        self._engine = engine
        self._log = log
        self._tenant = tenant
        self._positions: list[Position] | None = None
        self._booked = 0

    def step(self) -> bool:
        """Book what is new; whether more may be waiting. Raises LogUnavailable, OffsetMoved or SQLAlchemyError."""
        try:
            old = self._load()
            new, events, more = self._read(old)
            if new != old:
                self._book(old, new, events)
        except BaseException:
            self._positions = None
            raise
        self._positions = new
        return more

    def _load(self) -> list[Position]:
        if self._positions is None:
            with transaction(self._engine) as session:
                self._positions = offsets.positions(session, READER, self._log.partitions)
        return self._positions

    def _read(self, old: Sequence[Position]) -> tuple[list[Position], list[tuple[int, DeviceEvent]], bool]:
        """Where the reader then stands, ``(received ms, event)`` in order for each device, and whether more waits."""
        new, events, more = list(old), list[tuple[int, DeviceEvent]](), False
        for partition, at in enumerate(old):
            rows = self._log.read(partition, at.offset, READ_ITEMS)
            more |= len(rows) == READ_ITEMS
            if not rows and self._log.bounds(partition)[1] < at.offset:  # another log: the writer says so aloud
                new[partition] = replace(at, offset=0)
            for offset, data in rows:
                try:
                    received_ms, found = decode_events(data)
                except FrameCorrupt:  # the writer counts and logs it
                    received_ms, found = new[partition].received_ms, ()
                new[partition] = Position(offset, received_ms)
                events += [(received_ms, event) for event in found]
        return new, events, more

    def _book(self, old: Sequence[Position], new: Sequence[Position], events: list[tuple[int, DeviceEvent]]) -> None:
        with transaction(self._engine) as session:
            for partition, (before, after) in enumerate(zip(old, new, strict=True)):
                if before != after:
                    offsets.advance(session, READER, partition, before, after)
            if events:
                book(session, self._tenant, events)
                self._booked += 1
                if self._booked % TIDY_EVERY == 1:
                    forget_before(session, max(received_ms for received_ms, _event in events))
        for _received_ms, event in events:
            metrics.events_booked.labels(event.kind).inc()


def book(session: Session, tenant: str, events: Sequence[tuple[int, DeviceEvent]]) -> None:
    """Book ``(received ms, event)`` in order of arrival; those of devices that are registered no more are left out."""
    names = {event.device for _received_ms, event in events}
    numbers = {device.identifier: device.no for device in by_identifiers(session, tenant, names)}
    heard = [Heard(numbers[event.device], event, ms) for ms, event in events if event.device in numbers]
    _statuses(session, heard)
    _events(session, [one for one in heard if one.event.kind in _KEPT_AS_EVENTS])
    _announcements(session, tenant, [one for one in heard if one.event.kind is EventKind.ANNOUNCEMENT])
    commands.answered(session, tenant, [one.event for one in heard])


def forget_before(session: Session, now_ms: int) -> None:
    """Drop events that nobody will ask for any more."""
    session.execute(delete(DeviceEventRow).where(DeviceEventRow.received_at < from_ms(now_ms) - KEPT))


def _statuses(session: Session, heard: Iterable[Heard]) -> None:
    """The last word of each device counts; repeating it does not change since when it holds."""
    last: dict[int, Heard] = {}
    for one in heard:
        if one.event.kind in {EventKind.ONLINE, EventKind.OFFLINE}:
            before = last.get(one.device_no)
            if before is None or before.event.kind is not one.event.kind:
                last[one.device_no] = one
    for number, one in sorted(last.items()):
        online = one.event.kind is EventKind.ONLINE
        session.execute(_STATUS, {"no": number, "online": online, "since": from_ms(_bounded(one))})


def _events(session: Session, heard: Sequence[Heard]) -> None:
    rows = [
        {
            "device_no": one.device_no,
            "kind": one.event.kind,
            "at": from_ms(_bounded(one)),
            "received_at": from_ms(one.received_ms),
            "body": one.event.body,
            "digest": hashlib.sha256(one.event.body).hexdigest(),
        }
        for one in heard
    ]
    if rows:
        session.execute(insert(DeviceEventRow).on_conflict_do_nothing(), rows)


def _announcements(session: Session, tenant: str, heard: Iterable[Heard]) -> None:
    newest: dict[str, dict[str, object]] = {}
    for one in heard:
        topic, _, body = one.event.body.partition(b"\n")
        name = topic.decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
        newest[name] = {"tenant": tenant, "topic": name, "body": body, "received_at": from_ms(one.received_ms)}
    if not newest:
        return
    statement = insert(AnnouncementRow)
    changed = {"body": statement.excluded.body, "received_at": statement.excluded.received_at}
    session.execute(
        statement.on_conflict_do_update(index_elements=["tenant", "topic"], set_=changed),
        [newest[name] for name in sorted(newest)],
    )


def _bounded(one: Heard) -> int:
    """The event's time; the receive time where the device's word cannot be a time of ours."""
    return one.event.at_ms if 0 < one.event.at_ms <= one.received_ms else one.received_ms
