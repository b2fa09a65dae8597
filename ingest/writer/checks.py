"""What `forewarn doctor` says about the log and the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from ingest import ledger
from ingest.errors import FrameCorrupt
from ingest.log.frames import decode
from ingest.log.protocol import PartitionLog
from ingest.writer import trim
from kit.plugins import Check

LOOK_BACK = timedelta(days=7)  # hours looked at; more asks much of a large ledger, fewer forgets a fault too soon
BEHIND_MS = 15 * 60_000  # a reader that stands longer is down; shorter blames one that is catching up
FULL = 0.9  # of the bound


def log_checks(session: Session, log: PartitionLog, bound_bytes: int, now_ms: int) -> Iterator[Check]:
    """Whether the log has room, its ends can be read, and its readers come along. Raises LogUnavailable."""
    used = log.size_bytes()
    detail = (
        f"{used / 1e6:,.0f} MB of {bound_bytes / 1e6:,.0f} MB used,"
        f" oldest entry {_age(trim.oldest_ms(log, now_ms))} old"
    )
    fix = "Let the readers below catch up, or raise [ingest] log_max_mb."
    yield Check("log", used < FULL * bound_bytes, detail, "" if used < FULL * bound_bytes else fix)
    damaged = _damaged(log)
    if damaged:
        yield Check("log entries", False, f"damaged in partitions {damaged}", "Run `forewarn log check`.")
    for reader, lag in trim.lags_ms(session, log, now_ms).items():
        fix = f"See why the role of '{reader}' does not go on: `forewarn status`, its log. The log keeps its entries."
        yield Check(f"log reader {reader}", lag < BEHIND_MS, f"{_age(lag)} behind", "" if lag < BEHIND_MS else fix)


def ledger_check(session: Session, tenant: str, now: datetime) -> Check:
    """Whether every reading of the last days is accounted for."""
    lines = ledger.unbalanced(session, tenant, since=now - LOOK_BACK)
    if not lines:
        return Check("ledger", True, f"every hour of the last {LOOK_BACK.days} days balances")
    newest = lines[0].hour
    days = LOOK_BACK.days
    detail = f"{len(lines)} accounts of the last {days} days do not balance, the newest of {newest:%d %b %H:%M} UTC"
    return Check("ledger", False, detail, "Run `forewarn ledger --unbalanced`; this is a fault of ours, report it.")


def _damaged(log: PartitionLog) -> list[int]:
    """Partitions whose first or last entry is not what was written; `forewarn log check` reads all of them."""
    found: list[int] = []
    for partition in range(log.partitions):
        first, last = log.bounds(partition)
        ends = [row for after in {first - 1, last - 1} for row in log.read(partition, after, 1)]
        if not all(whole(data) for _offset, data in ends):
            found.append(partition)
    return found


def whole(data: bytes) -> bool:
    """Whether an entry is what was written."""
    try:
        decode(data)
    except FrameCorrupt:
        return False
    return True


def _age(ms: int) -> str:
    seconds = ms / 1000
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:,.0f} {unit}"
    return f"{seconds:,.0f} s"
