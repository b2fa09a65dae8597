"""What the cumulative sums claim: a level that moves, a spread that changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from detectors.algorithms.detector import Scores, new_state
from detectors.algorithms.shift import Shift
from detectors.algorithms.variance import Variance
from detectors.engine.zones import Zones

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 288  # readings
MONDAY = 1_767_571_200_000  # 2026-01-05 00:00 UTC
STEP = 5 * MINUTE
SUMMER_TIME = 1_774_746_000_000  # 2026-03-29 01:00 UTC, in Berlin
CLEAN = {"period_ms": STEP}


def run(detector: Any, values: Any, **parameters: float) -> Scores:
    """One series for each row of `values`, a reading every five minutes; scores in the same shape."""
    rows = np.atleast_2d(values)
    state = new_state(detector, len(rows))
    for slot in range(len(rows)):
        state.set(slot, **(CLEAN | parameters))
    ts = np.tile(MONDAY + STEP * np.arange(rows.shape[1]), len(rows))
    slots = np.repeat(np.arange(len(rows)), rows.shape[1])
    return detector.update(state, slots, ts, rows.reshape(-1).astype(float))  # type: ignore[no-any-return]


def daily(days: int, series: int = 1, seed: int = 1) -> Any:
    wave = 20 + 5 * np.sin(2 * np.pi * np.arange(days * DAY) / DAY)
    return wave + np.random.default_rng(seed).normal(0, 1, (series, days * DAY))


def wandering(days: int, series: int, seed: int = 1) -> Any:
    """Noise that remembers: neighbours correlate by 0.95, as weather does."""
    chance, values = np.random.default_rng(seed), np.zeros((series, days * DAY))
    for at in range(1, days * DAY):
        values[:, at] = 0.95 * values[:, at - 1] + chance.normal(0, 0.31, series)
    return values


def test_a_small_shift_shows_within_days_and_lasts() -> None:
    values = daily(60, 20)
    values[:, 30 * DAY :] += 0.4
    active = run(Shift(), values).active.reshape(20, -1)
    assert not active[:, : 30 * DAY].any()
    assert (active[:, 33 * DAY :] > 0).mean() > 0.98


@pytest.mark.parametrize("values", [daily(100, 20), wandering(100, 20)], ids=["noise", "weather"])
@pytest.mark.parametrize("detector", [Shift(), Variance()], ids=["shift", "variance"])
def test_two_thousand_healthy_days_show_nothing(detector: Any, values: Any) -> None:
    assert not run(detector, values).active.any()


def test_the_onset_is_when_the_level_moved_not_when_it_was_noticed() -> None:
    values = daily(60)
    values[:, 30 * DAY :] -= 0.5
    scores = run(Shift(), values)
    first = int(np.flatnonzero(scores.active)[0])
    moved = MONDAY + 30 * DAY * STEP
    assert first > 30 * DAY + 24
    assert abs(scores.onset[first] - moved) < 12 * 3_600_000
    assert scores.active[first] < 0


def test_it_ends_within_two_days_of_the_repair() -> None:
    values = daily(80)
    values[:, 30 * DAY : 50 * DAY] += 4
    active = run(Shift(), values).active
    assert active[50 * DAY - 1] == 2
    assert not active[52 * DAY :].any()


def test_a_single_odd_block_is_no_shift() -> None:
    values = daily(40)
    values[:, 30 * DAY : 30 * DAY + 12] += 1e6
    assert not run(Shift(), values).active.any()


def test_the_side_that_nobody_asked_for_says_nothing() -> None:
    values = daily(60)
    values[:, 30 * DAY :] -= 3
    assert run(Shift(), values).active.min() < 0
    assert not run(Shift(), values, side=1).active.any()


def test_what_returns_at_the_same_hour_is_a_habit_and_no_shift() -> None:
    values = daily(60)
    values[0].reshape(60, DAY)[:, 96:120] += 15  # two hours every morning
    assert not run(Shift(), values).active.any()


@pytest.mark.parametrize(("factor", "side"), [(0.4, -1), (2.0, 1)])
def test_a_spread_that_changes_shows_and_is_told_in_the_signals_unit(factor: float, side: int) -> None:
    values = daily(60)
    wave = daily(60) - np.random.default_rng(1).normal(0, 1, values.shape)
    values[:, 30 * DAY :] = wave[:, 30 * DAY :] + factor * (values - wave)[:, 30 * DAY :]
    scores = run(Variance(), values)
    first = int(np.flatnonzero(scores.active)[0])
    assert 30 * DAY < first < 31 * DAY
    assert scores.active[first] == side
    assert scores.judged[-1] == pytest.approx(factor, rel=0.3)


def test_a_level_that_moves_is_no_change_of_spread() -> None:
    values = daily(60)
    values[:, 30 * DAY :] += 50
    assert not run(Variance(), values).active.any()


def test_noise_below_the_resolution_means_nothing() -> None:
    values = 20 + 0.01 * np.random.default_rng(1).normal(0, 1, (1, 60 * DAY))
    values[:, 30 * DAY :] = 20 + 3 * (values[:, 30 * DAY :] - 20)
    assert run(Variance(), values).active.any()
    assert not run(Variance(), values, resolution=0.5).active.any()


@pytest.mark.parametrize("detector", [Shift(), Variance()], ids=["shift", "variance"])
def test_habits_have_the_hours_of_the_devices_own_clock_across_the_change_of_summer_time(detector: Any) -> None:
    ts = MONDAY + STEP * np.arange(120 * DAY)
    ahead = _berlin(ts)
    busy = (ts + ahead) // HOUR % 24 == 7
    values = np.random.default_rng(5).normal(0, 1, len(ts)) * np.where(busy, 3, 1) + 40 * busy
    state = new_state(detector, 1)
    state.set(0, **CLEAN)
    high = detector.update(state, np.zeros(len(ts), np.int64), ts, values, ahead).high
    month = 30 * DAY * STEP
    before, after = (
        [float(np.median(high[(ts >= start) & (ts < start + DAY * STEP) & where])) for where in (busy, ~busy)]
        for start in (SUMMER_TIME - month, SUMMER_TIME)
    )
    assert after == pytest.approx(before, rel=0.2)
    assert after[0] > 2 * after[1]


def _berlin(ts: Any) -> Any:
    zones = Zones()
    return zones.offsets(np.full(len(ts), zones.number("Europe/Berlin")), ts)
