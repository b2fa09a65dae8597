"""Faults of water, laundry, hubs and sensors: found in time under their own name; what is harmless is left alone."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.engine.program import Program
from detectors.finding import Finding
from device_sim.faults import FAULTS as SIMULATED
from device_sim.stream import DeviceSpec
from ingest.reading import Frame, ReadingBatch, series_id
from ingest.registry.devices import Device
from ingest.registry.permissions import VITALS
from ingest.wire.device_types import DEVICE_TYPES
from tests.detectors.detector_feed import START, engine_of, messages
from tests.detectors.test_fleet_and_recordings import DAY, NOW, life

DAYS = 28
TYPES = ("washing_machine", "water_meter", "hub", "room_sensor", "leak_sensor", "wearable")
PROGRESSIVE = [
    ("washing_machine", "drain_blocked"),
    ("washing_machine", "heater_scale"),
    ("washing_machine", "drum_bearing"),
    ("water_meter", "water_leak"),
    ("leak_sensor", "water_leak"),
    ("hub", "uplink_degraded"),
    ("room_sensor", "battery_wear"),
    ("leak_sensor", "battery_wear"),
    ("wearable", "battery_wear"),
]
SUDDEN = [
    ("water_meter", "burst_pipe"),
    ("water_meter", "running_toilet"),
    ("leak_sensor", "burst_pipe"),
    ("wearable", "misfit_wearable"),
]
STAFF = [("hub", "firmware_regression"), ("wearable", "firmware_regression"), ("leak_sensor", "sensor_spikes")]
HARMLESS = [
    (kind, name)
    for kind in TYPES
    for name, fault in SIMULATED.items()
    if fault.expects == "nothing" and fault.strikes(kind)
]


def lived(program: Program, kind: str, seed: int, fault: str = "", days_before: float = 0) -> list[Finding]:
    """What is raised about a device in four weeks, with a fault that begins so long before their end."""
    spec = DeviceSpec("d", kind, "m", "1", "l", "o", "Europe/Berlin")
    onset = NOW - round(days_before * DAY)
    truth = (SIMULATED.get(fault).draw(np.random.default_rng(seed), "d", kind, onset),) if fault else ()
    known = Device(1, "demo", "d", kind, "", "", "", "Europe/Berlin", "o", permits=(VITALS,))
    found = engine_of(program, [known]).process(Frame(NOW, life(spec, DAYS, seed, truth)))
    return [finding for finding in found if finding.kind == "raised"]


@pytest.mark.parametrize("seed", [101, pytest.param(102, marks=pytest.mark.slow)])
@pytest.mark.parametrize(("kind", "fault"), PROGRESSIVE)
def test_what_creeps_is_told_three_days_before_it_fails_under_its_own_name(
    program: Program, kind: str, fault: str, seed: int
) -> None:
    chance = np.random.default_rng(seed)
    onset = NOW - 17 * DAY
    fails = SIMULATED.get(fault).draw(chance, "d", kind, onset).failure_ms
    found = [finding for finding in lived(program, kind, seed, fault, 17) if finding.contact]
    assert {finding.fault for finding in found} == {fault}
    assert onset <= found[0].detected.timestamp() * 1000 <= fails - 3 * DAY


@pytest.mark.parametrize("seed", [101, pytest.param(102, marks=pytest.mark.slow)])
@pytest.mark.parametrize(("kind", "fault"), SUDDEN)
def test_what_comes_at_once_is_told_under_its_own_name(program: Program, kind: str, fault: str, seed: int) -> None:
    found = [finding for finding in lived(program, kind, seed, fault, 4) if finding.contact]
    assert {finding.fault for finding in found} == {fault}
    assert len(found) == 1


@pytest.mark.parametrize(("kind", "fault"), STAFF)
def test_what_the_customer_cannot_help_is_shown_to_staff_alone(program: Program, kind: str, fault: str) -> None:
    found = lived(program, kind, 103, fault, 8)
    assert fault in {finding.fault for finding in found}
    assert not any(finding.contact for finding in found)


def test_a_pulse_that_is_high_in_sleep_is_told_within_days(program: Program) -> None:
    found = [
        finding for finding in lived(program, "wearable", 104, "elevated_resting_heart_rate", 6) if finding.contact
    ]
    assert [finding.fault for finding in found] == ["elevated_resting_heart_rate"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", TYPES)
def test_a_sound_device_is_left_alone(program: Program, kind: str) -> None:
    assert [lived(program, kind, seed) for seed in (105, 106)] == [[], []]


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "change"), HARMLESS)
def test_a_harmless_change_is_nobodys_concern(program: Program, kind: str, change: str) -> None:
    assert lived(program, kind, 107, change, 14) == []


def test_a_band_that_was_put_away_is_not_missed_and_one_that_was_worn_is(program: Program) -> None:
    known = Device(1, "demo", "d", "wearable", "", "", "", "UTC", None)
    for worn, missed in ((0.0, set()), (1.0, {"silent"})):
        engine = engine_of(program, [known])
        ts = START + 300_000 * np.arange(300)
        last = int(ts[-1])
        engine.process(Frame(last, messages(1, "wearable", ts.tolist(), {"skin_contact": worn, "battery_level": 9.0})))
        found = engine.process(*(Frame(last + 10_000 * at, ReadingBatch.empty()) for at in range(9000)))
        assert {finding.fault for finding in found} == missed


@pytest.mark.parametrize("kind", TYPES)
def test_a_sensor_that_is_missing_from_messages_is_shown_to_staff(program: Program, kind: str) -> None:
    found = lived(program, kind, 104, "sensor_dropout", 14)
    assert {finding.fault for finding in found} == {"sensor_dropout"}
    assert not any(finding.contact for finding in found)
    assert "was missing from" in found[0].evidence.summary


@pytest.mark.parametrize(("kind", "fault"), [("water_meter", "burst_pipe"), ("room_sensor", "battery_wear")])
def test_a_device_that_reports_a_third_as_often_as_its_type_is_told_of_as_well(
    program: Program, kind: str, fault: str
) -> None:
    """Nothing is missing from what a maker never meant to send."""
    onset = NOW - 8 * DAY
    truth = SIMULATED.get(fault).draw(np.random.default_rng(108), "d", kind, onset, NOW - 2 * DAY)
    whole = life(DeviceSpec("d", kind, "m", "1", "l", "o", "Europe/Berlin"), DAYS, 108, (truth,))
    known = Device(1, "demo", "d", kind, "", "", "", "Europe/Berlin", "o")
    kept = np.flatnonzero(np.isin(whole.ts, np.unique(whole.ts)[::3]))
    found = engine_of(program, [known]).process(Frame(NOW, whole.take(kept)))
    assert {finding.fault for finding in found if finding.contact} == {fault}


@pytest.mark.parametrize("step", [1, 5, 10, 25])
@pytest.mark.parametrize("kind", ["room_sensor", "leak_sensor"])
def test_a_cell_that_ages_as_cells_do_is_not_called_worn_however_coarse_its_gauge(
    program: Program, kind: str, step: int
) -> None:
    ts = np.arange(NOW - DAYS * DAY, NOW, 15 * 60_000)
    level = 80 - 12 * (ts - ts[0]) / (DAYS * DAY)  # empty in half a year
    columns = {"battery_level": np.ceil(level / step) * step, "battery_voltage": 2.9}
    known = Device(1, "demo", "d", kind, "", "", "", "UTC", "o")
    found = engine_of(program, [known]).process(Frame(NOW, messages(1, kind, ts.tolist(), columns)))
    assert [finding for finding in found if finding.contact] == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["room_sensor", "leak_sensor"])
def test_the_days_that_are_foretold_for_a_cell_are_right_four_times_in_five(program: Program, kind: str) -> None:
    right = []
    for seed in range(101, 116):
        spec = DeviceSpec("d", kind, "m", "1", "l", "o", "Europe/Berlin")
        truth = (SIMULATED.get("battery_wear").draw(np.random.default_rng(seed), "d", kind, NOW - 14 * DAY),)
        batch = life(spec, DAYS, seed, truth)
        known = Device(1, "demo", "d", kind, "", "", "", "Europe/Berlin", "o")
        found = engine_of(program, [known]).process(Frame(NOW, batch))
        level = series_id(1, DEVICE_TYPES.get(kind).signal("battery_level").number)
        spent = batch.ts[(batch.series == level) & (batch.value <= 10)].min() / 1000
        horizon = next(one.evidence.horizon for one in found if one.evidence.horizon)
        right.append(horizon.low.timestamp() <= spent <= (horizon.high or horizon.low).timestamp())
    assert np.mean(right) >= 0.8


@pytest.mark.parametrize("kind", ["water_meter", "hub"])
def test_a_sensor_that_drifts_is_shown_to_staff_and_told_to_nobody(program: Program, kind: str) -> None:
    found = lived(program, kind, 109, "sensor_drift", 17)
    assert "sensor_drift" in {finding.fault for finding in found}
    assert not any(finding.contact for finding in found)
