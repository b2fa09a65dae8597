"""The queue says what shows on many devices at once, until it is over or somebody has dismissed it."""

from __future__ import annotations

from detectors.fleet import incidents
from ingest.registry.devices import DeviceSpec, register
from kit.db import transaction
from tests.api.conftest import Running
from tests.api.world import World

QUEUE = "/console/queue"


def test_an_incident_stands_above_the_queue_with_a_way_to_its_cases(world: World, running: Running) -> None:
    world.staff()
    with transaction(world.engine) as session:
        for n in range(8):
            register(session, DeviceSpec(world.tenant, f"pump-{n}", "heat_pump", firmware="<2.4>" if n < 6 else "2.3"))
    browser = running.signed_in()
    world.found(*(world.finding(f"pump-{n}", "refrigerant_leak", (), summary="It leaks.") for n in range(2)))
    assert "Incident" not in browser.get(QUEUE).text
    world.found(*(world.finding(f"pump-{n}", "refrigerant_leak", (), summary="It leaks.") for n in range(2, 6)))
    page = browser.get(QUEUE).text
    assert "Incident 1, Loss of refrigerant: 6 of 6 devices of type heat_pump with firmware &lt;2.4&gt; showed" in page
    assert 'href="/console/queue?group=open&amp;q=Loss+of+refrigerant"' in page
    with transaction(world.engine) as session:
        incidents.dismiss(session, world.tenant, 1, "kim")
    assert "Incident" not in browser.get(QUEUE).text
