"""Cars: every fault of theirs is named ahead of its failure, and what is no fault is left alone."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.engine.program import Program
from detectors.faults.known.vehicles import FAULTS
from detectors.finding import Finding
from device_sim.faults import FAULTS as SIMULATED
from device_sim.faults.fault import Occurrence
from device_sim.stream import DeviceSpec, DeviceStream
from ingest.reading import Frame
from ingest.registry.devices import Device
from tests.detectors.detector_feed import engine_of, messages

DAY = 86_400_000
START = 1_768_176_000_000  # 2026-01-12 00:00 UTC
DAYS = 30
PROGRESSIVE = [
    (kind, fault.name)
    for fault in FAULTS
    for kind in fault.device_types
    if fault.name in SIMULATED and SIMULATED.get(fault.name).course == "progressive"
]
OTHERS = [
    (kind, fault.name)
    for fault in FAULTS
    for kind in fault.device_types
    if fault.name in SIMULATED and SIMULATED.get(fault.name).course != "progressive"
]


def lived(program: Program, kind: str, seed: int, fault: str = "", fails: int = 22) -> list[Finding]:
    """What is found in a month of a car; the fault begins on day 10 and a progressive one has failed on day `fails`."""
    truth: tuple[Occurrence, ...] = ()
    if fault:
        chance = np.random.default_rng(seed)
        truth = (SIMULATED.get(fault).draw(chance, "d", kind, START + 10 * DAY, START + fails * DAY),)
    rows = DeviceStream(DeviceSpec("d", kind, "m", "1", "l", "o", "Europe/Berlin"), seed, START, truth).window(
        START, START + DAYS * DAY
    )
    # each column on its own: a signal that a message lacks is NaN here, which the engine takes for absent
    batch = messages(1, kind, rows.ts, rows.columns)
    batch = batch.take(np.flatnonzero(np.isfinite(batch.value)))
    engine = engine_of(program, [Device(1, "demo", "d", kind, "", "", "", "UTC", None)])
    return [finding for finding in engine.process(Frame(START + DAYS * DAY, batch)) if finding.kind == "raised"]


@pytest.mark.parametrize(("kind", "fault"), PROGRESSIVE)
@pytest.mark.parametrize("seed", [41, pytest.param(43, marks=pytest.mark.slow)])
def test_what_creeps_is_told_under_its_name_days_before_it_fails(
    program: Program, kind: str, fault: str, seed: int
) -> None:
    told = [finding for finding in lived(program, kind, seed, fault) if finding.contact]
    assert {finding.fault for finding in told} == {fault}
    assert START + 10 * DAY <= told[0].detected.timestamp() * 1000 <= START + 19 * DAY
    assert told[0].evidence.signals
    assert told[0].evidence.summary


@pytest.mark.parametrize(("kind", "fault"), OTHERS)
@pytest.mark.parametrize("seed", [41, pytest.param(43, marks=pytest.mark.slow)])
def test_what_comes_at_once_is_told_within_days(program: Program, kind: str, fault: str, seed: int) -> None:
    told = [finding for finding in lived(program, kind, seed, fault) if finding.contact]
    assert {finding.fault for finding in told} == {fault}
    assert START + 10 * DAY <= told[0].detected.timestamp() * 1000 <= START + 16 * DAY


@pytest.mark.parametrize("kind", ["vehicle", "electric_vehicle"])
@pytest.mark.parametrize(
    "change", ["", "winter_tyres", "new_brakes", "new_driver", "roof_box", "cold_spell", "hot_spell", "holiday"]
)
def test_what_is_no_fault_is_left_alone(program: Program, kind: str, change: str) -> None:
    assert lived(program, kind, 47, change) == []


@pytest.mark.parametrize("kind", ["vehicle", "electric_vehicle"])
@pytest.mark.parametrize("fault", ["sensor_drift", "sensor_spikes", "sensor_dropout", "intermittent_contact"])
@pytest.mark.parametrize("seed", [41, pytest.param(43, marks=pytest.mark.slow)])
def test_a_sensor_that_fails_is_shown_to_staff_and_taken_for_no_fault_of_the_car(
    program: Program, kind: str, fault: str, seed: int
) -> None:
    found = lived(program, kind, seed, fault)
    # where a loose plug falls no lower than the signal may, that it is missing is all there is to see
    names = {fault, "sensor_dropout"} if fault == "intermittent_contact" else {fault}
    assert names & {finding.fault for finding in found}
    assert [finding.fault for finding in found if finding.contact] == []


@pytest.mark.parametrize(
    ("kind", "fault", "days"),
    [
        ("vehicle", "weak_12v_battery", 4.5),
        ("vehicle", "slow_puncture", 3),
        ("electric_vehicle", "traction_battery_fade", 4),
        ("electric_vehicle", "pack_cooling_fault", 5),
    ],
)
def test_what_fails_within_a_week_is_told_while_it_still_runs(
    program: Program, kind: str, fault: str, days: float
) -> None:
    told = [finding for finding in lived(program, kind, 45, fault, fails=17) if finding.contact]
    assert {finding.fault for finding in told} == {fault}
    assert told[0].detected.timestamp() * 1000 <= START + (10 + days) * DAY


@pytest.mark.parametrize(
    ("kind", "fault"),
    [("vehicle", "brake_wear"), ("electric_vehicle", "weak_12v_battery"), ("vehicle", "slow_puncture")],
)
def test_what_wears_towards_a_limit_says_when_it_gets_there(program: Program, kind: str, fault: str) -> None:
    foretold = [finding.evidence.horizon for finding in lived(program, kind, 48, fault, fails=24)]
    first = next(horizon for horizon in foretold if horizon)
    assert first.high is not None
    assert START + 10 * DAY < first.low.timestamp() * 1000 < first.high.timestamp() * 1000
    assert first.high.timestamp() * 1000 < START + 30 * DAY
