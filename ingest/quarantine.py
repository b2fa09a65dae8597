"""The quarantine: bounded samples of what was refused, with the reason. How much was refused is in the ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, tuple_
from sqlalchemy.orm import Session

from ingest.reading import Refusal
from ingest.tables import QuarantineRow
from kit.clock import from_ms


@dataclass(frozen=True, slots=True)
class QuarantineLine:
    """One refused payload, or part of one: `count` readings, and the payload, `whole` or its first bytes."""

    device: str
    reason: str
    detail: str
    count: int
    sample: bytes
    received_at: datetime
    topic: str
    whole: bool


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many samples are kept for each device and reason, in all, and of how many bytes; always the newest."""

    per_reason: int
    in_all: int
    in_bytes: int


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
            "topic": refusal.topic.replace("\0", "\N{REPLACEMENT CHARACTER}"),  # PostgreSQL has no such character
            "whole": refusal.whole,
        }
        for samples in newest.values()
        for received_ms, refusal in samples[-bounds.per_reason :]
    ]
    if not rows:
        return
    session.execute(insert(QuarantineRow), _newest_within(rows, bounds))
    _drop_beyond(session, tenant, list(newest), bounds)


def _newest_within(rows: list[dict[str, Any]], bounds: Bounds) -> list[dict[str, Any]]:
    """The last of the rows that fit; at least one."""
    left = bounds.in_bytes
    for at in range(len(rows) - 1, -1, -1):
        left -= len(rows[at]["sample"])
        if left < 0 or len(rows) - at > bounds.in_all:
            return rows[min(at + 1, len(rows) - 1) :]
    return rows


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
    newer = QuarantineRow.id.desc()
    size = func.octet_length(QuarantineRow.sample) + func.octet_length(QuarantineRow.topic)
    running = (
        select(
            QuarantineRow.id,
            func.row_number().over(order_by=newer).label("samples"),
            func.sum(size).over(order_by=newer).label("bytes"),
        )
        .where(QuarantineRow.tenant == tenant)
        .subquery()
    )
    beyond = select(running.c.id).where((running.c.samples > bounds.in_all) | (running.c.bytes > bounds.in_bytes))
    session.execute(delete(QuarantineRow).where(QuarantineRow.id.in_(beyond)))


def newest(session: Session, tenant: str, limit: int = 50, device: str | None = None) -> list[QuarantineLine]:
    """The newest samples, of one device where it is given, newest first."""
    query = select(QuarantineRow).where(QuarantineRow.tenant == tenant)
    if device is not None:
        query = query.where(QuarantineRow.device == device)
    return [
        QuarantineLine(row.device, row.reason, row.detail, row.count, row.sample, row.received_at, row.topic, row.whole)
        for row in session.scalars(query.order_by(QuarantineRow.id.desc()).limit(limit))
    ]
