"""Consent: granted and withdrawn for one purpose at a time; a withdrawal outlives every later import.

What may be looked at on a customer's devices follows it at once, in the device registry.
"""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy import CursorResult, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from detectors import metrics
from detectors.trips import store
from ingest.registry import permissions
from kit.logs import get
from outreach.tables import ConsentRow

_log = get("consent")


def grant(session: Session, tenant: str, customer_id: str, purpose: str, *, source: str, at: datetime) -> bool:
    """Put a consent in force; False when it was in force already."""
    statement = (
        insert(ConsentRow)
        .values(tenant=tenant, customer_id=customer_id, purpose=purpose, granted_at=at, source=source)
        .on_conflict_do_nothing()
        .returning(ConsentRow.id)
    )
    granted = session.execute(statement).scalar() is not None
    if purpose in permissions.PURPOSES:
        permissions.permit(session, tenant, customer_id, purpose)
    return granted


def grant_first(session: Session, tenant: str, customer_id: str, purpose: str, *, source: str, at: datetime) -> bool:
    """Grant a consent that never was given before; what the customer once withdrew stays withdrawn."""
    known = session.scalar(
        select(ConsentRow.id)
        .where(ConsentRow.tenant == tenant, ConsentRow.customer_id == customer_id, ConsentRow.purpose == purpose)
        .limit(1)
    )
    return known is None and grant(session, tenant, customer_id, purpose, source=source, at=at)


def withdraw(session: Session, tenant: str, customer_id: str, purpose: str, at: datetime) -> bool:
    """End a consent at once; False when none was in force."""
    if purpose in permissions.PURPOSES:
        permissions.forbid(session, tenant, customer_id, purpose)
    if purpose == permissions.COACHING:
        _forget_trips(session, tenant, customer_id)
    done = session.execute(
        update(ConsentRow)
        .where(
            ConsentRow.tenant == tenant,
            ConsentRow.customer_id == customer_id,
            ConsentRow.purpose == purpose,
            ConsentRow.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=at)
    )
    return cast("CursorResult[tuple[()]]", done).rowcount > 0


def _forget_trips(session: Session, tenant: str, customer_id: str) -> None:
    gone = store.forget(session, tenant, customer_id)
    metrics.trips_forgotten.inc(gone)
    _log.info("trips forgotten", customer=customer_id, trips=gone)
