"""The roll of devices as the gateway needs it: who they are, whether they are listened to, how their clocks are off."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from ingest.registry import clocks
from ingest.registry.clocks import Offsets
from ingest.tables import ClockOffsetRow, DeviceRow

Mark = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One device; `offsets` are the decisions about its clock."""

    no: int
    identifier: str
    type: str
    revoked: bool
    offsets: Offsets


def mark(session: Session, tenant: str) -> Mark:
    """What changes whenever the roll does: counts and sums, made by the database without sending a device."""
    devices = select(func.count(), func.sum(DeviceRow.no), func.sum(func.extract("epoch", DeviceRow.revoked_at))).where(
        DeviceRow.tenant == tenant
    )
    decided = select(func.count(), func.sum(func.extract("epoch", ClockOffsetRow.decided_at)))
    return (*session.execute(devices).one(), *session.execute(decided).one())


def everybody(session: Session, tenant: str) -> list[Entry]:
    """Every device of the tenant, in no particular order."""
    return _load(session, DeviceRow.tenant == tenant, clocks.of_tenant(session, tenant))


def some(session: Session, tenant: str, identifiers: Iterable[str]) -> list[Entry]:
    """The registered ones among these identifiers, in no particular order."""
    named = (DeviceRow.tenant == tenant) & DeviceRow.identifier.in_(list(identifiers))
    numbers = session.execute(select(DeviceRow.no).where(named)).scalars()
    return _load(session, named, clocks.of_devices(session, numbers))


def _load(session: Session, condition: ColumnElement[bool], offsets: dict[int, Offsets]) -> list[Entry]:
    rows = session.execute(
        select(DeviceRow.no, DeviceRow.identifier, DeviceRow.type, DeviceRow.revoked_at.is_not(None)).where(condition)
    )
    return [Entry(no, identifier, kind, revoked, offsets.get(no, ())) for no, identifier, kind, revoked in rows]
