"""What a backtest is held against and how far back it goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from device_sim.errors import BacktestImpossible, MappingInvalid
from device_sim.faults.fault import Occurrence
from device_sim.models.machine import DAY_MS
from device_sim.scorecard.backtest.history import instant, read_truth, span
from device_sim.scorecard.backtest.recorded import recorded


def test_a_truth_file_is_read_as_the_simulator_writes_it(tmp_path: Path) -> None:
    path = tmp_path / "truth.json"
    fault = '{"device": "car-1", "fault": "coolant_leak", "onset_ms": 5, "failure_ms": 9, "end_ms": null, "depth": 0.5}'
    path.write_text(f'{{"scenario": "x", "faults": [{fault}]}}', "utf-8")
    assert read_truth(path) == (Occurrence("car-1", "coolant_leak", 5, 9, depth=0.5),)


@pytest.mark.parametrize("text", ["", "[]", '{"faults": [{"device": "car-1"}]}', '{"faults": 3}', "[" * 100_000])
def test_a_truth_file_that_is_none_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "truth.json"
    path.write_text(text, "utf-8")
    with pytest.raises(BacktestImpossible) as caught:
        read_truth(path)
    assert str(path) in caught.value.problem
    assert '"faults"' in caught.value.fix
    with pytest.raises(BacktestImpossible, match="cannot be read"):
        read_truth(tmp_path / "none.json")


def test_devices_get_two_weeks_of_past_before_the_time_that_is_judged() -> None:
    first, last = 0, 100 * DAY_MS
    assert span(first, last, (None, None)) == (0, 0, last + 1)
    assert span(first, last, (50 * DAY_MS, 60 * DAY_MS)) == (36 * DAY_MS, 50 * DAY_MS, 60 * DAY_MS)
    assert span(first, last, (3 * DAY_MS, None))[0] == 0
    for wanted in ((101 * DAY_MS, None), (None, 0), (60 * DAY_MS, 50 * DAY_MS)):
        with pytest.raises(BacktestImpossible, match="no readings"):
            span(first, last, wanted)


def test_a_time_is_utc_unless_it_says_otherwise() -> None:
    assert instant("2026-01-12", "--since") == 1_768_176_000_000
    assert instant("2026-01-12T01:00:00+01:00", "--since") == 1_768_176_000_000
    with pytest.raises(BacktestImpossible) as caught:
        instant("monday", "--until")
    assert "--until" in caught.value.fix


MAPPING = """
device_type = "hydraulic_rig"
[time]
period_s = 60
[signals]
oil_temp_1 = "T"
"""


def test_files_become_devices_with_their_readings(tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text(MAPPING, "utf-8")
    path = tmp_path / "rig-1.csv"
    path.write_text("T\n40\n\nbroken\n42\n", "utf-8")
    made = recorded([path], str(tmp_path / "m.toml"), "demo", (None, None), ())
    assert [(spec.id, spec.type) for spec in made.devices] == [("rig-1", "hydraulic_rig")]
    ((name, batch),) = made.readings(made.start_ms, made.end_ms)
    assert (name, batch.value.tolist(), (batch.ts - made.start_ms).tolist()) == ("rig-1", [40.0, 42.0], [0, 120_000])


def test_files_that_do_not_go_together_are_told(tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text(MAPPING, "utf-8")
    mapping, path, empty = str(tmp_path / "m.toml"), tmp_path / "rig-1.csv", tmp_path / "empty.csv"
    path.write_text("T\n40\n", "utf-8")
    empty.write_text("T\n", "utf-8")
    strange = Occurrence("rig-7", "cooler_wear", 0, 0)
    for files, truth, problem in (
        ([path, path], (), "Two files"),
        ([path], (strange,), "rig-7"),
        ([empty], (), "no readings"),
    ):
        with pytest.raises(BacktestImpossible, match=problem):
            recorded(files, mapping, "demo", (None, None), truth)
    with pytest.raises(MappingInvalid):
        recorded([path], "no_such_mapping", "demo", (None, None), ())
