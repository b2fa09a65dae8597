"""Every registered detector, whatever it does, keeps the contract of `detectors.algorithms.detector`."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detectors.algorithms.catalogue import BY_CLOCK, DETECTORS
from detectors.algorithms.detector import Detector, Scores, new_state
from detectors.algorithms.state import SlotState
from detectors.errors import StateUnreadable

MINUTE = 60_000
START = 1_767_225_600_000
EAGER = {
    "seasonal": {"min_age_ms": 0, "min_count": 20, "hold_ms": 0, "need": 3, "of": 4},
    "stuck": {"min_ms": 600_000, "min_moves": 5},
    "limit": {"limit": 3.0, "hold_ms": 120_000, "calm_ms": 120_000},
    "departure": {"span_ms": 600_000, "learn": 3, "hold_ms": 0, "need": 2, "of": 3},
    "shift": {"span_ms": 300_000, "learn": 6, "enter": 4},
    "variance": {"span_ms": 300_000, "learn": 6, "enter": 4},
    "rate": {"span_ms": 600_000, "learn": 3},
    "counter": {"span_ms": 600_000, "learn": 3},
    "event": {"calm_ms": 300_000},
    "flap": {"span_ms": 600_000, "learn": 3},
    "drift": {"span_ms": 300_000, "learn": 4, "limit": 3.0, "ahead_ms": 3_600_000},
    "silence": {"after_ms": 300_000, "grace_ms": 120_000},
}

OF_EVENTS = ("events", "spans", "unrest")
OF_SUMS = ("usual", "hours", "power", "blocks")
LEARNED = {
    "seasonal": ("profile", "base", "counts"),
    "stuck": ("longest_ms", "moves", "repeats"),
    "limit": ("seen", "beyond"),
    "departure": ("reference", "squares", "spans"),
    "shift": OF_SUMS,
    "variance": OF_SUMS,
    "rate": OF_EVENTS,
    "counter": OF_EVENTS,
    "flap": OF_EVENTS,
    "drift": ("squares", "weight", "known"),
    "event": ("seen", "events"),
    "spike": ("usual",),
    "silence": (),
    "cadence": (),
}
"""What each detector holds of a series' habits: it stands still while the series is frozen."""

MAY_BE_INFINITE = {"days"}  # of a limit that is not to be reached

every = pytest.mark.parametrize("name", sorted(DETECTORS))


def state_of(detector: Detector, slots: int) -> SlotState:
    state = new_state(detector, slots)
    for slot in range(slots):
        state.set(slot, **EAGER.get(detector.name, {}))
    return state


def run(detector: Detector, state: SlotState, slot: Any, ts: Any, value: Any) -> Scores:
    return detector.update(state, np.asarray(slot, np.int64), np.asarray(ts, np.int64), np.asarray(value, np.float64))


def daily(count: int, seed: int = 0) -> np.ndarray[Any, Any]:
    noise = np.random.default_rng(seed).normal(0, 0.5, count)
    return np.sin(np.arange(count) / 60) + noise


def columns(scores: Scores) -> list[Any]:
    return [column for field in Scores.__dataclass_fields__ if (column := getattr(scores, field)) is not None]


def bits(scores: Scores) -> list[bytes]:
    return [column.tobytes() for column in columns(scores)]


def joined(parts: list[Scores]) -> list[bytes]:
    return [np.concatenate(column).tobytes() for column in zip(*map(columns, parts), strict=True)]


@every
@pytest.mark.parametrize(
    "values",
    [
        np.zeros(200),
        np.full(200, -7.25),
        daily(200),
        np.r_[daily(100), np.full(100, 1e308)],
        np.r_[daily(50), -1.7e308, 1.7e308, daily(50)],
        np.r_[daily(100), np.full(300, 0.5)],
        np.array([3.0]),
        np.array([]),
        np.where(np.arange(200) % 3 == 0, math.nan, daily(200)),
        np.full(20, math.nan),
        np.r_[math.inf, -math.inf, daily(30), math.inf],
        5e-324 * np.arange(50),
    ],
    ids=["zero", "constant", "daily", "huge", "spikes", "stuck", "one", "none", "gaps", "nan", "inf", "denormal"],
)
def test_any_values_give_finite_scores_that_are_not_negative(name: str, values: Any) -> None:
    detector = DETECTORS.get(name)
    scores = run(
        detector, state_of(detector, 1), np.zeros(len(values)), START + MINUTE * np.arange(len(values)), values
    )
    assert np.isfinite(scores.surprise).all()
    assert np.isfinite(scores.severity).all()
    assert (scores.surprise >= 0).all()
    assert (scores.severity >= 0).all()
    assert not np.isnan(scores.low).any()
    assert not np.isnan(scores.high).any()
    assert np.isfinite(scores.judged).all()
    assert np.isin(scores.active, [-2, -1, 0, 1, 2]).all()


@every
def test_a_reading_that_is_not_finite_teaches_nothing(name: str) -> None:
    if name == "silence":
        return  # NaN is the ticking of the clock there, see the module
    detector = DETECTORS.get(name)
    state = state_of(detector, 1)
    run(detector, state, np.zeros(100), START + MINUTE * np.arange(100), daily(100))
    before = state.dump()
    scores = run(
        detector, state, [0, 0, 0], START + MINUTE * np.array([100, 101, 102]), [math.nan, math.inf, -math.inf]
    )
    assert state.dump() == before
    assert scores.surprise.tolist() == [0, 0, 0]


@every
def test_a_late_or_double_reading_changes_nothing(name: str) -> None:
    detector = DETECTORS.get(name)
    state = state_of(detector, 1)
    run(detector, state, np.zeros(100), START + MINUTE * np.arange(100), daily(100))
    before = state.dump()
    run(detector, state, [0, 0], [START + MINUTE * 40, START - MINUTE], [5.0, 6.0])
    assert state.dump() == before


@every
def test_scores_do_not_depend_on_how_the_stream_is_cut(name: str) -> None:
    detector = DETECTORS.get(name)
    slots = np.tile(np.arange(5), 120)
    ts = START + MINUTE * np.repeat(np.arange(120), 5)
    value = daily(600)
    value[300:400:5] = 40.0
    whole = run(detector, state_of(detector, 5), slots, ts, value)

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.integers(1, 599), unique=True, max_size=8))
    def cut(edges: list[int]) -> None:
        state, at = state_of(detector, 5), [0, *sorted(edges), 600]
        parts = [run(detector, state, slots[a:b], ts[a:b], value[a:b]) for a, b in itertools.pairwise(at)]
        assert joined(parts) == bits(whole)

    cut()


@every
def test_a_prefix_scores_as_it_does_within_the_whole(name: str) -> None:
    detector = DETECTORS.get(name)
    ts, value = START + MINUTE * np.arange(400), daily(400)
    whole = run(detector, state_of(detector, 1), np.zeros(400), ts, value)
    for length in (1, 17, 200):
        part = run(detector, state_of(detector, 1), np.zeros(length), ts[:length], value[:length])
        assert bits(part) == [column[:length].tobytes() for column in columns(whole)]


@every
def test_series_do_not_see_each_other(name: str) -> None:
    detector = DETECTORS.get(name)
    order = np.random.default_rng(3).permutation(20)
    slots, ts = np.tile(np.arange(20), 60), START + MINUTE * np.repeat(np.arange(60), 20)
    value = daily(1200)
    straight = run(detector, state_of(detector, 20), slots, ts, value)
    permuted = run(detector, state_of(detector, 20), order[slots], ts, value)
    assert bits(straight) == bits(permuted)


@every
def test_a_dumped_state_goes_on_bit_for_bit_and_another_version_is_refused(name: str) -> None:
    detector = DETECTORS.get(name)
    first, second = state_of(detector, 3), new_state(detector)
    slots, ts, value = np.tile(np.arange(3), 100), START + MINUTE * np.repeat(np.arange(100), 3), daily(300)
    run(detector, first, slots, ts, value)
    second.load(first.dump())
    later = ts + MINUTE * 100
    assert bits(run(detector, first, slots, later, value)) == bits(run(detector, second, slots, later, value))
    assert first.dump() == second.dump()
    other = SlotState(detector.name, detector.version + "x", detector.fields)
    for bad in (first.dump()[:-1], b"", b"FWS1", b"\xff" * 200, other.dump(), first.dump() + b"0"):
        with pytest.raises(StateUnreadable):
            new_state(detector).load(bad)


@every
def test_a_frozen_series_learns_nothing_and_its_neighbour_does(name: str) -> None:
    detector = DETECTORS.get(name)
    state = state_of(detector, 2)
    both = np.tile([0, 1], 300)
    ts, value = START + MINUTE * np.repeat(np.arange(300), 2), np.repeat(daily(300), 2)
    run(detector, state, both, ts, value)
    before = {column: state[column].copy() for column in LEARNED[name]}
    state["frozen"][0] = 1
    run(detector, state, both, ts + MINUTE * 300, np.repeat(daily(300, seed=1), 2))
    for column, was in before.items():
        assert np.array_equal(state[column][0], was[0]), column
    assert not before or any(not np.array_equal(state[column][1], was[1]) for column, was in before.items())


def test_a_frozen_series_is_not_deaf() -> None:
    detector = DETECTORS.get("seasonal")
    state = state_of(detector, 1)
    run(detector, state, np.zeros(300), START + MINUTE * np.arange(300), daily(300))
    state["frozen"][0] = 1
    scores = run(detector, state, np.zeros(300), START + MINUTE * (300 + np.arange(300)), np.full(300, 30.0))
    assert scores.surprise[-1] == pytest.approx(scores.surprise[30], rel=0.2)
    assert state["active"][0] > 0


@every
def test_a_gap_of_forty_days_is_survived_and_is_no_proof(name: str) -> None:
    detector = DETECTORS.get(name)
    state = state_of(detector, 1)
    run(detector, state, np.zeros(300), START + MINUTE * np.arange(300), daily(300))
    before = int(state["active"][0])
    after = START + MINUTE * (40 * 1440 + np.arange(50))
    scores = run(detector, state, np.zeros(50), after, daily(50))
    assert all(np.isfinite(column).all() for column in (scores.surprise, scores.severity, scores.judged))
    at_once = BY_CLOCK | {"event"}  # a clock that moves is a proof, and so is a code
    assert name in at_once or scores.active[0] in {0, before, 2 * before}


@every
def test_a_long_life_keeps_every_number_of_the_state_finite(name: str) -> None:
    detector = DETECTORS.get(name)
    state = state_of(detector, 1)
    count = 200_000
    infinite = {field.name for field in detector.fields if not np.isfinite(state[field.name]).all()}
    scores = run(detector, state, np.zeros(count), START + MINUTE * np.arange(count), 1e3 * daily(count))
    assert np.isfinite(scores.surprise).all()
    assert np.isfinite(scores.severity).all()
    for field in detector.fields:
        if field.name not in infinite | MAY_BE_INFINITE:
            assert np.isfinite(state[field.name]).all(), field.name


@every
def test_a_state_is_no_larger_than_the_target(name: str) -> None:
    assert new_state(DETECTORS.get(name)).bytes_per_slot() <= 2048


@every
def test_a_thousand_series_grow_without_losing_any(name: str) -> None:
    detector = DETECTORS.get(name)
    state = state_of(detector, 1)
    run(detector, state, np.zeros(50), START + MINUTE * np.arange(50), daily(50))
    before = {field.name: state[field.name][0].copy() for field in detector.fields}
    state.grow(1000)
    assert all(np.array_equal(state[field][0], value, equal_nan=True) for field, value in before.items())
    scores = run(detector, state, np.arange(1000), np.full(1000, START + MINUTE * 60), np.arange(1000.0))
    assert len(scores.surprise) == 1000
    assert state.slots == 1000
