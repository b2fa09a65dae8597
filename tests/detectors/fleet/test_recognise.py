from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from detectors import queries
from detectors.errors import IncidentNotFound
from detectors.fleet import incidents
from detectors.fleet.incidents import Incident
from ingest.registry.devices import DeviceSpec, register
from kit.db import transaction
from tests.detectors.fleet.world import HOUR, NOON, finding, triage

FAULT = "condenser_dirty"


@pytest.fixture
def freezers(engine: Engine) -> None:
    """Twelve with an old firmware, eight with a new one, half of each in Tokyo; and cars."""
    with transaction(engine) as session:
        for n in range(20):
            zone, firmware = ("Asia/Tokyo", "Europe/Berlin")[n % 2], "1.5" if n < 8 else "1.4"
            register(session, DeviceSpec("demo", f"fz-{n}", "freezer", model="E", firmware=firmware, time_zone=zone))
            register(session, DeviceSpec("demo", f"car-{n}", "vehicle", time_zone=zone))


def candidates(engine: Engine) -> list[Incident]:
    with transaction(engine) as session:
        return incidents.newest(session, "demo")


@pytest.mark.usefixtures("freezers")
def test_a_firmware_that_goes_wrong_is_one_incident_and_accounts_for_all_its_findings(engine: Engine) -> None:
    found = [finding(f"fz-{n}", FAULT, NOON + n * HOUR) for n in range(6)]
    assert triage(engine, *found) == found  # each has its case, for staff
    (incident,) = candidates(engine)
    assert (incident.dimension, incident.value, incident.struck, incident.devices) == ("firmware", "1.5", 6, 8)
    assert incident.words == "6 of 8 devices of type freezer with firmware 1.5 showed the same within 1 d 12 h."
    assert incident.onset == NOON
    assert incident.lifts[0].value == "1.5"
    assert incident.lifts[0].ratio.low > 1
    with transaction(engine) as session:
        assert all(incidents.of_finding(session, one.id) == incident for one in found)
        assert [device for _, device, _ in incidents.findings_of(session, incident.number)] == [
            f"fz-{n}" for n in range(6)
        ]


@pytest.mark.usefixtures("freezers")
def test_who_is_not_of_the_group_stands_for_itself(engine: Engine) -> None:
    found = [finding(f"fz-{n}", FAULT, NOON + n * HOUR) for n in (0, 1, 2, 3, 4, 5, 18)]
    triage(engine, *found)
    with transaction(engine) as session:
        assert incidents.of_finding(session, found[-1].id) is None
        assert incidents.of_finding(session, found[-2].id) is not None


@pytest.mark.usefixtures("freezers")
def test_what_comes_one_by_one_over_weeks_is_no_incident(engine: Engine) -> None:
    triage(engine, *(finding(f"fz-{n}", FAULT, NOON + n * 48 * HOUR) for n in range(8)))
    assert candidates(engine) == []


@pytest.mark.usefixtures("freezers")
def test_a_fault_that_a_fleet_has_all_the_time_is_no_incident(engine: Engine) -> None:
    for day in range(0, 30, 3):
        at = NOON + timedelta(days=day)
        triage(engine, *(finding(f"fz-{(n + day) % 20}", FAULT, at) for n in (0, 7)))
    before = candidates(engine)
    triage(engine, *(finding(f"fz-{n}", FAULT, NOON + timedelta(days=30)) for n in (8, 9, 10)))
    assert candidates(engine) == before == []


@pytest.mark.usefixtures("freezers")
def test_faults_and_types_are_not_thrown_together(engine: Engine) -> None:
    triage(
        engine,
        *(finding(f"fz-{n}", FAULT) for n in (0, 1)),
        *(finding(f"fz-{n}", "door_seal") for n in (2, 3)),
        *(finding(f"car-{n}", FAULT) for n in (4, 5)),
        *(finding(f"fz-{n}", "unusual_behaviour", signal="power") for n in (6, 7)),
        *(finding(f"fz-{n}", "unusual_behaviour", signal="cabinet_temp") for n in (8, 9)),
        *(finding(f"fz-{n}", "help_requested") for n in range(5)),
    )
    assert candidates(engine) == []


@pytest.mark.usefixtures("freezers")
def test_a_network_that_is_away_strikes_all_types_of_its_region(engine: Engine) -> None:
    struck = [f"{kind}-{n}" for kind in ("fz", "car") for n in range(0, 12, 2)]
    triage(engine, *(finding(device, after=2 * HOUR) for device in struck))
    (incident,) = candidates(engine)
    assert (incident.device_type, incident.dimension, incident.value) == ("", "region", "Asia/Tokyo")
    assert incident.words == "12 of 20 devices in Asia/Tokyo showed the same within 1 d 12 h."


@pytest.mark.usefixtures("freezers")
def test_the_next_time_is_another_incident(engine: Engine) -> None:
    for later in (timedelta(0), timedelta(days=20)):
        triage(engine, *(finding(f"fz-{n}", FAULT, NOON + later) for n in range(8)))
    assert len(candidates(engine)) == 2


@pytest.mark.usefixtures("freezers")
def test_unusual_behaviour_of_one_signal_is_an_incident_by_that_signal(engine: Engine) -> None:
    triage(engine, *(finding(f"fz-{n}", "unusual_behaviour", signal="power") for n in range(4)))
    assert [one.label for one in candidates(engine)] == ["Unusual behaviour (power)"]


@pytest.mark.usefixtures("freezers")
def test_the_same_findings_give_the_same_incident_whenever_they_are_judged(engine: Engine) -> None:
    found = [finding(f"fz-{n}", FAULT, NOON + n * HOUR) for n in range(6)]
    triage(engine, *found)
    before = candidates(engine)
    with transaction(engine) as session:
        queries.write(session, found)
    assert triage(engine) == []
    assert candidates(engine) == before


@pytest.mark.usefixtures("freezers")
def test_a_person_can_dismiss_it(engine: Engine) -> None:
    triage(engine, *(finding(f"fz-{n}", FAULT) for n in range(4)))
    (incident,) = candidates(engine)
    with transaction(engine) as session:
        assert incidents.dismiss(session, "demo", incident.number, "kim").dismissed_by == "kim"
        with pytest.raises(IncidentNotFound):
            incidents.dismiss(session, "other", incident.number, "kim")
    triage(engine, finding("fz-7", FAULT, NOON + HOUR))
    assert candidates(engine)[0].dismissed_by == "kim"


def test_devices_that_are_not_registered_any_more_are_nobody_s_peers(engine: Engine) -> None:
    found = [finding(f"gone-{n}", FAULT) for n in range(5)]
    assert triage(engine, *found) == found
    assert candidates(engine) == []
