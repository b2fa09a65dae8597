"""Standings: whether what finds a fault, in its present version, may contact customers by itself.

It may as long as its precision can still be what is promised. Once that has become unlikely it is demoted: its
findings open cases as before, and a person decides whether the customer is told. What staff then judge is the
evidence by which it is promoted again. Between the two lies a gap, so that one verdict does not turn it back and forth.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, cast

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from detectors import metrics
from detectors.tables import TrustDecisionRow, TrustStandingRow
from detectors.trust import labels, prior
from detectors.trust.precision import Precision
from detectors.trust.promise import Promise

State = Literal["contact", "review"]
DEMOTE_BELOW = 0.1  # chance that it is as good as promised; higher demotes on bad luck, lower bothers more people first
PROMOTE_FROM = 0.5  # the same; higher keeps people busy with what is well again, lower lets it swing


@dataclass(frozen=True, slots=True)
class Standing:
    """One fault and version: its state with the reason, and what is believed of its precision.

    `right` and `wrong` are weights of verdicts on this version alone; `prior` is what it began with.
    """

    tenant: str
    fault: str
    version: str
    state: State
    reason: str
    changed_at: datetime | None
    prior: Precision
    right: float
    wrong: float

    @property
    def precision(self) -> Precision:
        """Prior and verdicts together."""
        return self.prior.and_judged(self.right, self.wrong)


def judged(standing: Standing, promise: Promise) -> Standing:
    """The standing with the state that its verdicts ask for; the same when none is asked for."""
    chance = standing.precision.at_least(promise.least_precision)
    figures = f"{standing.right + standing.wrong:.3g} judged, {standing.wrong:.2g} of them wrong"
    wanted = f"{promise.least_precision:.0%} right"
    if standing.state == "contact" and chance < DEMOTE_BELOW:
        reason = f"Demoted: {figures}; that these contacts are {wanted}, as promised, has become unlikely."
        return replace(standing, state="review", reason=reason)
    if standing.state == "review" and chance >= PROMOTE_FROM:
        reason = f"Promoted: {figures}; these contacts are likely {wanted} again."
        return replace(standing, state="contact", reason=reason)
    return standing


def of(session: Session, tenant: str, fault: str, version: str, promise: Promise) -> Standing:
    """The standing as stored, else the one with which this version begins. Writes nothing."""
    row = session.get(TrustStandingRow, (tenant, fault, version), populate_existing=True)
    return _first(session, tenant, fault, version, promise) if row is None else _standing(row)


def all_of(session: Session, tenant: str) -> list[Standing]:
    """Every stored standing, by fault, the newest version first."""
    query = select(TrustStandingRow).where(TrustStandingRow.tenant == tenant)
    rows = session.scalars(query.order_by(TrustStandingRow.fault, TrustStandingRow.began_at.desc()))
    return [_standing(row) for row in rows]


def review(session: Session, standing: Standing, promise: Promise, at: datetime) -> Standing:
    """Count the verdicts anew, decide, and write down a decision where there is one. Holds the row meanwhile."""
    row = _kept(session, standing, at)
    counted = labels.tally(session, row.tenant, row.fault, row.version)
    row.right, row.wrong = labels.weighed(Precision(row.prior_right, row.prior_wrong), counted)
    before = _standing(row)
    after = judged(before, promise)
    if after.state != before.state:
        row.state, row.reason, row.changed_at = after.state, after.reason, at
        _write_down(session, after, at)
    session.flush()
    return _standing(row)


def _first(session: Session, tenant: str, fault: str, version: str, promise: Promise) -> Standing:
    """How a version begins: with half of its predecessor's verdicts and in its state, else as the scorecard says."""
    query = (
        select(TrustStandingRow)
        .where(TrustStandingRow.tenant == tenant, TrustStandingRow.fault == fault)
        .order_by(TrustStandingRow.began_at.desc())
        .limit(1)
    )
    before = session.scalar(query)
    if before is None:
        known = Standing(tenant, fault, version, "contact", "It begins with trust.", None, prior.fresh(fault), 0.0, 0.0)
        began = judged(known, promise)
        reason = "It begins in review: on simulated fleets its contacts were too often wrong."
        return known if began.state == known.state else replace(began, reason=reason)
    reason = f"A new version begins where the one before it stood, with half of its verdicts. {before.reason}"
    begins = prior.inherited(fault, before.right, before.wrong)
    return Standing(tenant, fault, version, cast("State", before.state), reason, None, begins, 0.0, 0.0)


def _kept(session: Session, standing: Standing, at: datetime) -> TrustStandingRow:
    """The row, locked; made, with the decision that it begins so, where there is none."""
    key = {"tenant": standing.tenant, "fault": standing.fault, "version": standing.version}
    values = {
        "state": standing.state,
        "reason": standing.reason,
        "changed_at": at,
        "began_at": at,
        "prior_right": standing.prior.right,
        "prior_wrong": standing.prior.wrong,
        "right": 0.0,
        "wrong": 0.0,
    }
    statement = insert(TrustStandingRow).values(**key, **values).on_conflict_do_nothing()
    made = session.execute(statement.returning(TrustStandingRow.fault)).scalar()
    if made is not None:
        _write_down(session, standing, at)
    return session.get_one(TrustStandingRow, tuple(key.values()), with_for_update=True, populate_existing=True)


def _write_down(session: Session, standing: Standing, at: datetime) -> None:
    low, high = standing.precision.interval
    detail = {
        "right": standing.right,
        "wrong": standing.wrong,
        "prior_right": standing.prior.right,
        "prior_wrong": standing.prior.wrong,
        "precision": round(standing.precision.mean, 4),
        "low": round(low, 4),
        "high": round(high, 4),
    }
    session.add(
        TrustDecisionRow(
            tenant=standing.tenant,
            fault=standing.fault,
            version=standing.version,
            state=standing.state,
            reason=standing.reason,
            detail=detail,
            at=at,
        )
    )
    metrics.trust_decisions.labels(standing.fault, standing.state).inc()


def _standing(row: TrustStandingRow) -> Standing:
    return Standing(
        tenant=row.tenant,
        fault=row.fault,
        version=row.version,
        state=cast("State", row.state),
        reason=row.reason,
        changed_at=row.changed_at,
        prior=Precision(row.prior_right, row.prior_wrong),
        right=row.right,
        wrong=row.wrong,
    )
