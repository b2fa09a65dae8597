"""After a repair: what began to show before it is not told at once, and not at all when it fades."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from ingest.registry.devices import DeviceSpec, register
from kit.db import transaction
from outreach.cases import queries
from outreach.cases.views import Answer
from outreach.config import Config
from outreach.contact import asking, outbox, planner
from outreach.contact.gate.question import Verb
from outreach.customers import consent, record
from outreach.tables import AnswerRow, CaseRow, OutboxRow
from tests.outreach.conftest import NOON, TENANT, World, make_customer, make_finding

LIMITS = asking.rules(Config())


def plan(world: World) -> None:
    world.triage()
    while planner.step(world.engine, world.clock, LIMITS):
        pass


def notice_of(world: World, fault: str) -> tuple[str, str]:
    with transaction(world.engine) as session:
        cases = {row.number: row.fault for row in queries.queue(session, TENANT, group="all")}
        (notice,) = [one for one in queries.outbox(session, TENANT) if cases[one.case_number] == fault]
        return notice.state, notice.reason


def asked_at_due(world: World) -> tuple[str, Verb]:
    """What the gate says when the held notice is due."""
    with transaction(world.engine) as session:
        held = session.query(OutboxRow).filter_by(state="held").one()
        world.clock.advance_to(int(held.due_at.timestamp() * 1000))
        claimed = outbox.due(session, world.clock.now())
        assert claimed is not None
        ruling = asking.ask(session, *claimed, LIMITS, world.clock.now()).ruling
        return ruling.stage, ruling.decision.verb


def repaired(world: World) -> None:
    """The customer said of an earlier case of the device that it is fixed."""
    world.people(make_customer(quiet_hours=None))
    world.found(make_finding(fault="charging_fault", onset=NOON - timedelta(days=3)))
    world.triage()
    with transaction(world.engine) as session:
        number = session.query(CaseRow.number).scalar()
        session.add(AnswerRow(case_number=number, customer_id="c-1", answer=Answer.FIXED, at=NOON))
    world.later(hours=1)


def test_what_began_before_the_repair_is_held_and_told_when_it_stays(world: World) -> None:
    repaired(world)
    world.found(make_finding(fault="weak_12v_battery", onset=NOON - timedelta(days=2), detected=world.clock.now()))
    plan(world)
    state, reason = notice_of(world, "weak_12v_battery")
    assert state == "held"
    assert "before the device was repaired" in reason
    assert asked_at_due(world) == ("gate", Verb.SEND)
    assert world.clock.now() == NOON + timedelta(days=4)


def test_what_fades_after_the_repair_is_never_told(world: World) -> None:
    repaired(world)
    began = {"fault": "weak_12v_battery", "onset": NOON - timedelta(days=2)}
    world.found(make_finding(**began, detected=world.clock.now()))  # type: ignore[arg-type]
    plan(world)
    world.later(days=1)
    world.found(make_finding(**began, kind="cleared", detected=world.clock.now()))  # type: ignore[arg-type]
    plan(world)
    assert asked_at_due(world) == ("still_true", Verb.REFUSE)


def told_and_over(world: World, fault: str = "charging_fault") -> None:
    """The customer was told of an earlier fault, which then went away without a word from them."""
    world.people(make_customer(quiet_hours=None))
    onset = NOON - timedelta(days=3)
    world.found(make_finding(fault=fault, onset=onset))
    plan(world)
    with transaction(world.engine) as session:
        session.execute(update(OutboxRow).values(state="delivered", delivered_at=NOON))
    world.later(hours=1)
    world.found(make_finding(fault=fault, onset=onset, kind="cleared", detected=world.clock.now()))
    plan(world)


def test_what_they_were_told_of_and_went_away_was_repaired_though_nobody_says_so(world: World) -> None:
    told_and_over(world)
    world.found(make_finding(fault="weak_12v_battery", onset=NOON - timedelta(days=2), detected=world.clock.now()))
    plan(world)
    assert notice_of(world, "weak_12v_battery")[0] == "held"
    assert asked_at_due(world) == ("gate", Verb.SEND)
    assert world.clock.now() == NOON + timedelta(days=4, hours=3)


def test_a_device_that_is_heard_again_was_not_repaired(world: World) -> None:
    told_and_over(world, "silent")
    world.found(make_finding(fault="weak_12v_battery", onset=NOON - timedelta(days=2), detected=world.clock.now()))
    plan(world)
    assert notice_of(world, "weak_12v_battery")[0] == "queued"


def test_what_begins_after_the_repair_and_what_cannot_wait_is_told_at_once(world: World) -> None:
    repaired(world)
    world.found(make_finding(fault="weak_12v_battery", onset=NOON + timedelta(minutes=5), detected=world.clock.now()))
    plan(world)
    assert notice_of(world, "weak_12v_battery")[0] == "queued"
    world.found(make_finding(fault="coolant_leak", onset=NOON - timedelta(days=2), detected=world.clock.now()))
    plan(world)
    assert notice_of(world, "coolant_leak")[0] == "queued"


def test_nobody_is_written_to_about_a_pulse_that_they_no_longer_let_us_judge(world: World) -> None:
    customer = make_customer(quiet_hours=None)
    with transaction(world.engine) as session:
        record.save(session, customer, NOON)
        for purpose in (record.SERVICE, "vitals"):
            consent.grant(session, TENANT, customer.id, purpose, source="test", at=NOON)
        register(session, DeviceSpec(TENANT, "band-1", "wearable", label="Band", owner=customer.id))
        consent.withdraw(session, TENANT, customer.id, "vitals", NOON)
    world.found(
        make_finding("band-1", "elevated_resting_heart_rate"),
        make_finding("band-1", "misfit_wearable"),
    )
    plan(world)
    state, reason = notice_of(world, "elevated_resting_heart_rate")
    assert state == "withheld"
    assert "'vitals'" in reason
    assert notice_of(world, "misfit_wearable")[0] == "queued"
