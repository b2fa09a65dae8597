"""All of a finding's evidence as text, as staff read it in a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from detectors.faults.catalogue import FAULTS
from detectors.faults.fault import RAISE_AT
from detectors.faults.words import duration, quantity
from detectors.finding import Evidence, Finding, Sign, SignalEvidence


def lines(finding: Finding) -> Iterator[str]:
    """What was found, why, how sure it is, what else it might be, and by which detector; a line each."""
    yield f"{_label(finding.fault)} on {finding.device}: {_standing(finding)}"
    yield f"  {finding.evidence.summary}"
    for heading, facts in parts(finding):
        yield f"{heading}:"
        yield from (f"  {fact}" for fact in facts)


def parts(finding: Finding) -> list[tuple[str, list[str]]]:
    """What is behind the claim: a heading and its facts, where there are any."""
    evidence = finding.evidence
    signs = f"Signs, with their weight for this fault ({RAISE_AT:g} raises it)"
    found: list[tuple[str, Iterable[str]]] = [
        ("What was seen", evidence.reasons),
        ("Signals", map(_signal, evidence.signals)),
        (signs, map(_sign, evidence.signs)),
        ("Also considered", (f"{_label(name)}, weight {weight:g}" for name, weight in evidence.considered)),
        ("How sure", _sure(finding)),
        ("Data", _data(evidence)),
        ("Made by", (f"{finding.detector}, version {finding.version}", f"finding {finding.id}")),
    ]
    return [(heading, listed) for heading, facts in found if (listed := list(facts))]


def _label(fault: str) -> str:
    """The fault's name for people; its own where this version does not know it any more."""
    return FAULTS.get(fault).label if fault in set(FAULTS) else fault


def _standing(finding: Finding) -> str:
    if finding.kind == "cleared":
        return "it has ended"
    if finding.kind == "normal":
        return "nothing to do: it is what the device does now"
    return "strong enough to tell the customer" if finding.contact else "for staff, not strong enough for the customer"


def _signal(shown: SignalEvidence) -> str:
    value, low, high = (quantity(one, shown.unit) for one in (shown.value, shown.expected_low, shown.expected_high))
    within = shown.expected_low <= shown.value <= shown.expected_high
    expected = "in range by itself, but off its course" if within else f"expected {low} to {high}"
    return f"{shown.label} ({shown.signal}): {value} at {_moment(shown.at)}, {expected}; {_far(shown)}"


def _sign(sign: Sign) -> str:
    return f"{sign.weight:g}  {sign.symptom}: {sign.label}, since {_moment(sign.since)}; {sign.detector}, {_far(sign)}"


def _far(shown: SignalEvidence | Sign) -> str:
    return f"severity {shown.severity:.3g}, surprise {shown.surprise:.3g}"


def _sure(finding: Finding) -> Iterator[str]:
    yield f"confidence {finding.confidence:.0%}, severity {finding.severity:.3g}, surprise {finding.surprise:.3g} nats"
    if finding.evidence.horizon:
        horizon = finding.evidence.horizon
        yield f"{horizon.words()}; within seven days with a chance of {horizon.chance_7d:.0%}"


def _data(evidence: Evidence) -> Iterator[str]:
    lasted = duration(1000 * (evidence.window_end - evidence.window_start).total_seconds())
    yield f"from {_moment(evidence.window_start)} to {_moment(evidence.window_end)} ({lasted})"
    yield f"{evidence.readings_seen:,} readings seen, {evidence.readings_missing_share:.0%} of those expected missing"


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
