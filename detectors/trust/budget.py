"""The budget of false contacts: what was spent in the window, by the fleet and by one device.

A contact that was judged wrong costs 1 and one judged right costs nothing; one that nobody has judged costs the chance
that it is wrong. The sum is the expected number of false contacts, whatever depends on whatever: so it is kept at or
below the allowance. Verdicts give back, or take away, what was only a chance: they control how much may still go out.
A contact that a person released is theirs, and costs nothing.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from detectors.tables import FindingRow, TrustContactRow
from detectors.trust import labels, standing
from detectors.trust.promise import WINDOW, Promise
from ingest.registry import devices as registry


@dataclass(frozen=True, slots=True)
class Spent:
    """Contacts of the window that no person released: how many, judged how, and the false ones to be expected."""

    contacts: int
    right: int
    wrong: int
    expected_false: float


def told(session: Session, finding_id: uuid.UUID, *, released_by: str, at: datetime) -> None:
    """Keep that a customer was told of the finding; telling it again changes nothing."""
    finding = session.get(FindingRow, finding_id)
    if finding is None:
        return
    judged = labels.of_finding(session, finding_id)
    statement = insert(TrustContactRow).values(
        finding_id=finding_id,
        tenant=finding.tenant,
        device=finding.device,
        fault=finding.fault,
        version=finding.version,
        at=at,
        released_by=released_by,
        verdict=judged.outcome if judged else None,
    )
    session.execute(statement.on_conflict_do_nothing())


def of_fleet(session: Session, tenant: str, promise: Promise, now: datetime) -> Spent:
    """What all devices together spent."""
    query = (
        select(TrustContactRow.fault, TrustContactRow.version, TrustContactRow.verdict, func.count())
        .where(*_in_window(tenant, now))
        .group_by(TrustContactRow.fault, TrustContactRow.version, TrustContactRow.verdict)
    )
    right = wrong = unjudged = 0
    open_cost = 0.0
    for fault, version, verdict, number in session.execute(query):
        if verdict == "right":
            right += number
        elif verdict == "wrong":
            wrong += number
        else:
            unjudged += number
            open_cost += number * cost(standing.of(session, tenant, fault, version, promise))
    return Spent(right + wrong + unjudged, right, wrong, wrong + open_cost)


def of_device(session: Session, tenant: str, device: str, now: datetime) -> tuple[int, int]:
    """How many contacts about one device were judged wrong, and how many nobody has judged."""
    query = select(TrustContactRow.verdict).where(*_in_window(tenant, now), TrustContactRow.device == device)
    verdicts = session.scalars(query).all()
    return verdicts.count("wrong"), verdicts.count(None)


def cost(of: standing.Standing) -> float:
    """The chance that a contact of this standing is wrong."""
    return 1.0 - of.precision.mean


def devices(session: Session, tenant: str) -> int:
    """How many devices the promise is about."""
    return registry.count(session, tenant)


def _in_window(tenant: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        TrustContactRow.tenant == tenant,
        TrustContactRow.at > now - WINDOW,
        TrustContactRow.released_by == "",
    )
