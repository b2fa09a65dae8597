"""The measures and outcomes of a scorecard in words, the same on the page, in print and in Markdown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from device_sim.faults import FAULTS
from device_sim.models.machine import DAY_MS
from device_sim.scorecard.outcome import Outcome
from device_sim.scorecard.pool import Interval
from device_sim.scorecard.reasons import SENTENCES
from ingest.wire.device_types import DEVICE_TYPES

NONE = "–"


def percent(value: float) -> str:
    """A share as people read it."""
    return f"{100 * value:.1f} %"


def days(value: float) -> str:
    """A time in days."""
    return f"{value:.1f} d".replace("-", "−")


def hours(value: float) -> str:
    """A time in hours, in days from two days on."""
    return f"{value:.1f} h".replace("-", "−") if abs(value) < 48 else days(value / 24)


def plain(value: float) -> str:
    """A number with at most two decimals."""
    return _minus(f"{value:,.2f}".rstrip("0").rstrip("."))


def _minus(text: str) -> str:
    return text.replace("-", "−")


@dataclass(frozen=True, slots=True)
class Measure:
    """How a measure is called, explained and printed; `better` is +1 when more is better, -1 when less is."""

    label: str
    about: str
    show: Callable[[float], str]
    better: int


MEASURES: Mapping[str, Measure] = {
    "precision": Measure("Precision of contacts", "of the notices delivered, those about a real fault", percent, 1),
    "recall": Measure("Recall", "of the faults that a customer should hear of, those told", percent, 1),
    "recall_named": Measure("Recall by name", "those told, and told of the very fault", percent, 1),
    "recall_3d": Measure(
        "Told three days ahead", "of the progressive faults, those told three days before failure", percent, 1
    ),
    "lead_days_median": Measure("Lead, median", "from the first contact to the failure", days, 1),
    "lead_days_p10": Measure("Lead, worst tenth", "nine of ten were told at least so long before failure", days, 1),
    "complaint_lead_days_median": Measure(
        "Before they notice, median", "from the first contact to when the owner would notice", days, 1
    ),
    "false_contacts_per_1000_device_days": Measure(
        "False contacts", "per 1,000 device-days: nothing was wrong", plain, -1
    ),
    "duplicates": Measure("Duplicates", "notices beyond the first about one fault", plain, -1),
    "named_right": Measure("Named right", "of the right contacts, those that name the very fault", percent, 1),
    "finding_precision": Measure("Precision of findings", "at the level of attention", percent, 1),
    "finding_recall": Measure("Faults found", "of all faults, those with a finding", percent, 1),
}
DELAYS: Mapping[str, str] = {
    "onset_to_finding_h": "Onset to finding",
    "finding_to_case_h": "Finding to case",
    "case_to_contact_h": "Case to contact",
    "onset_to_contact_h": "Onset to contact",
}


def shown(name: str, value: float | None) -> str:
    """A measure's value as text; a dash where it is undefined."""
    return NONE if value is None else MEASURES[name].show(value)


def between(name: str, interval: Interval | None) -> str:
    """An interval as text, empty where there is none."""
    return f"{shown(name, interval[0])} to {shown(name, interval[1])}" if interval else ""


def signed(name: str, value: float | None) -> str:
    """A difference with its sign; shares in percentage points."""
    if value is None:
        return NONE
    text = shown(name, abs(value)).replace(" %", " points")
    return f"{'+' if value > 0 else '−' if value < 0 else '±'}{text}"


def fault_label(name: str) -> str:
    """A fault as an engineer calls it."""
    return FAULTS.get(name).label if name in list(FAULTS) else name.replace("_", " ").capitalize()


def type_label(name: str) -> str:
    """A device type as people call it."""
    return DEVICE_TYPES.get(name).label if name in list(DEVICE_TYPES) else name.replace("_", " ").capitalize()


def ended(outcome: Outcome) -> str:
    """What became of a fault, in one sentence."""
    if outcome.expects == "nothing":
        return "A harmless change; nobody should be told."
    if outcome.joined:
        return "One cause with other devices of this owner; it counts once, with the one told first."
    if outcome.contact_ms is not None:
        told = _told(outcome)
        return told if outcome.named else f"{told} The notice named another fault."
    if outcome.expects == "attention" and outcome.found_ms is not None:
        return "Found; it is for staff, and no contact was expected."
    return SENTENCES[outcome.reason] if outcome.reason else "There was too little time left to find it."


def _told(outcome: Outcome) -> str:
    at_ms = outcome.contact_ms or 0
    if outcome.course != "progressive":
        return f"The customer was told {hours((at_ms - outcome.onset_ms) / 3_600_000)} after it began."
    lead = (outcome.failure_ms - at_ms) / DAY_MS
    return f"The customer was told {days(abs(lead))} {'before' if lead >= 0 else 'after'} the failure."
