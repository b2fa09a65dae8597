"""The ledger's pages: every reading accounted for, and a fault of ours said aloud on every page."""

from __future__ import annotations

import pytest

from ingest import ledger
from ingest.ledger import HOUR_MS, Counts
from kit.db import transaction
from tests.api.conftest import Running
from tests.api.world import World

WARNING = "Some readings that came in are not accounted for."


@pytest.fixture
def hour(world: World) -> int:
    """The hour of now; staff and a fleet are there."""
    world.staff()
    world.fleet()
    return world.clock.now_ms() // HOUR_MS


def book(world: World, device: str, hour: int, counts: Counts) -> None:
    with transaction(world.engine) as session:
        ledger.book(session, world.tenant, {(device, hour): counts})


def test_an_empty_ledger_says_what_will_be_here(running: Running, hour: int) -> None:
    browser = running.signed_in()
    assert "Nothing was received" in browser.get("/console/ledger").text
    assert "Nothing was received" in browser.get("/console/ledger/car-0417").text
    assert browser.get("/console/ledger/none").status_code == 404


def test_the_account_is_summed_by_period_and_told_by_device(running: Running, world: World, hour: int) -> None:
    book(world, "car-0417", hour - 1, Counts(1500, 1200, 200, 70, 30, 15, 40, 3))
    book(world, "car-0417", hour - 30, Counts(7, 7))
    book(world, "hp-2203", hour, Counts(10, 10))
    browser = running.signed_in()
    day = browser.get("/console/ledger").text
    assert "Every reading is accounted for." in day
    assert WARNING not in browser.get("/console/queue").text
    for told in ("1,510", "1,210", "1,155 came on time", "15 late", "3 messages", "car-0417", "hp-2203"):
        assert told in day
    assert "1,517" in browser.get("/console/ledger?period=week").text
    found = browser.get("/console/ledger?q=hp").text
    assert "hp-2203" in found
    assert "/console/ledger/car-0417" not in found
    assert "No device matches" in browser.get("/console/ledger?q=<none>").text
    assert "1,507" in browser.get("/console/ledger/car-0417").text


def test_an_hour_that_does_not_balance_is_told_on_every_page(running: Running, world: World, hour: int) -> None:
    book(world, "", hour - 2, Counts(received=12))
    browser = running.signed_in()
    page = browser.get("/console/ledger").text
    assert "1 account does not balance." in page
    assert "What does not balance" in page
    for path in ("/console/queue", "/console/devices", "/console/outbox"):
        assert WARNING in browser.get(path).text


def test_odd_questions_are_answered(running: Running, hour: int) -> None:
    browser = running.signed_in()
    for path in ("/console/ledger?period=%00&q=%00", "/console/ledger?period=decade", "/console/ledger/%00"):
        assert browser.get(path).status_code < 500
