"""The right to contact: may a finding reach its customer without a person? Asked by the contact gate.

Three questions, the first objection decides: is what found it right often enough; is it one of a few devices that
cause most of the trouble; is there anything left of what the fleet may be wrong. When little is left, only the most
severe findings of a fault go out: those in the upper tail of its own history in this fleet.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from detectors.finding import Finding
from detectors.tables import FindingRow
from detectors.trust import budget, standing
from detectors.trust.budget import Spent
from detectors.trust.promise import DEVICE_OPEN, DEVICE_WRONG, RESERVE, WINDOW, Promise
from detectors.trust.standing import Standing

SLACK = 1e-9  # of floating sums; the last contact that just fits goes out


@dataclass(frozen=True, slots=True)
class Right:
    """Whether the finding may contact by itself, and why, in a sentence for the timeline."""

    granted: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Account:
    """What the decision rests on: the standing, the device's wrong and unjudged contacts, the fleet's budget.

    `tail` is the share of this fault's findings in this fleet that were at least as severe, this one included.
    """

    standing: Standing
    device_wrong: int
    device_open: int
    spent: Spent
    allowance: float
    tail: float


def right_to_contact(session: Session, finding: Finding, promise: Promise, now: datetime) -> Right:
    """Decide about one finding on what is known now. Writes nothing."""
    tenant = finding.tenant
    return decide(
        Account(
            standing.of(session, tenant, finding.fault, finding.version, promise),
            *budget.of_device(session, tenant, finding.device, now),
            budget.of_fleet(session, tenant, promise, now),
            promise.allowance(budget.devices(session, tenant)),
            _tail(session, finding),
        )
    )


def decide(account: Account) -> Right:
    """The first objection, else the right. Words change only with what they are about."""
    known, days = account.standing, WINDOW.days
    if known.state == "review":
        return Right(False, f"Contacts about this fault are in review. {known.reason}")
    if account.device_wrong >= DEVICE_WRONG:
        return Right(False, f"A contact about this device was wrong in the last {days} days; a person decides.")
    if account.device_open >= DEVICE_OPEN:
        return Right(
            False, f"{account.device_open} contacts about this device in {days} days are not judged; a person decides."
        )
    left = account.allowance - account.spent.expected_false
    if budget.cost(known, account.spent.share_wrong) > left + SLACK:
        return Right(False, f"The {account.allowance:.3g} false contacts allowed in {days} days are used up.")
    if account.tail > left / (RESERVE * account.allowance) + SLACK:
        return Right(
            False,
            f"Most of the {account.allowance:.3g} false contacts allowed in {days} days are used up; "
            "what is left is for more severe findings.",
        )
    low, high = known.precision.interval
    return Right(True, f"Of such contacts {low:.0%} to {high:.0%} are right, and the budget of the fleet allows it.")


def _tail(session: Session, finding: Finding) -> float:
    """The rank of the finding's severity among those of its fault, as a share; the smaller, the more severe."""
    alike = select(FindingRow).where(
        FindingRow.tenant == finding.tenant,
        FindingRow.fault == finding.fault,
        FindingRow.kind == "raised",
        FindingRow.id != finding.id,
    )
    rows = alike.subquery()
    query = select(func.count(), func.count().filter(rows.c.severity >= finding.severity)).select_from(rows)
    others, worse = session.execute(query).one()
    return (1 + worse) / (1 + others)
