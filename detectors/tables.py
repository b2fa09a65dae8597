"""Tables of the detectors: findings, verdicts on them, the trust that follows, and the workers' checkpoints."""

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
        Index("ix_finding_severity", "tenant", "fault", "severity"),
        Index("ix_finding_lately", "tenant", "fault", "detected"),
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
    """One opinion on a finding; several may exist, from staff, from the customer and from the telemetry.

    `weighed_at` says that the trust in what found it has taken the opinion into account.
    """

    __tablename__ = "verdict"
    __table_args__ = (Index("ix_verdict_unweighed", "id", postgresql_where=text("weighed_at IS NULL")),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    finding_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("finding.id", ondelete="CASCADE"), index=True)
    verdict: Mapped[str]
    source: Mapped[str]
    actor: Mapped[str]
    note: Mapped[str]
    at: Mapped[datetime]
    weighed_at: Mapped[datetime | None]


class TrustStandingRow(Base):
    """How far one version of what finds a fault is trusted: it may contact, or its findings wait for a person.

    `prior_right` and `prior_wrong` are what it began with, `right` and `wrong` the weight of verdicts since.
    """

    __tablename__ = "trust_standing"

    tenant: Mapped[str] = mapped_column(primary_key=True)
    fault: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    reason: Mapped[str]
    changed_at: Mapped[datetime]
    began_at: Mapped[datetime]
    prior_right: Mapped[float]
    prior_wrong: Mapped[float]
    right: Mapped[float]
    wrong: Mapped[float]


class TrustDecisionRow(Base):
    """One decision about a standing, with its reason and the figures that it rests on. Only ever inserted."""

    __tablename__ = "trust_decision"
    __table_args__ = (Index("ix_trust_decision_newest", "tenant", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    tenant: Mapped[str]
    fault: Mapped[str]
    version: Mapped[str]
    state: Mapped[str]
    reason: Mapped[str]
    detail: Mapped[dict[str, Any]]
    at: Mapped[datetime]


class TrustContactRow(Base):
    """A customer was told of a finding (the one that its episode began with).

    `released_by` is the person who let it go, "" when none did; `verdict` is whether it was right, once judged.
    """

    __tablename__ = "trust_contact"
    __table_args__ = (Index("ix_trust_contact_newest", "tenant", "at"),)

    finding_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("finding.id", ondelete="CASCADE"), primary_key=True)
    tenant: Mapped[str]
    device: Mapped[str]
    fault: Mapped[str]
    version: Mapped[str]
    at: Mapped[datetime]
    released_by: Mapped[str]
    verdict: Mapped[str | None]


class ShadowFindingRow(Base):
    """What a draft found in shadow: nothing is opened from it."""

    __tablename__ = "shadow_finding"
    __table_args__ = (Index("ix_shadow_finding_version", "tenant", "version", "detected"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(primary_key=True)
    tenant: Mapped[str]
    device: Mapped[str]
    fault: Mapped[str]
    kind: Mapped[str]
    onset: Mapped[datetime]
    detected: Mapped[datetime]
    severity: Mapped[float]
    confidence: Mapped[float]
    contact: Mapped[bool]


class ShadowCheckpointRow(Base):
    """What one partition's shadow knew after the frame at `log_offset`, and the log time from which to which it ran."""

    __tablename__ = "shadow_checkpoint"

    partition: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    log_offset: Mapped[int] = mapped_column(BigInteger)
    version: Mapped[str]
    state: Mapped[bytes] = mapped_column(LargeBinary)
    began_at: Mapped[datetime]
    until_at: Mapped[datetime]


class CheckpointRow(Base):
    """What one partition's engine knew after the frame at `log_offset`; replay goes on with the frame after it."""

    __tablename__ = "checkpoint"

    partition: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    log_offset: Mapped[int] = mapped_column(BigInteger)
    log_ms: Mapped[int] = mapped_column(BigInteger)
    version: Mapped[str]
    state: Mapped[bytes] = mapped_column(LargeBinary)
    saved_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp(), onupdate=func.clock_timestamp())


class FindingHoldRow(Base):
    """A finding that waits because the hub through which its device speaks is silent, too; no case is opened of it.

    It counts as triaged. `ended_at` is when it was let go (it then waits for triage again) or had become pointless.
    """

    __tablename__ = "finding_hold"
    __table_args__ = (Index("ix_finding_hold_open", "tenant", "hub", postgresql_where=text("ended_at IS NULL")),)

    finding_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("finding.id", ondelete="CASCADE"), primary_key=True)
    tenant: Mapped[str]
    hub: Mapped[str]
    device: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    ended_at: Mapped[datetime | None]


class IncidentRow(Base):
    """One cause that shows on many devices at once, as far as counting can tell: a candidate for people to judge.

    `what` tells apart what has no name of its own (the signal of unusual behaviour). `dimension` and `value` say whom
    it strikes: `struck` of `devices`, where `expected` are usual; `lifts` compares all groups. Times are event time.
    """

    __tablename__ = "incident"
    __table_args__ = (Index("ix_incident_newest", "tenant", "fault", "last_at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    tenant: Mapped[str]
    fault: Mapped[str]
    what: Mapped[str]
    device_type: Mapped[str]
    onset: Mapped[datetime]
    last_at: Mapped[datetime]
    dimension: Mapped[str]
    value: Mapped[str]
    devices: Mapped[int]
    struck: Mapped[int]
    expected: Mapped[float]
    lifts: Mapped[list[Any]]
    dismissed_by: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class IncidentFindingRow(Base):
    """A finding that an incident accounts for."""

    __tablename__ = "incident_finding"

    finding_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("finding.id", ondelete="CASCADE"), primary_key=True)
    incident_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("incident.id", ondelete="CASCADE"), index=True)


class TripRow(Base):
    """A trip of a device whose owner agreed to be coached; see `detectors.trips.trip.Trip`. Gone with the consent."""

    __tablename__ = "trip"
    __table_args__ = (
        Index("ix_trip_device", "tenant", "device", "started_at"),
        Index("ix_trip_owner", "tenant", "owner"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    tenant: Mapped[str]
    device: Mapped[str]
    owner: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    distance_km: Mapped[float]
    moving_s: Mapped[float]
    standing_s: Mapped[float]
    idle_s: Mapped[float]
    stops: Mapped[int]
    top_speed: Mapped[float]
    braking: Mapped[int | None]
    acceleration: Mapped[int | None]
    cornering: Mapped[int | None]
    fast_s: Mapped[float | None]
    judged_by: Mapped[str]


class TripCheckpointRow(Base):
    """What is known of trips under way in one partition after the frame at `log_offset`; none where nobody agreed."""

    __tablename__ = "trip_checkpoint"

    partition: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    log_offset: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[bytes] = mapped_column(LargeBinary)
