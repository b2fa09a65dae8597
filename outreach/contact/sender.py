"""The sender: takes due notices through the gate once more, hands them to their channel, and writes down their fate."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from detectors import queries as findings
from detectors.trust.promise import ORDINARY, Promise
from kit.clock import Clock
from kit.db import transaction
from outreach.config import Config
from outreach.contact import asking, letter, links, outbox
from outreach.contact.channels.channel import Channel, Fate, Proof, Receipt
from outreach.contact.gate.question import Rules, Verb
from outreach.contact.letter import Letter
from outreach.contact.links import Claim, Purpose
from outreach.contact.outbox import Retries
from outreach.contact.playbooks import PLAYBOOKS
from outreach.customers.record import Customer
from outreach.tables import CaseRow, OutboxRow


@dataclass(frozen=True, slots=True)
class Terms:
    """What the sender needs of the settings."""

    public_url: str
    mail_domain: str
    limits: Rules
    retries: Retries
    lease: timedelta
    link_good_for: timedelta

    @staticmethod
    def of(config: Config, public_url: str, promise: Promise = ORDINARY) -> Terms:
        """As the settings say."""
        return Terms(
            public_url=public_url,
            mail_domain=config.sender.rpartition("@")[2].strip("> "),
            limits=asking.rules(config, promise),
            retries=Retries(config.retries, timedelta(seconds=config.retry_first_s)),
            lease=timedelta(seconds=config.lease_s),
            link_good_for=timedelta(days=config.link_days),
        )


@dataclass(frozen=True, slots=True)
class _Attempt:
    tenant: str
    number: int
    notice_id: uuid.UUID
    attempt: int
    channel: str
    letter: Letter


class Sender:
    """One sender thread's state: the outcome that it could not write down yet, because the database was away."""

    def __init__(self, engine: Engine, clock: Clock, channels: Mapping[str, Channel], terms: Terms) -> None:
        self._engine = engine
        self._clock = clock
        self._channels = channels
        self._terms = terms
        self._unwritten: tuple[_Attempt, Receipt] | None = None

    def step(self) -> bool:
        """Bring one due notice one move further; False when nothing is due."""
        self._write_outcome()
        with transaction(self._engine) as session:
            claimed = outbox.due(session, self._clock.now())
            if claimed is None:
                return False
            attempt = self._begin(session, *claimed)
        if attempt is not None:
            self._unwritten = (attempt, self._channels[attempt.channel].deliver(attempt.letter))
            self._write_outcome()
        return True

    def _begin(self, session: Session, case: CaseRow, notice: OutboxRow) -> _Attempt | None:
        """Ask the gate for the last time; a notice that may go is marked as on its way."""
        now = self._clock.now()
        asked = asking.ask(session, case, notice, self._terms.limits, now)
        if asked.ruling.decision.verb is not Verb.SEND or asked.customer is None:
            asking.write_down(session, case, notice, asked.ruling, now)
            return None
        written = self._write_letter(session, case, notice, asked.customer)
        number = outbox.begin(session, notice, written, self._terms.lease)
        return _Attempt(case.tenant, case.number, notice.id, number, notice.channel, written)

    def _write_letter(self, session: Session, case: CaseRow, notice: OutboxRow, customer: Customer) -> Letter:
        claim = Claim(case.tenant, case.number, customer.id)
        urls = links.urls(session, self._terms.public_url, claim, self._clock.now(), self._terms.link_good_for)
        return letter.write(
            PLAYBOOKS.get(notice.playbook).template,
            case,
            findings.get(session, notice.episode_id),
            customer,
            letter.Pages(urls[Purpose.CASE], urls[Purpose.UNSUBSCRIBE]),
            address=notice.address,
            message_id=f"{notice.id}@{self._terms.mail_domain}",
        )

    def _write_outcome(self) -> None:
        """Write down the last attempt's fate; kept and tried again while the database is away."""
        if self._unwritten is None:
            return
        attempt, receipt = self._unwritten
        with transaction(self._engine) as session:
            known = self._asked(session, attempt, receipt)
            if known is not None:
                outbox.finish(
                    session,
                    attempt.tenant,
                    attempt.number,
                    attempt.notice_id,
                    attempt=attempt.attempt,
                    receipt=known,
                    retries=self._terms.retries,
                    now=self._clock.now(),
                )
        self._unwritten = None

    def _asked(self, session: Session, attempt: _Attempt, receipt: Receipt) -> Receipt | None:
        """The receipt, once the provider was asked if the fate is unknown; None: ask again when the lease is over."""
        if receipt.fate is not Fate.UNKNOWN:
            return receipt
        proof = self._channels[attempt.channel].proof(session, attempt.letter.message_id)
        if proof is Proof.DELIVERED:
            return Receipt(Fate.DELIVERED, "found at the provider after the connection was lost")
        return receipt if proof is Proof.NONE else None


def sweep(engine: Engine, clock: Clock, channels: Mapping[str, Channel], retries: Retries) -> bool:
    """Settle one notice whose sender was lost; False when there is none."""
    with transaction(engine) as session:
        claimed = outbox.stalled(session)
        if claimed is None:
            return False
        case, notice = claimed
        proof = channels[notice.channel].proof(session, notice.message_id)
        outbox.settle(session, case, notice, proof, retries=retries, now=clock.now())
    return True
