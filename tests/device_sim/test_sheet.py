"""The contact sheet shows, for every fault, the signals in which it tells."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from device_sim.faults import FAULTS
from device_sim.models import MODELS
from device_sim.sheet import page
from device_sim.sheet.twins import BUCKETS, MESSAGES, every_pair, telling, trace, twins

START = 1_793_577_600_000  # 2 November 2026, in the heating season
REAL = [fault for _, fault in FAULTS.items() if fault.expects != "nothing"]  # a harmless change may not show at all
PAIRS = [(fault.name, kind) for fault in REAL for kind in MODELS if fault.strikes(kind)]


@pytest.mark.slow
@pytest.mark.parametrize(("fault", "kind"), PAIRS)
def test_every_fault_tells_in_some_signal_of_every_device_type_that_it_strikes(fault: str, kind: str) -> None:
    assert any(telling(twins(fault, kind, seed, START), 3) for seed in (20, 21, 22))


def test_a_leak_of_refrigerant_tells_in_the_refrigerant_circuit() -> None:
    circuit = {"superheat", "evaporator_temp", "low_pressure", "discharge_temp"}
    assert set(telling(twins("refrigerant_leak", "heat_pump", 20, START), 3)) <= circuit


def test_silence_tells_in_the_messages_first() -> None:
    assert telling(twins("silent", "heat_pump", 20, START), 1) == [MESSAGES]


def test_a_trace_holds_every_value_between_its_least_and_greatest() -> None:
    pair = twins("coolant_leak", "vehicle", 20, START)
    drawn = trace(pair.healthy, "coolant_temp", pair.start_ms, pair.end_ms)
    heard = pair.healthy.columns["coolant_temp"]
    assert len(drawn.mean) == BUCKETS
    assert (np.nanmin(drawn.low), np.nanmax(drawn.high)) == (np.nanmin(heard), np.nanmax(heard))
    assert (drawn.low[~np.isnan(drawn.low)] <= drawn.high[~np.isnan(drawn.high)]).all()


def test_the_page_is_well_formed_and_the_same_for_the_same_seed() -> None:
    pages = [page.write(every_pair(5, START, "coolant_leak"), 5) for _ in range(2)]
    assert pages[0] == pages[1]
    body = pages[0].partition("<body>")[2].partition("</body>")[0]
    assert len(ET.fromstring(body).findall(".//svg")) >= 1


@pytest.mark.slow
def test_the_command_writes_the_page_and_says_the_seed(tmp_path: Path) -> None:
    words = ["sim", "sheet", "--fault", "silent", "--out", "new/sheet.html", "--seed", "3"]
    done = subprocess.run(
        [sys.executable, "-m", "kit.cli", *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "(seed 3)" in done.stdout
    assert "Device falls silent" in (tmp_path / "new" / "sheet.html").read_text("utf-8")
