"""What comes back from customers through their links: a page view, an answer, a withdrawal of consent.

Opening a page changes nothing, because mail scanners open every link. An answer is one event, one verdict and one
move of the case in one transaction; the same answer twice is one answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from detectors import queries as findings
from kit.clock import Clock
from outreach import metrics
from outreach.articles import texts
from outreach.cases import episode, queries
from outreach.cases.lifecycle import ANSWER_VERDICTS, FINISHED, EventKind
from outreach.cases.subject import subject
from outreach.cases.timeline import CUSTOMER, lock_case, record
from outreach.cases.views import Answer, CaseState, CustomerPage
from outreach.contact import links
from outreach.contact.links import Claim, Purpose
from outreach.customers import consent
from outreach.customers.record import SERVICE, Customer, find
from outreach.errors import CaseNotFound, LinkInvalid
from outreach.tables import OPEN_CASE, AnswerRow, CaseRow

FIXED_WATCH = timedelta(hours=24)  # after "fixed": shorter trusts a lucky hour, longer keeps a mended case open
SAID: Mapping[Answer, str] = {
    Answer.FIXED: "The customer says that it is fixed.",
    Answer.NOT_ME: "The customer says that this is not their device.",
    Answer.CALL_ME: "The customer asks for a call.",
    Answer.WRONG: "The customer says that nothing was wrong.",
}


def open_page(session: Session, clock: Clock, token: str) -> CustomerPage:
    """The customer's page behind a link; reads only. Raises LinkInvalid, LinkExpired."""
    claim = links.read(session, clock, Purpose.CASE, token)
    case = session.get(CaseRow, claim.number, populate_existing=True)
    return _page(session, *_checked(session, claim, case))


def answer(session: Session, clock: Clock, token: str, answer: Answer) -> CustomerPage:
    """Take the customer's answer. Raises LinkInvalid, LinkExpired."""
    claim = links.read(session, clock, Purpose.CASE, token)
    try:
        locked = lock_case(session, claim.tenant, claim.number)
    except CaseNotFound as error:
        raise LinkInvalid from error
    case, customer = _checked(session, claim, locked)
    if case.answered != answer:
        _take(session, clock, case, customer, answer)
    return _page(session, case, customer)


def unsubscribe(session: Session, clock: Clock, token: str) -> None:
    """Withdraw the consent that notices rest on, at once; a second time changes nothing.

    Raises LinkInvalid, LinkExpired.
    """
    claim = links.read(session, clock, Purpose.UNSUBSCRIBE, token)
    try:
        case = lock_case(session, claim.tenant, claim.number)
    except CaseNotFound as error:
        raise LinkInvalid from error
    if consent.withdraw(session, claim.tenant, claim.customer_id, SERVICE, clock.now()):
        said = "The customer stopped these mails: the consent is withdrawn, no further notice goes out."
        record(session, case, EventKind.UNSUBSCRIBED, said, at=clock.now(), actor=CUSTOMER)


def _checked(session: Session, claim: Claim, case: CaseRow | None) -> tuple[CaseRow, Customer]:
    """The case and its customer, if the link is about them and the device is not somebody else's by now."""
    if case is None or case.tenant != claim.tenant or case.customer_id != claim.customer_id:
        raise LinkInvalid
    customer = find(session, claim.tenant, claim.customer_id)
    owner = subject(session, case.tenant, case.device).owner_id
    if customer is None or owner not in {None, customer.id}:
        raise LinkInvalid
    return case, customer


def _take(session: Session, clock: Clock, case: CaseRow, customer: Customer, given: Answer) -> None:
    at = clock.now()
    session.add(AnswerRow(case_number=case.number, customer_id=customer.id, answer=given, at=at))
    detail: dict[str, object] = {"answer": given}
    if given is Answer.FIXED:
        detail["until"] = (at + FIXED_WATCH).isoformat()
    record(session, case, EventKind.ANSWERED, SAID[given], at=at, actor=CUSTOMER, detail=detail)
    if verdict := ANSWER_VERDICTS.get(given):
        findings.record_verdict(
            session, case.episode_id, verdict, source="customer", actor=customer.id, note=SAID[given], at=at
        )
    if given is Answer.WRONG:
        episode.end(session, case, "the customer says that nothing was wrong", at)
    elif given is Answer.NOT_ME:
        said = "Please check who owns this device: the person we wrote to says that it is not theirs."
        record(session, case, EventKind.OWNER_CHECK, said, at=at)
    elif given is Answer.CALL_ME and case.state in FINISHED:
        _call_after_the_end(session, clock, case)
    metrics.answers.labels(given).inc()


def _call_after_the_end(session: Session, clock: Clock, case: CaseRow) -> None:
    """Somebody must see the wish for a call: on the case that is open for this fault now, else on this one again."""
    successor = session.scalar(
        select(CaseRow)
        .where(
            CaseRow.tenant == case.tenant, CaseRow.device == case.device, CaseRow.fault == case.fault, text(OPEN_CASE)
        )
        .with_for_update()
    )
    if successor is None:
        record(session, case, EventKind.REOPENED, "Reopened: the customer asks for a call.", at=clock.now())
    else:
        said = f"The customer asks for a call, on the page of FW-{case.number}."
        record(
            session,
            successor,
            EventKind.ANSWERED,
            said,
            at=clock.now(),
            actor=CUSTOMER,
            detail={"answer": Answer.CALL_ME},
        )


def _page(session: Session, case: CaseRow, customer: Customer) -> CustomerPage:
    finding = findings.get(session, case.episode_id)
    language = texts.language_for(customer.language)
    return CustomerPage(
        reference=queries.reference(case.number),
        language=language,
        time_zone=customer.zone.key,
        customer_name=customer.name,
        device_label=case.device_label,
        device_type=case.device_type,
        opened_at=case.opened_at,
        state=CaseState(case.state),
        advice=queries.advice_for(case, finding, language, customer.time_zone),
        confidence_words=texts.confidence_words(language, finding.confidence),
        finding=finding,
        answered=Answer(case.answered) if case.answered else None,
        answered_at=case.answered_at,
    )
