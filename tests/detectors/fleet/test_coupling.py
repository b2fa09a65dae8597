"""Signals that move together, and one device on which they cease to: T² and Q over a made-up type."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from detectors.algorithms.state import SlotState
from detectors.fleet import coupling
from detectors.fleet.coupling import ENTER_H, HOUR_MS, LASTING_H, Broken
from ingest.wire.catalogue import DeviceType, Signal, boolean
from ingest.wire.device_types import DEVICE_TYPES

KIND = DeviceType(
    "plant", "Plant", 600, True,
    (*(Signal(n, f"s{n}", f"S{n}", "1", -1e6, 1e6) for n in range(5)), boolean(5, "on", "On")),
)  # fmt: skip
SIGNALS, DEVICES, DAYS = 6, 10, 40
START = 1_767_225_600_000 // HOUR_MS * HOUR_MS
Columns = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]


def plant(seed: int = 1, broken: int = -1, day: int = 28, shift: float = 3.0) -> Columns:
    """Two readings an hour. The weather of a day moves s0 to s3 alike; `broken`'s s2 goes its own way from `day` on."""
    chance = np.random.default_rng(seed)
    hours = np.arange(2 * 24 * DAYS)
    weather = np.repeat(np.cumsum(chance.normal(0, 1, DAYS)), 48) * 0.7 + np.sin(hours / 48 * 2 * np.pi)
    parts = []
    for device in range(DEVICES):
        level = chance.normal(20, 5, SIGNALS)
        values = level + chance.normal(0, 0.5, (len(hours), SIGNALS))
        values[:, :4] += weather[:, None] * np.array([1.0, 2.0, -1.0, 0.5])
        values[:, 4] = np.arange(len(hours)) * 10.0 + device  # a counter
        values[:, 5] = hours % 2
        if device == broken:
            values[48 * day :, 2] += shift
        ts = START + hours * (HOUR_MS // 2)
        parts.append((np.full((len(hours), SIGNALS), device), np.tile(np.arange(SIGNALS), (len(hours), 1)),
                      np.tile(ts[:, None], (1, SIGNALS)), values))  # fmt: skip
    device, signal, stamp, value = (np.stack(columns, 1).reshape(-1) for columns in zip(*parts, strict=True))
    return device, signal, stamp, value


def fleet(of: dict[str, SlotState]) -> NDArray[Any]:
    of["coupling_series"].grow(SIGNALS * DEVICES)
    of["coupling_devices"].grow(DEVICES)
    rows = np.zeros(DEVICES, np.dtype([("type_no", "i8"), ("signals", "i8"), ("signal_at", "i8")], align=True))
    rows["signals"], rows["signal_at"] = SIGNALS, SIGNALS * np.arange(DEVICES)
    return rows


def watched(columns: Columns, step_h: int = 1, shuffle: int = 0) -> tuple[list[Broken], dict[str, SlotState]]:
    """All symptoms, when the log is cut into pieces within each hour, and its devices are shuffled."""
    of = coupling.states([KIND])
    rows, found = fleet(of), []
    chance = np.random.default_rng(shuffle)
    edges = np.arange(START, int(columns[2].max()) + HOUR_MS + 1, HOUR_MS)
    cuts = np.searchsorted(columns[2], edges)
    for (begin, end), until in zip(itertools.pairwise(cuts), edges[1:].tolist(), strict=True):
        inside = np.arange(begin, end)
        if shuffle:
            inside = np.concatenate([inside[columns[0][inside] == d] for d in chance.permutation(DEVICES)])
        for piece in np.array_split(inside, step_h):
            coupling.hear(of, rows, tuple(column[piece] for column in columns))  # type: ignore[arg-type]
        coupling.learn(of, until)
        found += coupling.moved(of)
    return found, of


@pytest.mark.parametrize("seed", range(4))
def test_what_moves_all_signals_alike_is_no_broken_coupling(seed: int) -> None:
    assert watched(plant(seed))[0] == []


@pytest.mark.parametrize("seed", range(3))
def test_a_signal_that_leaves_the_others_is_found_on_its_device_alone(seed: int) -> None:
    found, _ = watched(plant(seed, broken=5))
    assert {broken.device for broken in found} == {5}
    first, lasting = found[0], found[1]
    assert (first.active, lasting.active, first.first) == (1, 2, 2)
    assert START + 28 * 24 * HOUR_MS <= first.onset < first.ts <= START + 31 * 24 * HOUR_MS
    assert first.ts - first.onset == ENTER_H * HOUR_MS
    assert lasting.ts - lasting.onset >= LASTING_H * HOUR_MS
    assert first.severity >= 1


def test_the_same_however_the_log_is_cut_and_the_devices_are_ordered() -> None:
    columns = plant(1, broken=5)
    whole, state = watched(columns)
    other, again = watched(columns, step_h=3, shuffle=7)
    assert sorted(whole) == sorted(other)
    assert all(state[name].dump() == again[name].dump() for name in state)


def test_a_saved_state_goes_on_where_it_was() -> None:
    columns = plant(1, broken=5)
    whole, _ = watched(columns)
    of = coupling.states([KIND])
    rows, found = fleet(of), []
    edges = np.arange(START, int(columns[2].max()) + HOUR_MS + 1, HOUR_MS)
    for turn, (begin, end) in enumerate(itertools.pairwise(np.searchsorted(columns[2], edges).tolist())):
        coupling.hear(of, rows, tuple(column[begin:end] for column in columns))  # type: ignore[arg-type]
        coupling.learn(of, int(edges[turn + 1]))
        found += coupling.moved(of)
        if turn % 97 == 0:
            fresh = coupling.states([KIND])
            for name, state in fresh.items():
                state.load(of[name].dump())
            of = fresh
    assert found == whole


def test_late_double_missing_and_impossible_readings_teach_nothing() -> None:
    columns = plant(1, broken=5)
    _, state = watched(columns)
    device, signal, ts, value = columns
    wrong = np.array([np.nan, np.inf, -np.inf, 1e300])
    again = np.arange(0, len(ts), 17)
    spoilt = (
        np.concatenate([device, device[again], device[:4]]),
        np.concatenate([signal, signal[again], signal[:4]]),
        np.concatenate([ts, ts[again], ts[-4:] + 1]),
        np.concatenate([value, value[again] + 99.0, wrong]),
    )
    order = np.argsort(spoilt[2], kind="stable")
    _, after = watched(tuple(column[order] for column in spoilt))  # type: ignore[arg-type]
    assert all(state[name].dump() == after[name].dump() for name in state)


def test_a_constant_fleet_and_a_young_one_are_not_judged() -> None:
    device, signal, ts, value = plant(1)
    assert watched((device, signal, ts, np.zeros_like(value)))[0] == []
    early = ts < START + 10 * 24 * HOUR_MS
    assert watched((device[early], signal[early], ts[early], value[early]))[0] == []


def test_a_change_that_stays_is_the_new_normal_after_two_weeks() -> None:
    found, _ = watched(plant(2, broken=5, day=22, shift=6.0))
    assert found[-1].active == 0
    assert found[-1].ts - found[0].onset <= (coupling.NORMAL_H + 1) * HOUR_MS


def test_only_measured_numbers_take_part() -> None:
    assert coupling.usable(KIND).tolist()[:7] == [1, 1, 1, 1, 1, 0, 0]
    assert all(len(coupling.usable(kind)) == coupling.SIGNALS for _, kind in DEVICE_TYPES.items())
