"""The quarantine: bounded samples of what was refused, with the reason. How much was refused is in the ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select, tuple_
from sqlalchemy.orm import Session

from ingest.reading import Refusal
from ingest.tables import QuarantineRow
from kit.clock import from_ms


@dataclass(frozen=True, slots=True)
class QuarantineLine:
    """One refused payload, or part of one: `count` readings, and the first bytes of the payload."""

    device: str
    reason: str
    detail: str
    count: int
    sample: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many samples are kept for each device and reason, and in all; always the newest."""

    per_reason: int
    in_all: int


def keep(session: Session, tenant: str, refused: Sequence[tuple[int, Refusal]], bounds: Bounds) -> None:
    """Keep samples of ``(received ms, refusal)`` in order of arrival, and drop the oldest beyond the bounds."""
    newest: dict[tuple[str, str], list[tuple[int, Refusal]]] = defaultdict(list)
    for received_ms, refusal in refused:
        newest[refusal.device, refusal.reason].append((received_ms, refusal))
    rows = [
        {
            "tenant": tenant,
            "device": refusal.device,
            "reason": refusal.reason,
            "detail": refusal.detail,
            "count": refusal.count,
            "sample": refusal.sample,
            "received_at": from_ms(received_ms),
        }
        for samples in newest.values()
        for received_ms, refusal in samples[-bounds.per_reason :]
    ]
    if not rows:
        return
    session.execute(insert(QuarantineRow), rows[-bounds.in_all :])
    _drop_beyond(session, tenant, list(newest), bounds)


def _drop_beyond(session: Session, tenant: str, keys: list[tuple[str, str]], bounds: Bounds) -> None:
    rank = func.row_number().over(
        partition_by=(QuarantineRow.device, QuarantineRow.reason), order_by=QuarantineRow.id.desc()
    )
    ranked = (
        select(QuarantineRow.id, rank.label("rank"))
        .where(QuarantineRow.tenant == tenant, tuple_(QuarantineRow.device, QuarantineRow.reason).in_(keys))
        .subquery()
    )
    too_many = select(ranked.c.id).where(ranked.c.rank > bounds.per_reason)
    session.execute(delete(QuarantineRow).where(QuarantineRow.id.in_(too_many)))
    oldest = (
        select(QuarantineRow.id)
        .where(QuarantineRow.tenant == tenant)
        .order_by(QuarantineRow.id.desc())
        .offset(bounds.in_all)
        .limit(1)
        .scalar_subquery()
    )
    session.execute(delete(QuarantineRow).where(QuarantineRow.tenant == tenant, QuarantineRow.id <= oldest))


def newest(session: Session, tenant: str, limit: int = 50, device: str | None = None) -> list[QuarantineLine]:
    """The newest samples, of one device where it is given, newest first."""
    query = select(QuarantineRow).where(QuarantineRow.tenant == tenant)
    if device is not None:
        query = query.where(QuarantineRow.device == device)
    return [
        QuarantineLine(row.device, row.reason, row.detail, row.count, row.sample, row.received_at)
        for row in session.scalars(query.order_by(QuarantineRow.id.desc()).limit(limit))
    ]
