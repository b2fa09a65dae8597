"""What a case looks like to a reader: plain values for pages and commands, no ORM row leaves this folder.

The functions that fill and change them (all take a Session and never commit):

``queries.queue(session, tenant, *, group="open"|"closed"|"all", search="", limit=50, before=None) -> list[CaseRow]``
``queries.access_case(session, tenant, number) -> CaseView``            raises ``CaseNotFound``
``queries.outbox(session, tenant, *, limit=100) -> list[NoticeRow]``
``queries.sink_mail(session, tenant, mail_id) -> SinkMail``              raises ``MailNotFound``
``actions.add_note(session, clock, tenant, number, actor, text)``
``actions.assign(session, clock, tenant, number, actor, owner)``         owner "" unassigns
``actions.give_verdict(session, clock, tenant, number, actor, verdict, note)``
``actions.close(session, clock, tenant, number, actor, resolution)``
``actions.send_notice(session, clock, tenant, number, actor)``           a person approves a held notice
``contact.inbound.open_page(session, clock, token) -> CustomerPage``  raises ``LinkInvalid``, ``LinkExpired``
``contact.inbound.answer(session, clock, token, answer) -> CustomerPage``  the same answer twice is one answer
``contact.inbound.unsubscribe(session, clock, token) -> None``
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from detectors.finding import Finding


class CaseState(StrEnum):
    """Where a case is in its life."""

    NEW = "new"
    OPEN = "open"
    AWAITING_CUSTOMER = "awaiting_customer"
    AWAITING_PARTNER = "awaiting_partner"
    MONITORING = "monitoring"
    RESOLVED = "resolved"
    CLOSED = "closed"


class Verdict(StrEnum):
    """Were we right: the same four words from staff, customers and telemetry."""

    TRUE = "true"
    FALSE = "false"
    BENIGN = "benign"
    UNKNOWN = "unknown"


class Answer(StrEnum):
    """What a customer can tap."""

    FIXED = "fixed"
    NOT_ME = "not_me"
    CALL_ME = "call_me"
    WRONG = "wrong_alert"


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One line of the queue."""

    number: int
    reference: str  # "FW-1042", what people say
    title: str  # one sentence: the fault on the device
    state: CaseState
    priority: int  # 1 to 4
    device: str
    device_label: str
    device_type: str
    fault: str
    fault_label: str
    customer_name: str
    owner: str
    opened_at: datetime
    updated_at: datetime
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """One entry of the timeline; `actor` is a staff address, "customer", or "forewarn"."""

    at: datetime
    kind: str
    actor: str
    text: str
    detail: dict[str, object]


@dataclass(frozen=True, slots=True)
class CustomerView:
    """Who owns the device, as staff see it."""

    id: str
    name: str
    language: str
    time_zone: str
    contact_points: tuple[tuple[str, str, bool], ...]  # (channel, address, verified)
    consents: tuple[str, ...]  # purposes in force
    quiet_hours: str  # "21:00–08:00", empty: none, "house": the installation's own


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do about a fault, in the reader's language."""

    title: str
    seen: str
    why: str
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CaseView:
    """Everything on the case page."""

    row: CaseRow
    finding: Finding
    findings: tuple[Finding, ...]
    timeline: tuple[TimelineEvent, ...]
    customer: CustomerView | None
    advice: Advice
    notice_waits_for_person: bool
    episode_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """One notice in the outbox.

    `state` is waiting (for a person), queued, held, sending, delivered, failed, unknown (lost after the mail server had
    it: nobody can say whether it arrived), withheld (the gate said no) or withdrawn (it was queued or held, and stopped
    being true). `reason` says why in words.
    """

    id: uuid.UUID
    case_number: int
    reference: str
    channel: str
    address: str
    subject: str
    state: str
    reason: str
    created_at: datetime
    due_at: datetime
    delivered_at: datetime | None
    attempts: int
    mail_id: int | None  # the copy in the built-in mail sink, when it went there


@dataclass(frozen=True, slots=True)
class SinkMail:
    """One message that the built-in mail sink received."""

    id: int
    sender: str
    recipient: str
    subject: str
    received_at: datetime
    headers: tuple[tuple[str, str], ...]
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """The customer's page: their words, their language, their time zone."""

    reference: str
    language: str
    time_zone: str
    customer_name: str
    device_label: str
    device_type: str
    opened_at: datetime
    state: CaseState
    advice: Advice
    confidence_words: str
    finding: Finding
    answered: Answer | None
    answered_at: datetime | None
