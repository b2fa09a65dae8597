"""The budget of false contacts: what was spent in the window, by the fleet and by one device.

A contact that was judged wrong costs 1 and one judged right costs nothing; one that nobody has judged costs the chance
that it is wrong, and one that its owner denies the chance that the owner is right (see `labels`). The sum is the
expected number of false contacts, whatever depends on whatever: so it is kept at or below the allowance. Verdicts give
back, or take away, what was only a chance: they control how much may still go out. A contact that a person released is
theirs, and costs nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from detectors.tables import FindingRow, TrustContactRow
from detectors.trust import labels, standing
from detectors.trust.labels import Outcome, Tally
from detectors.trust.precision import Precision
from detectors.trust.prior import UNMEASURED
from detectors.trust.promise import MEMORY, WINDOW, Promise
from ingest.registry import devices as registry

FLEET = Precision(9.5, 0.5)
"""Contacts of all faults together before any is judged: nineteen of twenty, worth ten verdicts. Scorecards saw better;
owners who are content say nothing, so the first verdicts are mostly complaints. Worth five, one customer's mistake
would silence a small fleet for a month; worth thirty, a fleet of bad detectors is noticed too late."""


@dataclass(frozen=True, slots=True)
class Spent:
    """Contacts of the window that no person released: how many, how judged, and the false ones to be expected.

    `denied` are those that their owners alone call wrong. `share_wrong` is which share of the fleet's contacts is
    wrong, as far as the verdicts of a longer memory tell.
    """

    contacts: int
    right: int
    wrong: int
    denied: int
    expected_false: float
    share_wrong: float


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
    share = share_wrong(Tally(**_judged(_counted(session, tenant, now - MEMORY))))
    rows = _counted(session, tenant, now - WINDOW)
    expected = sum(
        number * expected_false(verdict, standing.of(session, tenant, fault, version, promise), share)
        for fault, version, verdict, number in rows
    )
    contacts = sum(number for *_, number in rows)
    return Spent(contacts, expected_false=expected, share_wrong=share, **_judged(rows))


def of_device(session: Session, tenant: str, device: str, now: datetime) -> tuple[int, int]:
    """How many contacts about one device were called wrong, by whomever, and how many nobody has judged."""
    query = select(TrustContactRow.verdict).where(*_unreleased(tenant, now - WINDOW), TrustContactRow.device == device)
    verdicts = session.scalars(query).all()
    return verdicts.count("wrong") + verdicts.count("denied"), verdicts.count(None)


def expected_false(verdict: str | None, of: standing.Standing, share: float) -> float:
    """How many false contacts one of this standing comes to, so judged, where `share` of the fleet's are wrong."""
    if verdict in {"right", "wrong"}:
        return float(verdict == "wrong")
    chance = cost(of, share)
    return labels.chance_denial_is_true(chance) if verdict == "denied" else chance


def cost(of: standing.Standing, share: float) -> float:
    """The chance that a contact of this standing is wrong, where `share` of the fleet's are.

    What nothing is known of is no better than the fleet: whichever is worse, what is believed of any fault at first or
    the fleet's share in place of that, meets what is known of this one. So verdicts on some control the budget of all.
    """
    known = of.precision
    total = known.right + known.wrong
    supposed = UNMEASURED.right + UNMEASURED.wrong
    beyond = max(0.0, known.wrong - UNMEASURED.wrong)  # every prior is what is believed of any fault, and more
    return max(known.wrong / total, (supposed * share + beyond) / total)


def share_wrong(judged: Tally) -> float:
    """Of contacts in general, those that are wrong, after so many were judged."""
    return 1.0 - FLEET.and_judged(*labels.weighed(FLEET, judged)).mean


def devices(session: Session, tenant: str) -> int:
    """How many devices the promise is about."""
    return registry.count(session, tenant)


def _counted(session: Session, tenant: str, since: datetime) -> list[tuple[str, str, str | None, int]]:
    """Contacts that no person released, counted by fault, version and verdict."""
    kind = (TrustContactRow.fault, TrustContactRow.version, TrustContactRow.verdict)
    query = select(*kind, func.count()).where(*_unreleased(tenant, since)).group_by(*kind)
    return [(fault, version, verdict, number) for fault, version, verdict, number in session.execute(query)]


def _judged(rows: Iterable[tuple[str, str, str | None, int]]) -> dict[Outcome, int]:
    return {said: sum(number for *_, verdict, number in rows if verdict == said) for said in get_args(Outcome)}


def _unreleased(tenant: str, since: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        TrustContactRow.tenant == tenant,
        TrustContactRow.at > since,
        TrustContactRow.released_by == "",
    )
