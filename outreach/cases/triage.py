"""Triage: each new finding reaches exactly one case, which it opens, feeds, or sends into monitoring.

One transaction a finding: what cannot be taken now stops nobody's earlier work, and no lock is held for long. Of
several processes one triages at a time (an advisory lock), so that a fault's end never overtakes its beginning;
that there is only one open case is the database's own promise (`uq_cases_open`), lock or no lock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from detectors import queries as findings
from detectors.finding import Finding
from detectors.fleet import holding
from kit.clock import Clock
from kit.db import transaction
from kit.logs import get
from outreach import metrics
from outreach.cases import episode, telemetry
from outreach.cases.lifecycle import EventKind
from outreach.cases.subject import fault_words, subject
from outreach.cases.timeline import record
from outreach.cases.views import CaseState
from outreach.config import Config
from outreach.tables import OPEN_CASE, CaseRow

_TURN = text("SELECT pg_try_advisory_xact_lock(7105432)")
_log = get("triage")


@dataclass(frozen=True, slots=True)
class Watch:
    """How long a device that seems well again is watched before its case resolves."""

    healthy: timedelta
    settle: timedelta

    @staticmethod
    def of(config: Config) -> Watch:
        """As the settings say."""
        return Watch(timedelta(hours=config.monitoring_hours), timedelta(minutes=config.settle_minutes))

    def until(self, well_since: datetime, now: datetime) -> datetime:
        """When the watch ends: device time counts, but never less than `settle` from now."""
        return max(well_since + self.healthy, now + self.settle)


def step(engine: Engine, clock: Clock, watch: Watch) -> bool:
    """Take the oldest new finding that stands for itself, if it is our turn; True when there was one."""
    with transaction(engine) as session:
        if not session.scalar(_TURN):
            return False
        claimed = holding.claim(session)
        for finding in claimed:
            outcome = take(session, finding, clock.now(), watch)
            telemetry.heard(session, finding, clock.now())
            findings.mark_triaged(session, [finding.id])
            metrics.triaged.labels(outcome).inc()
            _log.info("finding triaged", device=finding.device, fault=finding.fault, outcome=outcome)
    return bool(claimed)


def take(session: Session, finding: Finding, now: datetime, watch: Watch) -> str:
    """Bring one finding to its case; returns what became of it in a word. Taking it again changes nothing."""
    if episode.known(session, finding):
        return "known"
    if finding.kind == "normal":  # to be read on the device's page; nothing begins or ends with it
        return "normal"
    if finding.kind == "cleared":
        return _cleared(session, finding, now, watch)
    while (case := _open_case(session, finding)) is None:
        if (number := _insert_case(session, finding, now)) is not None:
            _opened(session, session.get_one(CaseRow, number), finding, now)
            return "opened"
    return _seen_again(session, case, finding, now)


def _seen_again(session: Session, case: CaseRow, finding: Finding, now: datetime) -> str:
    detail = _detail(finding)
    if episode.open_of(session, case) is None:
        episode.begin(session, case, finding, now)
        _belongs_to_present_owner(session, case)
        detail["customer"] = case.customer_id
        episode.attach(session, case, finding)
        record(session, case, EventKind.RECURRED, f"It is back: {finding.evidence.summary}", at=now, detail=detail)
        return "recurred"
    episode.attach(session, case, finding)
    record(session, case, EventKind.FINDING, finding.evidence.summary, at=now, detail=detail)
    return "attached"


def _belongs_to_present_owner(session: Session, case: CaseRow) -> None:
    """A device may have changed hands since the case opened; what happens now is the new owner's."""
    customer = subject(session, case.tenant, case.device).customer
    case.customer_id = customer.id if customer else None
    case.customer_name = customer.name if customer else ""


def _cleared(session: Session, finding: Finding, now: datetime, watch: Watch) -> str:
    case = _open_case(session, finding) or _last_case(session, finding)
    if case is None:
        return "nothing_to_clear"
    ended = episode.end(session, case, episode.CLEARED, now)
    episode.attach(session, case, finding)
    detail = _detail(finding) | {"until": watch.until(finding.detected, now).isoformat()}
    text = finding.evidence.summary or "The device is back in its usual range."
    if ended:
        record(session, case, EventKind.CLEARED, text, at=now, detail=detail)
        return "cleared"
    record(session, case, EventKind.NOTE, text, at=now, detail=detail)
    return "noted"


def _open_case(session: Session, finding: Finding) -> CaseRow | None:
    return session.scalar(
        select(CaseRow)
        .where(
            CaseRow.tenant == finding.tenant,
            CaseRow.device == finding.device,
            CaseRow.fault == finding.fault,
            text(OPEN_CASE),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _last_case(session: Session, finding: Finding, before: int | None = None) -> CaseRow | None:
    query = select(CaseRow).where(
        CaseRow.tenant == finding.tenant, CaseRow.device == finding.device, CaseRow.fault == finding.fault
    )
    if before is not None:
        query = query.where(CaseRow.number < before)
    return session.scalar(query.order_by(CaseRow.number.desc()).limit(1).with_for_update())


def _insert_case(session: Session, finding: Finding, now: datetime) -> int | None:
    """The new case's number; None when another transaction has just opened one."""
    about, words = subject(session, finding.tenant, finding.device), fault_words(finding.fault)
    statement = (
        insert(CaseRow)
        .values(
            tenant=finding.tenant,
            device=finding.device,
            fault=finding.fault,
            device_label=about.label,
            device_type=about.type,
            customer_id=about.customer.id if about.customer else None,
            customer_name=about.customer.name if about.customer else "",
            title=f"{words.label}: {about.label}",
            episode_id=finding.id,
            opened_at=now,
            updated_at=now,
            state=CaseState.NEW,
            priority=words.priority,
            owner="",
            revision=0,
        )
        .on_conflict_do_nothing()
        .returning(CaseRow.number)
    )
    return session.execute(statement).scalar()


def _opened(session: Session, case: CaseRow, finding: Finding, now: datetime) -> None:
    episode.begin(session, case, finding, now)
    episode.attach(session, case, finding)
    detail = _detail(finding) | {"priority": case.priority, "customer": case.customer_id}
    record(session, case, EventKind.OPENED, finding.evidence.summary, at=now, detail=detail)
    if before := _last_case(session, finding, before=case.number):
        record(
            session,
            case,
            EventKind.LINKED,
            f"The same fault was on this device before: FW-{before.number}, {before.state}.",
            at=now,
            detail={"previous": before.number},
        )


def _detail(finding: Finding) -> dict[str, Any]:
    return {
        "finding": str(finding.id),
        "detected": finding.detected.isoformat(),
        "confidence": finding.confidence,
        "severity": finding.severity,
    }
