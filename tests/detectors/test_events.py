"""What the detectors of events per time claim: rate, counter, flap."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from detectors.algorithms import rate
from detectors.algorithms.counter import Counter
from detectors.algorithms.detector import Scores, new_state
from detectors.algorithms.flap import Flap
from detectors.algorithms.rate import Rate
from detectors.algorithms.tails import deviations, log_tail

HOUR = 3_600_000
DAY = 24  # readings
MONDAY = 1_767_571_200_000  # 2026-01-05 00:00 UTC


def run(detector: Any, values: Any, **parameters: float) -> Scores:
    """One series for each row of `values`, a reading an hour."""
    rows = np.atleast_2d(values)
    state = new_state(detector, len(rows))
    for slot in range(len(rows)):
        state.set(slot, **({"period_ms": HOUR} | parameters))
    ts = np.tile(MONDAY + HOUR * np.arange(rows.shape[1]), len(rows))
    slots = np.repeat(np.arange(len(rows)), rows.shape[1])
    return detector.update(state, slots, ts, rows.reshape(-1).astype(float))  # type: ignore[no-any-return]


def counts(a_day: float, days: int, bursts: float = 1.0, series: int = 1, seed: int = 1) -> Any:
    """Events an hour, with a day's cycle; days differ, with an index of dispersion of `bursts`."""
    chance = np.random.default_rng(seed)
    size = (series, days)
    of_day = chance.negative_binomial(a_day / (bursts - 1), 1 / bursts, size) if bursts > 1 else np.full(size, a_day)
    hours = 1 + np.sin(2 * np.pi * np.arange(days * DAY) / DAY)
    return chance.poisson(np.repeat(of_day, DAY, axis=1) * hours / DAY)


def exact(n: int, mean: float, variance: float) -> float:
    """P(N ≥ n), term by term."""
    if variance <= mean:
        below = sum(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(n))
    else:
        size, p = mean**2 / (variance - mean), mean / variance
        below = sum(
            math.exp(math.lgamma(k + size) - math.lgamma(size) - math.lgamma(k + 1)
                     + size * math.log(p) + (k * math.log1p(-p)))
            for k in range(n)
        )  # fmt: skip
    return 1 - below


@pytest.mark.parametrize(("n", "mean", "variance"), [(3, 0.5, 0.5), (12, 5, 5), (12, 5, 20), (40, 30, 60), (2, 5, 8)])
def test_tails_are_those_of_the_law(n: int, mean: float, variance: float) -> None:
    assert math.exp(rate.log_many(float(n), mean, variance)) == pytest.approx(exact(n, mean, variance), rel=2e-3)
    assert math.exp(rate.log_few(n - 1.0, mean, variance)) == pytest.approx(1 - exact(n, mean, variance), rel=2e-3)


def test_tails_of_large_counts_go_on_where_the_sum_ends() -> None:
    summed, fitted = rate.log_many(200.0, 150.0, 300.0), rate.log_many(201.0, 150.0, 300.0)
    assert fitted == pytest.approx(summed, rel=0.06)
    assert rate.log_many(1e9, 100.0, 200.0) < -1000


@pytest.mark.parametrize("z", [0.0, 1.0, 3.0, 6.0, 12.0, 29.0, 31.0, 45.0])
def test_deviations_undo_the_tail_of_the_normal_law(z: float) -> None:
    assert deviations(log_tail(z)) == pytest.approx(z, abs=2e-3)


@pytest.mark.parametrize(("a_day", "bursts"), [(0.2, 1), (20, 1), (20, 4), (2000, 8)])
def test_four_thousand_healthy_days_show_three_times_at_most(a_day: float, bursts: float) -> None:
    active = run(Rate(), counts(a_day, 100, bursts, 40)).active.reshape(40, -1) != 0
    assert (active[:, 1:] & ~active[:, :-1]).sum() <= 3


@pytest.mark.parametrize(("factor", "side"), [(4.0, 1), (0.1, -1)])
def test_too_many_and_too_few_show_within_days(factor: float, side: int) -> None:
    values = np.concatenate([counts(40, 50), counts(40 * factor, 20, seed=2)], axis=1)
    active = run(Rate(), values).active
    assert not active[: 50 * DAY].any()
    assert np.sign(active[52 * DAY]) == side
    assert (np.sign(active[53 * DAY :]) == side).all()


def test_a_burst_that_an_even_series_never_had_shows_and_one_that_is_usual_does_not() -> None:
    even, bursty = counts(40, 60), counts(40, 60, 12)
    even[0, 50 * DAY : 51 * DAY] += 3
    bursty[0, 50 * DAY : 51 * DAY] += 3
    assert run(Rate(), even).active.any()
    assert not run(Rate(), bursty).active[50 * DAY :].any()


def test_a_rate_counts_as_the_events_it_stands_for() -> None:
    values = counts(40, 60)
    of_counts, of_rates = run(Rate(), values), run(Rate(), values, per_ms=HOUR)
    assert of_rates.severity[DAY:] == pytest.approx(of_counts.severity[DAY:], abs=0.4)
    assert of_rates.judged[-1] == pytest.approx(of_counts.judged[-1] / DAY, rel=0.05)


def test_the_first_event_of_a_series_that_had_none_is_no_fault() -> None:
    values = np.zeros((1, 60 * DAY))
    values[0, 50 * DAY] = 1
    assert not run(Rate(), values).active.any()


def counter(days: int, every_days: float) -> Any:
    value = np.arange(days * DAY, dtype=float)
    return value % (every_days * DAY)


def test_a_counter_that_starts_again_now_and_then_is_well_and_one_that_does_all_day_is_not() -> None:
    calm = counter(40, 6)
    storm = np.concatenate([calm, np.arange(5 * DAY) % 3])
    active = run(Counter(), storm).active
    assert not active[: 40 * DAY].any()
    assert active[41 * DAY :].all()


def test_a_full_counter_that_begins_anew_has_not_been_reset() -> None:
    values = np.concatenate([counter(20, 1000), 10.0 * np.arange(20 * DAY) % 100])
    assert run(Counter(), values).active.any()
    assert not run(Counter(), values, wraps_at=100).active[22 * DAY :].any()


def test_a_fall_within_the_tolerance_is_rounding() -> None:
    values = np.arange(40 * DAY, dtype=float)
    values[20 * DAY :: 2] -= 1.2
    assert run(Counter(), values).active.any()
    assert not run(Counter(), values, tolerance=0.5).active.any()


def test_a_relay_that_chatters_is_one_symptom() -> None:
    switching = np.arange(40 * DAY) % 8 < 4
    values = np.concatenate([switching, np.arange(5 * DAY) % 2 == 0])
    active = run(Flap(), values).active
    assert not active[: 40 * DAY].any()
    assert (np.diff((active != 0).astype(int)) == 1).sum() == 1
    assert active[-1] != 0


def test_noise_smaller_than_the_swing_is_no_turn() -> None:
    values = 20 + np.random.default_rng(1).normal(0, 0.1, 40 * DAY)
    scores = run(Flap(), values, swing=2.0)
    assert not scores.judged.any()
    assert not scores.active.any()
