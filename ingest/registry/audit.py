"""The record of who changed what about a device: written with the change, in the same transaction, never altered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ingest.registry.devices import Device
from ingest.tables import DeviceAuditRow


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One change: at what time, by whom, what, and its particulars. It never holds a secret."""

    at: datetime
    actor: str
    action: str
    detail: str


def note(session: Session, device: Device, actor: str, action: str, detail: str = "") -> None:
    """Record a change to `device` by `actor`: a command's user, a customer, ``gateway``."""
    session.add(
        DeviceAuditRow(tenant=device.tenant, device=device.identifier, actor=actor, action=action, detail=detail)
    )
    session.flush()


def history(session: Session, tenant: str, device: str) -> list[AuditLine]:
    """Every recorded change to the device, the oldest first; it outlives the device."""
    rows = session.execute(
        select(DeviceAuditRow)
        .where(DeviceAuditRow.tenant == tenant, DeviceAuditRow.device == device)
        .order_by(DeviceAuditRow.id)
    ).scalars()
    return [AuditLine(row.at, row.actor, row.action, row.detail) for row in rows]
