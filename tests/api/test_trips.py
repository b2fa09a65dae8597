"""The device page shows trips with consent alone."""

from __future__ import annotations

from detectors.trips import store
from ingest.registry.permissions import COACHING
from kit.db import transaction
from outreach.customers import consent
from tests.api.conftest import Running
from tests.api.world import World
from tests.detectors.trips.test_worker import a_trip

PAGE = "/console/devices/car-0417"


def test_trips_are_on_the_page_while_the_owner_agrees_and_gone_with_the_consent(world: World, running: Running) -> None:
    world.staff()
    world.fleet()
    browser = running.signed_in()
    assert "coached" not in browser.get(PAGE).text
    with transaction(world.engine) as session:
        consent.grant(session, world.tenant, "c-lind", COACHING, source="test", at=world.clock.now())
        assert store.write(session, [a_trip("car-0417", "c-lind")]) == 1
    page = browser.get(PAGE).text
    for words in ("coached", "20.0 km in 30 min", "of 100", "braked hard once in 20 km", "Not judged: bends."):
        assert words in page, words
    with transaction(world.engine) as session:
        assert consent.withdraw(session, world.tenant, "c-lind", COACHING, world.clock.now())
        assert store.forget(session, world.tenant, "c-lind") == 0  # they went with the consent
    assert "20.0 km" not in browser.get(PAGE).text
