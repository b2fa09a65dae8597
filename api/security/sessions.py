"""Server-side sessions: the cookie is 256 random bits, PostgreSQL keeps only its hash, and both ages end it."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from api.security.accounts import Account, to_account
from api.tables import StaffAccount, StaffSession
from kit.clock import Clock

TOUCH_AFTER = timedelta(seconds=60)  # shorter writes a row on every click, longer blurs the idle limit


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long a session lives: without a request, and at most."""

    idle: timedelta
    absolute: timedelta


def start(session: Session, clock: Clock, account: Account, life: Lifetime, replaces: str = "") -> str:
    """Open a new session and return its cookie value; the one in `replaces` ends (rotation on sign-in).

    Expired sessions of anybody are swept on the way.
    """
    now = clock.now()
    end(session, replaces)
    session.execute(delete(StaffSession).where(StaffSession.expires_at < now))
    token = secrets.token_urlsafe(32)
    session.add(
        StaffSession(
            token_hash=_hash(token),
            account_id=account.id,
            created_at=now,
            seen_at=now,
            expires_at=now + life.absolute,
        )
    )
    session.flush()
    return token


def resume(session: Session, clock: Clock, token: str, life: Lifetime, *, touch: bool = True) -> Account | None:
    """The account whose live session this is, else None.

    `touch` counts the request as a sign of life; pages that refresh themselves pass False.
    """
    if not token:
        return None
    now = clock.now()
    found = session.execute(
        select(StaffAccount, StaffSession.seen_at)
        .join(StaffSession, StaffSession.account_id == StaffAccount.id)
        .where(
            StaffSession.token_hash == _hash(token),
            StaffSession.expires_at > now,
            StaffSession.seen_at > now - life.idle,
            StaffAccount.disabled_at.is_(None),
        )
    ).one_or_none()
    if found is None:
        return None
    account, seen_at = found
    if touch and now - seen_at > TOUCH_AFTER:
        _touch(session, token, now)
    return to_account(account)


def end(session: Session, token: str) -> None:
    """End the session; an unknown or empty token changes nothing."""
    if token:
        session.execute(delete(StaffSession).where(StaffSession.token_hash == _hash(token)))


def _touch(session: Session, token: str, now: datetime) -> None:
    session.execute(update(StaffSession).where(StaffSession.token_hash == _hash(token)).values(seen_at=now))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
