"""The right to contact on the whole way: verdicts take it away and give it back, budgets bound what goes out."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from detectors import queries as findings
from detectors.finding import Finding, finding_id
from detectors.tables import TrustContactRow, TrustDecisionRow, TrustStandingRow, VerdictRow
from detectors.trust import budget, standing
from detectors.trust.promise import Promise
from detectors.trust.weigh import Weighing
from kit.db import transaction
from outreach.cases import actions, queries
from outreach.config import Config
from outreach.contact import asking, planner
from outreach.contact.channels.channel import Fate, Receipt
from outreach.contact.letter import Letter
from outreach.contact.sender import Sender, Terms
from tests.outreach.conftest import NOON, TENANT, World, make_customer, make_finding

CONFIG = Config()
PROMISE = Promise(100.0, 0.8)  # so much that what decides is not the budget
STAFF = "kim@example.com"


class Delivers:
    """A channel that takes every letter."""

    name = "email"

    def deliver(self, _letter: Letter) -> Receipt:
        return Receipt(Fate.DELIVERED, "taken")

    def proof(self, _session: object, _message_id: str) -> None:
        raise AssertionError("nothing is ever in doubt")


class House:
    """Everything from finding to delivery, step by step."""

    def __init__(self, world: World, promise: Promise = PROMISE) -> None:
        self.world = world
        self.limits = asking.rules(CONFIG, promise)
        terms = Terms.of(CONFIG, "https://fw.example", promise)
        self.sender = Sender(world.engine, world.clock, {"email": Delivers()}, terms)  # type: ignore[dict-item]
        self.weighing = Weighing(world.engine, world.clock, promise)

    def work(self) -> None:
        self.world.triage()
        while self.weighing.step() or self._plan() or self.sender.step():
            pass

    def _plan(self) -> bool:
        return planner.step(self.world.engine, self.world.clock, self.limits)

    def state_of(self, device: str) -> tuple[str, str]:
        with transaction(self.world.engine) as session:
            cases = {row.number: row.device for row in queries.queue(session, TENANT, group="all")}
            notices = queries.outbox(session, TENANT)
        (found,) = [notice for notice in notices if cases[notice.case_number] == device]
        return found.state, found.reason

    def judge(self, device: str, verdict: str) -> None:
        with transaction(self.world.engine) as session:
            (row,) = [row for row in queries.queue(session, TENANT, group="all") if row.device == device]
            actions.give_verdict(session, self.world.clock, TENANT, row.number, STAFF, verdict, "looked at it")

    def fault(self, device: str, **changes: object) -> Finding:
        self.world.people(make_customer(f"c-{device}"), device)
        found = make_finding(device, **changes)  # type: ignore[arg-type]
        self.world.found(found)
        return found


@pytest.fixture(autouse=True)
def nothing_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """No scorecard speaks for any fault, so that what verdicts do can be counted by hand."""
    monkeypatch.setattr("detectors.trust.prior.measured", dict)


@pytest.fixture
def house(world: World) -> House:
    return House(world)


def decisions(world: World) -> list[tuple[str, str]]:
    with transaction(world.engine) as session:
        rows = session.execute(select(TrustDecisionRow.state, TrustDecisionRow.reason).order_by(TrustDecisionRow.id))
        return [(row.state, row.reason) for row in rows]


def demote(house: House) -> None:
    for number in range(3):
        house.fault(f"bad-{number}")
        house.work()
        assert house.state_of(f"bad-{number}")[0] == "delivered"
    for number in range(3):
        house.judge(f"bad-{number}", "false")
    house.work()


def test_three_wrong_contacts_send_the_next_to_a_person_who_may_still_send_it(world: World, house: House) -> None:
    demote(house)
    house.fault("next")
    house.work()
    state, reason = house.state_of("next")
    assert state == "waiting"
    assert reason.startswith("Contacts about this fault are in review. Demoted: 3 judged, 3 of them wrong")
    assert [state for state, _ in decisions(world)] == ["contact", "review"]
    with transaction(world.engine) as session:
        (row,) = [row for row in queries.queue(session, TENANT, group="all") if row.device == "next"]
        actions.send_notice(session, world.clock, TENANT, row.number, STAFF)
    house.work()
    assert house.state_of("next")[0] == "delivered"
    with transaction(world.engine) as session:
        assert budget.of_fleet(session, TENANT, PROMISE, world.clock.now()).contacts == 3  # a person's is a person's


@pytest.mark.slow
def test_what_staff_confirm_in_review_gives_the_right_back_and_the_waiting_notice_goes(world: World) -> None:
    house = House(world, Promise(1000.0, 0.8))
    demote(house)
    for number in range(12):
        house.fault(f"good-{number}")
        house.work()
        if house.state_of(f"good-{number}")[0] == "delivered":
            break
        house.judge(f"good-{number}", "true")
        house.work()
    assert decisions(world)[-1][0] == "contact"
    assert decisions(world)[-1][1].startswith("Promoted: ")
    world.later(hours=2)
    house.work()
    with transaction(world.engine) as session:
        waiting = [notice for notice in queries.outbox(session, TENANT) if notice.state == "waiting"]
    assert not waiting


def test_each_verdict_is_weighed_once_however_many_weigh(world: World, house: House) -> None:
    for number in range(6):
        house.fault(f"car-{number}")
        house.work()
        house.judge(f"car-{number}", "true" if number % 2 else "unknown")
    loops = [Weighing(world.engine, world.clock, PROMISE) for _ in range(3)]

    def drain(loop: Weighing) -> None:
        while loop.step():
            pass

    threads = [threading.Thread(target=drain, args=(loop,)) for loop in loops]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    house.work()
    with transaction(world.engine) as session:
        row = session.get_one(TrustStandingRow, (TENANT, "coolant_leak", "1"))
        assert (row.right, row.wrong) == (3, 0)
        assert session.scalar(select(func.count()).where(VerdictRow.weighed_at.is_(None))) == 0
    assert len(decisions(world)) == 1


def test_a_verdict_that_is_taken_back_gives_the_right_back(world: World, house: House) -> None:
    demote(house)
    house.judge("bad-0", "true")
    house.judge("bad-1", "true")
    house.judge("bad-2", "true")
    house.work()
    assert [state for state, _ in decisions(world)] == ["contact", "review", "contact"]


def test_four_owners_who_deny_take_the_right_away_as_three_verdicts_of_staff_do(world: World, house: House) -> None:
    told = [house.fault(f"car-{number}") for number in range(4)]
    house.work()
    for number, found in enumerate(told):
        assert house.state_of(f"car-{number}")[0] == "delivered"
        with transaction(world.engine) as session:
            findings.record_verdict(session, found.id, "false", source="customer", actor="c", note="", at=NOON)
    house.work()
    house.fault("car-4")
    house.work()
    assert house.state_of("car-4")[0] == "waiting"
    assert decisions(world)[-1][1].startswith("Demoted: 4 judged, 3.8 of them wrong")
    with transaction(world.engine) as session:
        spent = budget.of_fleet(session, TENANT, PROMISE, NOON)
        assert (spent.wrong, spent.denied) == (0, 4)
        assert 3.6 < spent.expected_false < 4
        assert budget.of_device(session, TENANT, "car-1", NOON) == (1, 0)


def test_weak_evidence_says_nothing_about_contacts(world: World, house: House) -> None:
    for number in range(5):
        house.fault(f"weak-{number}", contact=False)
        house.work()
        house.judge(f"weak-{number}", "false")
    house.work()
    house.fault("strong")
    house.work()
    assert house.state_of("strong")[0] == "delivered"


@pytest.mark.slow
def test_a_device_whose_contact_was_wrong_asks_a_person_about_its_next(world: World, house: House) -> None:
    house.fault("car-1")
    house.work()
    house.judge("car-1", "false")
    house.work()
    world.found(make_finding("car-1", "charging_fault"))
    house.work()
    with transaction(world.engine) as session:
        newest = queries.outbox(session, TENANT)[0]
    assert newest.state == "waiting"
    assert "A contact about this device was wrong" in newest.reason
    world.later(days=31)
    house.fault("car-2", onset=world.clock.now() - timedelta(hours=2))
    house.work()
    assert house.state_of("car-2")[0] == "delivered"


@pytest.mark.slow
def test_the_fleet_stops_at_its_allowance_and_goes_on_when_verdicts_or_time_make_room(world: World) -> None:
    house = House(world, Promise(0.5, 0.0))
    told = 0
    for number in range(45):
        house.fault(f"car-{number}", onset=world.clock.now() - timedelta(hours=2))
        house.work()
        told += house.state_of(f"car-{number}")[0] == "delivered"
    assert 20 <= told <= 30  # three false ones are allowed, each contact is expected to be a tenth of one
    state, reason = house.state_of("car-44")
    assert state == "waiting"
    assert "allowed in 30 days" in reason
    for number in range(told):
        house.judge(f"car-{number}", "true")
    world.later(hours=2)
    house.work()
    assert house.state_of("car-44")[0] == "delivered"


def test_a_new_version_begins_in_its_predecessors_state(world: World, house: House) -> None:
    demote(house)
    with transaction(world.engine) as session:
        old = standing.of(session, TENANT, "coolant_leak", "1", PROMISE)
        new = standing.of(session, TENANT, "coolant_leak", "2", PROMISE)
        other = standing.of(session, "else", "coolant_leak", "1", PROMISE)
    assert (old.state, new.state, other.state) == ("review", "review", "contact")
    assert new.reason.startswith("A new version begins where the one before it stood")
    assert old.precision.mean < new.precision.mean < other.precision.mean


def test_a_changed_promise_is_held_against_old_verdicts_at_the_next_start(world: World, house: House) -> None:
    demote(house)
    easier = Weighing(world.engine, world.clock, Promise(1.0, 0.3))
    assert not easier.step()
    assert decisions(world)[-1][0] == "contact"


def test_telling_of_a_finding_twice_or_of_one_that_is_gone_counts_once_or_not(world: World, house: House) -> None:
    found = house.fault("car-1")
    with transaction(world.engine) as session:
        for finding in (found.id, found.id, uuid.uuid4()):
            budget.told(session, finding, released_by="", at=NOON)
        assert session.scalar(select(func.count()).select_from(TrustContactRow)) == 1


def test_a_verdict_from_before_the_contact_was_booked_counts(world: World, house: House) -> None:
    found = house.fault("car-1")
    assert found.id == finding_id(TENANT, "car-1", "coolant_leak", found.onset, "raised")
    with transaction(world.engine) as session:
        findings.record_verdict(session, found.id, "false", source="customer", actor="c", note="", at=NOON)
        budget.told(session, found.id, released_by="", at=NOON)
        assert budget.of_device(session, TENANT, "car-1", NOON) == (1, 0)
