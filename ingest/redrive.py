"""Judge quarantined payloads again, after a mapping, a device type or the registry was mended.

What is taken now goes into the log like any other telemetry, marked historical, so that nobody is contacted about the
past; what is still refused comes back into the quarantine. The old hour's account loses what was quarantined in it, the
account of now gains all that the payload holds: what of it was stored before counts as duplicate. Both balance.

The log comes first, then the samples and the account move in one transaction. A crash in between leaves the samples:
they are judged again, the log passes over an entry that it has just taken, the store over readings that it has.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np
from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.orm import Session

from ingest import ledger
from ingest.config import Config
from ingest.gateway.gather import Columns
from ingest.gateway.known import KnownDevices
from ingest.gateway.memory import recall
from ingest.gateway.payload import PayloadReader, limits_of
from ingest.gateway.routes import Router
from ingest.ledger import HOUR_MS, NO_DEVICE, Counts
from ingest.log.frames import encode
from ingest.log.protocol import PartitionLog
from ingest.reading import Quality, ReadingBatch
from ingest.tables import LedgerRow, QuarantineRow
from ingest.writer.account import NOBODYS
from kit.clock import SystemClock, from_ms, to_ms
from kit.db import check, connect, transaction
from kit.settings import Core, Settings
from kit.supervise import Stop

PAYLOADS = 200  # judged in one transaction; more holds samples locked for long, fewer syncs the log for each

_NONE = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which samples: all that were kept whole, or those of one device or reason."""

    device: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Redriven:
    """What became of payloads: judged again, taken into the log (with so many good readings), refused as before."""

    payloads: int = 0
    taken: int = 0
    readings: int = 0
    still_refused: int = 0


@dataclass(frozen=True, slots=True)
class _Judged:
    """One payload: its samples, and what is made of it now by partition."""

    rows: list[QuarantineRow]
    columns: dict[int, Columns]

    def readings(self) -> int:
        """How many readings are good now."""
        return sum(len(found.series) for found in self.columns.values())

    def mended(self) -> bool:
        """Whether less is refused than before. The same bytes may have come several times at one time."""
        refused = sum(refusal.count for found in self.columns.values() for refusal in found.refusals)
        copies = max(Counter((row.device, row.reason) for row in self.rows).values())
        return refused * copies < sum(row.count for row in self.rows)


def redrive(settings: Settings, log: PartitionLog, wanted: Wanted, dry_run: bool) -> Redriven:
    """Judge everything that is wanted; with `dry_run` only say what would come of it.

    May run beside the gateway and the writer, and again after an error. Raises LogFull, LogUnavailable, ServiceError.
    """
    config, tenant = settings.of(Config), settings.of(Core).tenant
    engine = connect(settings)
    try:
        check(engine)
        known = KnownDevices(engine, tenant, log.partitions)
        known.refresh()
        reader = PayloadReader(Router(tenant, config), known, limits_of(config), log.partitions)
        recall(engine, reader.router, Stop())
        steps, total, after = Redrive(tenant, reader, log), Redriven(), 0
        while True:
            with transaction(engine) as session:
                found, after = steps.step(session, wanted, after, SystemClock().now_ms(), dry_run)
            if not after:
                return total
            total = Redriven(*(a + b for a, b in zip(astuple(total), astuple(found), strict=True)))
    finally:
        engine.dispose()


class Redrive:
    """Takes payloads out of the quarantine through the same reader as the gateway's."""

    def __init__(self, tenant: str, reader: PayloadReader, log: PartitionLog) -> None:
        self._tenant = tenant
        self._reader = reader
        self._log = log

    def step(self, session: Session, wanted: Wanted, after: int, now_ms: int, dry_run: bool) -> tuple[Redriven, int]:
        """Judge the next payloads whose first sample has a number above `after`, and give the last of these numbers.

        That is 0 when there are none. Raises LogFull or LogUnavailable; the caller rolls back, and may call again.
        """
        payloads, last_id = self._payloads(session, wanted, after)
        judged = [self._judge(rows) for rows in payloads]
        mended = [one for one in judged if one is not None and one.mended()]
        if not dry_run and mended:
            self._log.append_many([entry for one in mended for entry in _entries(one, now_ms)])
            self._move(session, mended)
        readings = sum(one.readings() for one in mended)
        return Redriven(len(judged), len(mended), readings, len(judged) - len(mended)), last_id

    def _payloads(self, session: Session, wanted: Wanted, after: int) -> tuple[list[list[QuarantineRow]], int]:
        """The next payloads with all of their samples (one may be refused for several reasons), and the last's number.

        A payload is known by its topic and its time, and by its bytes where two came at one time.
        """
        first = func.min(QuarantineRow.id)
        of_tenant = (QuarantineRow.tenant == self._tenant, QuarantineRow.whole)
        query = select(QuarantineRow.topic, QuarantineRow.received_at, first).where(*of_tenant)
        if wanted.device is not None:
            query = query.where(QuarantineRow.device == wanted.device)
        if wanted.reason is not None:
            query = query.where(QuarantineRow.reason == wanted.reason)
        place = (QuarantineRow.topic, QuarantineRow.received_at)
        found = session.execute(query.group_by(*place).having(first > after).order_by(first).limit(PAYLOADS)).all()
        if not found:
            return [], 0
        keys = [(topic, received_at) for topic, received_at, _id in found]
        rows = session.scalars(
            select(QuarantineRow)
            .where(*of_tenant, tuple_(*place).in_(keys))
            .order_by(QuarantineRow.id)
            .with_for_update(skip_locked=True)
        )
        by_payload: defaultdict[tuple[Any, ...], list[QuarantineRow]] = defaultdict(list)
        for row in rows:
            by_payload[row.topic, row.received_at, row.sample].append(row)
        return list(by_payload.values()), max(number for _topic, _at, number in found)

    def _judge(self, rows: list[QuarantineRow]) -> _Judged | None:
        """What the payload says now; None where it cannot be known any more what it said then."""
        row = rows[0]
        way = self._reader.router.find(row.topic)
        if way is not None and not way.replayable:
            return None
        columns: defaultdict[int, Columns] = defaultdict(Columns)
        self._reader.read(row.topic, row.sample, to_ms(row.received_at), columns.__getitem__)
        return _Judged(rows, columns)

    def _move(self, session: Session, mended: list[_Judged]) -> None:
        """Take the samples out of the quarantine and out of their hours' accounts."""
        rows = [row for one in mended for row in one.rows]
        entries: defaultdict[tuple[str, int], Counts] = defaultdict(Counts)
        for row in rows:
            hour = to_ms(row.received_at) // HOUR_MS
            counts = entries[self._account(session, row, hour), hour]
            counts.received -= row.count
            counts.quarantined -= row.count
        ledger.book(session, self._tenant, entries)
        session.execute(delete(QuarantineRow).where(QuarantineRow.id.in_([row.id for row in rows])))

    def _account(self, session: Session, row: QuarantineRow, hour: int) -> str:
        """Whose account the sample was booked in: its device's, unless it was not registered then."""
        own = session.get(LedgerRow, (self._tenant, row.device, from_ms(hour * HOUR_MS)))
        registered = row.reason not in NOBODYS and own is not None and own.quarantined >= row.count
        return row.device if registered else NO_DEVICE


def _entries(one: _Judged, now_ms: int) -> list[tuple[int, bytes, str]]:
    """The log entries of a payload; their id is the same whenever it is judged again."""
    entries = []
    for partition, found in one.columns.items():
        found.quality = [quality | Quality.HISTORICAL for quality in found.quality]
        frame = found.frame(now_ms, ReadingBatch.empty(), _NONE, _NONE)
        entries.append((partition, encode(frame), f"redrive-{one.rows[0].id}"))
    return entries
