"""The outbox as a state machine: whatever fails or is killed in whatever order, nobody gets a mail twice.

Two providers: one that can be asked later what it took (as the built-in sink can), and one that cannot.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from kit.clock import VirtualClock, to_ms
from kit.db import transaction
from outreach.cases import actions, lifecycle, timeline
from outreach.cases.timeline import facts_of
from outreach.config import Config
from outreach.contact import asking, planner
from outreach.contact.channels.channel import Fate, Proof, Receipt
from outreach.contact.letter import Letter
from outreach.contact.sender import Sender, Terms, sweep
from outreach.tables import CaseRow, OutboxRow
from tests.outreach.conftest import NOON, TENANT, World, make_finding

CONFIG = Config(quiet_from="00:00", quiet_until="00:00", fresh_hours=700, retries=2)
LIMITS = asking.rules(CONFIG)
TERMS = Terms.of(CONFIG, "https://fw.example")
OVER = {"delivered", "failed", "unknown", "withheld", "withdrawn"}


class Killed(BaseException):
    """kill -9: nothing catches it, and what the process knew is gone."""


class Provider:
    """A channel whose every move the machine decides."""

    name = "email"

    def __init__(self, can_be_asked: bool) -> None:
        self.can_be_asked = can_be_asked
        self.taken: Counter[str] = Counter()
        self.next = "takes"

    def deliver(self, letter: Letter) -> Receipt:
        how, self.next = self.next, "takes"
        if how == "killed_before":
            raise Killed
        if how == "busy":
            return Receipt(Fate.TEMPORARY, "451 try later")
        if how == "refuses":
            return Receipt(Fate.PERMANENT, "550 nobody here")
        if how == "drops":
            return Receipt(Fate.UNKNOWN, "connection lost before it had all")
        self._take(letter)
        if how == "killed_after":
            raise Killed
        if how == "takes_and_drops":
            return Receipt(Fate.UNKNOWN, "connection lost")
        return Receipt(Fate.DELIVERED, "250 ok")

    def _take(self, letter: Letter) -> None:
        if self.can_be_asked:
            self.taken[letter.message_id] = 1  # it keeps one copy of one Message-ID, like the sink
        else:
            self.taken[letter.message_id] += 1

    def proof(self, session: Session, message_id: str) -> Proof:
        if not self.can_be_asked:
            return Proof.NONE
        return Proof.DELIVERED if message_id in self.taken else Proof.NOT_DELIVERED


MOVES = ["takes", "busy", "refuses", "drops", "takes_and_drops", "killed_before", "killed_after"]


class Outbox(RuleBasedStateMachine):
    engine: ClassVar[Engine]
    can_be_asked: ClassVar[bool]

    @initialize()
    def begin(self) -> None:
        tables = "case_event, case_finding, answer, outbox, episode, cases, finding"
        with self.engine.begin() as connection:
            connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
        self.world = World(self.engine, VirtualClock(to_ms(NOON)))
        self.provider = Provider(self.can_be_asked)
        self.sender = self.new_sender()
        self.faults = 0
        self.allowed: Counter[str] = Counter()  # second copies that a person asked for
        self.refused: set[str] = set()

    def new_sender(self) -> Sender:
        return Sender(self.engine, self.world.clock, {"email": self.provider}, TERMS)

    def each(self, look: Callable[[Session, OutboxRow], None]) -> None:
        with transaction(self.engine) as session:
            for notice in session.scalars(select(OutboxRow).order_by(OutboxRow.case_number)):
                look(session, notice)

    def states(self) -> list[str]:
        found: list[str] = []
        self.each(lambda _, notice: found.append(notice.state))
        return found

    @precondition(lambda self: self.faults < 4)
    @rule()
    def a_fault_is_found(self) -> None:
        self.faults += 1
        self.world.people(device=f"car-{self.faults}")
        self.world.found(make_finding(device=f"car-{self.faults}"))
        self.world.triage()
        while planner.step(self.engine, self.world.clock, LIMITS):
            pass

    @rule(how=st.sampled_from(MOVES))
    def a_sender_works(self, how: str) -> None:
        self.provider.next = how
        try:
            self.sender.step()
        except Killed:
            self.sender = self.new_sender()
        self.provider.next = "takes"

    @rule(minutes=st.integers(1, 90))
    def time_passes(self, minutes: int) -> None:
        self.world.later(minutes=minutes)

    @rule()
    def leases_run_out(self) -> None:
        with self.engine.begin() as connection:
            connection.execute(
                text("UPDATE outbox SET leased_until = clock_timestamp() - interval '1 s' WHERE state = 'sending'")
            )
        while sweep(self.engine, self.world.clock, {"email": self.provider}, TERMS.retries):
            pass

    @rule(number=st.integers(1, 4))
    def the_fault_clears(self, number: int) -> None:
        if number <= self.faults:
            self.world.found(make_finding(device=f"car-{number}", kind="cleared", detected=NOON))
            self.world.triage()

    @rule(number=st.integers(1, 4))
    def a_person_sends_it_after_all(self, number: int) -> None:
        def release(session: Session, notice: OutboxRow) -> None:
            case = session.get_one(CaseRow, notice.case_number)
            if case.device == f"car-{number}" and notice.state in {"failed", "unknown"}:
                self.allowed[notice.message_id] += 1
                actions.send_notice(session, self.world.clock, TENANT, case.number, "staff@example.com")

        self.each(release)

    @invariant()
    def nobody_gets_it_twice_by_itself(self) -> None:
        for message_id, copies in getattr(self, "provider", Provider(True)).taken.items():
            assert copies <= 1 + self.allowed[message_id]

    @invariant()
    def what_is_called_delivered_was_taken(self) -> None:
        if hasattr(self, "provider"):
            self.each(
                lambda _, notice: self.truth(notice) if notice.state == "delivered" else None,
            )

    def truth(self, notice: OutboxRow) -> None:
        assert self.provider.taken[notice.message_id] >= 1
        assert notice.delivered_at is not None

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        for _ in range(12):
            while self.sender.step():
                pass
            self.leases_run_out()
            self.world.later(hours=3)
        assert set(self.states()) <= OVER, self.states()
        self.nobody_gets_it_twice_by_itself()
        self.what_is_called_delivered_was_taken()
        if self.can_be_asked:
            assert "unknown" not in self.states(), "a provider that can be asked leaves no doubt"
        with transaction(self.engine) as session:
            for case in session.scalars(select(CaseRow)):
                events = timeline.happened(timeline.read(session, case.number))
                assert lifecycle.fold(events) == facts_of(case)


@pytest.mark.slow
@pytest.mark.parametrize("can_be_asked", [True, False])
def test_no_order_of_failures_sends_a_notice_twice_or_loses_sight_of_it(engine: Engine, can_be_asked: bool) -> None:
    run_state_machine_as_test(
        type("Outbox", (Outbox,), {"engine": engine, "can_be_asked": can_be_asked}),
        settings=settings(
            max_examples=15,
            stateful_step_count=20,
            deadline=None,
            phases=[Phase.generate],  # shrinking over a database takes minutes; the steps are printed anyway
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_waits_grow_and_end() -> None:
    retries = TERMS.retries
    waits = [retries.wait(failures) for failures in (1, 2, 3)]
    assert waits == [timedelta(minutes=1), timedelta(minutes=4), None]
