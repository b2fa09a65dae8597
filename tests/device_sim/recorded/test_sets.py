"""Every recorded data set as a life of a device: possible values, time that goes forward, labels that fit."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from device_sim.errors import RecordingMissing, RecordingUnusable
from device_sim.faults import FAULTS
from device_sim.faults.fault import Occurrence
from device_sim.models.chance import generator
from device_sim.models.machine import DAY_MS
from device_sim.recorded import library
from device_sim.recorded.sets.wfdb_sample import beat_samples, samples_212
from device_sim.scenarios import SCENARIOS
from device_sim.scenarios.files import packaged
from device_sim.stream import DeviceSpec, DeviceStream, stream_of
from ingest.wire.device_types import DEVICE_TYPES
from kit.clock import to_ms

DATA = Path(__file__).parents[4] / "shared" / "data"
recorded = pytest.mark.skipif(not DATA.is_dir(), reason="the recorded data sets are not on this machine")
START = to_ms(datetime(2026, 1, 12, tzinfo=UTC))
END = START + 30 * DAY_MS
EXAMPLES = [
    "carobd/everyday", "carobd/drive4", "lbnl_ahu/SZCAV", "lbnl_ahu/SZVAV:normal", "hydraulic/cooler", "hydraulic/pump",
    "hydraulic/normal", "cmapss/FD001#17", "nasa_battery/B0006", "azure_pdm_events/17", "daphnet/S06R02E0",
    "wfdb_sample/100",
]  # fmt: skip


@pytest.fixture(autouse=True)
def data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOREWARN__DEVICE_SIM__RECORDINGS", str(DATA))


def spec_of(recording: str) -> DeviceSpec:
    kind = library.tape(recording).device_type
    return DeviceSpec(f"{kind}-1", kind, "m", "1", "l", "o", "Europe/Berlin", recording=recording)


def stream(recording: str, *faults: Occurrence) -> DeviceStream:
    return stream_of(spec_of(recording), 1, START, faults)


@recorded
@pytest.mark.parametrize("recording", EXAMPLES)
def test_a_recorded_life_says_only_what_is_possible_with_time_going_forward(recording: str) -> None:
    kind, rows = DEVICE_TYPES.get(spec_of(recording).type), stream(recording).window(START, END)
    assert len(rows) > 3
    assert (np.diff(rows.ts) > 0).all()
    for name, column in rows.columns.items():
        heard = column[~np.isnan(column)]
        signal = kind.signal(name)
        assert len(heard), name
        assert ((heard >= signal.low) & (heard <= signal.high)).all(), name


@recorded
@pytest.mark.parametrize("recording", EXAMPLES)
def test_what_goes_wrong_in_a_recording_is_a_known_fault_within_its_life(recording: str) -> None:
    for one in library.truth_of(spec_of(recording), 1, START, END):
        assert one.device == spec_of(recording).id
        assert spec_of(recording).type in FAULTS.get(one.fault).device_types
        assert START - DAY_MS <= one.onset_ms <= one.failure_ms
        assert one.onset_ms < END


@recorded
def test_every_set_has_lives_and_every_example_is_one_of_them() -> None:
    names = library.names(DATA)
    assert set(EXAMPLES) <= set(names)
    assert {name.split("/")[0] for name in names} == {name.split("/")[0] for name in EXAMPLES}
    assert len([name for name in names if name.startswith("cmapss")]) == 100


@recorded
def test_an_engine_is_heard_up_to_its_failure_and_never_again() -> None:
    (truth,) = library.truth_of(spec_of("cmapss/FD001#17"), 1, START, START + 60 * DAY_MS)
    rows = stream("cmapss/FD001#17").window(START, START + 90 * DAY_MS)
    assert rows.ts[-1] == truth.failure_ms


@recorded
def test_the_oil_gets_hot_when_the_cooler_is_worn_and_hotter_when_it_has_failed() -> None:
    spec = spec_of("hydraulic/cooler")
    (truth,) = library.truth_of(spec, 1, START, END)
    rows = stream("hydraulic/cooler").window(START, END)
    parts = [(START, truth.onset_ms), (truth.onset_ms, truth.failure_ms), (truth.failure_ms, END)]
    well, weak, failed = (rows.between(*part).columns["oil_temp_1"].mean() for part in parts)
    assert well + 3 < weak < failed - 3


@recorded
@pytest.mark.parametrize(
    ("fault", "signal", "sign"), [("coolant_leak", "coolant_temp", 1), ("charging_fault", "voltage", -1)]
)
def test_a_fault_of_the_physics_goes_over_recorded_drives_and_changes_no_byte_before(
    fault: str, signal: str, sign: int
) -> None:
    onset = START + 10 * DAY_MS
    truth = FAULTS.get(fault).draw(generator(3), "vehicle-1", "vehicle", onset, START + 15 * DAY_MS)
    well, ill = stream("carobd/everyday").window(START, END), stream("carobd/everyday", truth).window(START, END)
    before = slice(0, int(np.searchsorted(well.ts, onset)))
    assert all(well.columns[name][before].tobytes() == ill.columns[name][before].tobytes() for name in well.columns)
    late = (well.ts > START + 15 * DAY_MS) & (well.columns["speed"] > 40)
    change = sign * (ill.columns[signal] - well.columns[signal])[late]
    assert (change >= 0).all()
    assert np.nanmean(change) > {"coolant_temp": 10, "voltage": 0.5}[signal]
    assert all((well.columns[name] == ill.columns[name]).all() for name in well.columns if name != signal)


@recorded
@pytest.mark.parametrize(
    ("fault", "recording", "can"),
    [
        ("coolant_leak", "carobd/drive4", True),
        ("silent", "cmapss/FD001#17", True),
        ("thermostat_stuck", "lbnl_ahu/SZCAV", False),
        ("slow_puncture", "carobd/drive4", False),  # nobody recorded its tyres
        ("battery_wear", "wfdb_sample/100", False),
        ("engine_wear", "cmapss/FD001#17", False),
    ],
)
def test_a_fault_goes_over_a_recording_only_where_what_it_changes_was_recorded(
    fault: str, recording: str, can: bool
) -> None:
    assert library.strikes(FAULTS.get(fault), spec_of(recording)) is can


@recorded
@pytest.mark.parametrize(
    ("name", "problem", "fix"),
    [
        ("carobt/drive4", "no such set", "'carobd'"),
        ("carobd/drive44", "no 'drive44'", "'drive4'"),
        ("cmapss", "no ''", "FD001#1"),
    ],
)
def test_a_recording_that_is_not_there_is_told_with_the_nearest_name(name: str, problem: str, fix: str) -> None:
    with pytest.raises(RecordingMissing) as caught:
        library.tape(name)
    assert problem in caught.value.problem
    assert fix in caught.value.fix


RECORDED = sorted(name for name in packaged() if name.startswith("recorded_"))


@pytest.mark.slow
@recorded
@pytest.mark.parametrize("name", RECORDED)
def test_every_scenario_of_recordings_can_be_made_with_what_its_recordings_say(name: str) -> None:
    recipe = SCENARIOS.get(name)
    scenario = recipe.make(recipe.birth(3))
    assert all(spec.recording for spec in scenario.devices)
    said = [
        one
        for spec in scenario.devices
        for one in library.truth_of(spec, 3, scenario.period.start_ms, scenario.period.end_ms)
    ]
    assert set(said) <= set(scenario.truth)
    assert scenario.truth


@pytest.mark.parametrize("name", RECORDED)
def test_a_scenario_of_recordings_is_named_without_them_and_refused_when_it_is_made(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "_configured", lambda: tmp_path)
    recipe = SCENARIOS.get(name)
    assert recipe.summary.endswith(".")
    with pytest.raises(RecordingMissing):
        recipe.make(recipe.birth())


def test_without_the_data_the_error_names_the_folder_and_the_setting(tmp_path: Path) -> None:
    with pytest.raises(RecordingMissing) as caught:
        library.tape("carobd/drive4", tmp_path)
    assert str(tmp_path / "carobd") in caught.value.problem
    assert "FOREWARN__DEVICE_SIM__RECORDINGS" in caught.value.fix
    assert library.names(tmp_path) == []


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ({"nasa_battery/B1.csv": b"head\n1,2,x\n"}, "nasa_battery/B1"),
        ({"wfdb_sample/9.atr": b"\x00\x04", "wfdb_sample/9.hea": b"9 1 360 10\n9.dat 212\n", "wfdb_sample/9.dat": b""},
         "wfdb_sample/9"),
        ({"wfdb_sample/9.atr": b"", "wfdb_sample/9.hea": b"9 1 360 10\n9.dat 16\n"}, "wfdb_sample/9"),
        ({"wfdb_sample/9.atr": b"", "wfdb_sample/9.hea": b""}, "wfdb_sample/9"),
        ({"daphnet/w.csv.gz": b"no gzip"}, "daphnet/w"),
        ({"carobd/d.csv.gz": b""}, "carobd/d"),
        ({"hydraulic/TS1.txt.gz": b"x"}, "hydraulic/cooler"),
    ],
)  # fmt: skip
def test_damaged_data_is_an_error_that_names_the_file(tmp_path: Path, files: dict[str, bytes], name: str) -> None:
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)
    with pytest.raises(RecordingUnusable) as caught:
        library.tape(name, tmp_path)
    assert str(tmp_path) in caught.value.problem


def test_annotations_and_samples_are_read_as_their_format_says() -> None:
    words = [1 << 10 | 100, 59 << 10, 1, 2, 5 << 10 | 7, 63 << 10 | 3, 0x4141, 0x0041, 28 << 10 | 5, 8 << 10 | 10, 0]
    data = b"".join(word.to_bytes(2, "little") for word in words)
    after = 100 + (1 << 16) + 2
    assert beat_samples(data).tolist() == [100, after + 7, after + 7 + 5 + 10]
    with pytest.raises(ValueError, match="cut off"):
        beat_samples(data[:-2])
    assert samples_212(bytes([0x34, 0xF2, 0x56])).tolist() == [0x234, 0xF56 - 4096]
