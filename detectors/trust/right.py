"""The right to contact: may a finding reach its customer without a person? Asked by the contact gate.

Three questions, the first objection decides: is what found it right often enough; is it one of a few devices that
cause most of the trouble; is there anything left of what the fleet may be wrong. The less is left, the surer must be
what goes out: what is hardly ever wrong, or findings in the upper tail of their fault's own history in this fleet.
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

UNSURE = 0.6
"""Chance to be wrong, times tail, that may go out while the whole allowance is left; it shrinks with what is left.
Higher spends it on what comes first, lower asks people about what is hardly ever wrong."""
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
    least_precision: float

    @property
    def left(self) -> float:
        """Of the allowance, what may still be spent: the reserve is not, while the fleet is worse than promised."""
        worse = self.spent.share_wrong > 1.0 - self.least_precision
        return self.allowance * (1.0 - RESERVE * worse) - self.spent.expected_false


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
            promise.least_precision,
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
    chance = budget.cost(known, account.spent.share_wrong)
    if chance > account.left + SLACK:
        return Right(False, f"The {account.allowance:.3g} false contacts allowed in {days} days are used up.")
    if chance * account.tail > UNSURE * account.left / account.allowance + SLACK:
        return Right(
            False,
            f"Of the {account.allowance:.3g} false contacts allowed in {days} days too little is left "
            "for findings that are no surer and no more severe.",
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
