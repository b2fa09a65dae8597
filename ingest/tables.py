"""Tables of ingest: the device registry, how far each log reader has come, the ledger and the quarantine.

Rows stay in this folder; other folders get the dataclasses of `ingest.registry` and `ingest.ledger`.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from kit.db import Base


class DeviceRow(Base):
    """A registered device. `no` is its number in series numbers: never reused. Once revoked it is not listened to.

    `parent` is the identifier of the device through which it speaks, "" for none; that one may be registered later.
    """

    __tablename__ = "device"
    __table_args__ = (
        UniqueConstraint("tenant", "identifier"),
        Index("ix_device_parent", "tenant", "parent", postgresql_where=text("parent <> ''")),
    )

    no: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    tenant: Mapped[str]
    identifier: Mapped[str]
    type: Mapped[str]
    model: Mapped[str] = mapped_column(server_default="")
    firmware: Mapped[str] = mapped_column(server_default="")
    label: Mapped[str] = mapped_column(server_default="")
    time_zone: Mapped[str] = mapped_column(server_default="UTC")
    parent: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    revoked_at: Mapped[datetime | None]


class DeviceOwnerRow(Base):
    """Who owned a device from when to when; at most one ownership of a device is open."""

    __tablename__ = "device_owner"
    __table_args__ = (
        Index("uq_device_owner_open", "device_no", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index("ix_device_owner_owner", "owner"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    device_no: Mapped[int] = mapped_column(ForeignKey("device.no", ondelete="CASCADE"))
    owner: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class PermissionRow(Base):
    """A purpose that an owner allows for all of their devices; no row: they do not."""

    __tablename__ = "device_permission"

    tenant: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(primary_key=True)


class LogOffsetRow(Base):
    """The last log entry of a partition that a reader has taken over, and when the gateway received it."""

    __tablename__ = "log_offset"

    reader: Mapped[str] = mapped_column(primary_key=True)
    partition: Mapped[int] = mapped_column(primary_key=True)
    offset: Mapped[int] = mapped_column(BigInteger)
    received_ms: Mapped[int] = mapped_column(BigInteger)


class LedgerRow(Base):
    """The account of one device and one hour of receiving: received = stored + duplicate + quarantined + throttled.

    `late` and `historical` are parts of `stored`. Payloads of unregistered devices are booked under device "".
    `missing` counts messages that sequence numbers say were sent and that never came; it is outside the balance.
    """

    __tablename__ = "ledger"
    __table_args__ = (Index("ix_ledger_tenant_hour", "tenant", "hour"),)

    tenant: Mapped[str] = mapped_column(primary_key=True)
    device: Mapped[str] = mapped_column(primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    received: Mapped[int] = mapped_column(BigInteger)
    stored: Mapped[int] = mapped_column(BigInteger)
    duplicate: Mapped[int] = mapped_column(BigInteger)
    quarantined: Mapped[int] = mapped_column(BigInteger)
    throttled: Mapped[int] = mapped_column(BigInteger)
    late: Mapped[int] = mapped_column(BigInteger)
    historical: Mapped[int] = mapped_column(BigInteger)
    missing: Mapped[int] = mapped_column(BigInteger, server_default="0")


class DeviceSeenRow(Base):
    """A device's newest event time and when it was last heard; lateness is measured against the former.

    `newest_seq` is its highest sequence number (-1: it sends none), `skew_ms` how far its clock is ahead of ours.
    """

    __tablename__ = "device_seen"

    device_no: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    newest_ms: Mapped[int] = mapped_column(BigInteger)
    received_ms: Mapped[int] = mapped_column(BigInteger)
    newest_seq: Mapped[int] = mapped_column(BigInteger, server_default="-1")
    skew_ms: Mapped[int | None] = mapped_column(BigInteger)


class QuarantineRow(Base):
    """A sample of refused readings: `count` of one payload, for one reason. The ledger has the full count."""

    __tablename__ = "quarantine"
    __table_args__ = (Index("ix_quarantine_tenant_device_reason", "tenant", "device", "reason", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    tenant: Mapped[str]
    device: Mapped[str]
    reason: Mapped[str]
    detail: Mapped[str]
    count: Mapped[int] = mapped_column(BigInteger)
    sample: Mapped[bytes]
    received_at: Mapped[datetime]
    topic: Mapped[str] = mapped_column(server_default="")
    whole: Mapped[bool] = mapped_column(server_default="false")


class DeviceCredentialRow(Base):
    """What a device proves itself with. `secret` is a hash (or a certificate's serial), never the secret itself."""

    __tablename__ = "device_credential"
    __table_args__ = (
        Index("ix_device_credential_device_no", "device_no"),
        UniqueConstraint("kind", "secret"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    device_no: Mapped[int] = mapped_column(ForeignKey("device.no", ondelete="CASCADE"))
    kind: Mapped[str]
    secret: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class DeviceClaimRow(Base):
    """A code with which a customer makes a device theirs, kept as a hash; used once."""

    __tablename__ = "device_claim"

    code: Mapped[str] = mapped_column(primary_key=True)
    device_no: Mapped[int] = mapped_column(ForeignKey("device.no", ondelete="CASCADE"))
    expires_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    claimed_by: Mapped[str | None]


class DeviceAuditRow(Base):
    """Who changed what about a device's registration, credentials or ownership, and when."""

    __tablename__ = "device_audit"
    __table_args__ = (Index("ix_device_audit_device", "tenant", "device", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    tenant: Mapped[str]
    device: Mapped[str]
    actor: Mapped[str]
    action: Mapped[str]
    detail: Mapped[str]


class BrokerRefusalRow(Base):
    """How often in an hour the broker refused what an identity published, and on which topic the last time."""

    __tablename__ = "broker_refusal"

    tenant: Mapped[str] = mapped_column(primary_key=True)
    device: Mapped[str] = mapped_column(primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)
    topic: Mapped[str]


class DeviceStatusRow(Base):
    """Whether a device is connected, by its own word or its last will, and since when."""

    __tablename__ = "device_status"

    device_no: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    online: Mapped[bool]
    since: Mapped[datetime]


class DeviceEventRow(Base):
    """What a device said that is no reading, as long as somebody may need it; `taken_at` is when outreach took it."""

    __tablename__ = "device_event"
    __table_args__ = (
        UniqueConstraint("device_no", "kind", "at", "digest"),
        Index("ix_device_event_waiting", "kind", "id", postgresql_where=text("taken_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    device_no: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str]
    at: Mapped[datetime]
    received_at: Mapped[datetime]
    body: Mapped[bytes]
    digest: Mapped[str]
    taken_at: Mapped[datetime | None]


class AnnouncementRow(Base):
    """The newest self-description on a foreign topic, so that a gateway that starts anew can read what follows."""

    __tablename__ = "announcement"

    tenant: Mapped[str] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(primary_key=True)
    body: Mapped[bytes]
    received_at: Mapped[datetime]


class DeviceCommandRow(Base):
    """One command to a device, from the wish to the answer or the timeout: its own audit record."""

    __tablename__ = "device_command"
    __table_args__ = (
        Index("ix_device_command_device_no", "device_no", "created_at"),
        Index("ix_device_command_open", "expires_at", postgresql_where=text("ended_at IS NULL")),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    device_no: Mapped[int] = mapped_column(ForeignKey("device.no", ondelete="CASCADE"))
    name: Mapped[str]
    arguments: Mapped[str] = mapped_column(server_default="{}")
    requested_by: Mapped[str]
    reason: Mapped[str]
    state: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(server_default="")


class ErasureRow(Base):
    """The wish that all readings of a device be erased, and what came of it; the writer fulfils it."""

    __tablename__ = "erasure"
    __table_args__ = (Index("ix_erasure_waiting", "id", postgresql_where=text("done_at IS NULL")),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    tenant: Mapped[str]
    device: Mapped[str]
    device_no: Mapped[int] = mapped_column(BigInteger)
    requested_by: Mapped[str]
    requested_at: Mapped[datetime] = mapped_column(server_default=func.now())
    done_at: Mapped[datetime | None]
    readings: Mapped[int | None] = mapped_column(BigInteger)


class ClockOffsetRow(Base):
    """From this time of its own clock on, a device's clock is `offset_ms` ahead of ours (negative: behind).

    The newest decision that has begun counts; see `ingest.registry.clocks`.
    """

    __tablename__ = "clock_offset"

    device_no: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    from_ms: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    offset_ms: Mapped[int] = mapped_column(BigInteger)
    decided_at: Mapped[datetime] = mapped_column(server_default=func.now())


class FlushIntentRow(Base):
    """What a flush of the writer was about to store: lets the next one book a flush that died half way rightly."""

    __tablename__ = "flush_intent"

    reader: Mapped[str] = mapped_column(primary_key=True)
    through: Mapped[str]
    fresh: Mapped[bytes]
