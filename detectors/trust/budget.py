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
from detectors.trust.precision import Precision
from detectors.trust.prior import UNMEASURED
from detectors.trust.promise import WINDOW, Promise
from ingest.registry import devices as registry

FLEET = Precision(27.0, 3.0)
"""Contacts of all faults together before any is judged: nine of ten, worth thirty verdicts. Owners who are content say
nothing, so the first verdicts are mostly complaints: worth six, one customer's mistake would silence a fleet for a
month; worth a hundred, a fleet of bad detectors is noticed too late."""


@dataclass(frozen=True, slots=True)
class Spent:
    """Contacts of the window that no person released: how many, judged how, and the false ones to be expected."""

    contacts: int
    right: int
    wrong: int
    expected_false: float

    @property
    def share_wrong(self) -> float:
        """Of the fleet's contacts, those that are wrong, as far as the judged ones tell."""
        return share_wrong(self.right, self.wrong)


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
    rows = [(row[0], row[1], row[2], int(row[3])) for row in session.execute(query)]
    right, wrong = (sum(number for *_, verdict, number in rows if verdict == said) for said in ("right", "wrong"))
    share = share_wrong(right, wrong)
    still_open = sum(
        number * cost(standing.of(session, tenant, fault, version, promise), share)
        for fault, version, verdict, number in rows
        if verdict is None
    )
    return Spent(sum(number for *_, number in rows), right, wrong, wrong + still_open)


def of_device(session: Session, tenant: str, device: str, now: datetime) -> tuple[int, int]:
    """How many contacts about one device were judged wrong, and how many nobody has judged."""
    query = select(TrustContactRow.verdict).where(*_in_window(tenant, now), TrustContactRow.device == device)
    verdicts = session.scalars(query).all()
    return verdicts.count("wrong"), verdicts.count(None)


def cost(of: standing.Standing, share: float) -> float:
    """The chance that a contact of this standing is wrong, where `share` of the fleet's are.

    What nothing is known of is no better than the fleet: whichever is worse, what is believed of any fault at first or
    the fleet's share in place of that, meets what is known of this one. So verdicts on some control the budget of all.
    """
    known = of.precision
    total = known.right + known.wrong
    supposed = UNMEASURED.right + UNMEASURED.wrong
    beyond = known.wrong - of.prior.wrong * min(1.0, supposed / (of.prior.right + of.prior.wrong))
    return max(known.wrong / total, (supposed * share + beyond) / total)


def share_wrong(right: int, wrong: int) -> float:
    """Of contacts in general, those that are wrong, after so many were judged."""
    return 1.0 - FLEET.and_judged(right, wrong).mean


def devices(session: Session, tenant: str) -> int:
    """How many devices the promise is about."""
    return registry.count(session, tenant)


def _in_window(tenant: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        TrustContactRow.tenant == tenant,
        TrustContactRow.at > now - WINDOW,
        TrustContactRow.released_by == "",
    )
