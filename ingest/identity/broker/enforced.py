"""What the broker must know of the registry: whose password is which, and who is shut out."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ingest.identity.credentials import Kind, is_live
from ingest.tables import DeviceCredentialRow, DeviceRow

Mark = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Enforced:
    """Password hashes by device, revoked devices, and serial numbers (hex) of certificates that count no more."""

    passwords: dict[str, str]
    revoked: tuple[str, ...]
    serials: tuple[str, ...]


def read(session: Session, tenant: str) -> Enforced:
    """What holds now for the tenant's devices; of several passwords the newest counts."""
    return Enforced(_passwords(session, tenant), _revoked(session, tenant), _serials(session, tenant))


def mark(session: Session, tenant: str) -> Mark:
    """What changes whenever `read` does, made by the database without sending a device; time alone may change it."""
    credentials = (
        select(func.count(), func.max(DeviceCredentialRow.id), func.count().filter(is_live()))
        .join(DeviceRow, DeviceRow.no == DeviceCredentialRow.device_no)
        .where(DeviceRow.tenant == tenant)
    )
    devices = select(func.count(), func.sum(func.extract("epoch", DeviceRow.revoked_at))).where(
        DeviceRow.tenant == tenant
    )
    return (*session.execute(credentials).one(), *session.execute(devices).one())


def _passwords(session: Session, tenant: str) -> dict[str, str]:
    rows = session.execute(
        select(DeviceRow.identifier, DeviceCredentialRow.secret)
        .join(DeviceRow, DeviceRow.no == DeviceCredentialRow.device_no)
        .where(
            DeviceRow.tenant == tenant,
            DeviceRow.revoked_at.is_(None),
            DeviceCredentialRow.kind == Kind.PASSWORD,
            is_live(),
        )
        .order_by(DeviceCredentialRow.id)
    ).all()
    return {row.identifier: row.secret for row in rows}


def _revoked(session: Session, tenant: str) -> tuple[str, ...]:
    rows = session.execute(
        select(DeviceRow.identifier)
        .where(DeviceRow.tenant == tenant, DeviceRow.revoked_at.is_not(None))
        .order_by(DeviceRow.identifier)
    )
    return tuple(rows.scalars())


def _serials(session: Session, tenant: str) -> tuple[str, ...]:
    """Of certificates that were revoked or replaced; those of a revoked device are all revoked with it."""
    rows = session.execute(
        select(DeviceCredentialRow.secret)
        .join(DeviceRow, DeviceRow.no == DeviceCredentialRow.device_no)
        .where(DeviceRow.tenant == tenant, DeviceCredentialRow.kind == Kind.CERTIFICATE, ~is_live())
        .order_by(DeviceCredentialRow.id)
    )
    return tuple(rows.scalars())
