"""Tables of outreach: customers, episodes, cases with their timelines, the outbox, and the mail sink.

Rows stay in this folder; pages get the values of `outreach.cases.views`. Customers and devices are named by their
external keys, so no foreign key leaves the folder.
"""

from __future__ import annotations

import uuid
from datetime import datetime, time
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, ForeignKeyConstraint, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from kit.db import Base

OPEN_CASE = "state NOT IN ('resolved', 'closed')"


class CustomerRow(Base):
    """A customer; `id` is the operator's own key. Quiet hours of None are the house's, equal times mean none."""

    __tablename__ = "customer"

    tenant: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    language: Mapped[str]
    time_zone: Mapped[str]
    unit_system: Mapped[str]
    quiet_from: Mapped[time | None]
    quiet_until: Mapped[time | None]


class ContactPointRow(Base):
    """An address of a customer on one channel; nothing goes to one that is not verified."""

    __tablename__ = "contact_point"
    __table_args__ = (
        ForeignKeyConstraint(["tenant", "customer_id"], ["customer.tenant", "customer.id"], ondelete="CASCADE"),
        UniqueConstraint("tenant", "customer_id", "channel", "address"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    tenant: Mapped[str]
    customer_id: Mapped[str]
    channel: Mapped[str]
    address: Mapped[str]
    verified_at: Mapped[datetime | None]


class ConsentRow(Base):
    """A customer's consent to one purpose, from grant to withdrawal; kept as proof after it ended."""

    __tablename__ = "consent"
    __table_args__ = (
        ForeignKeyConstraint(["tenant", "customer_id"], ["customer.tenant", "customer.id"], ondelete="CASCADE"),
        Index(
            "uq_consent_in_force",
            "tenant",
            "customer_id",
            "purpose",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    tenant: Mapped[str]
    customer_id: Mapped[str]
    purpose: Mapped[str]
    granted_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    source: Mapped[str]


class CaseRow(Base):
    """A case. Its events are the truth; from `state` on the columns are their fold, written in the same transaction.

    `revision` counts the events.
    """

    __tablename__ = "cases"
    __table_args__ = (
        Index("uq_cases_open", "tenant", "device", "fault", unique=True, postgresql_where=text(OPEN_CASE)),
        Index("ix_cases_queue", "tenant", "priority", text("number DESC"), postgresql_where=text(OPEN_CASE)),
        Index("ix_cases_device", "tenant", "device", "fault", "number"),
        Index("ix_cases_monitoring", "monitoring_until", postgresql_where=text("state = 'monitoring'")),
    )

    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True, start=1001), primary_key=True)
    tenant: Mapped[str]
    device: Mapped[str]
    fault: Mapped[str]
    device_label: Mapped[str]
    device_type: Mapped[str]
    customer_id: Mapped[str | None]
    customer_name: Mapped[str]
    title: Mapped[str]
    episode_id: Mapped[uuid.UUID]
    opened_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    state: Mapped[str]
    priority: Mapped[int]
    owner: Mapped[str]
    verdict: Mapped[str | None]
    monitoring_until: Mapped[datetime | None]
    answered: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    revision: Mapped[int]


class EpisodeRow(Base):
    """One occurrence of one fault on one device; `id` is the finding that began it.

    `planned_at` says that contact has decided what to do about it, `judge_at` when the readings may next have a say on
    it (None: no more, or not before something happens). `foretold_at` is when it was said that a limit would be
    reached, which is late by far at `overdue_at`.
    """

    __tablename__ = "episode"
    __table_args__ = (
        Index("uq_episode_open", "tenant", "device", "fault", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index("ix_episode_unplanned", "case_number", postgresql_where=text("planned_at IS NULL")),
        Index("ix_episode_device", "tenant", "device"),
        Index("ix_episode_judge", "judge_at", postgresql_where=text("judge_at IS NOT NULL")),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    tenant: Mapped[str]
    device: Mapped[str]
    fault: Mapped[str]
    case_number: Mapped[int] = mapped_column(ForeignKey("cases.number"), index=True)
    onset: Mapped[datetime]
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str]
    planned_at: Mapped[datetime | None]
    judge_at: Mapped[datetime | None]
    foretold_at: Mapped[datetime | None]
    overdue_at: Mapped[datetime | None]


class CaseFindingRow(Base):
    """A finding on a case: what the gate needs to know of it without reading its evidence."""

    __tablename__ = "case_finding"
    __table_args__ = (Index("ix_case_finding_case", "case_number", "detected"),)

    finding_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_number: Mapped[int] = mapped_column(ForeignKey("cases.number"))
    episode_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    detected: Mapped[datetime]
    contact: Mapped[bool]
    confidence: Mapped[float]


class CaseEventRow(Base):
    """One entry of a timeline. Only ever inserted; entries of one case are ordered by `id` (the case is locked)."""

    __tablename__ = "case_event"
    __table_args__ = (Index("ix_case_event_case", "case_number", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    case_number: Mapped[int] = mapped_column(ForeignKey("cases.number"))
    at: Mapped[datetime]
    kind: Mapped[str]
    actor: Mapped[str]
    text: Mapped[str]
    detail: Mapped[dict[str, Any]]


class AnswerRow(Base):
    """What a customer tapped; the newest one counts."""

    __tablename__ = "answer"
    __table_args__ = (Index("ix_answer_case", "case_number", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    case_number: Mapped[int] = mapped_column(ForeignKey("cases.number"))
    customer_id: Mapped[str]
    answer: Mapped[str]
    at: Mapped[datetime]


class OutboxRow(Base):
    """One notice. `id` is a UUIDv5 of `dedupe_key` and goes out as the Message-ID.

    `due_at` is business time (the clock's), `leased_until` the database's. `attempts` fences the outcome of an
    attempt off from that of a later one, `failures` counts the temporary ones since it was queued. Subject and bodies
    are written when an attempt begins. `checked_revision` is the revision of the case that the gate has last seen, at
    `asked_at`, and `stage` the one of its stages that spoke.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("dedupe_key"),
        Index("ix_outbox_due", "due_at", postgresql_where=text("state IN ('queued', 'held')")),
        Index("ix_outbox_waiting", "case_number", postgresql_where=text("state = 'waiting'")),
        Index("ix_outbox_sending", "leased_until", postgresql_where=text("state = 'sending'")),
        Index("ix_outbox_case", "case_number"),
        Index("ix_outbox_newest", "tenant", text("created_at DESC")),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    tenant: Mapped[str]
    case_number: Mapped[int] = mapped_column(ForeignKey("cases.number"))
    episode_id: Mapped[uuid.UUID]
    playbook: Mapped[str]
    dedupe_key: Mapped[str]
    purpose: Mapped[str]
    customer_id: Mapped[str | None]
    channel: Mapped[str]
    address: Mapped[str]
    state: Mapped[str]
    reason: Mapped[str]
    approved_by: Mapped[str]
    created_at: Mapped[datetime]
    checked_revision: Mapped[int]
    stage: Mapped[str]
    asked_at: Mapped[datetime | None]
    due_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    attempts: Mapped[int]
    failures: Mapped[int]
    message_id: Mapped[str]
    subject: Mapped[str]
    text: Mapped[str]
    html: Mapped[str]
    receipt: Mapped[str]
    delivered_at: Mapped[datetime | None]


class SinkMailRow(Base):
    """A mail that the built-in mail sink took. A second copy of one Message-ID is counted, not shown twice."""

    __tablename__ = "sink_mail"
    __table_args__ = (UniqueConstraint("tenant", "message_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    tenant: Mapped[str]
    message_id: Mapped[str]
    sender: Mapped[str]
    recipient: Mapped[str]
    subject: Mapped[str]
    received_at: Mapped[datetime]
    headers: Mapped[list[Any]]
    text: Mapped[str]
    html: Mapped[str]
    raw: Mapped[bytes]
    copies: Mapped[int]


class LinkKeyRow(Base):
    """A key that signs links: the newest one signs, older ones still verify."""

    __tablename__ = "link_key"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    key: Mapped[bytes]
    created_at: Mapped[datetime]
