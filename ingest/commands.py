"""Commands down to devices: from the wish to the answer or the timeout. One row each, which is its own audit record.

queued → sent (the broker has it) → done or failed (the device's word) or expired (no word in time); refused is the
end of a wish that was not allowed. A command may reach its device twice, with the same id: at least once is promised,
and a device carries an id out once. An answer that comes after the timeout still counts: it is what happened.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from ingest import metrics
from ingest.errors import CommandImpossible
from ingest.reading import DeviceEvent, EventKind
from ingest.registry.devices import Device
from ingest.tables import DeviceCommandRow, DeviceRow
from ingest.wire.catalogue import Command as CommandKind
from ingest.wire.device_types import DEVICE_TYPES
from kit.clock import to_ms

OPEN_MOST = 20  # commands of one device that wait at a time; more is a loop of ours or of a script, not a person
ARGUMENTS_MOST = 2_000  # characters; small devices read commands into small buffers
TEXT_MOST = 500  # characters of a reason or an answer; more does not fit a page
TIMEOUT_MOST = timedelta(days=7)  # a device that comes back later would act on what nobody remembers

Argument = str | int | float | bool


class CommandState(StrEnum):
    """Where a command is. Values are stored, never renamed."""

    QUEUED = "queued"
    SENT = "sent"
    DONE = "done"
    FAILED = "failed"
    EXPIRED = "expired"
    REFUSED = "refused"


_ANSWERABLE = (CommandState.QUEUED, CommandState.SENT, CommandState.EXPIRED)


@dataclass(frozen=True, slots=True)
class Command:
    """One command to one device, with everything that is known of its fate; `label` is its name for people."""

    id: uuid.UUID
    device: str
    name: str
    label: str
    arguments: Mapping[str, Argument]
    requested_by: str
    reason: str
    state: CommandState
    created_at: datetime
    expires_at: datetime
    sent_at: datetime | None
    ended_at: datetime | None
    answer: str


class _Answer(msgspec.Struct, gc=False):
    """What a device says on ``cmd/ack``."""

    id: uuid.UUID
    ok: bool = True
    message: str = ""


_answer = msgspec.json.Decoder(_Answer)


def possible(device: Device) -> tuple[CommandKind, ...]:
    """What a device of this type can be told; nothing for a type whose plug-in is gone."""
    return DEVICE_TYPES.get(device.type).commands if device.type in DEVICE_TYPES else ()


def request(
    session: Session,
    device: Device,
    name: str,
    *,
    by: str,
    reason: str,
    now: datetime,
    timeout: timedelta,
    arguments: Mapping[str, Argument] | None = None,
) -> Command:
    """Queue a command, which the gateway sends; it expires when the device has not answered within `timeout`.

    Raises CommandImpossible for a command that the device's type does not have, arguments or a time that cannot be
    sent, or too many that wait already.
    """
    if name not in {kind.name for kind in possible(device)}:
        raise CommandImpossible(device.identifier, name, f"A {device.type} has no command '{name[:80]}'.")
    written = _written(device, name, arguments or {})
    if not timedelta(0) < timeout <= TIMEOUT_MOST:
        raise CommandImpossible(device.identifier, name, f"It must expire within {TIMEOUT_MOST.days} days.")
    session.execute(select(DeviceRow.no).where(DeviceRow.no == device.no).with_for_update())
    if _waiting(session, device.no) >= OPEN_MOST:
        raise CommandImpossible(device.identifier, name, f"{OPEN_MOST} commands wait for this device already.")
    row = _row(device, name, by, reason, now)
    row.arguments, row.state, row.expires_at = written, CommandState.QUEUED, now + timeout
    session.add(row)
    session.flush()
    return _command(row, device.identifier, device.type)


def refuse(session: Session, device: Device, name: str, *, by: str, reason: str, now: datetime, why: str) -> Command:
    """Keep a wish that was not allowed, and why, for the audit: nothing is sent."""
    row = _row(device, name, by, reason, now)
    row.arguments, row.state, row.expires_at, row.ended_at = "{}", CommandState.REFUSED, now, now
    row.answer = _clean(why)
    session.add(row)
    session.flush()
    return _command(row, device.identifier, device.type)


def claim(session: Session, tenant: str, now: datetime) -> Command | None:
    """The oldest queued command whose time is not over, locked until the transaction ends; None: there is none.

    What another gateway has claimed is passed over. Call `sent` in the same transaction once the broker has it.
    """
    found = session.execute(
        _commands()
        .where(
            DeviceRow.tenant == tenant,
            DeviceCommandRow.state == CommandState.QUEUED,
            DeviceCommandRow.ended_at.is_(None),
            DeviceCommandRow.expires_at > now,
        )
        .order_by(DeviceCommandRow.created_at)
        .limit(1)
        .with_for_update(of=DeviceCommandRow, skip_locked=True)
    ).one_or_none()
    return None if found is None else _command(*found)


def payload(command: Command) -> bytes:
    """What goes down on ``cmd``: id, name, arguments, and the epoch milliseconds after which it means nothing."""
    return msgspec.json.encode(
        {
            "id": str(command.id),
            "name": command.name,
            "arguments": dict(command.arguments),
            "expires": to_ms(command.expires_at),
        }
    )


def sent(session: Session, command_id: uuid.UUID, at: datetime) -> None:
    """The broker has taken the command over."""
    session.execute(
        update(DeviceCommandRow)
        .where(DeviceCommandRow.id == command_id, DeviceCommandRow.state == CommandState.QUEUED)
        .values(state=CommandState.SENT, sent_at=at)
    )


def answered(session: Session, tenant: str, events: Iterable[DeviceEvent]) -> int:
    """Book the answers among `events` (others are passed over); how many ended a command.

    The same answer twice is one. An answer that cannot be read, or is about another device's or no command, is counted
    and passed over; nothing that a device can say raises.
    """
    ended = 0
    for event in events:
        if event.kind is not EventKind.COMMAND_ANSWER:
            continue
        try:
            answer = _answer.decode(event.body)
        except (ValueError, RecursionError):
            metrics.command_answers.labels("unreadable").inc()
            continue
        matched = _end(session, tenant, event.device, answer)
        metrics.command_answers.labels("taken" if matched else "unmatched").inc()
        ended += matched
    return ended


def expire(session: Session, tenant: str, now: datetime) -> int:
    """End the commands whose time is over; how many. `sent_at` tells whether they ever left."""
    overdue = (
        select(DeviceCommandRow.id)
        .join(DeviceRow, DeviceRow.no == DeviceCommandRow.device_no)
        .where(DeviceRow.tenant == tenant, DeviceCommandRow.ended_at.is_(None), DeviceCommandRow.expires_at <= now)
        .with_for_update(of=DeviceCommandRow, skip_locked=True)
    )
    ended = update(DeviceCommandRow).where(DeviceCommandRow.id.in_(session.scalars(overdue).all()))
    return len(
        session.execute(
            ended.values(state=CommandState.EXPIRED, ended_at=now).returning(DeviceCommandRow.id),
            execution_options={"synchronize_session": False},
        ).all()
    )


def of_device(session: Session, device: Device, limit: int = 20) -> list[Command]:
    """The newest commands of a device, newest first."""
    rows = session.execute(
        _commands()
        .where(DeviceCommandRow.device_no == device.no)
        .order_by(DeviceCommandRow.created_at.desc(), DeviceCommandRow.id)
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return [_command(*found) for found in rows]


def _commands() -> Select[DeviceCommandRow, str, str]:
    return select(DeviceCommandRow, DeviceRow.identifier, DeviceRow.type).join(
        DeviceRow, DeviceRow.no == DeviceCommandRow.device_no
    )


def _waiting(session: Session, device_no: int) -> int:
    waiting = select(func.count()).where(DeviceCommandRow.device_no == device_no, DeviceCommandRow.ended_at.is_(None))
    return session.scalar(waiting) or 0


def _row(device: Device, name: str, by: str, reason: str, now: datetime) -> DeviceCommandRow:
    return DeviceCommandRow(
        id=uuid.uuid4(),
        device_no=device.no,
        name=_clean(name)[:80],
        requested_by=_clean(by),
        reason=_clean(reason),
        created_at=now,
        answer="",
    )


def _written(device: Device, name: str, arguments: Mapping[str, Argument]) -> str:
    try:
        written = msgspec.json.encode(dict(arguments)).decode()
        msgspec.json.decode(written, type=dict[str, Argument])  # a NaN would come back as null
    except (ValueError, OverflowError) as error:
        raise CommandImpossible(device.identifier, name, f"Its arguments cannot be written: {error}.") from None
    if len(written) > ARGUMENTS_MOST or "\\u0000" in written:
        problem = f"Its arguments are no plain text of at most {ARGUMENTS_MOST:,} characters."
        raise CommandImpossible(device.identifier, name, problem)
    return written


def _end(session: Session, tenant: str, identifier: str, answer: _Answer) -> int:
    """1 when the answer ended a command of that device, else 0."""
    mine = select(DeviceRow.no).where(DeviceRow.tenant == tenant, DeviceRow.identifier == identifier)
    ended = session.execute(
        update(DeviceCommandRow)
        .where(
            DeviceCommandRow.id == answer.id,
            DeviceCommandRow.device_no.in_(mine),
            DeviceCommandRow.state.in_(_ANSWERABLE),
        )
        .values(
            state=CommandState.DONE if answer.ok else CommandState.FAILED,
            answer=_clean(answer.message),
            sent_at=func.coalesce(DeviceCommandRow.sent_at, func.clock_timestamp()),
            ended_at=func.clock_timestamp(),
        )
        .returning(DeviceCommandRow.id),
        execution_options={"synchronize_session": False},
    )
    return len(ended.all())


def _command(row: DeviceCommandRow, identifier: str, device_type: str) -> Command:
    kinds = DEVICE_TYPES.get(device_type).commands if device_type in DEVICE_TYPES else ()
    labels = {kind.name: kind.label for kind in kinds}
    return Command(
        id=row.id,
        device=identifier,
        name=row.name,
        label=labels.get(row.name, row.name),
        arguments=msgspec.json.decode(row.arguments, type=dict[str, Argument]),
        requested_by=row.requested_by,
        reason=row.reason,
        state=CommandState(row.state),
        created_at=row.created_at,
        expires_at=row.expires_at,
        sent_at=row.sent_at,
        ended_at=row.ended_at,
        answer=row.answer,
    )


def _clean(text: str) -> str:
    """One line that a database and a page can show, at most `TEXT_MOST` characters."""
    return "".join(sign if sign.isprintable() else " " for sign in text[:TEXT_MOST]).strip()
