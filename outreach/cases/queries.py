"""What pages and commands may ask about cases, notices and sink mails. Everything here only reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from sqlalchemy import ColumnElement, Select, TextClause, and_, func, or_, select, text
from sqlalchemy.orm import Session

from detectors import queries as findings
from detectors.finding import Finding
from outreach.articles import texts
from outreach.cases import timeline, views
from outreach.cases.subject import fault_words
from outreach.cases.views import Advice, CaseState, CaseView, CustomerView, NoticeRow, SinkMail, Verdict
from outreach.customers import record
from outreach.customers.record import Customer
from outreach.errors import CaseNotFound, MailNotFound
from outreach.tables import OPEN_CASE, CaseFindingRow, CaseRow, OutboxRow, SinkMailRow

Group = Literal["open", "closed", "all"]
FINDINGS_SHOWN = 20  # of one case; each carries its chart band, more would make the page heavy
STAFF_LANGUAGE = "en"
_LARGEST = 2**63


def reference(number: int) -> str:
    """The case's number as people say it."""
    return f"FW-{number}"


def queue(
    session: Session,
    tenant: str,
    *,
    group: Group = "open",
    search: str = "",
    limit: int = 50,
    before: int | None = None,
) -> list[views.CaseRow]:
    """A page of the queue: open cases by priority, then newest first; others newest first.

    `before` is the number of the last case of the page before. `search` finds a reference, or words of the title,
    device or customer.
    """
    query = select(CaseRow).where(CaseRow.tenant == tenant, *_in_group(group), *_matching(search))
    if group == "open":
        query = query.order_by(CaseRow.priority, CaseRow.number.desc())
        if before is not None:
            query = query.where(_after_in_queue(session, tenant, before))
    else:
        query = query.order_by(CaseRow.number.desc())
        if before is not None:
            query = query.where(CaseRow.number < before)
    return [case_row(row) for row in session.scalars(query.limit(max(1, min(limit, 500))))]


def access_case(session: Session, tenant: str, number: int) -> CaseView:
    """Everything about one case. Raises CaseNotFound."""
    row = _find(session, tenant, number)
    shown = _findings(session, row)
    main = next((f for f in shown if f.id == row.episode_id), None) or findings.get(session, row.episode_id)
    customer = record.find(session, tenant, row.customer_id) if row.customer_id else None
    return CaseView(
        row=case_row(row),
        finding=main,
        findings=shown,
        timeline=timeline.read(session, row.number),
        customer=_customer_view(customer) if customer else None,
        advice=advice_for(row, main, STAFF_LANGUAGE, customer.time_zone if customer else "UTC"),
        notice_waits_for_person=_waits(session, row.number),
        episode_id=row.episode_id,
    )


def outbox(session: Session, tenant: str, *, limit: int = 100) -> list[NoticeRow]:
    """The newest notices, newest first."""
    query = _notices().where(OutboxRow.tenant == tenant).order_by(OutboxRow.created_at.desc(), OutboxRow.id)
    return [_notice(notice, mail) for notice, mail in session.execute(query.limit(max(1, min(limit, 500))))]


def notices_of(session: Session, tenant: str, number: int) -> list[NoticeRow]:
    """The notices of one case, oldest first."""
    query = _notices().where(OutboxRow.tenant == tenant, OutboxRow.case_number == number)
    return [_notice(notice, mail) for notice, mail in session.execute(query.order_by(OutboxRow.created_at))]


def sink_mail(session: Session, tenant: str, mail_id: int) -> SinkMail:
    """One mail of the built-in sink. Raises MailNotFound."""
    row = session.get(SinkMailRow, mail_id) if 0 < mail_id < _LARGEST else None
    if row is None or row.tenant != tenant:
        raise MailNotFound(mail_id)
    return SinkMail(
        id=row.id,
        sender=row.sender,
        recipient=row.recipient,
        subject=row.subject,
        received_at=row.received_at,
        headers=tuple((str(name), str(value)) for name, value in row.headers),
        text=row.text,
        html=row.html,
    )


def counts(session: Session, tenant: str) -> dict[str, dict[str, int]]:
    """How many cases and notices stand where: outreach's part of the pulse.

    ``queued`` leave at once, ``held`` at the end of quiet hours, ``waiting`` when a person says so; ``failed`` counts
    those of unknown fate too.
    """
    is_open = func.count().filter(text(OPEN_CASE))
    opened, every = session.execute(select(is_open, func.count()).where(CaseRow.tenant == tenant)).one()
    states = select(OutboxRow.state, func.count()).where(OutboxRow.tenant == tenant).group_by(OutboxRow.state)
    by_state: dict[str, int] = {state: int(number) for state, number in session.execute(states)}
    return {
        "cases": {"open": opened, "closed": every - opened},
        "notices": {
            "queued": by_state.get("queued", 0) + by_state.get("sending", 0),
            "held": by_state.get("held", 0),
            "waiting": by_state.get("waiting", 0),
            "delivered": by_state.get("delivered", 0),
            "failed": by_state.get("failed", 0) + by_state.get("unknown", 0),
        },
    }


def advice_for(row: CaseRow, finding: Finding, language: str, time_zone: str) -> Advice:
    """The article of the case's fault, in `language`, with the onset in `time_zone`."""
    spoken = texts.language_for(language)
    signals = sorted(finding.evidence.signals, key=lambda signal: signal.role != "cause")
    article = texts.advice(
        spoken,
        fault_words(row.fault).text_key,
        device=row.device_label,
        since=finding.onset,
        zone=record.zone_of(time_zone),
        signal=texts.signal_words(spoken, signals[0].signal, signals[0].label) if signals else "",
    )
    return Advice(article.title, article.seen, article.why, article.steps)


def case_row(row: CaseRow) -> views.CaseRow:
    """The line of the queue for a stored case."""
    return views.CaseRow(
        number=row.number,
        reference=reference(row.number),
        title=row.title,
        state=CaseState(row.state),
        priority=row.priority,
        device=row.device,
        device_label=row.device_label,
        device_type=row.device_type,
        fault=row.fault,
        fault_label=fault_words(row.fault).label,
        customer_name=row.customer_name,
        owner=row.owner,
        opened_at=row.opened_at,
        updated_at=row.updated_at,
        verdict=Verdict(row.verdict) if row.verdict else None,
    )


def _find(session: Session, tenant: str, number: int) -> CaseRow:
    row = session.get(CaseRow, number, populate_existing=True) if 0 < number < _LARGEST else None
    if row is None or row.tenant != tenant:
        raise CaseNotFound(number)
    return row


def _in_group(group: Group) -> Sequence[ColumnElement[bool] | TextClause]:
    if group == "open":
        return [text(OPEN_CASE)]  # word for word the index's own condition
    return [CaseRow.state.in_([CaseState.RESOLVED, CaseState.CLOSED])] if group == "closed" else []


def _matching(search: str) -> Sequence[ColumnElement[bool]]:
    wanted = timeline.clean(search)[:100]
    if not wanted:
        return []
    digits = wanted.upper().removeprefix("FW-")
    if digits.isascii() and digits.isdigit() and len(digits) < 19:
        return [CaseRow.number == int(digits)]
    columns = (CaseRow.title, CaseRow.device, CaseRow.customer_name, CaseRow.owner)
    return [or_(*(column.icontains(word, autoescape=True) for column in columns)) for word in wanted.split()[:8]]


def _after_in_queue(session: Session, tenant: str, before: int) -> ColumnElement[bool]:
    last = session.scalar(select(CaseRow.priority).where(CaseRow.tenant == tenant, CaseRow.number == before))
    if last is None:
        raise CaseNotFound(before)
    return or_(CaseRow.priority > last, and_(CaseRow.priority == last, CaseRow.number < before))


def _findings(session: Session, row: CaseRow) -> tuple[Finding, ...]:
    ids = session.scalars(
        select(CaseFindingRow.finding_id)
        .where(CaseFindingRow.case_number == row.number)
        .order_by(CaseFindingRow.detected.desc())
        .limit(FINDINGS_SHOWN)
    )
    return tuple(findings.get(session, finding_id) for finding_id in ids)


def _customer_view(customer: Customer) -> CustomerView:
    return CustomerView(
        id=customer.id,
        name=customer.name,
        language=customer.language,
        time_zone=customer.time_zone,
        contact_points=tuple((point.channel, point.address, point.verified) for point in customer.contact_points),
        consents=customer.consents,
        quiet_hours="house" if customer.quiet_hours is None else str(customer.quiet_hours),
    )


def _waits(session: Session, number: int) -> bool:
    return (
        session.scalar(
            select(OutboxRow.id).where(OutboxRow.case_number == number, OutboxRow.state == "waiting").limit(1)
        )
        is not None
    )


def _notices() -> Select[OutboxRow, int | None]:
    sent_here = (SinkMailRow.tenant == OutboxRow.tenant) & (SinkMailRow.message_id == OutboxRow.message_id)
    return select(OutboxRow, SinkMailRow.id).outerjoin(SinkMailRow, sent_here)


def _notice(row: OutboxRow, mail_id: int | None) -> NoticeRow:
    return NoticeRow(
        id=row.id,
        case_number=row.case_number,
        reference=reference(row.case_number),
        channel=row.channel,
        address=row.address,
        subject=row.subject,
        state=row.state,
        reason=row.reason,
        created_at=row.created_at,
        due_at=row.due_at,
        delivered_at=row.delivered_at,
        attempts=row.attempts,
        mail_id=mail_id,
    )
