from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Engine, update

from detectors import queries
from detectors.tables import FindingHoldRow
from ingest.registry.devices import DeviceSpec, access_device, register
from ingest.tables import DeviceRow
from kit.db import transaction
from tests.detectors.fleet.world import HOUR, NOON, finding, hears, home, triage

MINUTE = timedelta(minutes=1)


def names(engine: Engine, *found: object) -> list[tuple[str, str]]:
    return [(one.device, one.kind) for one in triage(engine, *found)]  # type: ignore[arg-type]


def test_the_devices_behind_a_silent_hub_get_no_case_and_the_hub_names_them(engine: Engine) -> None:
    home(engine, "room-1", "room-2")
    hub = finding("hub-1", onset=NOON + 3 * MINUTE)
    taken = triage(engine, hub, finding("room-1", after=3 * HOUR), finding("room-2", after=3 * HOUR))
    assert [one.device for one in taken] == ["hub-1"]
    words = "2 devices speak through it and cannot be heard while it is silent: Room-1, Room-2."
    assert taken[0].evidence.reasons[-1] == words
    with transaction(engine) as session:
        assert queries.get(session, hub.id) == taken[0]


def test_a_device_that_is_missed_before_its_hub_waits_for_what_becomes_of_it(engine: Engine) -> None:
    home(engine, "room-1")
    hears(engine, "hub-1", NOON - MINUTE)
    assert names(engine, finding("room-1")) == []
    assert names(engine, finding("hub-1", after=2 * HOUR)) == [("hub-1", "raised")]


def test_both_recover_and_nobody_hears_of_the_device(engine: Engine) -> None:
    home(engine, "room-1")
    raised = finding("hub-1"), finding("room-1", after=2 * HOUR)
    ended = (finding(one.device, kind="cleared", after=6 * HOUR) for one in raised)
    assert names(engine, *raised, *ended) == [("hub-1", "raised"), ("hub-1", "cleared")]
    assert names(engine, finding("room-1", onset=NOON + 90 * HOUR)) == [("room-1", "raised")]


def test_a_device_that_stays_away_when_its_hub_is_back_gets_its_case_once(engine: Engine) -> None:
    home(engine, "room-1")
    assert names(engine, finding("hub-1"), finding("room-1", after=2 * HOUR)) == [("hub-1", "raised")]
    hears(engine, "hub-1", NOON + 6 * HOUR)
    assert names(engine, finding("hub-1", kind="cleared", after=6 * HOUR)) == [("hub-1", "cleared")]
    hears(engine, "hub-1", NOON + 9 * HOUR)
    assert names(engine) == [("room-1", "raised")]
    assert names(engine) == []
    assert names(engine, finding("room-1", kind="cleared", after=20 * HOUR)) == [("room-1", "cleared")]


def test_a_device_that_is_alone_in_its_silence_does_not_wait(engine: Engine) -> None:
    home(engine, "room-1", "room-2")
    hears(engine, "hub-1", NOON + 4 * HOUR)
    assert names(engine, finding("room-1", after=4 * HOUR)) == [("room-1", "raised")]


def test_other_faults_of_a_device_behind_a_silent_hub_are_its_own(engine: Engine) -> None:
    home(engine, "room-1")
    found = finding("hub-1"), finding("room-1", fault="sensor_stuck")
    assert names(engine, *found) == [("hub-1", "raised"), ("room-1", "raised")]


def test_a_hub_behind_a_silent_hub_and_all_behind_it_are_one_silence(engine: Engine) -> None:
    home(engine, "room-1")
    with transaction(engine) as session:
        register(session, DeviceSpec("demo", "uplink", "hub"))
        register(session, DeviceSpec("demo", "hub-1", "hub", parent="uplink"))
    found = finding("uplink"), finding("hub-1"), finding("room-1")
    assert names(engine, *found) == [("uplink", "raised")]


def test_hubs_in_a_circle_and_devices_that_are_gone_stop_nobody(engine: Engine) -> None:
    home(engine, "room-1")
    with transaction(engine) as session:
        register(session, DeviceSpec("demo", "hub-1", "hub", parent="hub-2"))
        register(session, DeviceSpec("demo", "hub-2", "hub", parent="hub-1"))
    assert names(engine, finding("room-1"), finding("nobody")) == [("room-1", "raised"), ("nobody", "raised")]


def test_a_device_that_no_longer_has_a_hub_is_let_go(engine: Engine) -> None:
    home(engine, "room-1")
    assert names(engine, finding("hub-1"), finding("room-1")) == [("hub-1", "raised")]
    with transaction(engine) as session:
        no = access_device(session, "demo", "room-1").no
        session.execute(update(DeviceRow).where(DeviceRow.no == no).values(parent=""))
    assert names(engine) == [("room-1", "raised")]


def test_of_two_findings_of_one_silence_both_wait(engine: Engine) -> None:
    """The evidence of a silence grows: it is raised again, as the same episode, when it is long enough to be told."""
    home(engine, "room-1")
    first = finding("room-1", after=2 * HOUR)
    stronger = replace(first, id=finding("room-1", onset=NOON + MINUTE).id, detected=NOON + 30 * HOUR)
    assert names(engine, finding("hub-1"), first, stronger) == [("hub-1", "raised")]
    with transaction(engine) as session:
        assert session.query(FindingHoldRow).count() == 2
