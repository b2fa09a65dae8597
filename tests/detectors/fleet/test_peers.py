from __future__ import annotations

from sqlalchemy import Engine

from detectors.fleet.peers import about
from ingest.registry.devices import DeviceSpec, register
from kit.db import transaction
from tests.detectors.fleet.world import HOUR, NOON, finding, home, triage


def test_a_finding_says_how_many_of_its_peers_show_the_same(engine: Engine) -> None:
    with transaction(engine) as session:
        for n in range(12):
            register(session, DeviceSpec("demo", f"fz-{n}", "freezer"))
    found = [finding(f"fz-{n}", "door_seal", NOON + n * HOUR) for n in range(5)]
    triage(engine, *found)
    with transaction(engine) as session:
        assert about(session, found[-1]) == [
            "It counts to incident 1: 5 of 12 devices of type freezer showed the same within 1 d 12 h.",
            "Of 11 other devices of type freezer, 4 showed the same within the 1 d 12 h before.",
        ]
        assert about(session, finding("fz-9", "fan_wear")) == [
            "Of 11 other devices of type freezer, 0 showed the same within the 1 d 12 h before."
        ]
        assert about(session, finding("nobody")) == []


def test_a_silence_that_waits_says_for_which_hub(engine: Engine) -> None:
    home(engine, "room-1")
    found = finding("room-1")
    triage(engine, finding("hub-1"), found)
    with transaction(engine) as session:
        assert about(session, found)[0] == (
            "It waits without a case, because hub-1, through which the device speaks, is silent, too."
        )
