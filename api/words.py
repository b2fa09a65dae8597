"""The words and shapes that staff read for states, priorities and verdicts: a word and a shape before a colour."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime

from markupsafe import Markup, escape

from api.reader import Reader
from detectors.finding import Evidence, SignalEvidence
from ingest.commands import CommandState
from ingest.wire.catalogue import Kind, Signal
from ingest.wire.codes import to_text
from outreach.cases.views import CaseState, TimelineEvent, Verdict


@dataclass(frozen=True, slots=True)
class Sign:
    """How one value is shown: its word, its shape (a symbol of ``icons.svg``) and its tone (a class)."""

    word: str
    shape: str
    tone: str


PRIORITIES = {
    1: Sign("Urgent", "triangle", "urgent"),
    2: Sign("High", "diamond", "high"),
    3: Sign("Normal", "disc", "normal"),
    4: Sign("Low", "ring", "low"),
}
STATES = {
    CaseState.NEW: Sign("New", "spark", "accent"),
    CaseState.OPEN: Sign("Open", "disc", "accent"),
    CaseState.AWAITING_CUSTOMER: Sign("Awaiting customer", "clock", "normal"),
    CaseState.AWAITING_PARTNER: Sign("Awaiting partner", "clock", "normal"),
    CaseState.MONITORING: Sign("Monitoring", "eye", "normal"),
    CaseState.RESOLVED: Sign("Resolved", "check", "good"),
    CaseState.CLOSED: Sign("Closed", "ring", "low"),
}
VERDICTS = {
    Verdict.TRUE: Sign("Right", "check", "good"),
    Verdict.FALSE: Sign("Wrong", "cross", "urgent"),
    Verdict.BENIGN: Sign("Harmless", "ring", "normal"),
    Verdict.UNKNOWN: Sign("Cannot tell", "question", "low"),
}
VERDICT_HELP = {
    Verdict.TRUE: "The fault was there.",
    Verdict.FALSE: "There was no fault.",
    Verdict.BENIGN: "It was real, but it harms nobody.",
    Verdict.UNKNOWN: "Nobody can say.",
}
TRUST = {
    "contact": Sign("May contact", "check", "good"),
    "review": Sign("In review", "person", "high"),
}
NOTICES = {
    "queued": Sign("Queued", "clock", "accent"),
    "held": Sign("Held", "pause", "high"),
    "waiting": Sign("Waits for you", "person", "high"),
    "withheld": Sign("Not sent", "ring", "low"),
    "withdrawn": Sign("Withdrawn", "ring", "low"),
    "sending": Sign("Sending", "spark", "accent"),
    "delivered": Sign("Delivered", "check", "good"),
    "failed": Sign("Failed", "cross", "urgent"),
    "unknown": Sign("Unknown", "question", "high"),
}
COMMANDS = {
    CommandState.QUEUED: Sign("Queued", "clock", "accent"),
    CommandState.SENT: Sign("Sent", "mail", "accent"),
    CommandState.DONE: Sign("Done", "check", "good"),
    CommandState.FAILED: Sign("Failed", "cross", "urgent"),
    CommandState.EXPIRED: Sign("No answer", "question", "high"),
    CommandState.REFUSED: Sign("Not allowed", "ring", "low"),
}
ONLINE = {True: Sign("Online", "disc", "good"), False: Sign("Offline", "ring", "high")}
HEARD = {"help": Sign("Asked for help", "person", "high"), "event": Sign("Said", "mail", "normal")}
NOT_JUDGED = Sign("Not judged", "ring", "low")
NOTABLE, OUT, FAR = 2.0, 4.0, 8.0  # robust standard deviations; lower shouts at noise, higher whispers at faults
SHOWN_UNKNOWN = Sign("Unknown", "question", "low")


def notice(state: str) -> Sign:
    """The sign of a notice's state; a state that a newer version wrote is shown as unknown."""
    return NOTICES.get(state, SHOWN_UNKNOWN)


def verdict(given: Verdict) -> Sign:
    """A verdict where it stands alone, away from its question."""
    return replace(VERDICTS[given], word=f"Verdict: {VERDICTS[given].word.lower()}")


def farness(item: SignalEvidence) -> Sign:
    """How far out a signal is, from its severity in robust standard deviations.

    A value inside its range can still be evidence: how it moves, or how it stands to another signal, is what is off.
    Readings that a device attached to its own call were never held against anything.
    """
    if item.attached:
        return NOT_JUDGED
    if item.severity >= NOTABLE and item.expected_low <= item.value <= item.expected_high:
        return Sign("In range, but off its course", "diamond", "high")
    if item.severity >= FAR:
        return Sign("Far out", "triangle", "urgent")
    if item.severity >= OUT:
        return Sign("Out", "diamond", "high")
    return Sign("Near the edge", "disc", "normal") if item.severity >= NOTABLE else Sign("As expected", "check", "good")


def expected(item: SignalEvidence, signal: Signal | None, reader: Reader) -> str:
    """What was expected: a range, or one end of it where the other is only what is physically possible."""
    lowest = signal is not None and item.expected_low <= signal.low
    highest = signal is not None and item.expected_high >= signal.high
    if lowest and highest:
        return "–"
    if lowest:
        return f"at most {reader.quantity(item.expected_high, item.unit)}"
    if highest:
        return f"at least {reader.quantity(item.expected_low, item.unit)}"
    return reader.span(item.expected_low, item.expected_high, item.unit)


def news(evidence: Evidence) -> list[str]:
    """The reasons that the summary does not say already."""
    return [reason for reason in evidence.reasons if reason.rstrip(".") not in evidence.summary]


def state_name(signal: Signal, value: float) -> str | None:
    """The word for a value that is not a number: yes or no, or the state's name; None for a number."""
    if signal.kind is Kind.BOOLEAN:
        return "yes" if value else "no"
    if signal.kind is Kind.STATE and 0 <= int(value) < len(signal.states):
        return signal.states[int(value)].replace("_", " ")
    return None


_EVENT_SHAPES = {
    "opened": ("spark", "accent"),
    "recurred": ("triangle", "high"),
    "still_seen": ("triangle", "high"),
    "reopened": ("spark", "accent"),
    "finding": ("diamond", "normal"),
    "cleared": ("check", "good"),
    "resolved": ("check", "good"),
    "closed": ("check", "good"),
    "answered": ("person", "accent"),
    "note": ("pen", "normal"),
    "verdict": ("pen", "normal"),
    "judged": ("eye", "normal"),
    "assigned": ("person", "normal"),
}


def event(kind: str) -> Sign:
    """The shape beside a timeline entry; the entry's own text is its word."""
    shape, tone = _EVENT_SHAPES.get(kind, ("mail", "normal") if kind.startswith("notice_") else ("disc", "low"))
    return Sign("", shape, tone)


def event_text(event: TimelineEvent) -> str:
    """What a timeline entry says; a verdict without a note says at least which one it is."""
    if event.kind == "verdict" and (given := str(event.detail.get("verdict", ""))) in set(Verdict):
        return f"Verdict: {VERDICTS[Verdict(given)].word.lower()}. {event.text}".strip()
    return event.text or event.kind.replace("_", " ").capitalize()


def value(signal: Signal, number: float, reader: Reader) -> str:
    """A reading as people say it: a quantity with its unit, a state's name, a trouble code."""
    if signal.kind is Kind.CODE:
        return to_text(int(number)) if 0 < number <= 0xFFFF else "none"
    return state_name(signal, number) or reader.quantity(number, signal.unit)


def time_there(now: datetime, time_zone: str) -> str:
    """The time of day where somebody lives, with their zone's short name."""
    there = Reader.of("en", time_zone)
    return f"{there.clock(now)} {there.zone_at(now)}"


_LINK = re.compile(r"https?://[^\s<>\"']+")


def with_links(text: str) -> Markup:
    """Plain text in which web addresses can be followed; everything else is escaped."""
    out, end = Markup(), 0
    for found in _LINK.finditer(text):
        out += escape(text[end : found.start()])
        out += Markup('<a href="{0}" rel="noreferrer">{0}</a>').format(found.group())
        end = found.end()
    return out + escape(text[end:])
