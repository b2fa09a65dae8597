"""Tables of ingest: the device registry, how far each log reader has come, the ledger and the quarantine.

Rows stay in this folder; other folders get the dataclasses of `ingest.registry` and `ingest.ledger`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from kit.db import Base


class DeviceRow(Base):
    """A registered device. `no` is its number in series numbers: never reused."""

    __tablename__ = "device"
    __table_args__ = (UniqueConstraint("tenant", "identifier"),)

    no: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    tenant: Mapped[str]
    identifier: Mapped[str]
    type: Mapped[str]
    model: Mapped[str] = mapped_column(server_default="")
    firmware: Mapped[str] = mapped_column(server_default="")
    label: Mapped[str] = mapped_column(server_default="")
    time_zone: Mapped[str] = mapped_column(server_default="UTC")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


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
    """

    __tablename__ = "ledger"

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


class DeviceSeenRow(Base):
    """A device's newest event time and when it was last heard; lateness is measured against the former."""

    __tablename__ = "device_seen"

    device_no: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    newest_ms: Mapped[int] = mapped_column(BigInteger)
    received_ms: Mapped[int] = mapped_column(BigInteger)


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
