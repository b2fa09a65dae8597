"""The detectors' page: the promise, every standing with its interval, and each decision with its reason."""

from __future__ import annotations

import pytest

from detectors.trust.promise import ORDINARY
from detectors.trust.weigh import Weighing
from kit.db import transaction
from outreach.cases import actions
from tests.api.conftest import Running
from tests.api.world import World


@pytest.fixture(autouse=True)
def nothing_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """No scorecard speaks for any fault, so that what verdicts do can be counted by hand."""
    monkeypatch.setattr("detectors.trust.prior.measured", dict)


def judged(world: World, verdict: str) -> None:
    """A contact about Ada's Volvo, and what staff say of it."""
    number = world.coolant_case()
    world.contacted()
    with transaction(world.engine) as session:
        actions.give_verdict(session, world.clock, world.tenant, number, "kim", verdict, "")
    loop = Weighing(world.engine, world.clock, ORDINARY)
    while loop.step():
        pass


def test_an_empty_page_says_what_will_be_here(running: Running, world: World) -> None:
    world.staff()
    page = running.signed_in().get("/console/detectors").text
    assert "Nothing has been judged yet" in page
    assert "At most 1 false contacts per 1,000 device-days" in page


def test_a_judged_fault_shows_its_precision_with_its_interval_and_the_decision(running: Running, world: World) -> None:
    world.staff()
    judged(world, "false")
    page = running.signed_in().get("/console/detectors").text
    for words in ("May contact", "77 %", "1 wrong", "For 5 devices that is 3 in 30 days", "Decisions", "version 1"):
        assert words in page
    assert "It begins with trust." in page


def test_the_page_needs_a_sign_in(running: Running, world: World) -> None:
    judged(world, "true")
    assert running.client().get("/console/detectors").status_code == 303
