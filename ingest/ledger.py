"""The telemetry ledger: per device and hour of receiving, received = stored + duplicate + quarantined + throttled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from ingest import arrays
from ingest.tables import LedgerRow

HOUR_MS = 3_600_000
NO_DEVICE = ""  # the account of payloads that belong to no registered device: made-up names cannot fill the ledger


@dataclass(slots=True)
class Counts:
    """One account. `late` and `historical` are parts of `stored`.

    `missing` counts messages that a device's own sequence numbers say were sent and that never came. It stands outside
    the balance: what never came was never received.
    """

    received: int = 0
    stored: int = 0
    duplicate: int = 0
    quarantined: int = 0
    throttled: int = 0
    late: int = 0
    historical: int = 0
    missing: int = 0

    def balances(self) -> bool:
        """Whether every reading that was received is accounted for."""
        return not self.difference()

    def difference(self) -> int:
        """Readings that were received and are in no column; negative: that are in one and were never received."""
        return self.received - self.stored - self.duplicate - self.quarantined - self.throttled


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """An account: of one device (None: of all together), over one hour (None: over all)."""

    device: str | None
    hour: datetime | None
    counts: Counts

    @property
    def balanced(self) -> bool:
        """Whether every reading of it is accounted for."""
        return self.counts.balances()


FIELDS = tuple(Counts.__dataclass_fields__)
_COLUMNS = [getattr(LedgerRow, name) for name in FIELDS]
_SUMS = [func.coalesce(func.sum(column), 0) for column in _COLUMNS]
_UNBALANCED = LedgerRow.received != LedgerRow.stored + LedgerRow.duplicate + LedgerRow.quarantined + LedgerRow.throttled

_BOOK = text(
    """
    INSERT INTO ledger AS l
           (tenant, device, hour, received, stored, duplicate, quarantined, throttled, late, historical, missing)
    SELECT :tenant, u.device, to_timestamp(u.hour * 3600), u.received, u.stored, u.duplicate, u.quarantined,
           u.throttled, u.late, u.historical, u.missing
      FROM unnest(
           CAST(:device AS text[]), CAST(:hour AS bigint[]), CAST(:received AS bigint[]),
           CAST(:stored AS bigint[]), CAST(:duplicate AS bigint[]), CAST(:quarantined AS bigint[]),
           CAST(:throttled AS bigint[]), CAST(:late AS bigint[]), CAST(:historical AS bigint[]),
           CAST(:missing AS bigint[]))
        AS u(device, hour, received, stored, duplicate, quarantined, throttled, late, historical, missing)
    ON CONFLICT (tenant, device, hour) DO UPDATE
       SET received = l.received + excluded.received, stored = l.stored + excluded.stored,
           duplicate = l.duplicate + excluded.duplicate, quarantined = l.quarantined + excluded.quarantined,
           throttled = l.throttled + excluded.throttled, late = l.late + excluded.late,
           historical = l.historical + excluded.historical, missing = l.missing + excluded.missing
    """
)


def book(session: Session, tenant: str, entries: Mapping[tuple[str, int], Counts]) -> None:
    """Add to the accounts; keys are (device, hour of receiving since the epoch)."""
    if not entries:
        return
    rows = sorted(entries.items())
    columns = {name: arrays.integers([getattr(counts, name) for _key, counts in rows]) for name in FIELDS}
    columns["device"] = arrays.texts(device for (device, _hour), _counts in rows)
    columns["hour"] = arrays.integers(hour for (_device, hour), _counts in rows)
    session.execute(_BOOK, {"tenant": tenant, **columns})


def fill_back(session: Session, tenant: str, device: str, count: int) -> int:
    """Take `count` late messages off the newest hours in which the device missed any; how many were taken off."""
    rows = session.scalars(
        select(LedgerRow)
        .where(LedgerRow.tenant == tenant, LedgerRow.device == device, LedgerRow.missing > 0)
        .order_by(LedgerRow.hour.desc())
        .with_for_update()
    )
    left = count
    for row in rows:
        taken = min(left, row.missing)
        row.missing -= taken
        left -= taken
        if not left:
            break
    session.flush()
    return count - left


def totals(session: Session, tenant: str) -> Counts:
    """The sum of every account of the tenant."""
    row = session.execute(select(*_SUMS).where(LedgerRow.tenant == tenant)).one()
    return _counts(row)


def by_device(session: Session, tenant: str, since: datetime | None = None) -> list[LedgerLine]:
    """The account of each device over all time, or since that hour, by identifier."""
    query = select(LedgerRow.device, *_SUMS).where(LedgerRow.tenant == tenant)
    if since is not None:
        query = query.where(LedgerRow.hour >= since)
    rows = session.execute(query.group_by(LedgerRow.device).order_by(LedgerRow.device))
    return [LedgerLine(row[0], None, _counts(row[1:])) for row in rows]


def by_hour(session: Session, tenant: str, since: datetime) -> list[LedgerLine]:
    """The account of all devices together for each hour since then that has one, newest first."""
    rows = session.execute(
        select(LedgerRow.hour, *_SUMS)
        .where(LedgerRow.tenant == tenant, LedgerRow.hour >= since)
        .group_by(LedgerRow.hour)
        .order_by(LedgerRow.hour.desc())
    )
    return [LedgerLine(None, row[0], _counts(row[1:])) for row in rows]


def of_device(
    session: Session, tenant: str, device: str, limit: int = 48, since: datetime | None = None
) -> list[LedgerLine]:
    """The newest hours of one device's account, newest first."""
    query = select(LedgerRow.hour, *_COLUMNS).where(LedgerRow.tenant == tenant, LedgerRow.device == device)
    if since is not None:
        query = query.where(LedgerRow.hour >= since)
    rows = session.execute(query.order_by(LedgerRow.hour.desc()).limit(limit))
    return [LedgerLine(device, row[0], _counts(row[1:])) for row in rows]


def unbalanced(
    session: Session, tenant: str, device: str | None = None, since: datetime | None = None, limit: int = 1000
) -> list[LedgerLine]:
    """Hours in which not every reading is accounted for, newest first: there must be none, each is a fault of ours."""
    query = select(LedgerRow.device, LedgerRow.hour, *_COLUMNS).where(LedgerRow.tenant == tenant, _UNBALANCED)
    if device is not None:
        query = query.where(LedgerRow.device == device)
    if since is not None:
        query = query.where(LedgerRow.hour >= since)
    rows = session.execute(query.order_by(LedgerRow.hour.desc(), LedgerRow.device).limit(limit))
    return [LedgerLine(row[0], row[1], _counts(row[2:])) for row in rows]


def _counts(row: Iterable[int]) -> Counts:
    return Counts(*(int(value) for value in row))
