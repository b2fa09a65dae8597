"""The telemetry ledger: per device and hour of receiving, received = stored + duplicate + quarantined + throttled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ingest.tables import LedgerRow

HOUR_MS = 3_600_000
NO_DEVICE = ""  # the account of payloads that belong to no registered device: made-up names cannot fill the ledger


@dataclass(slots=True)
class Counts:
    """One account. `late` and `historical` are parts of `stored`."""

    received: int = 0
    stored: int = 0
    duplicate: int = 0
    quarantined: int = 0
    throttled: int = 0
    late: int = 0
    historical: int = 0

    def balances(self) -> bool:
        """Whether every reading that was received is accounted for."""
        return self.received == self.stored + self.duplicate + self.quarantined + self.throttled


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """The account of one device, over one hour or, with `hour` None, over all."""

    device: str
    hour: datetime | None
    counts: Counts


FIELDS = tuple(Counts.__dataclass_fields__)
_COLUMNS = [getattr(LedgerRow, name) for name in FIELDS]
_SUMS = [func.coalesce(func.sum(column), 0) for column in _COLUMNS]


def book(session: Session, tenant: str, entries: Mapping[tuple[str, int], Counts]) -> None:
    """Add to the accounts; keys are (device, hour of receiving since the epoch)."""
    rows = [
        {"tenant": tenant, "device": device, "hour": datetime.fromtimestamp(hour * 3600, UTC), **asdict(counts)}
        for (device, hour), counts in sorted(entries.items())
    ]
    if not rows:
        return
    statement = insert(LedgerRow)
    added = {name: getattr(LedgerRow, name) + statement.excluded[name] for name in FIELDS}
    session.execute(statement.on_conflict_do_update(index_elements=["tenant", "device", "hour"], set_=added), rows)


def totals(session: Session, tenant: str) -> Counts:
    """The sum of every account of the tenant."""
    row = session.execute(select(*_SUMS).where(LedgerRow.tenant == tenant)).one()
    return Counts(*(int(value) for value in row))


def by_device(session: Session, tenant: str) -> list[LedgerLine]:
    """The account of each device over all time, by identifier."""
    rows = session.execute(
        select(LedgerRow.device, *_SUMS)
        .where(LedgerRow.tenant == tenant)
        .group_by(LedgerRow.device)
        .order_by(LedgerRow.device)
    )
    return [LedgerLine(row[0], None, Counts(*(int(value) for value in row[1:]))) for row in rows]


def of_device(session: Session, tenant: str, device: str, limit: int = 48) -> list[LedgerLine]:
    """The newest hours of one device's account, newest first."""
    rows = session.execute(
        select(LedgerRow.hour, *_COLUMNS)
        .where(LedgerRow.tenant == tenant, LedgerRow.device == device)
        .order_by(LedgerRow.hour.desc())
        .limit(limit)
    )
    return [LedgerLine(device, row[0], Counts(*(int(value) for value in row[1:]))) for row in rows]
