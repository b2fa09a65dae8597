"""Trust as people read it: the promise and what is spent of it, every standing, the newest decisions, the shadow."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from detectors.faults.catalogue import FAULTS
from detectors.tables import TrustContactRow, TrustDecisionRow
from detectors.trust import budget, standing
from detectors.trust.budget import Spent
from detectors.trust.compare import Compared, compare
from detectors.trust.promise import WINDOW, Promise
from detectors.trust.standing import State

DECISIONS = 50  # shown at most; all of them are kept


@dataclass(frozen=True, slots=True)
class Trusted:
    """One fault and version: its state with the reason, its precision with the interval, its contacts of the window.

    `right` and `wrong` are the weight of all verdicts on this version, `open` the contacts that nobody has judged.
    """

    fault: str
    label: str
    version: str
    state: State
    reason: str
    changed_at: datetime | None
    precision: float
    low: float
    high: float
    right: float
    wrong: float
    contacts: int
    open: int


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision of the past."""

    at: datetime
    fault: str
    label: str
    version: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """The whole of it. Rates are false contacts per 1,000 device-days in the window, judged and expected."""

    days: int
    devices: int
    promise: Promise
    allowance: float
    spent: Spent
    standings: tuple[Trusted, ...]
    decisions: tuple[Decided, ...]
    shadow: Compared | None

    @property
    def expected_rate(self) -> float | None:
        """What the window comes to when contacts that nobody judged are as wrong as others; None without devices."""
        return 1000 * self.spent.expected_false / (self.devices * self.days) if self.devices else None


def report(session: Session, tenant: str, promise: Promise, now: datetime) -> Report:
    """As of now: what is in review first, then what contacts most."""
    contacts = _contacts(session, tenant, now)
    stored = {(known.fault, known.version): known for known in standing.all_of(session, tenant)}
    for fault, version in contacts.keys() - stored.keys():
        stored[fault, version] = standing.of(session, tenant, fault, version, promise)
    lines = [_line(known, contacts.get(key, (0, 0))) for key, known in stored.items()]
    lines.sort(key=lambda line: (line.state == "contact", -line.contacts, line.label, line.version))
    devices = budget.devices(session, tenant)
    return Report(
        days=WINDOW.days,
        devices=devices,
        promise=promise,
        allowance=promise.allowance(devices),
        spent=budget.of_fleet(session, tenant, promise, now),
        standings=tuple(lines),
        decisions=_decisions(session, tenant),
        shadow=compare(session, tenant),
    )


def _contacts(session: Session, tenant: str, now: datetime) -> dict[tuple[str, str], tuple[int, int]]:
    """How many contacts of the window, and how many of them are not judged; those that a person released as well."""
    query = (
        select(TrustContactRow.fault, TrustContactRow.version, TrustContactRow.verdict, func.count())
        .where(TrustContactRow.tenant == tenant, TrustContactRow.at > now - WINDOW)
        .group_by(TrustContactRow.fault, TrustContactRow.version, TrustContactRow.verdict)
    )
    made: defaultdict[tuple[str, str], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for fault, version, verdict, number in session.execute(query):
        before = made[fault, version]
        made[fault, version] = (before[0] + number, before[1] + (number if verdict is None else 0))
    return dict(made)


def _line(known: standing.Standing, contacts: tuple[int, int]) -> Trusted:
    low, high = known.precision.interval
    return Trusted(
        fault=known.fault,
        label=_label(known.fault),
        version=known.version,
        state=known.state,
        reason=known.reason,
        changed_at=known.changed_at,
        precision=known.precision.mean,
        low=low,
        high=high,
        right=known.right,
        wrong=known.wrong,
        contacts=contacts[0],
        open=contacts[1],
    )


def _decisions(session: Session, tenant: str) -> tuple[Decided, ...]:
    query = select(TrustDecisionRow).where(TrustDecisionRow.tenant == tenant)
    rows = session.scalars(query.order_by(TrustDecisionRow.id.desc()).limit(DECISIONS))
    return tuple(Decided(row.at, row.fault, _label(row.fault), row.version, row.state, row.reason) for row in rows)


def _label(fault: str) -> str:
    """The fault in words; the name itself for one that this version does not know any more."""
    return FAULTS.get(fault).label if fault in FAULTS else fault
