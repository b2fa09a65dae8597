"""The commands as a person runs them: as processes, on a real broker."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from device_sim.fleet_state import FleetState
from device_sim.scenarios.scenario import DAY_MS

RECORDING = "t,kw\n" + "".join(f"2020-01-01 {hour:02}:{minute:02},1\n" for hour in range(24) for minute in range(60))
MAPPING = """
device_type = "heat_pump"
[time]
column = "t"
format = "%Y-%m-%d %H:%M"
[signals]
power = { column = "kw", unit = "kW->W" }
"""


@pytest.fixture
def where(broker_url: str, tmp_path: Path) -> dict[str, str]:
    (tmp_path / "r.csv").write_text(RECORDING)
    (tmp_path / "m.toml").write_text(MAPPING)
    return os.environ | {
        "FOREWARN__BROKER__URL": broker_url,
        "FOREWARN__CORE__DATA_DIR": str(tmp_path / "data"),
        "COLUMNS": "200",
    }


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "kit.cli", *words]


def run(where: dict[str, str], folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*words), env=where, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_replay_waits_for_every_acknowledgement_and_prints_the_account(
    where: dict[str, str], tmp_path: Path, listener: Any
) -> None:
    done = run(where, tmp_path, "replay", "r.csv", "-m", "m.toml", "-d", "d-1", "--json")
    assert done.returncode == 0, done.stderr
    account = json.loads(done.stdout)
    assert account["readings_sent"] == account["readings_acknowledged"] == 1440
    listener.wait_until(lambda: len(listener.rows("d-1")) == 1440)


@pytest.mark.slow
def test_replay_says_in_its_help_how_to_register_the_device(where: dict[str, str], tmp_path: Path) -> None:
    told = run(where, tmp_path, "replay", "--help").stdout
    assert "forewarn devices add" in told
    assert "carobd" in told


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["replay", "none.csv", "-m", "m.toml", "-d", "d"], "No such file"),
        (["replay", "r.csv", "-m", "m.toml", "-d", "a b"], "a b"),
        (["replay", "r.csv", "-m", "m.toml", "-d", "d", "--speed", "fast"], "'fast' is no speed"),
        (["replay", "r.csv", "-m", "m.toml", "-d", "d", "--start", "noon"], "no start time"),
        (["replay", "r.csv", "-m", "m.toml", "-d", "d", "--start", "2026-01-01T00:00:00"], "no start time"),
        (["replay", "r.csv", "-m", "m.toml", "-d", "d", "--start", "2999-01-01T00:00:00Z"], "in the future"),
        (["sim", "run", "nowhere"], "no scenario 'nowhere'"),
    ],
)
def test_a_mistake_is_a_sentence_and_a_fix_and_never_a_traceback(
    words: list[str], says: str, where: dict[str, str], tmp_path: Path
) -> None:
    failed = run(where, tmp_path, *words)
    assert failed.returncode != 0
    assert says in failed.stderr
    assert "Traceback" not in failed.stderr
    assert len(failed.stderr.strip().splitlines()) >= 2


@pytest.mark.slow
def test_no_broker_is_said_with_its_address(where: dict[str, str], tmp_path: Path) -> None:
    nowhere = where | {"FOREWARN__BROKER__URL": "mqtt://127.0.0.1:1"}
    failed = run(nowhere, tmp_path, "replay", "r.csv", "-m", "m.toml", "-d", "d")
    assert "mqtt://127.0.0.1:1 cannot be reached" in failed.stderr


@pytest.mark.slow
def test_a_scenario_is_played_with_its_manifest_and_truth(where: dict[str, str], tmp_path: Path, listener: Any) -> None:
    done = run(where, tmp_path, "sim", "run", "one_vehicle", "--days", "3", "--seed", "5", "-o", "out", "--json")
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert facts["readings"] > 0
    listener.wait_until(lambda: sum(len(row["signals"]) for row in listener.rows("vehicle-1")) == facts["readings"])
    assert json.loads((tmp_path / "out" / "truth.json").read_text("utf-8"))["faults"][0]["fault"] == "coolant_leak"


@pytest.mark.slow
def test_a_manifest_is_written_and_printed(where: dict[str, str], tmp_path: Path) -> None:
    told = run(where, tmp_path, "sim", "manifest", "demo")
    assert len(json.loads(told.stdout)["devices"]) == 24
    assert run(where, tmp_path, "sim", "manifest", "demo", "-o", "a/fleet.json").returncode == 0
    assert json.loads((tmp_path / "a" / "fleet.json").read_text("utf-8")) == json.loads(told.stdout)
    assert "demo" in run(where, tmp_path, "sim", "list").stdout


@pytest.mark.slow
def test_an_interrupted_replay_still_accounts_for_what_it_sent(
    where: dict[str, str], tmp_path: Path, listener: Any
) -> None:
    process = subprocess.Popen(
        command("replay", "r.csv", "-m", "m.toml", "-d", "d-1", "--speed", "600", "--json"),
        env=where,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    )
    listener.wait_for(3)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    account = json.loads(out)
    assert account["interrupted"]
    assert account["readings_acknowledged"] == account["readings_sent"] == account["rows_sent"] < 1440


@pytest.mark.slow
def test_a_fleet_killed_in_its_past_skips_nothing_when_it_starts_again(
    where: dict[str, str], tmp_path: Path, listener: Any
) -> None:
    where = where | {"FOREWARN__DEVICE_SIM__HISTORY_DAYS": "3", "FOREWARN__DEVICE_SIM__CHUNK_HOURS": "0.5"}
    words = command("worker", "run", "--role", "fleet")
    with subprocess.Popen(words, env=where, cwd=tmp_path, stderr=subprocess.DEVNULL) as first:
        listener.wait_until(lambda: len(listener.heard) > 300, seconds=90)
        first.kill()
    with subprocess.Popen(words, env=where, cwd=tmp_path, stderr=subprocess.DEVNULL) as second:
        state = FleetState.load(tmp_path / "data" / "fleet-state.json")
        assert state is not None
        streams = state.make().streams()
        wanted = {stream.spec.id: stream.window(state.born_ms - 3 * DAY_MS, state.born_ms).ts for stream in streams}
        last = max(int(ts[-1]) for ts in wanted.values() if len(ts))
        mark = str(last).encode()
        listener.wait_until(lambda: any(mark in payload for _, payload in listener.heard[-500:]), seconds=120)
        second.terminate()
        assert second.wait(60) == 0
    for name, ts in wanted.items():
        assert set(ts.tolist()) <= {row["ts"] for row in listener.rows(name)}
