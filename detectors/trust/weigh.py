"""The loop that takes verdicts into account: one at a time, each once, whoever gave it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from detectors.tables import FindingRow, TrustContactRow, TrustStandingRow, VerdictRow
from detectors.trust import labels, standing
from detectors.trust.promise import Promise
from kit.clock import Clock
from kit.db import transaction
from kit.logs import get

_log = get("trust")


class Weighing:
    """One thread's loop. At its first step it looks at every standing: the promise may have changed meanwhile."""

    def __init__(self, engine: Engine, clock: Clock, promise: Promise) -> None:
        self._engine = engine
        self._clock = clock
        self._promise = promise
        self._looked = False

    def step(self) -> bool:
        """Weigh the oldest verdict that was not; False when there is none."""
        with transaction(self._engine) as session:
            if not self._looked:
                review_all(session, self._promise, self._clock.now())
            done = weigh_next(session, self._promise, self._clock.now())
        self._looked = True
        return done


def weigh_next(session: Session, promise: Promise, now: datetime) -> bool:
    """Take one verdict into account, with all others on the same finding; False when there is none."""
    found = session.execute(
        select(VerdictRow, FindingRow.tenant, FindingRow.fault, FindingRow.version)
        .join(FindingRow, FindingRow.id == VerdictRow.finding_id)
        .where(VerdictRow.weighed_at.is_(None))
        .order_by(VerdictRow.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=VerdictRow)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        return False
    verdict, tenant, fault, version = found
    verdict.weighed_at = now
    _judge_contact(session, verdict)
    before = standing.of(session, tenant, fault, version, promise)
    after = standing.review(session, before, promise, now)
    if after.state != before.state:
        _log.info("trust changed", fault=fault, version=version, state=after.state, reason=after.reason)
    return True


def review_all(session: Session, promise: Promise, now: datetime) -> None:
    """Hold every standing against the promise."""
    for tenant in session.scalars(select(TrustStandingRow.tenant).distinct().order_by(TrustStandingRow.tenant)).all():
        for known in standing.all_of(session, tenant):
            standing.review(session, known, promise, now)


def _judge_contact(session: Session, verdict: VerdictRow) -> None:
    label = labels.of_finding(session, verdict.finding_id)
    session.execute(
        update(TrustContactRow)
        .where(TrustContactRow.finding_id == verdict.finding_id)
        .values(verdict=label.outcome if label else None)
    )
