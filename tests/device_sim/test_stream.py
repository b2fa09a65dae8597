from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device_sim.faults import FAULTS
from device_sim.faults.fault import Occurrence
from device_sim.models import MODELS
from device_sim.models.chance import generator
from device_sim.models.machine import Rows
from device_sim.stream import DeviceSpec, DeviceStream
from ingest.wire.catalogue import Kind
from ingest.wire.device_types import DEVICE_TYPES

DAY = 86_400_000
START = int(datetime(2026, 3, 20, 21, tzinfo=UTC).timestamp() * 1000)  # clocks change in Berlin nine days later
END = START + 12 * DAY
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Tokyo", "Asia/Kathmandu")


def spec(kind: str, number: int = 0, zone: str = "Europe/Berlin") -> DeviceSpec:
    return DeviceSpec(f"{kind}-{number}", kind, "m", "1", "label", "owner", zone)


def stream(kind: str, seed: int = 1, faults: Sequence[Occurrence] = (), number: int = 0) -> DeviceStream:
    return DeviceStream(spec(kind, number), seed, START, faults)


def same(one: Rows, other: Rows) -> bool:
    return one.ts.tobytes() == other.ts.tobytes() and all(
        one.columns[name].tobytes() == other.columns[name].tobytes() for name in one.columns
    )


def strike(name: str, kind: str, onset: int, failure: int) -> Occurrence:
    return FAULTS.get(name).draw(generator(1, name, kind), f"{kind}-0", kind, onset, failure)


@pytest.mark.parametrize("kind", list(MODELS))
def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(kind: str) -> None:
    first = stream(kind).window(START, END)
    assert len(first) > 100
    assert same(first, stream(kind).window(START, END))
    assert not same(first, stream(kind, seed=2).window(START, END))
    assert not same(first, stream(kind, number=1).window(START, END))


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(MODELS))
@given(cuts=st.lists(st.integers(START, END), max_size=12))
@settings(max_examples=8, deadline=None)
def test_cutting_the_window_changes_no_byte(kind: str, cuts: list[int]) -> None:
    faults = [strike("sensor_stuck", kind, START + 5 * DAY, START + 5 * DAY)]
    whole = stream(kind, faults=faults).window(START, END)
    edges = [START, *sorted(cuts), END]
    cut = stream(kind, faults=faults)
    parts = [cut.window(start, end) for start, end in itertools.pairwise(edges)]
    assert same(whole, Rows.join(parts, cut.signals))


@pytest.mark.parametrize("kind", list(MODELS))
def test_a_life_resumed_from_its_checkpoint_is_the_life_that_went_on(kind: str) -> None:
    faults = [strike("sensor_stuck", kind, START + 3 * DAY, START + 3 * DAY)]
    going = stream(kind, faults=faults)
    going.window(START, START + 7 * DAY)
    kept = json.loads(json.dumps(going.checkpoint()))
    resumed = DeviceStream(spec(kind), 1, START, faults, kept)
    assert same(going.window(START + 7 * DAY, END), resumed.window(START + 7 * DAY, END))


@pytest.mark.parametrize("kind", list(MODELS))
def test_an_earlier_window_can_be_asked_for_again(kind: str) -> None:
    machine = stream(kind)
    first = machine.window(START, START + DAY)
    machine.window(START + 5 * DAY, START + 6 * DAY)
    assert same(first, machine.window(START, START + DAY))


@pytest.mark.parametrize("kind", list(MODELS))
@given(seed=st.integers(0, 10**6), zone=st.sampled_from(ZONES), month=st.integers(1, 12))
@settings(max_examples=12, deadline=None)
def test_a_healthy_device_says_only_what_its_type_allows(kind: str, seed: int, zone: str, month: int) -> None:
    start = int(datetime(2026, month, 5, tzinfo=UTC).timestamp() * 1000)
    rows = DeviceStream(spec(kind, zone=zone), seed, start).window(start, start + 4 * DAY)
    assert (np.diff(rows.ts) > 0).all()
    for signal in DEVICE_TYPES.get(kind).signals:
        values = rows.columns[signal.name]
        heard = values[~np.isnan(values)]
        assert np.isfinite(heard).all()
        assert ((heard >= signal.low) & (heard <= signal.high)).all(), signal.name
        if signal.kind is not Kind.NUMBER:
            assert (heard == np.round(heard)).all(), signal.name


@pytest.mark.parametrize("kind", list(MODELS))
def test_a_model_reports_every_signal_of_its_device_type(kind: str) -> None:
    assert set(stream(kind).signals) == {signal.name for signal in DEVICE_TYPES.get(kind).signals}


def test_always_on_devices_report_at_their_period_and_a_parked_car_is_silent() -> None:
    for kind in ("heat_pump", "wearable"):
        gaps = np.diff(stream(kind).window(START, END).ts)
        assert abs(int(gaps.max()) - 300_000) <= 4000
        assert abs(int(gaps.min()) - 300_000) <= 4000
    gaps = np.diff(stream("vehicle").window(START, END).ts)
    assert (gaps >= 60_000).all()
    assert (gaps > 3_600_000).sum() >= 10


def test_a_life_kept_before_its_model_learned_something_new_goes_on() -> None:
    spec = DeviceSpec("band-1", "wearable", "m", "1", "l", "o", "Europe/Berlin")
    stream = DeviceStream(spec, 3, START)
    stream.window(START, START + 3 * DAY)
    kept = stream.checkpoint()
    older = {**kept, "state": {name: value for name, value in kept["state"].items() if name == "level"}}
    assert len(DeviceStream(spec, 3, START, resume=older).window(START + 3 * DAY, START + 4 * DAY))
