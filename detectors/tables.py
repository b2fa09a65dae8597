"""Tables of the detectors: findings, verdicts on them, and the workers' checkpoints."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, LargeBinary, func, text
from sqlalchemy.orm import Mapped, mapped_column

from kit.db import Base


class FindingRow(Base):
    """One finding, written once and never changed but for `triaged_at`; `number` breaks ties of `created_at`."""

    __tablename__ = "finding"
    __table_args__ = (
        Index("ix_finding_waiting", "created_at", "number", postgresql_where=text("triaged_at IS NULL")),
        Index("ix_finding_device", "tenant", "device", "onset"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    tenant: Mapped[str]
    device: Mapped[str]
    fault: Mapped[str]
    kind: Mapped[str]
    onset: Mapped[datetime]
    detected: Mapped[datetime]
    surprise: Mapped[float]
    severity: Mapped[float]
    confidence: Mapped[float]
    contact: Mapped[bool]
    detector: Mapped[str]
    version: Mapped[str]
    evidence: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    triaged_at: Mapped[datetime | None]


class VerdictRow(Base):
    """One opinion on a finding; several may exist, from staff, from the customer and from the telemetry."""

    __tablename__ = "verdict"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    finding_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("finding.id", ondelete="CASCADE"), index=True)
    verdict: Mapped[str]
    source: Mapped[str]
    actor: Mapped[str]
    note: Mapped[str]
    at: Mapped[datetime]


class CheckpointRow(Base):
    """What one partition's engine knew after the frame at `log_offset`; replay goes on with the frame after it."""

    __tablename__ = "checkpoint"

    partition: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    log_offset: Mapped[int] = mapped_column(BigInteger)
    log_ms: Mapped[int] = mapped_column(BigInteger)
    version: Mapped[str]
    state: Mapped[bytes] = mapped_column(LargeBinary)
    saved_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp(), onupdate=func.clock_timestamp())
