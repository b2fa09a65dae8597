"""Monitoring: a case whose device is well again resolves by itself once it has been well for long enough."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from kit.clock import Clock
from kit.db import transaction
from outreach.cases import episode
from outreach.cases.lifecycle import EventKind
from outreach.cases.timeline import record
from outreach.cases.triage import Watch
from outreach.cases.views import CaseState
from outreach.tables import CaseRow, EpisodeRow

SILENT = "silent"  # the fault that hides every other one


def step(engine: Engine, clock: Clock, watch: Watch) -> bool:
    """Decide about one case whose watch has ended; False when there is none."""
    with transaction(engine) as session:
        case = session.scalar(
            select(CaseRow)
            .where(CaseRow.state == CaseState.MONITORING, CaseRow.monitoring_until <= clock.now())
            .order_by(CaseRow.monitoring_until)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if case is None:
            return False
        decide(session, case, clock.now(), watch)
    return True


def decide(session: Session, case: CaseRow, now: datetime, watch: Watch) -> None:
    """Resolve the case, watch on, or give it back to people: with the reason on its timeline."""
    hours = watch.healthy.total_seconds() / 3600
    if episode.open_of(session, case) is not None:
        said = "The watch is over, and the fault is still seen: a person should look at it."
        record(session, case, EventKind.STILL_SEEN, said, at=now)
    elif _silent(session, case):
        until = now + watch.healthy
        said = "The device is silent, so it cannot show that it is well: watched on."
        record(session, case, EventKind.WATCHED_ON, said, at=now, detail={"until": until.isoformat()})
    else:
        said = f"Resolved: the device has shown no sign of the fault for {hours:g} hours."
        record(session, case, EventKind.RESOLVED, said, at=now)
        session.get_one(EpisodeRow, case.episode_id).judge_at = now


def _silent(session: Session, case: CaseRow) -> bool:
    open_silence = select(EpisodeRow.id).where(
        EpisodeRow.tenant == case.tenant,
        EpisodeRow.device == case.device,
        EpisodeRow.fault == SILENT,
        EpisodeRow.ended_at.is_(None),
    )
    return session.scalar(open_silence.limit(1)) is not None
