"""The life of a case as a pure function: facts and an event in, facts out. The timeline is the truth.

A case's row is nothing but `fold` over its timeline. An event that changes no fact (a note, a held notice) is still
an event: it carries a decision and its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from outreach.cases import priority
from outreach.cases.views import Answer, CaseState, Verdict
from outreach.errors import ImpossibleMove

Detail = Mapping[str, object]

FINISHED = frozenset({CaseState.RESOLVED, CaseState.CLOSED})
IN_HANDS = frozenset({CaseState.NEW, CaseState.OPEN, CaseState.AWAITING_CUSTOMER, CaseState.AWAITING_PARTNER})


class EventKind(StrEnum):
    """What can happen to a case. Stored, never renamed."""

    OPENED = "opened"  # detail: priority
    LINKED = "linked"
    FINDING = "finding"
    RECURRED = "recurred"
    CLEARED = "cleared"  # detail: until
    STILL_SEEN = "still_seen"
    WATCHED_ON = "watched_on"  # detail: until
    RESOLVED = "resolved"
    NOTICE_QUEUED = "notice_queued"
    NOTICE_HELD = "notice_held"
    NOTICE_WAITS = "notice_waits"
    NOTICE_WITHHELD = "notice_withheld"
    NOTICE_WITHDRAWN = "notice_withdrawn"
    NOTICE_RELEASED = "notice_released"
    NOTICE_RETRIED = "notice_retried"
    NOTICE_DELIVERED = "notice_delivered"
    NOTICE_FAILED = "notice_failed"
    NOTICE_UNKNOWN = "notice_unknown"
    ANSWERED = "answered"  # detail: answer; for "fixed" also until
    OWNER_CHECK = "owner_check"
    UNSUBSCRIBED = "unsubscribed"
    VERDICT = "verdict"  # detail: verdict
    JUDGED = "judged"  # by the readings, not by a person; detail: verdict, rule
    NOTE = "note"
    ASSIGNED = "assigned"  # detail: owner
    CLOSED = "closed"
    REOPENED = "reopened"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the timeline adds up to."""

    state: CaseState = CaseState.NEW
    priority: int = priority.LEAST_URGENT
    owner: str = ""
    verdict: Verdict | None = None
    monitoring_until: datetime | None = None
    answered: Answer | None = None
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Happened:
    """One event as far as the facts care."""

    kind: EventKind
    at: datetime
    detail: Detail


def fold(timeline: Iterable[Happened]) -> Facts:
    """The facts after the whole timeline."""
    facts = Facts()
    for event in timeline:
        facts = apply(facts, event)
    return facts


def apply(facts: Facts, event: Happened) -> Facts:
    """The facts after one more event. Raises ImpossibleMove when it cannot happen to a case in this state."""
    rule = _RULES.get(event.kind)
    return facts if rule is None else rule(facts, event)


def _opened(facts: Facts, event: Happened) -> Facts:
    return replace(facts, priority=int(str(event.detail["priority"])))


def _worked_on(facts: Facts, _event: Happened) -> Facts:
    """A person is needed, or at it."""
    return _to(facts, CaseState.OPEN) if facts.state is CaseState.NEW else facts


def _seen_again(facts: Facts, _event: Happened) -> Facts:
    """What the customer answered was about what they knew then: the question is open again."""
    if facts.state is not CaseState.MONITORING:
        return facts
    return replace(_to(facts, CaseState.OPEN), answered=None, answered_at=None)


def _healthy(facts: Facts, event: Happened) -> Facts:
    if facts.state in FINISHED:
        return facts
    return _to(facts, CaseState.MONITORING, until=_moment(event.detail["until"]))


def _told(facts: Facts, _event: Happened) -> Facts:
    return _to(facts, CaseState.AWAITING_CUSTOMER) if facts.state in {CaseState.NEW, CaseState.OPEN} else facts


def _answered(facts: Facts, event: Happened) -> Facts:
    answer = Answer(str(event.detail["answer"]))
    facts = replace(facts, answered=answer, answered_at=event.at)
    facts = _judged(facts, ANSWER_VERDICTS.get(answer))
    if answer is Answer.CALL_ME:
        facts = replace(facts, priority=priority.raised(facts.priority))
    if facts.state in FINISHED:
        return facts
    if answer is Answer.FIXED:
        return _healthy(facts, event)
    return _to(facts, CaseState.RESOLVED if answer is Answer.WRONG else CaseState.OPEN)


ANSWER_VERDICTS: Mapping[Answer, Verdict] = {
    Answer.FIXED: Verdict.TRUE,
    Answer.WRONG: Verdict.FALSE,
    Answer.NOT_ME: Verdict.UNKNOWN,
}


def _verdict(facts: Facts, event: Happened) -> Facts:
    return _judged(_worked_on(facts, event), Verdict(str(event.detail["verdict"])), replaces=True)


def _judged(facts: Facts, verdict: Verdict | None, *, replaces: bool = False) -> Facts:
    """A customer's "unknown" never wipes out an opinion; a person of ours may."""
    known = facts.verdict is not None and verdict is Verdict.UNKNOWN and not replaces
    return facts if verdict is None or known else replace(facts, verdict=verdict)


def _assigned(facts: Facts, event: Happened) -> Facts:
    return replace(_worked_on(facts, event), owner=str(event.detail["owner"]))


def _resolved(facts: Facts, event: Happened) -> Facts:
    if facts.state is not CaseState.MONITORING:
        raise ImpossibleMove(facts.state, event.kind)
    return _to(facts, CaseState.RESOLVED)


def _closed(facts: Facts, event: Happened) -> Facts:
    if facts.state is CaseState.CLOSED:
        raise ImpossibleMove(facts.state, event.kind)
    return _to(facts, CaseState.CLOSED)


def _reopened(facts: Facts, event: Happened) -> Facts:
    if facts.state not in FINISHED:
        raise ImpossibleMove(facts.state, event.kind)
    return _to(facts, CaseState.OPEN)


def _to(facts: Facts, state: CaseState, until: datetime | None = None) -> Facts:
    return replace(facts, state=state, monitoring_until=until)


def _moment(value: object) -> datetime:
    return datetime.fromisoformat(str(value))


_RULES: Mapping[EventKind, Callable[[Facts, Happened], Facts]] = {
    EventKind.OPENED: _opened,
    EventKind.FINDING: _seen_again,
    EventKind.RECURRED: _seen_again,
    EventKind.STILL_SEEN: _seen_again,
    EventKind.CLEARED: _healthy,
    EventKind.WATCHED_ON: _healthy,
    EventKind.RESOLVED: _resolved,
    EventKind.NOTICE_DELIVERED: _told,
    EventKind.NOTICE_FAILED: _worked_on,
    EventKind.NOTICE_UNKNOWN: _worked_on,
    EventKind.NOTICE_RELEASED: _worked_on,
    EventKind.ANSWERED: _answered,
    EventKind.VERDICT: _verdict,
    EventKind.ASSIGNED: _assigned,
    EventKind.CLOSED: _closed,
    EventKind.REOPENED: _reopened,
}
