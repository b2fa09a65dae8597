"""Trips in PostgreSQL, for as long as their driver agrees to be coached. Nothing here commits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Delete, delete, exists, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from detectors.tables import TripRow
from detectors.trips.trip import Trip
from ingest.registry.devices import Device, by_numbers
from ingest.registry.permissions import COACHING
from ingest.tables import DeviceOwnerRow, DeviceRow, ErasureRow, PermissionRow


@dataclass(frozen=True, slots=True)
class Agreed:
    """A device whose owner agreed to be coached, and how often its readings were erased: it begins anew each time."""

    device: Device
    erasures: int


def agreed(session: Session, tenant: str) -> list[Agreed]:
    """The devices of the tenant whose owners agreed, by number."""
    query = (
        select(DeviceOwnerRow.device_no)
        .join(DeviceRow, DeviceRow.no == DeviceOwnerRow.device_no)
        .join(PermissionRow, (PermissionRow.tenant == DeviceRow.tenant) & (PermissionRow.owner == DeviceOwnerRow.owner))
        .where(DeviceRow.tenant == tenant, PermissionRow.purpose == COACHING, DeviceOwnerRow.ended_at.is_(None))
        .order_by(DeviceOwnerRow.device_no)
    )
    found = by_numbers(session, session.scalars(query))
    count = select(ErasureRow.device_no, func.count()).where(ErasureRow.device_no.in_(list(found)))
    erased = {row[0]: row[1] for row in session.execute(count.group_by(ErasureRow.device_no))}
    return [Agreed(found[no], erased.get(no, 0)) for no in sorted(found)]


def write(session: Session, trips: Iterable[Trip]) -> int:
    """Keep trips whose owners still agree; how many. One that is there and goes on is replaced by the longer.

    Whoever withdraws meanwhile waits for this transaction, and then forgets what it wrote.
    """
    newest = {trip.id: trip for trip in trips}
    owners = {(trip.tenant, trip.owner) for trip in newest.values()}
    if not owners:
        return 0
    who = tuple_(PermissionRow.tenant, PermissionRow.owner)
    allowed = select(PermissionRow.tenant, PermissionRow.owner).where(PermissionRow.purpose == COACHING)
    allow = {tuple(row) for row in session.execute(allowed.where(who.in_(owners)).with_for_update(key_share=True))}
    rows = [asdict(trip) for trip in newest.values() if (trip.tenant, trip.owner) in allow]
    if rows:
        fresh = insert(TripRow)
        values = {name: fresh.excluded[name] for name in rows[0] if name != "id"}
        later = TripRow.ended_at <= fresh.excluded.ended_at
        session.execute(fresh.on_conflict_do_update(index_elements=["id"], set_=values, where=later), rows)
    return len(rows)


def of_device(session: Session, device: Device, limit: int = 30) -> list[Trip]:
    """The newest trips of a device, newest first; none unless the owner that it has now agreed."""
    if COACHING not in device.permits:
        return []
    rows = session.scalars(
        select(TripRow)
        .where(TripRow.tenant == device.tenant, TripRow.device == device.identifier, TripRow.owner == device.owner)
        .order_by(TripRow.started_at.desc())
        .limit(limit)
    )
    return [Trip(**{name: getattr(row, name) for name in Trip.__dataclass_fields__}) for row in rows]


def forget(session: Session, tenant: str, owner: str) -> int:
    """Delete every trip of an owner, who has withdrawn; how many there were. End the permission first."""
    return _deleted(session, delete(TripRow).where(TripRow.tenant == tenant, TripRow.owner == owner))


def tidy(session: Session, tenant: str, now: datetime, keep_days: float) -> int:
    """Delete trips that are too old, erased, or of somebody who no longer agrees or has the device; how many."""
    car = (DeviceRow.tenant == TripRow.tenant) & (DeviceRow.identifier == TripRow.device)
    has: ColumnElement[bool] = exists().where(
        car,
        DeviceOwnerRow.device_no == DeviceRow.no,
        DeviceOwnerRow.owner == TripRow.owner,
        DeviceOwnerRow.ended_at.is_(None),
    )
    agrees: ColumnElement[bool] = exists().where(
        PermissionRow.tenant == TripRow.tenant, PermissionRow.owner == TripRow.owner, PermissionRow.purpose == COACHING
    )
    erased = delete(TripRow).where(
        TripRow.tenant == tenant,
        ErasureRow.tenant == TripRow.tenant,
        ErasureRow.device == TripRow.device,
        ErasureRow.requested_at >= TripRow.started_at,
    )  # apart, because a join of the two reads each once
    old = TripRow.ended_at < now - timedelta(days=keep_days)
    rest = delete(TripRow).where(TripRow.tenant == tenant, or_(old, ~has, ~agrees))
    return _deleted(session, erased) + _deleted(session, rest)


def _deleted(session: Session, statement: Delete) -> int:
    return len(session.execute(statement.returning(TripRow.id)).all())
