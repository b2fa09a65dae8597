"""Findings in PostgreSQL: written by the worker, claimed by triage, judged by people. Nothing here commits."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import cast

import msgspec
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from detectors.errors import FindingNotFound
from detectors.finding import Evidence, Finding, FindingKind
from detectors.tables import CheckpointRow, FindingRow, VerdictRow


def write(session: Session, findings: Iterable[Finding]) -> int:
    """Add findings; one that is there already (same id) is left as it is. Returns how many were new."""
    rows = [
        {name: getattr(finding, name) for name in Finding.__dataclass_fields__ if name != "evidence"}
        | {"evidence": msgspec.to_builtins(finding.evidence)}
        for finding in findings
    ]
    if not rows:
        return 0
    statement = insert(FindingRow).on_conflict_do_nothing(index_elements=["id"]).returning(FindingRow.id)
    return len(session.execute(statement, rows).all())


def claim_new(session: Session, limit: int) -> list[Finding]:
    """Up to `limit` findings that wait for triage, oldest first, locked until this transaction ends.

    Findings that another transaction has claimed are skipped. Call `mark_triaged` in the same transaction.
    """
    rows = session.scalars(
        select(FindingRow)
        .where(FindingRow.triaged_at.is_(None))
        .order_by(FindingRow.created_at, FindingRow.number)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [of_row(row) for row in rows]


def mark_triaged(session: Session, ids: Iterable[uuid.UUID]) -> None:
    """Say that these findings have reached their cases."""
    session.execute(
        update(FindingRow).where(FindingRow.id.in_(list(ids))).values(triaged_at=func.clock_timestamp()),
        execution_options={"synchronize_session": False},
    )


def add_reason(session: Session, finding: Finding, reason: str) -> Finding:
    """The finding with one more reason in its evidence, kept so; adding it again changes nothing."""
    pack = finding.evidence
    if reason in pack.reasons:
        return finding
    pack = replace(pack, summary=f"{pack.summary} {reason}", reasons=(*pack.reasons, reason))
    changed = update(FindingRow).where(FindingRow.id == finding.id).values(evidence=msgspec.to_builtins(pack))
    session.execute(changed, execution_options={"synchronize_session": False})
    return replace(finding, evidence=pack)


def get(session: Session, finding_id: uuid.UUID) -> Finding:
    """The finding with this id. Raises FindingNotFound."""
    row = session.get(FindingRow, finding_id)
    if row is None:
        raise FindingNotFound(finding_id)
    return of_row(row)


def of_device(session: Session, tenant: str, device: str, limit: int = 50) -> list[Finding]:
    """The newest findings of one device, newest first."""
    rows = session.scalars(
        select(FindingRow)
        .where(FindingRow.tenant == tenant, FindingRow.device == device)
        .order_by(FindingRow.detected.desc(), FindingRow.number.desc())
        .limit(limit)
    )
    return [of_row(row) for row in rows]


def became_normal(session: Session, tenant: str, device: str, limit: int = 10) -> list[Finding]:
    """What the device does differently by now without anybody having been told, newest first."""
    rows = session.scalars(
        select(FindingRow)
        .where(FindingRow.tenant == tenant, FindingRow.device == device, FindingRow.kind == "normal")
        .order_by(FindingRow.detected.desc(), FindingRow.number.desc())
        .limit(limit)
    )
    return [of_row(row) for row in rows]


def count(session: Session) -> int:
    """How many troubles were ever found: one that was raised again with more evidence counts once."""
    troubles = select(FindingRow.tenant, FindingRow.device, FindingRow.fault, FindingRow.onset)
    begun = troubles.where(FindingRow.kind == "raised").distinct().subquery()
    return session.scalar(select(func.count()).select_from(begun)) or 0


def saved_offsets(session: Session) -> dict[int, int]:
    """The log offset up to which each partition has been looked at, durably."""
    rows = session.execute(select(CheckpointRow.partition, CheckpointRow.log_offset))
    return {row.partition: row.log_offset for row in rows}


def record_verdict(
    session: Session, finding_id: uuid.UUID, verdict: str, *, source: str, actor: str, note: str, at: datetime
) -> None:
    """Keep an opinion on a finding: `verdict` is true, false, benign or unknown, `source` staff, customer or telemetry.

    Raises FindingNotFound.
    """
    if session.scalar(select(FindingRow.id).where(FindingRow.id == finding_id)) is None:
        raise FindingNotFound(finding_id)
    session.add(VerdictRow(finding_id=finding_id, verdict=verdict, source=source, actor=actor, note=note[:2000], at=at))
    session.flush()


def newest_verdict(session: Session, finding_id: uuid.UUID, source: str) -> str | None:
    """What one source said last of a finding; None when it never did."""
    said = select(VerdictRow.verdict).where(VerdictRow.finding_id == finding_id, VerdictRow.source == source)
    return session.scalar(said.order_by(VerdictRow.id.desc()).limit(1))


def of_row(row: FindingRow) -> Finding:
    """The finding that a row holds."""
    return Finding(
        id=row.id,
        tenant=row.tenant,
        device=row.device,
        fault=row.fault,
        kind=cast("FindingKind", row.kind),
        onset=row.onset,
        detected=row.detected,
        surprise=row.surprise,
        severity=row.severity,
        confidence=row.confidence,
        contact=row.contact,
        detector=row.detector,
        version=row.version,
        evidence=msgspec.convert(row.evidence, Evidence),
    )
