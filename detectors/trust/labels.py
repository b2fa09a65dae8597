"""What a finding turned out to be, out of everybody's opinions on it.

Owners are not always right when they say that nothing was wrong: what is told early cannot be felt yet. So their word
alone is a *denial*, which counts as wrong in part: by how likely it is that they are right, given how often such
contacts are (Dawid & Skene, Applied Statistics 28, 1979, with the reliability of the witness known). A denial of what
is hardly ever wrong is mostly a mistake of theirs; of what is often wrong, hardly ever.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from detectors.tables import FindingRow, TrustContactRow, VerdictRow
from detectors.trust.precision import Precision

Outcome = Literal["right", "wrong", "denied"]
OUTCOMES: Mapping[str, Outcome] = {"true": "right", "false": "wrong", "benign": "wrong"}
"""A harmless change that a customer was bothered with is a wrong contact. Any other verdict says nothing."""
DENIES = 0.05
"""So often as an owner who is wrongly told says so, one who is rightly told says it, too. 0 lets single mistakes of
customers silence a small fleet; 0.2 learns of bad detectors too late."""
WEIGHTS: Mapping[str, float] = {"staff": 1.0, "customer": 1.0, "telemetry": 0.5}
"""Sources, the most reliable first: its newest opinion stands. Telemetry only infers, so it counts half."""
_ROUNDS = 60  # of a contraction; thirty are enough for six digits


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


@dataclass(frozen=True, slots=True)
class Tally:
    """Weights of findings that were right, wrong, or denied by their owner alone."""

    right: float = 0.0
    wrong: float = 0.0
    denied: float = 0.0


def label(opinions: Iterable[Opinion]) -> Label | None:
    """The newest opinion of the most reliable source that has one; None when nobody can say.

    A customer's "wrong" is a denial while the telemetry says nothing, wrong where it agrees; where it says that the
    fault was there, nobody can say.
    """
    said = {source: outcome for source in WEIGHTS if (outcome := _newest(opinions, source))}
    if not said:
        return None
    source, outcome = next(iter(said.items()))
    if (source, outcome) == ("customer", "wrong"):
        telemetry = said.get("telemetry")
        if telemetry == "right":
            return None
        outcome = "denied" if telemetry is None else "wrong"
    return Label(outcome, WEIGHTS[source])


def chance_denial_is_true(wrong: float) -> float:
    """That a contact was wrong whose owner says so, when a share `wrong` of such contacts are."""
    return wrong / (wrong + DENIES * (1.0 - wrong)) if wrong > 0 else 0.0


def weighed(prior: Precision, tally: Tally) -> tuple[float, float]:
    """Right and wrong with each denial divided between them, so that the share of wrong ones and the division agree.

    The share is that of `prior` and tally together. It is found by repetition from above: the division is a rising,
    concave function of itself, above 0 at 0, so there is one place where it agrees.
    """
    share = 1.0
    total = prior.right + prior.wrong + tally.right + tally.wrong + tally.denied
    for _ in range(_ROUNDS if tally.denied else 0):
        share = chance_denial_is_true((prior.wrong + tally.wrong + share * tally.denied) / total)
    return tally.right + (1.0 - share) * tally.denied, tally.wrong + share * tally.denied


def of_finding(session: Session, finding_id: uuid.UUID) -> Label | None:
    """The label of one finding."""
    query = select(VerdictRow.verdict, VerdictRow.source, VerdictRow.id).where(VerdictRow.finding_id == finding_id)
    return label([Opinion(*row) for row in session.execute(query)])


def tally(session: Session, tenant: str, fault: str, version: str) -> Tally:
    """What the judged findings of one fault and version weigh.

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
    return Tally(*(sum(one.weight for one in labels if one.outcome == outcome) for outcome in get_args(Outcome)))


def _newest(opinions: Iterable[Opinion], source: str) -> Outcome | None:
    """What the newest word of one source comes to."""
    theirs = [one for one in opinions if one.source == source]
    return OUTCOMES.get(max(theirs, key=lambda one: one.number).verdict) if theirs else None
