"""The devices of a run that are worth a picture: what really happened, what was found, said and answered, by time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from device_sim.scorecard import wording
from device_sim.scorecard.matching import raised
from device_sim.scorecard.outcome import Outcome
from device_sim.scorecard.record import Record
from device_sim.scorecard.score import Score

MarkKind = Literal["weak", "strong", "contact", "again", "wrong", "said"]


@dataclass(frozen=True, slots=True)
class Mark:
    """Something at an instant (epoch milliseconds), and what it was."""

    at_ms: int
    kind: MarkKind
    text: str


@dataclass(frozen=True, slots=True)
class Life:
    """One device over one run. `rank` puts what went wrong first: 0 a wrong contact, 1 a miss, 2 the rest."""

    scenario: str
    seed: int
    device: str
    device_type: str
    start_ms: int
    end_ms: int
    outcomes: tuple[Outcome, ...]
    marks: tuple[Mark, ...]
    rank: int


def lives(record: Record, score: Score) -> list[Life]:
    """Every device with a fault, a finding or a notice, what went wrong first."""
    struck = {one.device for one in score.outcomes if one.expects != "nothing"}
    struck |= {one.device for one in raised(record).values()} | {one.device for one in score.contacts}
    found = [_life(spec.id, spec.type, record, score) for spec in record.devices if spec.id in struck]
    return sorted(found, key=lambda life: (life.rank, life.device))


def _life(device: str, device_type: str, record: Record, score: Score) -> Life:
    outcomes = tuple(one for one in score.outcomes if one.device == device)
    marks = sorted(_marks(device, record, score), key=lambda mark: (mark.at_ms, mark.kind))
    rank = 0 if any(mark.kind == "wrong" for mark in marks) else 1 if any(one.reason for one in outcomes) else 2
    return Life(
        record.scenario,
        record.seed,
        device,
        device_type,
        record.start_ms,
        record.end_ms,
        outcomes,
        tuple(marks),
        rank,
    )


def _marks(device: str, record: Record, score: Score) -> list[Mark]:
    found = [
        Mark(one.at_ms, "strong" if one.contact else "weak", f"Found: {wording.fault_label(one.fault)}")
        for one in raised(record).values()
        if one.device == device
    ]
    for contact in score.contacts:
        if contact.device == device:
            kind: MarkKind = "wrong" if not contact.right else "again" if contact.again else "contact"
            found.append(Mark(contact.at_ms, kind, f"Told: {wording.fault_label(contact.fault)}"))
    said = [
        Mark(one.at_ms, "said", f"The customer: {one.what.replace('_', ' ')}")
        for one in record.said
        if one.device == device
    ]
    return found + said
