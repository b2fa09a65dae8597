"""Slowing down guesses: failed sign-ins are counted per account and network address before a password is looked at.

Counting first, in a committed statement of its own, means that parallel guesses cannot slip through together.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, text
from sqlalchemy.orm import Session

from api.tables import SignInTries
from kit.clock import Clock

WINDOW = timedelta(minutes=15)
PER_NETWORK_ADDRESS = 5  # times the account's limit: an office behind one address, but not a list of accounts
PER_ACCOUNT = 10  # times: guesses from many addresses; lower lets a stranger lock somebody out

_COUNT = text(
    """
    INSERT INTO sign_in_tries AS t (subject, failures, since) VALUES (:subject, 1, :now)
    ON CONFLICT (subject) DO UPDATE
       SET failures = CASE WHEN t.since < :start THEN 1 ELSE t.failures + 1 END,
           since = CASE WHEN t.since < :start THEN :now ELSE t.since END
    RETURNING failures, since
    """
)


_SWEEP = text(
    """
    DELETE FROM sign_in_tries WHERE subject IN
      (SELECT subject FROM sign_in_tries WHERE since < :start LIMIT 100 FOR UPDATE SKIP LOCKED)
    """
)


def count(session: Session, clock: Clock, address: str, peer: str, tries: int) -> int:
    """Count one try of `address` from the network address `peer`, before it is judged.

    Returns 0 when it may be judged, else the seconds to wait: more than `tries` (or its multiples for the wider
    subjects) failed within the window. The caller commits before it looks at the password.
    """
    now = clock.now()
    session.execute(_SWEEP, {"start": now - WINDOW})
    return max(_count_one(session, now, subject, most) for subject, most in _subjects(address, peer, tries))


def forget(session: Session, address: str, peer: str) -> None:
    """After a success: the tries of this account from this network address count no more."""
    session.execute(delete(SignInTries).where(SignInTries.subject == _subjects(address, peer, 1)[0][0]))


def _subjects(address: str, peer: str, tries: int) -> list[tuple[str, int]]:
    account = address.strip().lower()[:254]
    return [
        (f"both|{account}|{peer}", tries),
        (f"peer|{peer}", tries * PER_NETWORK_ADDRESS),
        (f"account|{account}", tries * PER_ACCOUNT),
    ]


def _count_one(session: Session, now: datetime, subject: str, most: int) -> int:
    failures, since = session.execute(_COUNT, {"subject": subject, "now": now, "start": now - WINDOW}).one()
    return 0 if failures <= most else max(1, round((since + WINDOW - now).total_seconds()))
