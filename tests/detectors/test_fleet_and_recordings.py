"""Detection on simulated fleets with known truth and on recorded devices."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from detectors.engine.program import Program
from detectors.finding import Finding
from device_sim.faults import FAULTS as SIMULATED
from device_sim.faults.fault import Occurrence
from device_sim.stream import DeviceSpec, DeviceStream
from ingest.reading import Frame, Quality, ReadingBatch, series_id
from ingest.registry.devices import Device
from ingest.wire.device_types import DEVICE_TYPES
from kit.clock import to_ms
from tests.detectors.detector_feed import device, engine_of

DAY = 86_400_000
NOW = to_ms(datetime(2026, 11, 21, 20, tzinfo=UTC))
RECORDED = Path(__file__).parents[3] / "shared" / "data"
recordings = pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded data sets are not on this machine")


def life(spec: DeviceSpec, days: int, seed: int, faults: tuple[Occurrence, ...] = ()) -> ReadingBatch:
    start = NOW - days * DAY
    rows = DeviceStream(spec, seed, start, faults).window(start, NOW)
    kind = DEVICE_TYPES.get(spec.type)
    series = np.array([series_id(1, kind.signal(name).number) for name in rows.columns], np.int64)
    value = np.stack(list(rows.columns.values()), axis=1).reshape(-1)
    there = np.isfinite(value)
    count = int(there.sum())
    return ReadingBatch(
        np.tile(series, len(rows.ts))[there],
        np.repeat(rows.ts, len(series))[there],
        value[there],
        np.full(count, Quality.HISTORICAL, np.uint8),
        np.full(count, -1, np.int64),
    )


def detected(
    program: Program, kind: str, seed: int, days: int = 14, faults: tuple[Occurrence, ...] = ()
) -> list[Finding]:
    spec = DeviceSpec("d", kind, "m", "1", "l", "o", "Europe/Berlin")
    engine = engine_of(program, [Device(1, "demo", "d", kind, "", "", "", "UTC", None)])
    return engine.process(Frame(NOW, life(spec, days, seed, faults)))


@pytest.mark.parametrize("kind", ["vehicle", "heat_pump", "wearable"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_healthy_device_raises_nothing_in_four_weeks(program: Program, kind: str, seed: int) -> None:
    assert detected(program, kind, seed, days=28) == []


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        ("vehicle", "coolant_leak"),
        ("vehicle", "charging_fault"),
        ("heat_pump", "refrigerant_leak"),
        ("wearable", "battery_wear"),
        ("wearable", "sensor_stuck"),
        ("heat_pump", "sensor_stuck"),
    ],
)
@pytest.mark.parametrize("seed", [2, 3, 4])
def test_a_fault_is_found_under_its_own_name_and_no_other(program: Program, kind: str, fault: str, seed: int) -> None:
    chance = np.random.default_rng(seed)
    onset, whole = NOW - round(3.5 * DAY), NOW - round(1.5 * DAY)
    truth = SIMULATED.get(fault).draw(chance, "d", kind, onset, whole)
    found = [finding for finding in detected(program, kind, seed, faults=(truth,)) if finding.kind == "raised"]
    assert {finding.fault for finding in found if finding.contact} == {fault}
    assert min(finding.detected for finding in found).timestamp() * 1000 >= onset
    for finding in found:
        signals = finding.evidence.signals
        if finding.fault in {"coolant_leak", "charging_fault", "refrigerant_leak"}:
            assert any(not shown.expected_low <= shown.value <= shown.expected_high for shown in signals)
        for shown in signals:
            starts = [ms for ms, _, _ in shown.band]
            assert starts == sorted(starts)
            assert not starts or finding.onset.timestamp() * 1000 - 2 * DAY - 3_600_000 <= starts[0]
    worst = found[0].evidence
    assert worst.signals
    assert all(np.isfinite([s.value, s.expected_low, s.expected_high, s.severity]).all() for s in worst.signals)


def recorded_drive(path: Path, start_ms: int) -> ReadingBatch:
    wanted = {
        "ENGINE_RPM": "rpm", "VEHICLE_SPEED": "speed", "COOLANT_TEMPERATURE": "coolant_temp", "INTAKE_AIR_TEMP":
        "intake_temp", "INTAKE_MANIFOLD_PRESSURE": "manifold_pressure", "CONTROL_MODULE_VOLTAGE": "voltage",
        "ENGINE_RUN_TINE": "run_time", "LONG_TERM_FUEL_TRIM_BANK_1": "fuel_trim_long",
    }  # fmt: skip
    with gzip.open(path, "rt") as lines:
        header, *rows = [row for row in csv.reader(lines) if len(row) > 20]
    kind = DEVICE_TYPES.get("vehicle")
    places = [
        (at, wanted[name.split()[0]]) for at, name in enumerate(header) if name.split() and name.split()[0] in wanted
    ]
    series = [series_id(1, kind.signal(name).number) for _, name in places] * len(rows)
    ts = np.repeat(start_ms + 1000 * np.arange(len(rows)), len(places)).tolist()
    return ReadingBatch.of(series, ts, [float(row[at]) for row in rows for at, _ in places])


@pytest.mark.slow
@recordings
def test_recorded_drives_of_a_healthy_car_raise_nothing_alone_or_one_after_the_other(program: Program) -> None:
    paths = sorted((RECORDED / "carobd").glob("*.csv.gz"))
    assert paths
    all_life = engine_of(program, [device(1, "vehicle")])
    for number, path in enumerate(paths * 2):
        start = NOW + number * DAY // 2
        batch = recorded_drive(path, start)
        assert all_life.process(Frame(start, batch)) == []
        assert engine_of(program, [device(1, "vehicle")]).process(Frame(start, batch)) == []


AIR = (
    "supply_air_temp", "heating_setpoint", "cooling_setpoint", "outdoor_temp", "mixed_air_temp", "return_air_temp",
    "fan_on", "fan_speed", "outdoor_damper", "return_damper", "exhaust_damper", "cooling_valve", "heating_valve",
    "occupied",
)  # fmt: skip


def recorded_air_handler(path: Path) -> Iterator[tuple[str, bool, ReadingBatch]]:
    """Day by day: the date, whether it is labelled faulty, the readings."""
    kind = DEVICE_TYPES.get("air_handler")
    days: dict[str, tuple[bool, list[int], list[int], list[float]]] = {}
    with gzip.open(path, "rt") as lines:
        for row in list(csv.reader(lines))[1:]:
            moment = datetime.strptime(row[0], "%m/%d/%Y %H:%M").replace(tzinfo=UTC)
            day = days.setdefault(moment.date().isoformat(), (float(row[15]) > 0, [], [], []))
            for name, cell in zip(AIR, row[1:], strict=False):
                if not cell.strip() or cell.startswith("#"):
                    continue
                value = float(cell)
                if name.endswith(("temp", "setpoint")):
                    value = (value - 32) / 1.8
                elif name not in {"fan_on", "occupied"}:
                    value *= 100
                day[1].append(series_id(1, kind.signal(name).number))
                day[2].append(to_ms(moment))
                day[3].append(value)
    for date, (faulty, series, ts, values) in days.items():
        yield date, faulty, ReadingBatch.of(series, ts, values)


@recordings
@pytest.mark.parametrize(("name", "at_least"), [("SZCAV", 11), ("SZVAV", 4)])
def test_an_air_handler_is_told_on_fault_days_and_never_on_a_normal_one(
    program: Program, name: str, at_least: int
) -> None:
    caught = 0
    for date, faulty, batch in recorded_air_handler(RECORDED / "lbnl_ahu" / f"{name}.csv.gz"):
        engine = engine_of(program, [device(1, "air_handler")])
        found = engine.process(Frame(NOW, batch))
        assert faulty or not found, date
        caught += any(finding.contact for finding in found)
    assert caught >= at_least
