"""Episodes: one occurrence of one fault on one device; a partial unique index keeps one open at most."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from detectors.finding import Finding
from outreach.tables import CaseFindingRow, CaseRow, EpisodeRow

CLEARED = "cleared"  # why an episode ended of which detection saw the end


def begin(session: Session, case: CaseRow, finding: Finding, at: datetime) -> None:
    """Begin an episode with the finding and make it the case's present one."""
    session.add(
        EpisodeRow(
            id=finding.id,
            tenant=finding.tenant,
            device=finding.device,
            fault=finding.fault,
            case_number=case.number,
            onset=finding.onset,
            began_at=at,
            end_reason="",
        )
    )
    case.episode_id = finding.id
    session.flush()


def open_of(session: Session, case: CaseRow) -> EpisodeRow | None:
    """The episode of the case that has not ended, or None."""
    return session.scalar(
        select(EpisodeRow).where(EpisodeRow.case_number == case.number, EpisodeRow.ended_at.is_(None))
    )


def end(session: Session, case: CaseRow, reason: str, at: datetime) -> bool:
    """End the case's open episode; False when none is open. A finished case has no open episode."""
    episode = open_of(session, case)
    if episode is None:
        return False
    episode.ended_at, episode.end_reason = at, reason
    session.flush()
    return True


def attach(session: Session, case: CaseRow, finding: Finding) -> bool:
    """Put the finding on the case; False when it was on one already."""
    statement = (
        insert(CaseFindingRow)
        .values(
            finding_id=finding.id,
            case_number=case.number,
            episode_id=case.episode_id,
            kind=finding.kind,
            detected=finding.detected,
            contact=finding.contact,
            confidence=finding.confidence,
        )
        .on_conflict_do_nothing()
        .returning(CaseFindingRow.finding_id)
    )
    return session.execute(statement).scalar() is not None


def known(session: Session, finding: Finding) -> bool:
    """Whether the finding is on a case already."""
    return session.get(CaseFindingRow, finding.id) is not None
