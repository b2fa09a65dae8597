"""What staff read, beside what was really so: the evidence behind contacts and wrong findings, the worst first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from device_sim.models.machine import DAY_MS
from device_sim.scorecard import wording
from device_sim.scorecard.matching import Contact, Truth, raised
from device_sim.scorecard.record import Found, Record
from device_sim.scorecard.score import Score

MOST_ATTENTION = 20  # wrong findings for staff alone that a run shows; they resemble each other soon

Kind = Literal["wrong contact", "wrong finding, for staff alone", "right contact"]
ORDER: tuple[Kind, ...] = ("wrong contact", "wrong finding, for staff alone", "right contact")


@dataclass(frozen=True, slots=True)
class Read:
    """One finding as a person reads it; `really` says what was the matter, `words` is its evidence."""

    kind: Kind
    title: str
    really: str
    severity: float
    words: tuple[str, ...]


def read(record: Record, score: Score) -> list[Read]:
    """The finding behind each contact of a run, and the gravest wrong ones that no customer was told of."""
    claims = raised(record)
    found = [_told(one, claims[one.finding], record) for one in score.contacts if one.finding in claims]
    told = {one.finding for one in score.contacts}
    truth = Truth(record.truth)
    untold = [
        _read("wrong finding, for staff alone", one, record, _nothing(truth.harmless(one.device, one.detected_ms)))
        for key, one in claims.items()
        if key not in told and truth.behind(one.device, one.detected_ms, one.fault) is None
    ]
    return found + sorted(untold, key=lambda one: (-one.severity, one.title))[:MOST_ATTENTION]


def write(found: Sequence[Read], command: str) -> str:
    """All of them as Markdown: by kind, the gravest first."""
    return "\n".join([f"`{command}`\n", *_document(found)])


def _document(found: Sequence[Read]) -> Iterator[str]:
    for kind in ORDER:
        those = sorted((one for one in found if one.kind == kind), key=lambda one: (-one.severity, one.title))
        yield f"# {kind.capitalize()}: {len(those)}\n"
        for one in those:
            yield f"## {one.title}\n\n{one.really}\n\n```text\n" + "\n".join(one.words) + "\n```\n"


def _told(contact: Contact, found: Found, record: Record) -> Read:
    if contact.occurrence is None:
        return _read("wrong contact", found, record, _nothing(contact.real))
    really = record.truth[contact.occurrence]
    left = (really.failure_ms - contact.at_ms) / DAY_MS
    since = (found.detected_ms - really.onset_ms) / DAY_MS
    when = f"{left:.1f} days before" if left > 0 else f"{-left:.1f} days after"
    words = f"Right: {really.fault} had begun {since:.1f} days before it was seen; told {when} its worst."
    return _read("right contact", found, record, words)


def _nothing(harmless: str) -> str:
    return f"Wrong: {harmless}, which is harmless, was going on." if harmless else "Wrong: nothing was the matter."


def _read(kind: Kind, found: Found, record: Record, really: str) -> Read:
    day = (found.detected_ms - record.start_ms) / DAY_MS
    where = f"{record.scenario}, seed {record.seed}, day {day:.1f}"
    title = f"{wording.fault_label(found.fault)}, {found.device} ({where})"
    return Read(kind, title, really, found.severity, found.words)
