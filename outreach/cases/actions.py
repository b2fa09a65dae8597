"""What staff may do with a case. Each action is one event; who did it is on the timeline."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from detectors import queries as findings
from kit.clock import Clock
from outreach.cases import episode
from outreach.cases.lifecycle import FINISHED, EventKind
from outreach.cases.timeline import clean, lock_case, record
from outreach.cases.views import CaseState, Verdict
from outreach.errors import CaseFinished, NothingToSend
from outreach.tables import OutboxRow

SENDABLE = frozenset({"waiting", "withheld", "withdrawn", "failed", "unknown"})  # a person may send these after all


def add_note(session: Session, clock: Clock, tenant: str, number: int, actor: str, text: str) -> None:  # noqa: PLR0917
    """Write something down; an empty note is none."""
    if noted := clean(text):
        record(session, lock_case(session, tenant, number), EventKind.NOTE, noted, at=clock.now(), actor=actor)


def assign(session: Session, clock: Clock, tenant: str, number: int, actor: str, owner: str) -> None:  # noqa: PLR0917
    """Give the case to `owner`, or to nobody for ""; giving it to who has it already is nothing."""
    case = lock_case(session, tenant, number)
    owner = clean(owner)[:200]
    if case.owner == owner:
        return
    text = f"Assigned to {owner}." if owner else f"Taken from {case.owner}."
    record(session, case, EventKind.ASSIGNED, text, at=clock.now(), actor=actor, detail={"owner": owner})


def give_verdict(  # noqa: PLR0917
    session: Session, clock: Clock, tenant: str, number: int, actor: str, verdict: str, note: str
) -> None:
    """Judge the finding that the case is about; the detectors learn of it in the same transaction.

    Raises ValueError for a verdict that is none.
    """
    given, at, said = Verdict(verdict), clock.now(), clean(note)
    case = lock_case(session, tenant, number)
    findings.record_verdict(session, case.episode_id, given, source="staff", actor=actor, note=said, at=at)
    record(session, case, EventKind.VERDICT, said, at=at, actor=actor, detail={"verdict": given})


def close(session: Session, clock: Clock, tenant: str, number: int, actor: str, resolution: str) -> None:  # noqa: PLR0917
    """Close the case with a resolution in words. If the fault is still there it will open a new one.

    Raises CaseFinished when it is closed already.
    """
    case, at = lock_case(session, tenant, number), clock.now()
    if case.state == CaseState.CLOSED:
        raise CaseFinished(number, case.state)
    episode.end(session, case, "case closed", at)
    record(session, case, EventKind.CLOSED, resolution, at=at, actor=actor)


def send_notice(session: Session, clock: Clock, tenant: str, number: int, actor: str) -> None:
    """Let the case's notice go, on this person's word.

    A person may overrule age, weak evidence and doubt, and may repeat a notice whose fate is unknown; consent,
    a verified address and quiet hours are the customer's and hold all the same: the gate decides again.

    Raises NothingToSend, or CaseFinished when there is nothing left to tell.
    """
    case, at = lock_case(session, tenant, number), clock.now()
    if case.state in FINISHED:
        raise CaseFinished(number, case.state)
    notices = session.scalars(
        select(OutboxRow)
        .where(OutboxRow.case_number == number, OutboxRow.episode_id == case.episode_id)
        .order_by(OutboxRow.created_at)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    notice = next((notice for notice in notices if notice.state in SENDABLE), None)
    if notice is None:
        raise NothingToSend(number, notices[-1].state if notices else "")
    before = notice.state
    notice.state, notice.reason = "queued", f"Released by {actor}."
    notice.approved_by, notice.due_at, notice.failures = actor, at, 0
    record(session, case, EventKind.NOTICE_RELEASED, f"The notice ({before}) may go.", at=at, actor=actor)
