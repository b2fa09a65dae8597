"""The policy in force beside the draft: what each found, whom it would have told, and how right that was."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from device_sim.faults.fault import Occurrence
from device_sim.models.machine import DAY_MS
from device_sim.scorecard.matching import Contact
from device_sim.scorecard.record import Record
from device_sim.scorecard.score import Score, score
from device_sim.scorecard.tally import measures
from kit.clock import from_ms

Judgement = Literal["right", "wrong", "unknown"]
COUNTED = ("findings", "cases", "contacts", "right", "wrong", "unknown", "duplicates", "faults", "faults_told")
SHARES = ("precision", "recall", "recall_3d", "lead_days_median", "false_contacts_per_1000_device_days")


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody who would have been told of something."""

    device: str
    fault: str
    judgement: Judgement
    again: bool
    at_ms: int


@dataclass(frozen=True, slots=True)
class Side:
    """What one policy came to."""

    score: Score
    told: tuple[Told, ...]
    facts: dict[str, float | int | None]


def side_of(record: Record, dismissed: Sequence[Occurrence], *, complete: bool) -> Side:
    """Judge a record. Unless the truth is `complete`, a contact is wrong only where people called such a one wrong."""
    judged = score(record)
    told = tuple(
        Told(one.device, one.fault, _judgement(one, dismissed, complete), one.again, one.at_ms)
        for one in judged.contacts
    )
    count = {name: sum(one.judgement == name for one in told) for name in ("right", "wrong", "unknown")}
    known, tally, figures = count["right"] + count["wrong"], judged.tally, measures(judged.tally)
    facts: dict[str, float | int | None] = {
        "findings": tally.findings,
        "cases": tally.cases,
        "contacts": tally.contacts,
        **count,
        "duplicates": tally.duplicates,
        "faults": tally.expected,
        "faults_told": tally.contacted,
        "precision": round(count["right"] / known, 6) if known else None,
        "recall": figures["recall"],
        "recall_3d": figures["recall_3d"],
        "lead_days_median": figures["lead_days_median"],
        "false_contacts_per_1000_device_days": round(1000 * count["wrong"] / tally.device_days, 6)
        if tally.device_days
        else None,
    }
    return Side(judged, told, facts)


def side_by_side(in_force: Side, draft: Side) -> dict[str, Any]:
    """Both, their difference (draft minus in force), and the contacts and faults that only one of them has."""
    both, lost, won = _paired(in_force.told, draft.told)
    faults_before, faults_now = (_faults(side.score) for side in (in_force, draft))
    return {
        "in_force": in_force.facts,
        "draft": draft.facts,
        "difference": {name: _minus(draft.facts[name], in_force.facts[name]) for name in draft.facts},
        "contacts_both": [_line(now, then, now) for then, now in both],
        "contacts_lost": [_line(one, one, None) for one in lost],
        "contacts_won": [_line(one, None, one) for one in won],
        "faults_lost": sorted(faults_before - faults_now),
        "faults_won": sorted(faults_now - faults_before),
    }


def _judgement(contact: Contact, dismissed: Sequence[Occurrence], complete: bool) -> Judgement:
    if contact.right:
        return "right"
    about = contact.device, contact.fault
    called_wrong = any(
        (one.device, one.fault) == about
        and one.onset_ms <= contact.detected_ms
        and (one.end_ms is None or contact.detected_ms < one.end_ms + DAY_MS)
        for one in dismissed
    )
    return "wrong" if complete or called_wrong else "unknown"


def _paired(before: Sequence[Told], now: Sequence[Told]) -> tuple[list[tuple[Told, Told]], list[Told], list[Told]]:
    """Contacts about the same fault of the same device, the first with the first and so on; then the rest of each."""
    kinds: dict[tuple[str, str], tuple[list[Told], list[Told]]] = defaultdict(lambda: ([], []))
    for place, told in enumerate((before, now)):
        for one in told:
            kinds[one.device, one.fault][place].append(one)
    both, lost, won = list[tuple[Told, Told]](), list[Told](), list[Told]()
    for _, (then, later) in sorted(kinds.items()):
        both += zip(then, later, strict=False)
        lost += then[len(later) :]
        won += later[len(then) :]
    return both, lost, won


def _faults(judged: Score) -> set[tuple[str, str, str]]:
    """The faults of which the customer would have been told: device, fault, onset."""
    return {
        (one.device, one.fault, from_ms(one.onset_ms).isoformat())
        for one in judged.outcomes
        if one.counts and one.expects == "contact" and one.contact_ms is not None
    }


def _line(one: Told, before: Told | None, now: Told | None) -> dict[str, Any]:
    return {
        "device": one.device,
        "fault": one.fault,
        "judgement": one.judgement,
        "in_force_at": from_ms(before.at_ms).isoformat() if before else None,
        "draft_at": from_ms(now.at_ms).isoformat() if now else None,
    }


def _minus(now: float | None, before: float | None) -> float | None:
    return None if now is None or before is None else round(now - before, 6)
