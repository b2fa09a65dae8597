"""The outbox: claim what is due, mark it before it leaves, and write down what became of it. Nothing here commits.

Why a killed sender never causes a second mail: the row says ``sending``, with a lease, in a committed transaction of
its own before the provider hears a word. So whatever a crash leaves behind is either not begun (``queued``: it is
sent) or perhaps sent (``sending``). The latter is never sent again by itself. When its lease has run out, longer
after the attempt's own time limit, the provider is asked if it can be: the built-in mail sink can (by Message-ID),
and shows the notice to be delivered, or never received, in which case it is tried again (and the sink drops a second
copy besides). An ordinary mail server cannot be asked: the notice becomes ``unknown``, and a person decides.

The outcome is fenced by the number of the attempt, so that a late answer never touches a later attempt.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from detectors.trust import budget
from outreach.cases import timeline
from outreach.cases.lifecycle import EventKind
from outreach.contact.channels.channel import Fate, Proof, Receipt
from outreach.contact.letter import Letter
from outreach.tables import CaseRow, OutboxRow

BACKOFF = 4  # each wait is this many times the one before


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a temporary failure is followed by another attempt, and how long the first wait is."""

    limit: int
    first: timedelta

    def wait(self, failures: int) -> timedelta | None:
        """How long to wait after so many temporary failures; None: enough."""
        return None if failures > self.limit else self.first * BACKOFF ** (failures - 1)


def due(session: Session, now: datetime) -> tuple[CaseRow, OutboxRow] | None:
    """The notice that is due the longest, locked together with its case; None when none is free."""
    return _claim(session, (OutboxRow.state.in_(["queued", "held"])) & (OutboxRow.due_at <= now))


def stalled(session: Session) -> tuple[CaseRow, OutboxRow] | None:
    """A notice whose sender has not been heard of past its lease (database time), locked with its case."""
    return _claim(session, (OutboxRow.state == "sending") & (OutboxRow.leased_until < func.clock_timestamp()))


def begin(session: Session, notice: OutboxRow, letter: Letter, lease: timedelta) -> int:
    """Mark the notice as on its way with this letter; returns the number of the attempt. Commit before delivering."""
    notice.state = "sending"
    notice.attempts += 1
    notice.leased_until = session.execute(select(func.clock_timestamp() + lease)).scalar_one()
    notice.message_id, notice.subject = letter.message_id, letter.subject
    notice.text, notice.html = letter.text, letter.html
    return notice.attempts


def finish(
    session: Session,
    tenant: str,
    number: int,
    notice_id: uuid.UUID,
    *,
    attempt: int,
    receipt: Receipt,
    retries: Retries,
    now: datetime,
) -> None:
    """Write down what became of an attempt; nothing happens when a later one has begun meanwhile."""
    case = timeline.lock_case(session, tenant, number)
    notice = session.get_one(OutboxRow, notice_id, with_for_update=True, populate_existing=True)
    if notice.attempts != attempt or notice.state not in {"sending", "unknown"}:
        return
    notice.leased_until, notice.receipt = None, timeline.clean(receipt.words)[:1000]
    if receipt.fate is Fate.DELIVERED:
        delivered(session, case, notice, now)
    elif receipt.fate is Fate.UNKNOWN:
        unknown(session, case, notice, now)
    elif receipt.fate is Fate.PERMANENT:
        _failed(session, case, notice, now)
    else:
        _try_later(session, case, notice, retries, now)
    notice.checked_revision = case.revision


def settle(
    session: Session, case: CaseRow, notice: OutboxRow, proof: Proof, *, retries: Retries, now: datetime
) -> None:
    """End the doubt about a stalled attempt as far as the provider can."""
    notice.leased_until = None
    if proof is Proof.DELIVERED:
        notice.receipt = "found at the provider after the sender was lost"
        delivered(session, case, notice, now)
    elif proof is Proof.NOT_DELIVERED:
        notice.receipt = "the sender was lost before the provider had the notice"
        _try_later(session, case, notice, retries, now)
    else:
        notice.receipt = "the sender was lost while the provider may have had the notice"
        unknown(session, case, notice, now)
    notice.checked_revision = case.revision


def delivered(session: Session, case: CaseRow, notice: OutboxRow, now: datetime) -> None:
    """The provider has it."""
    notice.state, notice.reason, notice.delivered_at = "delivered", "", now
    budget.told(session, notice.episode_id, released_by=notice.approved_by, at=now)
    _event(session, case, notice, EventKind.NOTICE_DELIVERED, f"Notice delivered to {notice.address}.", now)


def unknown(session: Session, case: CaseRow, notice: OutboxRow, now: datetime) -> None:
    """Nobody can say; it stays so until a person decides."""
    notice.state = "unknown"
    budget.told(session, notice.episode_id, released_by=notice.approved_by, at=now)
    notice.reason = f"Nobody can say whether it arrived, so it is not sent again by itself: {notice.receipt}."
    _event(session, case, notice, EventKind.NOTICE_UNKNOWN, notice.reason, now)


def _failed(session: Session, case: CaseRow, notice: OutboxRow, now: datetime) -> None:
    notice.state, notice.reason = "failed", f"It could not be delivered: {notice.receipt}."
    _event(session, case, notice, EventKind.NOTICE_FAILED, notice.reason, now)


def _try_later(session: Session, case: CaseRow, notice: OutboxRow, retries: Retries, now: datetime) -> None:
    notice.failures += 1
    wait = retries.wait(notice.failures)
    if wait is None:
        notice.receipt += f" (attempt {notice.attempts}, the last one)"
        _failed(session, case, notice, now)
        return
    notice.state, notice.due_at = "queued", now + wait
    notice.reason = f"It is tried again at {notice.due_at:%H:%M} UTC: {notice.receipt}."
    _event(session, case, notice, EventKind.NOTICE_RETRIED, notice.reason, now)


def _event(  # noqa: PLR0917
    session: Session, case: CaseRow, notice: OutboxRow, kind: EventKind, text: str, now: datetime
) -> None:
    detail = {"notice": str(notice.id), "attempt": notice.attempts, "receipt": notice.receipt}
    timeline.record(session, case, kind, text, at=now, detail=detail)


def _claim(session: Session, condition: ColumnElement[bool]) -> tuple[CaseRow, OutboxRow] | None:
    found = session.execute(
        select(CaseRow, OutboxRow)
        .join(OutboxRow, OutboxRow.case_number == CaseRow.number)
        .where(condition)
        .order_by(OutboxRow.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    return None if found is None else (found[0], found[1])
