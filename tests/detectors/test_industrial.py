"""Machines, jet engines, cells, rigs and walks: named faults out of recorded lives, and nothing out of healthy ones."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from detectors.engine.engine import Engine
from detectors.engine.program import Program
from detectors.faults.catalogue import FAULTS
from detectors.faults.known import industrial
from detectors.faults.profiles import PROFILES
from detectors.finding import Finding
from device_sim.models.machine import Identity
from device_sim.recorded import library
from device_sim.recorded.machine import Recorded
from device_sim.recorded.tape import Life
from device_sim.stream import DeviceSpec, DeviceStream
from ingest.reading import Frame, ReadingBatch
from ingest.registry.devices import Device
from ingest.registry.permissions import VITALS
from kit.clock import to_ms
from outreach.articles.texts import languages
from outreach.articles.texts import library as texts
from tests.detectors.detector_feed import START, messages

HOUR = 3_600_000
DAY = 24 * HOUR
RECORDED = Path(__file__).parents[3] / "shared" / "data"
recordings = pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded data sets are not on this machine")
NOTHING = ReadingBatch.of([], [], [])


def engine(program: Program, kind: str, step_ms: int, permits: tuple[str, ...] = ()) -> Engine:
    known = Device(1, "demo", "d", kind, "", "", "", "UTC", "eve", permits=permits)
    return Engine(program, lambda numbers: dict.fromkeys(numbers, known), heartbeat_ms=step_ms)


def heard(made: Engine, batch: ReadingBatch, step_ms: int, end_ms: int = 0) -> list[Finding]:
    """The batch in frames of `step_ms`, received as it was measured, and the silence after it up to `end_ms`."""
    edges = np.arange(int(batch.ts.min()), max(int(batch.ts.max()) + 1, end_ms) + step_ms, step_ms).tolist()
    found: list[Finding] = []
    for begin, end in itertools.pairwise(edges):
        part = (batch.ts >= begin) & (batch.ts < end)
        found += made.process(Frame(end, batch.take(part) if part.any() else NOTHING))
    return found


def raised(found: Iterable[Finding]) -> list[Finding]:
    return [one for one in found if one.kind == "raised"]


def lived(program: Program, recording: str, days: int, step_ms: int) -> tuple[list[Finding], int]:
    """What is raised over a recorded life, and when the recording says that it failed (0: never)."""
    tape = library.tape(recording, RECORDED)
    start = START - START % DAY
    spec = DeviceSpec("d", tape.device_type, "m", "1", "l", "o", "UTC", recording=recording)
    machine = Recorded(Identity(1, "d", "UTC"), tape, start)
    rows = DeviceStream(spec, 1, start, machine=machine).window(start, start + days * DAY)
    batch = messages(1, tape.device_type, rows.ts.tolist(), rows.columns)
    batch = batch.take(np.isfinite(batch.value))
    truth = tape.plan.truth(Life(Identity(1, "d", "UTC"), start), start + days * DAY)
    found = heard(engine(program, tape.device_type, step_ms, (VITALS,)), batch, step_ms)
    return raised(found), max((one.failure_ms for one in truth), default=0)


@recordings
@pytest.mark.parametrize("number", [3, 17, 62, 88])
def test_a_jet_engine_is_told_three_days_before_it_fails_and_says_how_long_it_lasts(
    program: Program, number: int
) -> None:
    found, failure = lived(program, f"cmapss/FD001#{number}", 50, 3 * HOUR)
    told = [one for one in found if one.contact]
    assert [one.fault for one in told] == ["engine_wear"]
    assert 24 <= (failure - to_ms(told[0].detected)) / (3 * HOUR) <= 150
    foreseen = [one.evidence.horizon for one in found if one.evidence.horizon]
    assert all(to_ms(one.low) <= failure + DAY for one in foreseen)


@recordings
@pytest.mark.parametrize("cell", ["B0005", "B0006", "B0007", "B0018"])
def test_a_cell_is_told_days_before_it_is_spent_and_once(program: Program, cell: str) -> None:
    found, failure = lived(program, f"nasa_battery/{cell}", 28, 4 * HOUR)
    told = [one for one in found if one.contact]
    assert [one.fault for one in told] == ["capacity_fade"]
    assert 3 <= (failure - to_ms(told[0].detected)) / DAY <= 12
    assert told[0].evidence.horizon is not None


@recordings
def test_a_worn_oil_cooler_is_told_within_a_day_and_a_sound_rig_is_left_alone(program: Program) -> None:
    found, failure = lived(program, "hydraulic/cooler", 12, HOUR)
    assert [(one.fault, one.contact) for one in found] == [("cooler_wear", True)]
    assert failure - to_ms(found[0].detected) > 5 * DAY
    assert lived(program, "hydraulic/normal", 12, HOUR)[0] == []


@recordings
def test_a_walk_without_a_freeze_raises_nothing(program: Program) -> None:
    assert lived(program, "daphnet/S06R02E0", 3, HOUR)[0] == []


def errors(*at: tuple[float, int]) -> ReadingBatch:
    """Errors of one machine: hours after the start, and which."""
    made = [messages(1, "production_machine", [START + round(hour * HOUR)], {"error": code}) for hour, code in at]
    return ReadingBatch.concat(made)


def machine(program: Program, *batches: ReadingBatch, days: int = 5) -> list[tuple[str, str, bool]]:
    """What becomes of it over the days."""
    batch = ReadingBatch.concat(list(batches))
    batch = batch.take(np.argsort(batch.ts, kind="stable"))
    found = heard(engine(program, "production_machine", HOUR), batch, HOUR, START + days * DAY)
    return [(one.fault, one.kind, one.contact) for one in found]


def test_one_error_is_for_staff_and_is_over_when_none_follows_for_two_days(program: Program) -> None:
    said = machine(program, errors((1, 2)))
    assert said == [("machine_error", "raised", False), ("machine_error", "cleared", False)]
    again = machine(program, errors((1, 2), (80, 2)), days=8)
    assert again == 2 * said


def test_two_different_errors_within_hours_are_told_and_the_same_one_twice_or_a_day_apart_is_not(
    program: Program,
) -> None:
    assert machine(program, errors((1, 2), (1.1, 0)))[1] == ("component_failure", "raised", True)
    for calm in (errors((1, 2), (2, 2)), errors((1, 2), (23, 0))):
        assert not [fault for fault, _, _ in machine(program, calm) if fault == "component_failure"]


def test_errors_right_after_a_repair_are_nobodys_business(program: Program) -> None:
    repair = messages(1, "production_machine", [START + HOUR // 2], {"replaced": 1})
    assert machine(program, repair, errors((30, 2))) == []
    assert machine(program, repair, errors((400, 2)), days=19)[0] == ("machine_error", "raised", False)


def test_a_machine_that_shakes_and_reports_an_error_is_told(program: Program) -> None:
    ts = START + HOUR * np.arange(30 * 24)
    chance = np.random.default_rng(3)
    late = np.arange(len(ts)) > 26 * 24
    hourly = messages(
        1,
        "production_machine",
        ts.tolist(),
        {
            "supply_voltage": 170 + chance.normal(0, 15, len(ts)),
            "rotation": 450 + chance.normal(0, 50, len(ts)),
            "pressure": 100 + chance.normal(0, 10, len(ts)),
            "vibration": 40 + 14 * late + chance.normal(0, 5, len(ts)),
        },
    )
    said = machine(program, hourly, errors((27 * 24 + 0.5, 3)), days=31)
    assert ("component_failure", "raised", True) in said
    assert machine(program, hourly.take(hourly.ts < START + 26 * DAY), days=27) == []


def gas_path(days: int, **moved: object) -> ReadingBatch:
    """An engine in good health, but for what is moved."""
    ts = START + 3 * HOUR * np.arange(8 * days)
    chance = np.random.default_rng(5)
    usual = {"lpc_outlet_temp": (83.7, 0.16), "hpc_outlet_temp": (608.0, 2.1), "lpt_outlet_temp": (506.0, 2.1),
             "hpc_outlet_pressure": (3819.0, 2.8), "hpc_static_pressure": (326.4, 0.68), "bypass_ratio": (8.4, 0.019),
             "fuel_flow_ratio": (521.9, 0.3), "bleed_enthalpy": (392.2, 0.94), "hpt_coolant_flow": (17.66, 0.045),
             "lpt_coolant_flow": (10.6, 0.027)}  # fmt: skip
    columns = {name: mean + chance.normal(0, noise, len(ts)) for name, (mean, noise) in usual.items()}
    return messages(1, "turbofan", ts.tolist(), columns | {name: columns[name] + by for name, by in moved.items()})


@pytest.mark.parametrize("moved", [{}, {"lpt_outlet_temp": np.linspace(0, 25, 480)}])
def test_an_engine_with_one_sensor_that_drifts_is_no_worn_engine(program: Program, moved: dict[str, object]) -> None:
    found = heard(engine(program, "turbofan", 3 * HOUR), gas_path(60, **moved), 3 * HOUR)
    assert not [one for one in raised(found) if one.contact]


def rig(days: int, **columns: object) -> ReadingBatch:
    """A rig, a message every ten minutes, with noise on what does not stand still."""
    ts = START + 600_000 * np.arange(144 * days)
    chance = np.random.default_rng(7)
    usual: dict[str, object] = {"oil_temp_1": 36.0, "oil_temp_3": 39.0, "oil_temp_4": 31.0, "flow": 8.0,
                                "motor_power": 2500.0}  # fmt: skip
    noisy = {
        name: np.asarray(value) * (1 + chance.normal(0, 0.002, len(ts))) for name, value in (usual | columns).items()
    }
    return messages(1, "hydraulic_rig", ts.tolist(), noisy)


def test_a_hot_hall_is_no_worn_cooler_and_a_pump_that_moves_less_oil_is_worn(program: Program) -> None:
    warm = np.repeat([0.0, 9.0], [144 * 10, 144 * 5])
    hot = rig(15, oil_temp_1=36 + warm, oil_temp_3=39 + warm, oil_temp_4=31 + warm)
    assert not [one for one in heard(engine(program, "hydraulic_rig", HOUR), hot, HOUR) if one.contact]
    leaking = rig(24, flow=8 * np.concatenate([np.ones(144 * 10), np.linspace(1, 0.85, 144 * 14)]))
    found = raised(heard(engine(program, "hydraulic_rig", HOUR), leaking, HOUR))
    assert [(one.fault, one.contact) for one in found] == [("pump_leakage", True)]


def walk(freeze: int, minutes: int = 4) -> ReadingBatch:
    """Steps, a row a second, with `freeze` seconds of trembling in the middle."""
    ts = START + 1000 * np.arange(60 * minutes)
    frozen = (ts >= START + 60_000) & (ts < START + 60_000 + 1000 * freeze)
    columns = {"ankle_motion": np.where(frozen, 3.0, 10.0), "freeze_index": np.where(frozen, 6.0, 0.7)}
    return messages(1, "gait_sensor", ts.tolist(), columns)


def test_steps_that_freeze_are_seen_with_consent_alone_and_reach_no_customer(program: Program) -> None:
    found = heard(engine(program, "gait_sensor", 60_000, (VITALS,)), walk(6), 60_000)
    assert [(one.fault, one.kind, one.contact) for one in found] == [
        ("freezing_of_gait", "raised", False),
        ("freezing_of_gait", "cleared", False),
    ]
    assert heard(engine(program, "gait_sensor", 60_000, (VITALS,)), walk(1), 60_000) == []
    assert heard(engine(program, "gait_sensor", 60_000), walk(6), 60_000) == []


def test_every_symptom_of_a_fault_is_watched_and_every_fault_has_its_advice() -> None:
    for fault in industrial.FAULTS:
        assert FAULTS.get(fault.name) is fault
        (kind,) = fault.device_types
        assert {key.split(":")[0] for key in fault.signature} <= {one.symptom for one in PROFILES.get(kind).watches}
        assert all(fault.text_key in texts(language) for language in languages())
