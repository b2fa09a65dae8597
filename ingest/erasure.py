"""Erasing what a device sent: asked for here, done by the writer, which alone may change the telemetry store."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from ingest.registry.audit import note
from ingest.registry.devices import access_device
from ingest.tables import DeviceEventRow, ErasureRow, QuarantineRow
from kit.clock import from_ms


@dataclass(frozen=True, slots=True)
class Erasure:
    """A wish that waits: all that is kept of device number `device_no`."""

    id: int
    tenant: str
    device: str
    device_no: int


def request(session: Session, tenant: str, identifier: str, by: str) -> Erasure:
    """Ask for the erasure of all readings of a device; its quarantined samples and its events go at once.

    The ledger keeps its counts and the registry the device. What the partition log still holds goes with the log's
    age (``[ingest] log_keep_hours``); what the device sends afterwards is kept. Raises UnknownDevice.
    """
    device = access_device(session, tenant, identifier)
    note(session, device, by, "erasure requested", "all readings, samples and events")
    row = ErasureRow(tenant=tenant, device=identifier, device_no=device.no, requested_by=by)
    session.add(row)
    session.flush()
    _erase_samples(session, tenant, identifier, device.no)
    return Erasure(row.id, tenant, identifier, device.no)


def waiting(session: Session) -> list[Erasure]:
    """What is still to be erased from the store, the oldest wish first."""
    rows = session.scalars(select(ErasureRow).where(ErasureRow.done_at.is_(None)).order_by(ErasureRow.id))
    return [Erasure(row.id, row.tenant, row.device, row.device_no) for row in rows]


def done(session: Session, erasure: Erasure, readings: int, now_ms: int) -> None:
    """Book that the store holds nothing of the device any more, and erase the samples that came in meanwhile."""
    _erase_samples(session, erasure.tenant, erasure.device, erasure.device_no)
    session.execute(
        update(ErasureRow)
        .where(ErasureRow.id == erasure.id)
        .values(done_at=from_ms(now_ms), readings=func.coalesce(ErasureRow.readings, 0) + readings)
    )


def _erase_samples(session: Session, tenant: str, identifier: str, device_no: int) -> None:
    session.execute(delete(QuarantineRow).where(QuarantineRow.tenant == tenant, QuarantineRow.device == identifier))
    session.execute(delete(DeviceEventRow).where(DeviceEventRow.device_no == device_no))
