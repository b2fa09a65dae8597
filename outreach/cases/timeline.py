"""The one door through which a case changes: an event is added, the facts follow, listeners are told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.cases.lifecycle import Detail, EventKind, Facts, Happened, apply
from outreach.cases.views import Answer, CaseState, TimelineEvent, Verdict
from outreach.errors import CaseNotFound
from outreach.tables import CaseEventRow, CaseRow

FOREWARN = "forewarn"  # the actor of every automated decision
CUSTOMER = "customer"
CHANNEL = "forewarn_cases"  # NOTIFY channel; the payload is the case's number
LONGEST_TEXT = 4000  # characters of one entry; a longer note is cut, with a mark
_LARGEST = 2**63


def lock_case(session: Session, tenant: str, number: int) -> CaseRow:
    """The case, locked until the transaction ends. Raises CaseNotFound.

    Whoever locks a notice too locks its case first: one order, no deadlock.
    """
    if 0 < number < _LARGEST:
        statement = select(CaseRow).where(CaseRow.tenant == tenant, CaseRow.number == number)
        if case := session.scalar(statement.with_for_update().execution_options(populate_existing=True)):
            return case
    raise CaseNotFound(number)


def record(
    session: Session,
    case: CaseRow,
    kind: EventKind,
    text: str,
    *,
    at: datetime,
    actor: str = FOREWARN,
    detail: dict[str, Any] | None = None,
) -> None:
    """Add an event to the timeline of a case that this transaction has locked, and bring its facts up to date.

    Raises ImpossibleMove when the event cannot happen to the case in its state.
    """
    kept = detail or {}
    facts = apply(facts_of(case), Happened(kind, at, kept))
    for field in fields(facts):
        setattr(case, field.name, getattr(facts, field.name))
    case.updated_at = at
    case.revision += 1
    session.add(CaseEventRow(case_number=case.number, at=at, kind=kind, actor=actor, text=clean(text), detail=kept))
    session.flush()
    session.execute(select(func.pg_notify(CHANNEL, str(case.number))))


def facts_of(case: CaseRow) -> Facts:
    """The facts as the row keeps them."""
    return Facts(
        state=CaseState(case.state),
        priority=case.priority,
        owner=case.owner,
        verdict=Verdict(case.verdict) if case.verdict else None,
        monitoring_until=case.monitoring_until,
        answered=Answer(case.answered) if case.answered else None,
        answered_at=case.answered_at,
    )


def read(session: Session, number: int) -> tuple[TimelineEvent, ...]:
    """The whole timeline, oldest first."""
    rows = session.scalars(select(CaseEventRow).where(CaseEventRow.case_number == number).order_by(CaseEventRow.id))
    return tuple(TimelineEvent(row.at, row.kind, row.actor, row.text, dict(row.detail)) for row in rows)


def happened(events: tuple[TimelineEvent, ...]) -> Iterator[Happened]:
    """The timeline as `lifecycle.fold` takes it."""
    for event in events:
        detail: Detail = event.detail
        yield Happened(EventKind(event.kind), event.at, detail)


def clean(text: str) -> str:
    """Text for people without what a database or a page cannot show; cut when far too long."""
    kept = "".join(sign for sign in text if sign.isprintable() or sign in "\n\t").strip()
    return kept if len(kept) <= LONGEST_TEXT else kept[: LONGEST_TEXT - 1] + "…"
