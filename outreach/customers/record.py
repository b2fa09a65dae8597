"""The customer record: who somebody is, where they can be reached, and what they agreed to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from outreach.customers.quiet_hours import QuietHours
from outreach.tables import ConsentRow, ContactPointRow, CustomerRow

SERVICE = "service"  # the purpose "tell me about the health of my device"


@dataclass(frozen=True, slots=True)
class ContactPoint:
    """An address on one channel; only a verified one is written to."""

    channel: str
    address: str
    verified: bool


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer. `quiet_hours` of None means the house's own; `consents` are the purposes in force."""

    tenant: str
    id: str
    name: str
    language: str
    time_zone: str
    unit_system: str
    quiet_hours: QuietHours | None
    contact_points: tuple[ContactPoint, ...]
    consents: tuple[str, ...]

    @property
    def zone(self) -> ZoneInfo:
        """The customer's zone."""
        return zone_of(self.time_zone)


def zone_of(name: str) -> ZoneInfo:
    """The zone of that name, checked when it was kept; UTC when this machine does not know it (any more)."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def find(session: Session, tenant: str, customer_id: str) -> Customer | None:
    """The customer with this key, or None."""
    row = session.get(CustomerRow, (tenant, customer_id))
    return None if row is None else _customers(session, [row])[0]


def every(session: Session, tenant: str) -> list[Customer]:
    """Every customer of the tenant by key."""
    rows = session.scalars(select(CustomerRow).where(CustomerRow.tenant == tenant).order_by(CustomerRow.id))
    return _customers(session, list(rows))


def save(session: Session, customer: Customer, at: datetime) -> None:
    """Add or update the record; its contact points become those given. Consent is not touched: see `consent`."""
    values = {
        "tenant": customer.tenant,
        "id": customer.id,
        "name": customer.name,
        "language": customer.language,
        "time_zone": customer.time_zone,
        "unit_system": customer.unit_system,
        "quiet_from": customer.quiet_hours.begins if customer.quiet_hours else None,
        "quiet_until": customer.quiet_hours.ends if customer.quiet_hours else None,
    }
    session.execute(
        insert(CustomerRow).values(values).on_conflict_do_update(index_elements=["tenant", "id"], set_=values)
    )
    given = [(point.channel, point.address) for point in customer.contact_points]
    session.execute(
        delete(ContactPointRow).where(
            ContactPointRow.tenant == customer.tenant,
            ContactPointRow.customer_id == customer.id,
            tuple_(ContactPointRow.channel, ContactPointRow.address).not_in(given),
        )
    )
    for point in customer.contact_points:
        session.execute(
            insert(ContactPointRow)
            .values(
                tenant=customer.tenant,
                customer_id=customer.id,
                channel=point.channel,
                address=point.address,
                verified_at=at if point.verified else None,
            )
            .on_conflict_do_nothing()
        )


def _customers(session: Session, rows: Iterable[CustomerRow]) -> list[Customer]:
    found = list(rows)
    if not found:
        return []
    tenant, ids = found[0].tenant, [row.id for row in found]
    points: dict[str, list[ContactPoint]] = {row.id: [] for row in found}
    for point in session.scalars(
        select(ContactPointRow)
        .where(ContactPointRow.tenant == tenant, ContactPointRow.customer_id.in_(ids))
        .order_by(ContactPointRow.id)
    ):
        verified = point.verified_at is not None
        points[point.customer_id].append(ContactPoint(point.channel, point.address, verified))
    consents: dict[str, list[str]] = {row.id: [] for row in found}
    for consent in session.scalars(
        select(ConsentRow)
        .where(ConsentRow.tenant == tenant, ConsentRow.customer_id.in_(ids), ConsentRow.withdrawn_at.is_(None))
        .order_by(ConsentRow.purpose)
    ):
        consents[consent.customer_id].append(consent.purpose)
    return [_customer(row, tuple(points[row.id]), tuple(consents[row.id])) for row in found]


def _customer(row: CustomerRow, points: tuple[ContactPoint, ...], consents: tuple[str, ...]) -> Customer:
    quiet = None
    if row.quiet_from is not None and row.quiet_until is not None:
        quiet = QuietHours(row.quiet_from, row.quiet_until)
    return Customer(
        tenant=row.tenant,
        id=row.id,
        name=row.name,
        language=row.language,
        time_zone=row.time_zone,
        unit_system=row.unit_system,
        quiet_hours=quiet,
        contact_points=points,
        consents=consents,
    )
