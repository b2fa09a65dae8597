"""What `forewarn doctor` says about identity: certificates that end soon, a broker out of step, refusals."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from ingest.errors import AuthorityMissing
from ingest.identity import authority
from ingest.identity.authority import Authority
from ingest.identity.broker import refusals
from ingest.identity.credentials import Kind, is_live
from ingest.tables import DeviceCredentialRow, DeviceRow
from kit.db import connect, transaction
from kit.errors import ServiceError
from kit.plugins import Check
from kit.settings import Core, Settings

SOON = timedelta(days=30)  # less leaves no time to reach a device that is seldom switched on
LONG_BEFORE = timedelta(days=730)  # a new authority must reach every device before the old one ends


def checks(settings: Settings) -> Iterator[Check]:
    """One line for the authority, the certificates, the refusals; nothing where there is no authority."""
    try:
        ca = Authority.load(authority.home(settings))
    except AuthorityMissing:
        return
    now, tenant = datetime.now(UTC), settings.of(Core).tenant
    lasts = ca.expires_at - now > LONG_BEFORE
    fix = "" if lasts else "Make a new authority in time: every device needs a certificate of it."
    yield Check("certificate authority", lasts, f"ends {ca.expires_at:%Y-%m-%d}", fix)
    try:
        engine = connect(settings)
        with transaction(engine) as session:
            soon = _ending(session, tenant, now + SOON)
            refused = sum(line.count for line in refusals.since(session, tenant, now - timedelta(days=1)))
        engine.dispose()
    except (SQLAlchemyError, ServiceError):
        return  # the database has its own line
    fix = "Renew them: `forewarn devices rotate`." if soon else ""
    yield Check(
        "device certificates", not soon, f"{soon:,} devices' last certificate ends within {SOON.days} days", fix
    )
    fix = "See whose: `forewarn broker refusals`." if refused else ""
    yield Check("refused at the broker", True, f"{refused:,} messages in 24 hours", fix)


def _ending(session: Session, tenant: str, before: datetime) -> int:
    """How many devices have a live certificate, and none that lasts beyond `before`."""
    last = (
        select(func.max(DeviceCredentialRow.expires_at).label("ends"))
        .join(DeviceRow, DeviceRow.no == DeviceCredentialRow.device_no)
        .where(DeviceRow.tenant == tenant, DeviceCredentialRow.kind == Kind.CERTIFICATE, is_live())
        .group_by(DeviceCredentialRow.device_no)
        .subquery()
    )
    return session.execute(select(func.count()).where(last.c.ends < before)).scalar_one()
