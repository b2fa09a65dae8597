"""Each fault shows in the signals that a person would look at, and nowhere before its onset."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import cache

import numpy as np
import pytest

from device_sim.faults import FAULTS
from device_sim.faults.fault import Occurrence
from device_sim.models import MODELS
from device_sim.models.chance import generator
from device_sim.models.machine import Rows
from device_sim.stream import DeviceSpec, DeviceStream
from ingest.wire.device_types import DEVICE_TYPES

DAY = 86_400_000
START = int(datetime(2026, 11, 2, tzinfo=UTC).timestamp() * 1000)  # a Monday, in the heating season
ONSET, FAILURE, END = START + 3 * DAY, START + 4 * DAY, START + 8 * DAY


def twins(name: str, kind: str, seed: int = 1) -> tuple[Rows, Rows, Occurrence]:
    """Healthy rows, ailing rows, and the truth."""
    occurrence = truth(name, kind, seed)
    ailing = DeviceStream(device(kind), seed, START, [occurrence]).window(START, END)
    return healthy(kind, seed), ailing, occurrence


def device(kind: str) -> DeviceSpec:
    return DeviceSpec(f"{kind}-1", kind, "m", "1", "l", "o", "Europe/Berlin")


def truth(name: str, kind: str, seed: int = 1) -> Occurrence:
    return FAULTS.get(name).draw(generator(seed, name), device(kind).id, kind, ONSET, FAILURE)


@cache
def healthy(kind: str, seed: int) -> Rows:
    """The same for every fault: lived once."""
    return DeviceStream(device(kind), seed, START).window(START, END)


def after(rows: Rows, signal: str, where: str = "", equals: float = 1.0) -> float:
    """Mean of a signal from the failure on, where another signal has that value."""
    late = rows.between(FAILURE, END)
    chosen = late.columns[signal][late.columns[where] == equals] if where else late.columns[signal]
    return float(np.nanmean(chosen))


PAIRS = [(name, kind) for name, fault in FAULTS.items() for kind in MODELS if fault.strikes(kind)]


@pytest.mark.parametrize(("name", "kind"), PAIRS)
def test_before_its_onset_a_fault_changes_no_byte(name: str, kind: str) -> None:
    well, ailing, _ = twins(name, kind)
    one, other = well.between(START, ONSET), ailing.between(START, ONSET)
    assert one.ts.tobytes() == other.ts.tobytes()
    assert all(one.columns[signal].tobytes() == other.columns[signal].tobytes() for signal in one.columns)


@pytest.mark.parametrize(("name", "kind"), PAIRS)
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_an_ailing_device_says_only_what_is_physically_possible(name: str, kind: str, seed: int) -> None:
    _, ailing, _ = twins(name, kind, seed)
    for signal in DEVICE_TYPES.get(kind).signals:
        values = ailing.columns[signal.name]
        heard = values[~np.isnan(values)]
        assert ((heard >= signal.low) & (heard <= signal.high)).all(), signal.name


@pytest.mark.parametrize(("name", "kind"), PAIRS)
def test_truth_goes_through_json_and_severity_grows_from_onset_to_failure(name: str, kind: str) -> None:
    occurrence = truth(name, kind)
    assert Occurrence(**json.loads(json.dumps(asdict(occurrence)))) == occurrence
    severity = occurrence.severity(np.arange(START, END, 3_600_000))
    whole = replace(occurrence, end_ms=None, bout_ms=0).severity(np.arange(START, END, 3_600_000))
    assert (np.diff(whole) >= 0).all()
    assert (whole[0], whole[-1]) == (0.0, 1.0)
    assert ((severity == whole) | (severity == 0)).all()
    assert occurrence.onset_ms == ONSET
    assert occurrence.failure_ms == (FAILURE if FAULTS.get(name).course == "progressive" else ONSET)
    assert occurrence.end_ms is None or occurrence.end_ms > occurrence.failure_ms


def test_a_repaired_device_is_well_again() -> None:
    occurrence = Occurrence("d", "silent", ONSET, ONSET, end_ms=FAILURE)
    assert occurrence.severity(np.array([ONSET - 1, ONSET, FAILURE - 1, FAILURE])).tolist() == [0, 1, 1, 0]


@pytest.mark.parametrize("seed", range(1, 6))
def test_a_coolant_leak_overheats_the_engine_under_load_and_sets_its_code(seed: int) -> None:
    well, ailing, _ = twins("coolant_leak", "vehicle", seed)
    warm = well.between(FAILURE, END).columns["run_time"] > 900
    rise = ailing.between(FAILURE, END).columns["coolant_temp"] - well.between(FAILURE, END).columns["coolant_temp"]
    assert rise[warm].mean() > 5
    assert rise[warm].max() > 12
    hot = np.nanmax(ailing.columns["coolant_temp"]) > 118
    assert (np.nansum(ailing.columns["trouble_code"]) > 0) == hot


@pytest.mark.parametrize("seed", range(1, 6))
def test_a_charging_fault_sags_the_voltage_while_driving(seed: int) -> None:
    well, ailing, _ = twins("charging_fault", "vehicle", seed)
    assert after(well, "voltage") > 13.8
    assert after(ailing, "voltage") < 12.8


@pytest.mark.parametrize("seed", range(1, 6))
def test_a_refrigerant_leak_moves_the_whole_circuit(seed: int) -> None:
    well, ailing, _ = twins("refrigerant_leak", "heat_pump", seed)
    assert after(ailing, "low_pressure", "mode") < 0.85 * after(well, "low_pressure", "mode")
    assert after(ailing, "evaporator_temp", "mode") < after(well, "evaporator_temp", "mode") - 5
    assert after(ailing, "discharge_temp", "mode") > after(well, "discharge_temp", "mode") + 8
    assert after(ailing, "power") > 1.2 * after(well, "power")
    assert after(ailing, "indoor_temp") < after(well, "indoor_temp") + 0.1


@pytest.mark.parametrize("seed", range(1, 6))
def test_a_worn_battery_empties_at_least_twice_as_fast(seed: int) -> None:
    well, ailing, _ = twins("battery_wear", "wearable", seed)

    def fall(rows: Rows) -> float:
        step = np.diff(rows.between(FAILURE, END).columns["battery_level"])
        return float(-step[step < 0].mean())

    assert fall(ailing) > 2 * fall(well)


@pytest.mark.parametrize("kind", list(MODELS))
def test_a_stuck_sensor_says_one_value_from_its_onset_on(kind: str) -> None:
    well, ailing, occurrence = twins("sensor_stuck", kind)
    stuck = ailing.between(ONSET, END).columns[occurrence.signal]
    assert len(set(stuck.tolist())) == 1
    assert len(set(well.between(ONSET, END).columns[occurrence.signal].tolist())) > 5


@pytest.mark.parametrize("kind", list(MODELS))
def test_a_silent_device_says_nothing_from_its_onset_on(kind: str) -> None:
    well, ailing, _ = twins("silent", kind)
    assert len(ailing.between(ONSET, END)) == 0
    assert len(well.between(ONSET, END)) > 0


@pytest.mark.parametrize(("name", "fault"), FAULTS.items())
def test_a_fault_turns_only_knobs_that_its_devices_have(name: str, fault: object) -> None:
    assert fault is FAULTS.get(name)
    if turn := FAULTS.get(name).knobs:
        machines = [MODELS.get(kind) for kind in FAULTS.get(name).device_types]
        for machine in machines:
            assert set(turn(np.zeros(1))) <= set(machine.knobs)  # type: ignore[attr-defined]
