"""Wear of what warms, cools and moves air and water: found early, under its own name, and nothing else is."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from detectors.engine.program import Program
from detectors.faults.catalogue import FAULTS
from detectors.faults.known import climate
from detectors.faults.profiles import PROFILES
from detectors.finding import Finding
from device_sim.faults import FAULTS as SIMULATED
from device_sim.faults.fault import Occurrence
from device_sim.stream import DeviceSpec, DeviceStream
from ingest.reading import Frame
from ingest.registry.devices import Device
from kit.clock import to_ms
from outreach.articles.texts import languages, library
from tests.detectors.detector_feed import START, engine_of, messages

DAY = 86_400_000
WINTER, SUMMER = to_ms(datetime(2026, 1, 12, tzinfo=UTC)), to_ms(datetime(2026, 7, 1, tzinfo=UTC))
AUTUMN = to_ms(datetime(2026, 10, 5, tzinfo=UTC))
KINDS = ("heat_pump", "air_handler", "freezer", "circulation_pump")
PROGRESSIVE = [
    ("heat_pump", "refrigerant_leak"),
    ("heat_pump", "compressor_wear"),
    ("heat_pump", "evaporator_icing"),
    ("heat_pump", "blocked_filter"),
    ("heat_pump", "fan_wear"),
    ("air_handler", "blocked_filter"),
    ("air_handler", "fan_wear"),
    ("air_handler", "leaking_valve"),
    ("freezer", "door_seal"),
    ("freezer", "freezer_compressor_wear"),
    ("freezer", "freezer_icing"),
    ("freezer", "condenser_dirty"),
    ("circulation_pump", "pump_bearing"),
    ("circulation_pump", "pump_cavitation"),
]
SUDDEN = [("air_handler", "stuck_damper"), ("freezer", "door_left_open")]
HARMLESS = ["cold_spell", "hot_spell", "setpoint_changed", "new_habits", "holiday", "warm_food", "filter_replaced"]


def raised(
    program: Program, kind: str, seed: int, start: int, truth: Occurrence | None = None, days: int = 26
) -> list[Finding]:
    """What is raised about one device over `days`, all at once."""
    spec = DeviceSpec("d", kind, "m", "1", "l", "o", "Europe/Berlin")
    rows = DeviceStream(spec, seed, start, (truth,) if truth else ()).window(start, start + days * DAY)
    batch = messages(1, kind, rows.ts.tolist(), rows.columns)
    batch = batch.take(np.isfinite(batch.value))
    engine = engine_of(program, [Device(1, "demo", "d", kind, "", "", "", "UTC", None)])
    return [one for one in engine.process(Frame(int(rows.ts[-1]), batch)) if one.kind == "raised"]


def struck(fault: str, kind: str, seed: int, start: int, days: float | None = None) -> Occurrence:
    """The fault from day nine on."""
    onset = start + 9 * DAY
    chance = np.random.default_rng(seed)
    return SIMULATED.get(fault).draw(chance, "d", kind, onset, None if days is None else onset + round(days * DAY))


@pytest.mark.parametrize(("kind", "fault"), PROGRESSIVE)
def test_wear_is_told_three_days_before_it_fails_and_under_its_own_name(
    program: Program, kind: str, fault: str
) -> None:
    truth = struck(fault, kind, 41, WINTER, 12)
    found = [one for one in raised(program, kind, 41, WINTER, truth) if one.contact]
    assert found
    assert found[0].fault == fault
    first = to_ms(found[0].detected)
    assert truth.onset_ms <= first <= truth.failure_ms - 3 * DAY


@pytest.mark.parametrize(("kind", "fault"), SUDDEN)
def test_what_breaks_at_once_is_told_within_a_day(program: Program, kind: str, fault: str) -> None:
    truth = struck(fault, kind, 42, WINTER)
    found = [one for one in raised(program, kind, 42, WINTER, truth, days=12) if one.contact and one.fault == fault]
    assert found
    assert truth.onset_ms <= to_ms(found[0].detected) <= truth.onset_ms + DAY


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "fault"), PROGRESSIVE)
def test_four_of_five_worn_devices_are_told_three_days_before(program: Program, kind: str, fault: str) -> None:
    told = 0
    for seed in range(60, 65):
        truth = struck(fault, kind, seed, WINTER)
        found = [one for one in raised(program, kind, seed, WINTER, truth) if one.contact]
        told += bool(found) and to_ms(found[0].detected) <= truth.failure_ms - 3 * DAY
    assert told >= 4


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("start", [WINTER, SUMMER])
def test_harmless_changes_reach_no_customer(program: Program, kind: str, start: int) -> None:
    for change in HARMLESS:
        if SIMULATED.get(change).strikes(kind):
            found = raised(program, kind, 51, start, struck(change, kind, 51, start))
            assert not [one for one in found if one.contact], change


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("start", [WINTER, SUMMER])
@pytest.mark.parametrize("seed", [71, 72])
def test_healthy_devices_raise_nothing_in_four_weeks(program: Program, kind: str, start: int, seed: int) -> None:
    assert raised(program, kind, seed, start) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault", ["sensor_spikes", "sensor_dropout", "intermittent_contact"])
def test_a_sensor_that_fails_is_shown_to_staff_and_to_no_customer(program: Program, kind: str, fault: str) -> None:
    found = raised(program, kind, 44, WINTER, struck(fault, kind, 44, WINTER, 8), days=22)
    assert {one.fault for one in found} & {"sensor_spikes", "sensor_dropout", "intermittent_contact"}
    assert not [one for one in found if one.contact]


@pytest.mark.parametrize("kind", KINDS)
def test_a_sensor_that_drifts_is_shown_to_staff_and_to_no_customer(program: Program, kind: str) -> None:
    found = raised(program, kind, 46, AUTUMN, struck("sensor_drift", kind, 46, AUTUMN, 10))
    assert [(one.fault, one.contact) for one in found] == [("sensor_drift", False)]


@pytest.mark.parametrize(("fault", "within"), [("compressor_wear", 3), ("fan_wear", 3), ("refrigerant_leak", 2)])
def test_a_heat_pump_that_only_makes_hot_water_is_judged_by_that(program: Program, fault: str, within: int) -> None:
    truth = struck(fault, "heat_pump", 45, SUMMER, 12)
    told = [one for one in raised(program, "heat_pump", 45, SUMMER, truth) if one.contact]
    assert [one.fault for one in told] == [fault]
    assert to_ms(told[0].detected) <= truth.failure_ms - within * DAY


@pytest.mark.parametrize(
    ("kind", "fault"),
    [("heat_pump", "blocked_filter"), ("heat_pump", "refrigerant_leak"), ("circulation_pump", "pump_cavitation")],
)
def test_what_wears_evenly_says_between_which_days_it_reaches_its_limit(
    program: Program, kind: str, fault: str
) -> None:
    truth = struck(fault, kind, 49, WINTER, 14)
    foreseen = [one.evidence.horizon for one in raised(program, kind, 49, WINTER, truth) if one.evidence.horizon]
    assert foreseen
    assert foreseen[0].high is not None
    assert truth.onset_ms < to_ms(foreseen[0].low) < truth.failure_ms


def test_every_symptom_of_a_fault_is_watched_where_the_fault_can_be() -> None:
    for fault in climate.FAULTS:
        watched = {watch.symptom for kind in fault.device_types for watch in PROFILES.get(kind).watches}
        assert {key.split(":")[0] for key in fault.signature} <= watched, fault.name
        for kind in fault.device_types:
            here = {watch.symptom for watch in PROFILES.get(kind).watches}
            proof = sum(weight for key, weight in fault.signature.items() if key.split(":")[0] in here and weight > 0)
            assert proof >= 1, (fault.name, kind)


def test_every_fault_has_its_advice_in_every_language() -> None:
    for fault in climate.FAULTS:
        assert FAULTS.get(fault.name) is fault
        assert all(fault.text_key in library(language) for language in languages())


def test_a_door_open_for_ten_minutes_is_nobodys_business(program: Program) -> None:
    engine = engine_of(program, [Device(1, "demo", "d", "freezer", "", "", "", "UTC", None)])
    door = np.where(np.arange(60) % 20 < 2, 300.0, 0.0)
    batch = messages(1, "freezer", (START + 300_000 * np.arange(60)).tolist(), {"door_open_time": door})
    assert engine.process(Frame(START + DAY, batch)) == []


def test_a_warm_freezer_is_told_also_where_nothing_was_learned(program: Program) -> None:
    engine = engine_of(program, [Device(1, "demo", "d", "freezer", "", "", "", "UTC", None)])
    ts = (START + 300_000 * np.arange(200)).tolist()
    batch = messages(1, "freezer", ts, {"cabinet_temp": -8.0, "cabinet_setpoint": -18.0})
    found = [one for one in engine.process(Frame(START + DAY, batch)) if one.kind == "raised"]
    assert [one.fault for one in found if one.contact] == ["freezer_too_warm"]


def test_a_coil_that_warms_with_its_valve_shut_stays_open_while_the_valve_is_in_use(program: Program) -> None:
    engine = engine_of(program, [Device(1, "demo", "a", "air_handler", "", "", "", "UTC", None)])
    minutes = np.arange(3 * 1440)
    night = minutes % 1440 < 240
    air = {
        "fan_on": 1.0,
        "cooling_valve": 0.0,
        "heating_valve": np.where(night, 0.0, 50.0),
        "mixed_air_temp": 18.0 + 0.1 * (minutes % 7),
        "supply_air_temp": np.where(night, 25.0, 30.0) + 0.1 * (minutes % 11),
    }
    batch = messages(1, "air_handler", (START + 60_000 * minutes).tolist(), air)
    found = engine.process(Frame(START + 3 * DAY, batch))
    assert [(one.fault, one.kind) for one in found] == [("leaking_valve", "raised")]
