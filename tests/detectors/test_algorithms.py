"""What each algorithm claims about its numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from detectors.algorithms import attention, histogram
from detectors.algorithms.attention import Attention
from detectors.algorithms.departure import Departure
from detectors.algorithms.detector import Scores, new_state
from detectors.algorithms.histogram import BINS, FRAME, PRIOR, STEP
from detectors.algorithms.limit import Limit
from detectors.algorithms.seasonal import Seasonal
from detectors.algorithms.spike import Spike
from detectors.algorithms.stuck import Stuck

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
MONDAY = 1_767_571_200_000  # 2026-01-05 00:00 UTC


def run(detector: Any, value: Any, step: int = 5 * MINUTE, **parameters: float) -> tuple[Scores, Any, Any]:
    state = new_state(detector, 1)
    state.set(0, **parameters)
    value = np.asarray(value, float)
    ts = MONDAY + step * np.arange(len(value))
    return detector.update(state, np.zeros(len(value), np.int64), ts, value), state, ts


def learned(values: list[float]) -> tuple[Any, Any]:
    counts, frame = np.zeros(BINS, np.uint16), np.zeros(FRAME)
    for value in values:
        histogram.learn(counts, frame, value, 1.0, 1.0)
    return counts, frame


@pytest.mark.parametrize("values", [[0.0], [1e6, 1e6 + 1e-3], [-5, 3, 1e9, -1e9], list(np.linspace(0, 1, 500))])
def test_a_histogram_keeps_every_count_however_far_its_range_grows(values: list[float]) -> None:
    counts, frame = learned(values)
    assert counts.sum() == STEP * len(values)
    low, width = frame[histogram.LOW], frame[histogram.WIDTH]
    assert low <= min(values)
    assert max(values) < low + BINS * width


def test_a_histogram_forgets_at_the_rate_that_it_is_told_and_never_overflows() -> None:
    counts, frame = np.zeros(BINS, np.uint16), np.zeros(FRAME)
    for _ in range(20_000):
        histogram.learn(counts, frame, 7.0, 1.0, 0.9996)
    assert counts.sum() / (STEP * frame[histogram.UNIT]) == pytest.approx(2500, rel=0.02)
    for _ in range(1733):  # half of the memory
        histogram.learn(counts, frame, 90.0, 1.0, 0.9996)
    assert counts.max() / counts.sum() == pytest.approx(0.5, abs=0.03)


def test_parts_of_a_reading_add_up() -> None:
    counts, frame = np.zeros(BINS, np.uint16), np.zeros(FRAME)
    for _ in range(1000):
        histogram.learn(counts, frame, 1.0, 0.01, 1.0)
    assert counts.sum() == pytest.approx(10 * STEP, abs=1)


def test_a_value_never_seen_is_as_surprising_as_the_past_is_long() -> None:
    counts, frame = learned([1.0, 2.0] * 500)
    assert histogram.surprise(counts, frame, 1e9) == pytest.approx(math.log((1000 + PRIOR * BINS) / PRIOR))
    assert histogram.surprise(counts, frame, 1.0) < 2


def test_quantiles_of_a_uniform_past_are_where_they_should_be() -> None:
    counts, frame = learned(list(np.linspace(0, 100, 5001)))
    out = np.zeros(3)
    histogram.quantiles(counts, frame, np.array([0.1, 0.5, 0.9]), out)
    assert out == pytest.approx([10, 50, 90], abs=1.5)


def test_the_profile_expects_the_day_that_it_has_seen() -> None:
    wave = 20 + 8 * np.sin(2 * np.pi * np.arange(14 * 288) / 288)
    scores, state, ts = run(Seasonal(), wave, floor_sd=0.2)
    last = slice(-288, None)
    assert (scores.low[last] <= wave[last]).mean() > 0.98
    assert (scores.high[last] >= wave[last]).mean() > 0.98
    assert (scores.high[last] - scores.low[last]).max() < 10
    band = Seasonal().band(state, 0, int(ts[-1]) - 2 * DAY, int(ts[-1]))
    assert 47 <= len(band) <= 49
    assert all(low < high for _, low, high in band)


def test_severity_does_not_depend_on_the_unit_or_on_the_zero_of_the_scale() -> None:
    values = np.random.default_rng(1).normal(0, 1, 3000)
    plain, _, _ = run(Seasonal(), values)
    scaled, _, _ = run(Seasonal(), 4096 * values)
    assert scaled.severity[500:] == pytest.approx(plain.severity[500:], rel=0.2, abs=0.3)


def test_a_lasting_shift_is_not_swallowed() -> None:
    values = np.random.default_rng(2).normal(0, 1, 14 * 288)
    values[10 * 288 :] += 15
    scores, _, _ = run(Seasonal(), values)
    assert scores.active[: 10 * 288].max() == 0
    assert (scores.active[10 * 288 + 12 :] != 0).all()
    assert scores.severity[-1] > 8


def test_a_symptom_ends_when_the_signal_is_back() -> None:
    values = np.random.default_rng(2).normal(0, 1, 14 * 288)
    values[10 * 288 : 11 * 288] -= 15
    scores, _, _ = run(Seasonal(), values)
    assert scores.active[10 * 288 + 20] < 0
    assert scores.active[11 * 288 + 20] == 0


def test_a_long_gap_keeps_what_was_learned() -> None:
    wave = 20 + 8 * np.sin(2 * np.pi * np.arange(10 * 288) / 288)
    detector = Seasonal()
    scores, state, ts = run(detector, wave, floor_sd=0.2)
    after = detector.update(state, np.zeros(1, np.int64), ts[-1:] + 30 * DAY + 5 * MINUTE, wave[:1])
    assert after.low[0] <= wave[0] <= after.high[0]
    assert after.surprise[0] < 2 * scores.surprise[-288:].max() + 5


def test_nothing_is_raised_before_the_stated_age_and_count() -> None:
    values = np.r_[np.zeros(50), np.full(300, 1000.0)]
    for young in ({"min_age_ms": 30 * DAY, "min_count": 0}, {"min_age_ms": 0, "min_count": 1000}):
        assert not run(Seasonal(), values, **young)[0].active.any()


def test_a_sensor_is_stuck_only_when_it_stood_still_far_longer_than_ever_before() -> None:
    chance = np.random.default_rng(4)
    lively = np.round(chance.normal(20, 1, 500), 1)
    scores, _, _ = run(Stuck(), np.r_[lively, np.full(60, 20.5), lively[:10]], period_ms=5 * MINUTE, min_ms=2 * HOUR)
    first = int(np.flatnonzero(scores.active)[0])
    assert 500 + 24 <= first <= 500 + 26
    assert scores.active[-1] == 0
    lazy = np.repeat(chance.normal(20, 1, 120), 12)
    assert not run(Stuck(), np.r_[lazy, np.full(40, 20.5)], period_ms=5 * MINUTE, min_ms=2 * HOUR)[0].active.any()


def test_a_signal_that_never_moved_is_not_called_stuck() -> None:
    assert not run(Stuck(), np.full(5000, 21.0), period_ms=5 * MINUTE)[0].active.any()


@pytest.mark.parametrize(("side", "sign"), [(1, 1), (-1, -1)])
def test_a_limit_needs_its_time_and_forgives_a_short_dip(side: int, sign: int) -> None:
    beyond = np.full(60, 5.0 * sign)
    beyond[20] = 0.0
    scores, _, _ = run(Limit(), np.r_[np.zeros(100), beyond, np.zeros(100)], step=MINUTE, side=side, limit=2 * sign,
                       hold_ms=30 * MINUTE, calm_ms=HOUR)  # fmt: skip
    first = int(np.flatnonzero(scores.active)[0])
    assert 130 <= first <= 136
    assert scores.active[first] == side
    assert scores.active[160 + 58] == side
    assert scores.active[160 + 62] == 0
    short, _, _ = run(Limit(), np.r_[np.zeros(50), np.full(25, 9.0), np.zeros(50)], step=MINUTE, limit=2)
    assert not short.active.any()


def test_attention_rests_after_an_alert_and_asks_more_of_a_series_that_cries_often() -> None:
    detector = Attention()
    state = new_state(detector, 1)
    score = np.full(5000, attention.THRESHOLD * 1.2)
    raised = detector.update(state, np.zeros(5000, np.int64), MONDAY + MINUTE * np.arange(5000), score)
    times = np.flatnonzero(raised)
    assert times[0] >= attention.GRACE
    assert np.diff(times).min() >= attention.REFRACTORY
    assert len(times) <= 8
    assert np.diff(times)[-1] > 5 * attention.REFRACTORY
    assert raised[times[0]] == score[0]


def living(days: int, seed: int = 3) -> Any:
    """A value every five minutes with a daily wave and noise, and days that differ by about 0.3."""
    chance = np.random.default_rng(seed)
    wave = 5 * np.sin(2 * np.pi * np.arange(days * 288) / 288) + chance.normal(0, 1, days * 288)
    return 50 + wave + np.repeat(chance.normal(0, 0.3, days), 288)


CREEP = {"period_ms": 5 * MINUTE, "floor_sd": 0.3, "enter": 5, "leave": 2.5, "hold_ms": 6 * HOUR}


def test_a_departure_that_creeps_is_found_long_before_its_end_and_never_learned() -> None:
    values = living(30)
    values[10 * 288 :] += np.linspace(0, 10, 20 * 288)
    scores, _, _ = run(Departure(), values, **CREEP)
    first = int(np.flatnonzero(scores.active)[0]) / 288
    assert 11 < first < 17
    assert (scores.active[int(first * 288) + 12 :] > 0).mean() > 0.95
    assert scores.high[-1] < 53


def test_a_season_is_followed_and_no_departure() -> None:
    values = living(120) + np.linspace(0, 6, 120 * 288)
    scores, _, _ = run(Departure(), values, **CREEP)
    assert not scores.active.any()


@pytest.mark.parametrize("seed", range(5))
def test_days_that_differ_as_they_always_did_are_no_departure(seed: int) -> None:
    scores, _, _ = run(Departure(), living(60, seed), **CREEP)
    assert not scores.active.any()


def test_a_departure_to_the_side_that_nobody_asked_for_says_nothing() -> None:
    values = living(30)
    values[15 * 288 :] -= 8
    assert run(Departure(), values, **CREEP)[0].active.min() < 0
    assert not run(Departure(), values, **CREEP, side=1)[0].active.any()


def test_a_departure_ends_when_the_device_is_mended() -> None:
    values = living(40)
    values[12 * 288 : 20 * 288] += 8
    scores, _, _ = run(Departure(), values, **CREEP)
    assert scores.active[18 * 288] > 0
    assert not scores.active[24 * 288 :].any()


def test_the_value_that_spikes_are_shown_with_is_the_reading() -> None:
    values = living(3)
    values[::50] += 40
    scores, _, _ = run(Spike(), values)
    assert np.array_equal(scores.judged, values)
