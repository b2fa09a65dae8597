"""One cause on many devices: each has its case, nobody is written to before a person has decided."""

from __future__ import annotations

from datetime import timedelta

from detectors.fleet import incidents
from kit.db import transaction
from outreach.cases import queries
from outreach.config import Config
from outreach.contact import asking, planner
from outreach.contact.planner import RECONSIDER
from tests.outreach.conftest import NOON, TENANT, World, make_customer, make_finding

LIMITS = asking.rules(Config())
FAULT = "misfire"


def notices(world: World) -> list[tuple[str, str]]:
    while planner.step(world.engine, world.clock, LIMITS):
        pass
    with transaction(world.engine) as session:
        return [(notice.state, notice.reason) for notice in queries.outbox(session, TENANT)][::-1]


def struck(world: World, fault: str, cars: int = 5) -> None:
    for n in range(cars):
        world.people(make_customer(f"c-{n}"), device=f"car-{n}")
    for n in range(cars):
        world.found(make_finding(device=f"car-{n}", fault=fault, onset=NOON - timedelta(hours=9 - n)))
    assert world.triage() == cars


def test_a_fault_that_many_share_is_told_to_nobody_before_a_person_decides(world: World) -> None:
    struck(world, FAULT)
    states = notices(world)
    assert [state for state, _ in states] == ["waiting"] * 5
    assert states[0][1] == (
        "Incident 1: 5 of 5 devices of type vehicle showed the same within 1 d 12 h. "
        "A person decides whether each customer is told."
    )


def test_once_dismissed_it_holds_nobody_back(world: World) -> None:
    struck(world, FAULT)
    notices(world)
    with transaction(world.engine) as session:
        incidents.dismiss(session, TENANT, 1, "kim")
    world.clock.advance(int(RECONSIDER / timedelta(milliseconds=1)))
    assert {state for state, _ in notices(world)} == {"queued"}


def test_what_cannot_wait_is_told_all_the_same(world: World) -> None:
    struck(world, "coolant_leak")
    assert {state for state, _ in notices(world)} == {"queued"}
    assert len(world.read(lambda session: incidents.newest(session, TENANT))) == 1  # type: ignore[arg-type]
