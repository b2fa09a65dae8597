"""Leases in PostgreSQL: who may write for a name, by database time, with an epoch that fences off a zombie.

The epoch goes up at every acquire. A transaction that calls `fence` commits only while its lease still stands, so
a process that was paused and replaced can do no harm (Gray and Cheriton 1989; fencing as in Chubby, OSDI 2006).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Mapped, Session, mapped_column

from kit.db import Base
from kit.errors import ForewarnError


class LeaseRow(Base):
    """One lease: its name, who holds it, its epoch and when it runs out."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    epoch: Mapped[int]
    expires_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Lease:
    """A held lease."""

    name: str
    holder: str
    epoch: int


class LeaseLost(ForewarnError):
    """Another process holds the lease now; what was being written is rolled back."""

    def __init__(self, lease: Lease) -> None:
        super().__init__(f"The lease '{lease.name}' (epoch {lease.epoch}) is no longer ours.")
        self.lease = lease


_ACQUIRE = text(
    """
    INSERT INTO lease AS l (name, holder, epoch, expires_at)
    VALUES (:name, :holder, 1, clock_timestamp() + make_interval(secs => :seconds))
    ON CONFLICT (name) DO UPDATE
       SET holder = excluded.holder, epoch = l.epoch + 1, expires_at = excluded.expires_at
     WHERE l.expires_at < clock_timestamp()
    RETURNING epoch
    """
)
_RENEW = text(
    """
    UPDATE lease SET expires_at = clock_timestamp() + make_interval(secs => :seconds)
     WHERE name = :name AND holder = :holder AND epoch = :epoch RETURNING epoch
    """
)
_RELEASE = text(
    """
    UPDATE lease SET expires_at = clock_timestamp() - interval '1 second'
     WHERE name = :name AND holder = :holder AND epoch = :epoch
    """
)
_FENCE = text("SELECT epoch FROM lease WHERE name = :name AND holder = :holder AND epoch = :epoch FOR UPDATE")


def acquire(session: Session, name: str, holder: str, seconds: float) -> Lease | None:
    """Take the lease for `seconds` if nobody holds it; None while somebody does."""
    epoch = session.execute(_ACQUIRE, {"name": name, "holder": holder, "seconds": seconds}).scalar()
    return None if epoch is None else Lease(name, holder, epoch)


def renew(session: Session, lease: Lease, seconds: float) -> None:
    """Hold the lease for another `seconds`. Raises LeaseLost when it was taken over."""
    if session.execute(_RENEW, {**_key(lease), "seconds": seconds}).scalar() is None:
        raise LeaseLost(lease)


def release(session: Session, lease: Lease) -> None:
    """Give the lease up so that another process can take it at once."""
    session.execute(_RELEASE, _key(lease))


def fence(session: Session, lease: Lease) -> None:
    """Lock the lease's row for this transaction. Raises LeaseLost when the lease is no longer ours."""
    if session.execute(_FENCE, _key(lease)).scalar() is None:
        raise LeaseLost(lease)


def _key(lease: Lease) -> dict[str, object]:
    return {"name": lease.name, "holder": lease.holder, "epoch": lease.epoch}
