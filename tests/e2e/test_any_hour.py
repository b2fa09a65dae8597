"""The demonstration has something to show at any hour of the day, in any season."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from detectors.engine.engine import Engine
from detectors.engine.program import Program, compile_profiles
from detectors.finding import Finding
from device_sim.scenarios.demo import DEMO
from device_sim.scenarios.scenario import Birth, Scenario
from ingest.reading import Frame, Quality, ReadingBatch, series_id
from ingest.registry.devices import Device
from ingest.wire.device_types import DEVICE_TYPES
from kit.clock import from_ms, to_ms

DAYS = [datetime(2026, 11, 21, tzinfo=UTC), datetime(2027, 7, 5, tzinfo=UTC)]
SEED = 20  # the one that `forewarn up` takes


@pytest.fixture(scope="module")
def program() -> Program:
    return compile_profiles()


def findings(program: Program, scenario: Scenario, name: str) -> list[Finding]:
    """What detection says about one device's two weeks."""
    stream = next(stream for stream in scenario.streams() if stream.spec.id == name)
    kind = DEVICE_TYPES.get(stream.spec.type)
    rows = stream.window(scenario.birth.start_ms, scenario.birth.now_ms)
    series = np.array([series_id(1, kind.signal(column).number) for column in rows.columns], np.int64)
    value = np.stack(list(rows.columns.values()), axis=1).reshape(-1)
    there = np.isfinite(value)
    count = int(there.sum())
    batch = ReadingBatch(
        np.tile(series, len(rows.ts))[there],
        np.repeat(rows.ts, len(series))[there],
        value[there],
        np.full(count, Quality.HISTORICAL, np.uint8),
        np.full(count, -1, np.int64),
    )
    known = {1: Device(1, "demo", name, kind.name, "", "", "", "UTC", None)}
    return Engine(program, lambda _numbers: known).process(Frame(scenario.birth.now_ms, batch))


@pytest.mark.slow
@pytest.mark.parametrize("day", DAYS, ids=["winter", "summer"])
def test_an_owner_who_is_awake_and_agreed_is_told_of_a_fresh_fault(program: Program, day: datetime) -> None:
    without = []
    for hour in range(24):
        now = day + timedelta(hours=hour, minutes=20)
        scenario = DEMO.make(Birth(SEED, to_ms(now), 14))
        owners = {customer.id: customer for customer in scenario.customers}
        devices = {spec.id: owners[spec.owner] for spec in scenario.devices}
        told = 0
        for truth in scenario.truth:
            owner = devices[truth.device]
            local = from_ms(scenario.birth.now_ms).astimezone(ZoneInfo(owner.time_zone)).hour
            if not owner.consents or not 8 <= local < 21:
                continue
            raised = [f for f in findings(program, scenario, truth.device) if f.kind == "raised" and f.contact]
            assert {f.fault for f in raised} <= {truth.fault}
            told += any(now - f.detected < timedelta(hours=24) for f in raised)
        if not told:
            without.append(hour)
    assert not without, f"nothing to show at these hours (UTC): {without}"
