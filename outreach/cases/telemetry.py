"""The loop that gives the readings their say: it looks at an episode when something happened that may judge it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnExpressionArgument, Engine, func, or_, select, update
from sqlalchemy.orm import Session

from detectors import queries as findings
from detectors.faults.known.general import HELP_REQUESTED, SILENT
from detectors.finding import Finding, Horizon
from kit.clock import Clock
from kit.db import transaction
from outreach.cases import evidence
from outreach.cases.episode import CLEARED
from outreach.cases.evidence import Course
from outreach.cases.lifecycle import EventKind
from outreach.cases.timeline import FOREWARN, lock_case, record
from outreach.cases.views import Answer, Verdict
from outreach.tables import AnswerRow, CaseFindingRow, CaseRow, EpisodeRow, OutboxRow

# times the longest time that was foretold, after which it is late by far; 1 takes one forecast in ten for wrong
LATE = 2
SOONEST = timedelta(days=1)  # that a forecast can be late by far


def step(engine: Engine, clock: Clock) -> bool:
    """Look at one episode that is due; False when there is none."""
    with transaction(engine) as session:
        now = clock.now()
        due = select(EpisodeRow.id, EpisodeRow.tenant, EpisodeRow.case_number).where(EpisodeRow.judge_at <= now)
        found = session.execute(due.order_by(EpisodeRow.judge_at).limit(1)).one_or_none()
        if found is None:
            return False
        case = lock_case(session, found.tenant, found.case_number)
        # Locked, because triage may ask for a look at it while this one is under way, which would be lost.
        episode = session.get_one(EpisodeRow, found.id, populate_existing=True, with_for_update=True)
        if episode.judge_at is not None and episode.judge_at <= now:
            _judge(session, case, episode, now)
    return True


def heard(session: Session, finding: Finding, now: datetime) -> None:
    """Take up what a finding that triage has just taken says about its own episode, or about others of its device."""
    if finding.kind != "raised":
        return
    if finding.evidence.horizon is not None:
        _foretold(session, finding, finding.evidence.horizon)
    if finding.fault == HELP_REQUESTED.name or (finding.fault == SILENT.name and finding.contact):
        _have_others_looked_at(session, finding, now)


def _foretold(session: Session, finding: Finding, horizon: Horizon) -> None:
    """Remember what is foretold, for when it should have come; the first forecast of an episode stands."""
    episode = session.scalar(
        select(EpisodeRow).where(
            EpisodeRow.tenant == finding.tenant,
            EpisodeRow.device == finding.device,
            EpisodeRow.fault == finding.fault,
            EpisodeRow.ended_at.is_(None),
        )
    )
    if episode is None or episode.overdue_at is not None or horizon.high is None:
        return
    episode.foretold_at = horizon.at
    episode.overdue_at = horizon.at + max(LATE * (horizon.high - horizon.at), SOONEST)
    episode.judge_at = episode.judge_at or episode.overdue_at


def _have_others_looked_at(session: Session, finding: Finding, now: datetime) -> None:
    """A call for help, or a long silence, may judge what was found on the device lately."""
    session.execute(
        update(EpisodeRow)
        .where(
            EpisodeRow.tenant == finding.tenant,
            EpisodeRow.device == finding.device,
            EpisodeRow.fault.not_in([HELP_REQUESTED.name, SILENT.name]),
            or_(EpisodeRow.began_at > now - 2 * evidence.CALLED_WITHIN, EpisodeRow.overdue_at > now),
        )
        .values(judge_at=now),
        execution_options={"synchronize_session": False},
    )


def _judge(session: Session, case: CaseRow, episode: EpisodeRow, now: datetime) -> None:
    """Give the verdict that follows, once; and look again when what was foretold is overdue."""
    overdue = episode.overdue_at
    episode.judge_at = overdue if overdue is not None and overdue > now else None
    rule = evidence.judged(_course(session, episode), now)
    if rule is None or findings.newest_verdict(session, episode.id, "telemetry") == rule.verdict:
        return
    note = f"{rule.name}: {rule.said}"
    findings.record_verdict(session, episode.id, rule.verdict, source="telemetry", actor=FOREWARN, note=note, at=now)
    detail = {"verdict": rule.verdict, "rule": rule.name, "finding": str(episode.id)}
    record(session, case, EventKind.JUDGED, f"{rule.said} {_COUNTS[rule.verdict]}", at=now, detail=detail)


_COUNTS = {
    Verdict.TRUE: "That speaks for the finding.",
    Verdict.FALSE: "That speaks against the finding.",
    Verdict.UNKNOWN: "That says nothing about the finding.",
}


def _course(session: Session, episode: EpisodeRow) -> Course:
    since = episode.onset
    denied = _answered(session, episode, Answer.WRONG)
    return Course(
        began_at=episode.began_at,
        over=episode.ended_at is not None,
        cleared_at=episode.ended_at if episode.end_reason == CLEARED else None,
        told_at=session.scalar(
            select(func.min(OutboxRow.delivered_at)).where(
                OutboxRow.case_number == episode.case_number,
                OutboxRow.episode_id == episode.id,
                OutboxRow.state == "delivered",
            )
        ),
        mended_at=_answered(session, episode, Answer.FIXED),
        denied_at=denied,
        called_at=_first(session, episode, HELP_REQUESTED.name, denied or since),
        silent_at=_first(session, episode, SILENT.name, episode.foretold_at or since, CaseFindingRow.contact),
        foretold_at=episode.foretold_at,
        overdue_at=episode.overdue_at,
    )


def _answered(session: Session, episode: EpisodeRow, answer: Answer) -> datetime | None:
    """When the customer first said so on the episode's case since the episode began."""
    said = (AnswerRow.case_number == episode.case_number, AnswerRow.answer == answer)
    return session.scalar(select(func.min(AnswerRow.at)).where(*said, AnswerRow.at >= episode.began_at))


def _first(
    session: Session, episode: EpisodeRow, fault: str, since: datetime, *only: ColumnExpressionArgument[bool]
) -> datetime | None:
    """When the fault was first found on the device of the episode from then on, in event time."""
    return session.scalar(
        select(func.min(CaseFindingRow.detected))
        .join(CaseRow, CaseRow.number == CaseFindingRow.case_number)
        .where(
            CaseRow.tenant == episode.tenant,
            CaseRow.device == episode.device,
            CaseRow.fault == fault,
            CaseFindingRow.kind == "raised",
            CaseFindingRow.detected >= since,
            *only,
        )
    )
