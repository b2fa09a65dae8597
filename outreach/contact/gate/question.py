"""What the gate is asked, and what it may answer. Plain values: the stages are pure functions of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from detectors.trust.promise import ORDINARY, Promise
from detectors.trust.right import Right
from outreach.cases.views import CaseState, Verdict
from outreach.customers.quiet_hours import QuietHours
from outreach.customers.record import Customer


class Verb(StrEnum):
    """What may become of a notice."""

    SEND = "send"
    HOLD = "hold"  # until a time, then the gate is asked again
    ASK = "ask"  # wait for a person
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Rules:
    """The installation's own limits, out of the settings."""

    fresh: timedelta
    repeat: timedelta
    quiet_hours: QuietHours
    promise: Promise = ORDINARY


@dataclass(frozen=True, slots=True)
class Question:
    """May this notice go now? Everything that a stage may look at.

    `owner_id` is who owns the device now; `case_customer_id` who owned it when the case opened. `planned_at` is when
    we first could have told the customer, `onset` when the fault began to show, `detected` the newest finding that
    would be told (`strong`: one whose evidence is enough for a customer). `told_at` is when this customer was last
    told about this fault of this device by another notice, `disputed_at` when they last said that it was not there,
    `mended_at` when anything on this device was last repaired, as far as we know (None also for what cannot wait).
    `right` is what verdicts and the budget of false contacts say about such findings, `shared` the incident that
    accounts for it, in a sentence ("": none). `approved_by` is the person who released the notice, "" when nobody did.
    `vitals`: the finding rests on somebody's vital signs.
    """

    now: datetime
    planned_at: datetime
    state: CaseState
    fault_present: bool
    verdict: Verdict | None
    owner_id: str | None
    case_customer_id: str | None
    customer: Customer | None
    purpose: str
    channel: str
    address: str | None
    onset: datetime
    detected: datetime
    strong: bool
    told_at: datetime | None
    disputed_at: datetime | None
    mended_at: datetime | None
    right: Right
    approved_by: str
    rules: Rules
    shared: str = ""
    vitals: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """One stage's answer with its reason, a sentence for the timeline; `until` is set for a hold."""

    verb: Verb
    reason: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ruling:
    """The gate's answer: the deciding stage's decision, and what each stage before it had said."""

    stage: str
    decision: Decision
    passed: tuple[tuple[str, str], ...]


Stage = Callable[[Question], Decision]


def go(reason: str) -> Decision:
    """Nothing against it."""
    return Decision(Verb.SEND, reason)


def hold(until: datetime, reason: str) -> Decision:
    """Not before `until`."""
    return Decision(Verb.HOLD, reason, until)


def ask(reason: str) -> Decision:
    """Only if a person says so."""
    return Decision(Verb.ASK, reason)


def refuse(reason: str) -> Decision:
    """Not at all."""
    return Decision(Verb.REFUSE, reason)
