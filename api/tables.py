"""Tables of the web pages: staff accounts, their sessions, and the counts that slow down guessing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kit.db import Base


class StaffAccount(Base):
    """One member of staff. `address` is lower case; the password is kept as an Argon2id hash.

    `commands` says that they may send commands to devices.
    """

    __tablename__ = "staff_account"
    __table_args__ = (UniqueConstraint("tenant", "address"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    tenant: Mapped[str]
    address: Mapped[str]
    name: Mapped[str]
    password_hash: Mapped[str]
    time_zone: Mapped[str]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    commands: Mapped[bool]


class StaffSession(Base):
    """One sign-in. Only the SHA-256 of the cookie is kept, so that a copy of this table opens no door."""

    __tablename__ = "staff_session"
    __table_args__ = (Index("ix_staff_session_account_id", "account_id"),)

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    account_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("staff_account.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class SignInTries(Base):
    """Failed sign-ins of one subject (an account, an address on the network, or both) since `since`."""

    __tablename__ = "sign_in_tries"

    subject: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    since: Mapped[datetime]
