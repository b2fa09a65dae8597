"""Whole runs: a scenario through the product, the same to the byte, however the work is cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import msgspec
import pytest

from device_sim.faults import FAULTS
from device_sim.models.chance import generator
from device_sim.models.machine import DAY_MS
from device_sim.network import NetworkSpec
from device_sim.people import USUAL, Ways
from device_sim.scenarios.scenario import FIRST_DAY, Birth, Customer, Scenario
from device_sim.scorecard.record import Record
from device_sim.scorecard.run import run, whole
from device_sim.scorecard.run.ahead import Beside, Order
from device_sim.stream import DeviceSpec
from kit.errors import ServiceError, SettingsError
from kit.settings import Settings

DAYS = 12


def fleet(seed: int = 3, people: Ways = USUAL, network: NetworkSpec | None = None) -> Scenario:
    """Two heat pumps and two wristbands, one of each ailing."""
    owner = Customer("c-1", "Robin", "en", "Europe/Berlin", "robin@example.org", quiet_hours=None)
    kinds = {"hp-1": "heat_pump", "hp-2": "heat_pump", "band-1": "wearable", "band-2": "wearable"}
    devices = tuple(DeviceSpec(name, kind, "M", "1", name, "c-1", "Europe/Berlin") for name, kind in kinds.items())
    truth = [
        FAULTS.get(fault).draw(generator(seed, name), name, kinds[name], FIRST_DAY + round(day * DAY_MS))
        for name, fault, day in (("hp-1", "refrigerant_leak", 9.5), ("band-1", "silent", 5.3))
    ]
    fast = [replace(one, failure_ms=min(one.failure_ms, one.onset_ms + DAY_MS)) for one in truth]
    birth = Birth(seed, FIRST_DAY + DAYS * DAY_MS, DAYS)
    return Scenario("hand", birth, devices, (owner,), tuple(fast), network or NetworkSpec(), people=people)


def told(record: Record) -> dict[str, str]:
    return {notice.device: notice.fault for notice in record.notices if notice.state == "delivered"}


def bytes_of(record: Record) -> bytes:
    return msgspec.json.encode(record)


@pytest.mark.slow
def test_a_run_tells_of_what_is_wrong_and_counts_every_reading(settings: Settings) -> None:
    shown: list[float] = []
    record, cost = run(fleet(), settings=settings, progress=shown.append, processes=1)
    assert told(record).get("hp-1") == "refrigerant_leak"
    assert {found.device for found in record.findings} >= {"hp-1", "band-1"}
    assert not {found.device for found in record.findings if found.contact} & {"hp-2", "band-2"}
    assert record.counts["received"] == record.counts["stored"] == cost.readings > 10_000
    assert shown == [(day + 1) / DAYS for day in range(DAYS)]
    assert cost.seconds > 0
    assert cost.peak_mb > 0


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes_in_one_process_and_in_two(settings: Settings) -> None:
    bad = NetworkSpec(loss=0.02, duplicates=0.05, reorder=0.05, delay_s=20, offline_per_day=0.5, offline_h=6)
    first, _ = run(fleet(network=bad), settings=settings, processes=1)
    second, _ = run(fleet(network=bad), settings=settings, processes=2)
    assert bytes_of(first) == bytes_of(second)
    assert first.counts["duplicate"] > 0
    assert first.counts["line_lost"] > 0
    assert first.counts["historical"] > 0
    assert msgspec.json.decode(bytes_of(first), type=Record) == first


def same(record: Record) -> Sequence[tuple[object, ...]]:
    return [
        (one.id, one.onset_ms, one.detected_ms, one.severity, one.confidence, one.contact) for one in record.findings
    ]


@pytest.mark.slow
def test_how_far_the_clock_moves_at_once_changes_no_finding_about_readings(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_ails = replace(fleet(), truth=fleet().truth[:1])
    usual, _ = run(one_ails, settings=settings, processes=1)
    monkeypatch.setattr(whole, "TICK_MS", 300_000)
    coarse = {"ingest": {"heartbeat_s": 300.0, "partitions": 4}}
    coarser, _ = run(one_ails, settings=settings, overlay=coarse, processes=1)
    assert same(usual) == same(coarser)
    assert told(usual) == told(coarser) != {}


def test_an_overlay_with_a_mistake_is_told_before_anything_begins(settings: Settings) -> None:
    with pytest.raises(SettingsError, match="quiet_form"):
        run(fleet(), settings=settings, overlay={"outreach": {"quiet_form": "21:00"}})


@pytest.mark.slow
def test_what_stops_the_process_that_makes_the_days_is_told_in_its_own_words() -> None:
    made = fleet()
    strange = replace(made, devices=(replace(made.devices[0], type="nosuch"),))
    beside = Beside(strange, "demo")
    try:
        beside.order(Order(made.period.start_ms, made.period.end_ms))
        with pytest.raises(ServiceError, match="nosuch"):
            beside.next()
    finally:
        beside.close()


def test_a_process_that_dies_is_told_of() -> None:
    beside = Beside(fleet(), "demo")
    beside._process.kill()
    beside._process.join()
    beside.order(Order(FIRST_DAY, FIRST_DAY + DAY_MS))
    with pytest.raises(ServiceError, match="has ended"):
        beside.next()
    beside.close()
