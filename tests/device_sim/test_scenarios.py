from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from device_sim.config import Config
from device_sim.errors import StateUnreadable
from device_sim.faults import FAULTS
from device_sim.fleet_state import FleetState
from device_sim.manifest import manifest, truth, write
from device_sim.models.machine import HOUR_MS
from device_sim.scenarios import SCENARIOS
from device_sim.scenarios.scenario import Birth, Scenario
from ingest.wire.device_types import DEVICE_TYPES
from ingest.wire.topics import is_identifier
from kit.clock import from_ms

STARTS = [
    datetime(2026, month, day, hour, 20, tzinfo=UTC)
    for month, day in ((11, 22), (7, 4), (3, 29), (10, 25))  # winter, summer, both changes of the clock
    for hour in range(0, 24, 3)
]


def made(start: datetime, seed: int = 20, name: str = "demo") -> Scenario:
    return SCENARIOS.get(name).make(Birth(seed, int(start.timestamp() * 1000), 14))


@pytest.mark.slow
@pytest.mark.parametrize("start", STARTS, ids=str)
def test_at_any_hour_three_ailing_devices_belong_to_owners_who_may_be_told_now(start: datetime) -> None:
    scenario = made(start)
    devices = {spec.id: spec for spec in scenario.devices}
    customers = {customer.id: customer for customer in scenario.customers}
    reachable = 0
    for occurrence in scenario.truth:
        owner = customers[devices[occurrence.device].owner]
        hour = start.astimezone(ZoneInfo(owner.time_zone)).hour
        reachable += "service" in owner.consents and 9 <= hour < 19 and occurrence.fault != "sensor_stuck"
    assert reachable >= 3
    assert len(scenario.truth) >= 7
    assert {"refrigerant_leak", "battery_wear", "silent"} <= {occurrence.fault for occurrence in scenario.truth}


@pytest.mark.parametrize("start", STARTS[::5], ids=str)
@pytest.mark.parametrize("seed", [1, 20])
def test_faults_of_the_demonstration_begin_so_late_that_findings_are_fresh(start: datetime, seed: int) -> None:
    scenario = made(start, seed)
    now = scenario.birth.now_ms
    devices = {spec.id: spec for spec in scenario.devices}
    assert max(Counter(occurrence.device for occurrence in scenario.truth).values()) == 1
    for occurrence in scenario.truth:
        assert FAULTS.get(occurrence.fault).strikes(devices[occurrence.device].type)
        assert now - 48 * HOUR_MS < occurrence.onset_ms < now
        assert occurrence.failure_ms < now
        severity_a_day_ago = occurrence.severity(np.array([now - 24 * HOUR_MS]))[0]
        assert severity_a_day_ago < 0.3


def test_the_demonstration_is_24_well_formed_devices_in_four_zones() -> None:
    scenario = made(STARTS[0])
    assert len(scenario.devices) == 24
    assert len({spec.time_zone for spec in scenario.devices}) == 4
    assert all(is_identifier(spec.id) and spec.type in DEVICE_TYPES for spec in scenario.devices)
    owners = {customer.id for customer in scenario.customers}
    assert {spec.owner for spec in scenario.devices} == owners
    assert sum(not customer.consents for customer in scenario.customers) == 2
    assert {customer.language for customer in scenario.customers} == {"en", "de"}
    assert all(customer.email.endswith("@example.org") for customer in scenario.customers)
    assert len({customer.email for customer in scenario.customers}) == len(owners)


@pytest.mark.parametrize("name", [name for name, recipe in SCENARIOS.items() if not recipe.recorded])
def test_the_same_birth_makes_the_same_scenario_and_its_files_say_so(name: str, tmp_path: Path) -> None:
    one, other = made(STARTS[0], name=name), made(STARTS[0], name=name)
    assert manifest(one) == manifest(other)
    assert truth(one) == truth(other)
    fleet, told = write(tmp_path / "new", one)
    assert json.loads(fleet.read_text("utf-8")) == json.loads(json.dumps(manifest(one)))
    assert len(json.loads(told.read_text("utf-8"))["faults"]) == len(one.truth)
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["fleet.json", "truth.json"]


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, recipe in SCENARIOS.items() if not recipe.recorded])
def test_any_seed_makes_a_scenario(name: str) -> None:
    recipe = SCENARIOS.get(name)
    assert all(recipe.make(recipe.birth(seed)).devices for seed in range(60))


def test_a_fleet_is_born_to_the_minute_and_comes_back_from_its_file(tmp_path: Path) -> None:
    now = int(datetime(2026, 5, 1, 12, 0, 31, tzinfo=UTC).timestamp() * 1000)
    state = FleetState.born(Config(), now)
    assert from_ms(state.born_ms).second == 0
    path = tmp_path / "state.json"
    state.save(path)
    assert FleetState.load(path) == state
    assert FleetState.load(tmp_path / "none.json") is None


@pytest.mark.parametrize("content", [b"", b"{", b'{"scenario": 3}', b"\xff\xfe", b"[]", b"null"])
def test_a_damaged_state_is_an_error_with_a_fix(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(content)
    with pytest.raises(StateUnreadable) as caught:
        FleetState.load(path)
    assert "Delete" in caught.value.fix
