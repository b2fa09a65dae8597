"""What a finding turned out to be, out of everybody's opinions on it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from detectors.tables import FindingRow, TrustContactRow, VerdictRow

Outcome = Literal["right", "wrong"]
OUTCOMES: Mapping[str, Outcome] = {"true": "right", "false": "wrong", "benign": "wrong"}
"""A harmless change that a customer was bothered with is a wrong contact. Any other verdict says nothing."""
WEIGHTS: Mapping[str, float] = {"staff": 1.0, "customer": 1.0, "telemetry": 0.5}
"""Sources, the most reliable first: its newest opinion stands. Telemetry only infers, so it counts half."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """One verdict as stored; `number` grows with time."""

    verdict: str
    source: str
    number: int


@dataclass(frozen=True, slots=True)
class Label:
    """Whether a finding was right, and how much that counts."""

    outcome: Outcome
    weight: float


def label(opinions: Iterable[Opinion]) -> Label | None:
    """The newest opinion of the most reliable source that has one; None when nobody can say."""
    for source, weight in WEIGHTS.items():
        theirs = [one for one in opinions if one.source == source]
        if theirs:
            outcome = OUTCOMES.get(max(theirs, key=lambda one: one.number).verdict)
            if outcome is not None:
                return Label(outcome, weight)
    return None


def of_finding(session: Session, finding_id: uuid.UUID) -> Label | None:
    """The label of one finding."""
    query = select(VerdictRow.verdict, VerdictRow.source, VerdictRow.id).where(VerdictRow.finding_id == finding_id)
    return label([Opinion(*row) for row in session.execute(query)])


def tally(session: Session, tenant: str, fault: str, version: str) -> tuple[float, float]:
    """Weight of the right and of the wrong findings of one fault and version.

    Only those count that a customer could be told of, or was: what is too weak for that says nothing about contacts.
    """
    told = exists().where(TrustContactRow.finding_id == FindingRow.id)
    query = (
        select(VerdictRow.finding_id, VerdictRow.verdict, VerdictRow.source, VerdictRow.id)
        .join(FindingRow, FindingRow.id == VerdictRow.finding_id)
        .where(FindingRow.tenant == tenant, FindingRow.fault == fault, FindingRow.version == version)
        .where(or_(FindingRow.contact, told))
    )
    opinions: dict[uuid.UUID, list[Opinion]] = {}
    for finding_id, verdict, source, number in session.execute(query):
        opinions.setdefault(finding_id, []).append(Opinion(verdict, source, number))
    labels = [found for given in opinions.values() if (found := label(given)) is not None]
    return (
        sum(one.weight for one in labels if one.outcome == "right"),
        sum(one.weight for one in labels if one.outcome == "wrong"),
    )
