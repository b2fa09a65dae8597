"""Gather what the gate must know about a notice, and write down what it said."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from detectors import queries as findings
from detectors.faults.catalogue import FAULTS
from detectors.faults.known.general import OF_THE_LINE
from detectors.faults.personal import of_vitals
from detectors.fleet import incidents
from detectors.trust.promise import ORDINARY, Promise
from detectors.trust.right import right_to_contact
from outreach.cases import timeline
from outreach.cases.episode import CLEARED
from outreach.cases.lifecycle import EventKind
from outreach.cases.subject import Subject, subject
from outreach.cases.views import Answer, CaseState, Verdict
from outreach.config import Config
from outreach.contact import gate
from outreach.contact.gate import mended
from outreach.contact.gate.question import Question, Rules, Ruling, Verb
from outreach.customers.quiet_hours import QuietHours
from outreach.customers.record import Customer
from outreach.tables import AnswerRow, CaseFindingRow, CaseRow, EpisodeRow, OutboxRow

DISPUTE_DAYS = 30  # a denial older than this no longer stops us from speaking up
MENDED = 2 * mended.LONGEST  # a repair before that has long shown in every watch


@dataclass(frozen=True, slots=True)
class Asked:
    """The ruling and the customer that it is about."""

    ruling: Ruling
    customer: Customer | None


def rules(config: Config, promise: Promise = ORDINARY) -> Rules:
    """The installation's limits out of its settings."""
    return Rules(
        fresh=timedelta(hours=config.fresh_hours),
        repeat=timedelta(hours=config.repeat_hours),
        quiet_hours=QuietHours(config.quiet_from, config.quiet_until),
        promise=promise,
    )


def ask(session: Session, case: CaseRow, notice: OutboxRow, limits: Rules, now: datetime) -> Asked:
    """Ask the gate about the notice, and keep on the notice whom and where it would reach."""
    about = subject(session, case.tenant, case.device)
    customer = about.customer
    notice.customer_id = customer.id if customer else None
    notice.address = _address(customer, notice.channel) or ""
    return Asked(gate.decide(_question(session, case, notice, about, limits, now)), customer)


def write_down(session: Session, case: CaseRow, notice: OutboxRow, ruling: Ruling, now: datetime) -> None:
    """Put the notice where the ruling says, with the reason on the timeline; the same ruling again says nothing."""
    before = (notice.state, notice.reason)
    decision = ruling.decision
    notice.state, kind, opening = _PLACES[decision.verb]
    if decision.verb is Verb.REFUSE and before[0] in {"queued", "held", "waiting"}:
        notice.state, kind, opening = "withdrawn", EventKind.NOTICE_WITHDRAWN, "Notice withdrawn."
    notice.reason = decision.reason
    notice.due_at = decision.until or now
    if (notice.state, notice.reason) != before:
        timeline.record(session, case, kind, f"{opening} {decision.reason}", at=now, detail=_detail(notice, ruling))
    notice.checked_revision, notice.stage, notice.asked_at = case.revision, ruling.stage, now


_PLACES = {
    Verb.SEND: ("queued", EventKind.NOTICE_QUEUED, "Notice may go."),
    Verb.HOLD: ("held", EventKind.NOTICE_HELD, "Notice held."),
    Verb.ASK: ("waiting", EventKind.NOTICE_WAITS, "Notice waits for a person."),
    Verb.REFUSE: ("withheld", EventKind.NOTICE_WITHHELD, "Notice not sent."),
}


def _detail(notice: OutboxRow, ruling: Ruling) -> dict[str, Any]:
    until = ruling.decision.until
    return {
        "notice": str(notice.id),
        "stage": ruling.stage,
        "verb": ruling.decision.verb,
        "until": until.isoformat() if until else None,
        "passed": [{"stage": stage, "reason": reason} for stage, reason in ruling.passed],
    }


def _question(  # noqa: PLR0917
    session: Session, case: CaseRow, notice: OutboxRow, about: Subject, limits: Rules, now: datetime
) -> Question:
    episode = session.get_one(EpisodeRow, notice.episode_id)
    detected, strong = _newest(session, episode.id)
    customer = about.customer
    found = findings.get(session, episode.id)
    return Question(
        now=now,
        planned_at=notice.created_at,
        state=CaseState(case.state),
        fault_present=episode.ended_at is None,
        verdict=Verdict(case.verdict) if case.verdict else None,
        owner_id=about.owner_id,
        case_customer_id=case.customer_id,
        customer=customer,
        purpose=notice.purpose,
        channel=notice.channel,
        address=notice.address or None,
        onset=episode.onset,
        detected=detected or episode.onset,
        strong=strong,
        told_at=_told_at(session, case, notice, customer),
        disputed_at=_disputed_at(session, case, customer, now),
        mended_at=_mended_at(session, case, customer, now),
        right=right_to_contact(session, found, limits.promise, now),
        approved_by=notice.approved_by,
        rules=limits,
        shared=_shared(session, case, episode),
        vitals=of_vitals(found, case.device_type),
    )


def _shared(session: Session, case: CaseRow, episode: EpisodeRow) -> str:
    """The incident that accounts for the episode, in a sentence; "" for none, and for what cannot wait for a person."""
    incident = incidents.of_finding(session, episode.id)
    if incident is None or incident.dismissed_by or _urgent(case):
        return ""
    return f"Incident {incident.number}: {incident.words}"


def _urgent(case: CaseRow) -> bool:
    """Whether it is a fault that cannot wait for anything to become clearer."""
    return case.fault in FAULTS and FAULTS.get(case.fault).urgency == "high"


def _address(customer: Customer | None, channel: str) -> str | None:
    points = customer.contact_points if customer else ()
    return next((point.address for point in points if point.channel == channel and point.verified), None)


def _newest(session: Session, episode_id: uuid.UUID) -> tuple[datetime | None, bool]:
    """When the episode was last found, strong findings before weak ones; and whether any of them is strong."""
    raised = (CaseFindingRow.episode_id == episode_id) & (CaseFindingRow.kind == "raised")
    row = session.execute(
        select(CaseFindingRow.detected, CaseFindingRow.contact)
        .where(raised)
        .order_by(CaseFindingRow.contact.desc(), CaseFindingRow.detected.desc())
        .limit(1)
    ).one_or_none()
    return (None, False) if row is None else (row.detected, row.contact)


def _cases_of_fault(case: CaseRow) -> Iterable[Any]:
    return (CaseRow.tenant == case.tenant, CaseRow.device == case.device, CaseRow.fault == case.fault)


def _told_at(session: Session, case: CaseRow, notice: OutboxRow, customer: Customer | None) -> datetime | None:
    """When another notice about this fault of this device reached the customer, or may have."""
    if customer is None:
        return None
    return session.scalar(
        select(func.max(func.coalesce(OutboxRow.delivered_at, OutboxRow.due_at)))
        .join(CaseRow, CaseRow.number == OutboxRow.case_number)
        .where(
            *_cases_of_fault(case),
            OutboxRow.id != notice.id,
            OutboxRow.playbook == notice.playbook,
            OutboxRow.customer_id == customer.id,
            OutboxRow.state.in_(["sending", "delivered", "unknown"]),
        )
    )


def _disputed_at(session: Session, case: CaseRow, customer: Customer | None, now: datetime) -> datetime | None:
    """When the customer's last word on another case of this fault was "wrong", if that is not long ago."""
    if customer is None:
        return None
    last = session.execute(
        select(AnswerRow.answer, AnswerRow.at)
        .join(CaseRow, CaseRow.number == AnswerRow.case_number)
        .where(*_cases_of_fault(case), AnswerRow.customer_id == customer.id, CaseRow.number != case.number)
        .order_by(AnswerRow.id.desc())
        .limit(1)
    ).one_or_none()
    fresh = last is not None and last.answer == Answer.WRONG and now - last.at < timedelta(days=DISPUTE_DAYS)
    return last.at if last is not None and fresh else None


def _mended_at(session: Session, case: CaseRow, customer: Customer | None, now: datetime) -> datetime | None:
    """When anything on this device was last repaired: the customer said so, or what they were told of went away."""
    if customer is None or _urgent(case):
        return None
    moments = (_fixed_at(session, case, customer, now), _over_at(session, case, now))
    return max((moment for moment in moments if moment is not None), default=None)


def _fixed_at(session: Session, case: CaseRow, customer: Customer, now: datetime) -> datetime | None:
    return session.scalar(
        select(func.max(AnswerRow.at))
        .join(CaseRow, CaseRow.number == AnswerRow.case_number)
        .where(
            CaseRow.tenant == case.tenant,
            CaseRow.device == case.device,
            AnswerRow.customer_id == customer.id,
            AnswerRow.answer == Answer.FIXED,
            AnswerRow.at > now - MENDED,
        )
    )


def _over_at(session: Session, case: CaseRow, now: datetime) -> datetime | None:
    """When another fault of the device, of which its customer had been told, was last seen to end.

    Most who have something repaired do not say so. A device that is heard again was not repaired for that.
    """
    told = select(OutboxRow.id).where(
        OutboxRow.case_number == EpisodeRow.case_number,
        OutboxRow.episode_id == EpisodeRow.id,
        OutboxRow.state == "delivered",
    )
    return session.scalar(
        select(func.max(EpisodeRow.ended_at)).where(
            EpisodeRow.tenant == case.tenant,
            EpisodeRow.device == case.device,
            EpisodeRow.fault.not_in([case.fault, *OF_THE_LINE]),
            EpisodeRow.end_reason == CLEARED,
            EpisodeRow.ended_at > now - MENDED,
            told.exists(),
        )
    )
