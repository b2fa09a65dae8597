"""Silence and connection: who is told when, of what."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.algorithms.cadence import Cadence
from detectors.algorithms.detector import LASTING, Scores, new_state
from detectors.algorithms.silence import Silence
from detectors.engine.engine import Engine
from detectors.engine.program import Program
from detectors.finding import Finding
from ingest.reading import Frame, ReadingBatch
from tests.detectors.detector_feed import MINUTE, START, device, engine_of, messages

HOUR = 60 * MINUTE
DAY = 24 * HOUR
BEAT = 10 * MINUTE


def looked(silence: Silence, heard: list[int], until: int) -> tuple[Scores, list[int]]:
    """A device that is heard at `heard`; a look at the clock every quarter of an hour."""
    state = new_state(silence, 1)
    state.set(0, period_ms=15 * MINUTE, grace_ms=15 * MINUTE)
    times = sorted({*heard, *range(START, until, 15 * MINUTE)})
    value = [0.0 if at in set(heard) else np.nan for at in times]
    scores = silence.update(state, np.zeros(len(times), np.int64), np.array(times), np.array(value))
    return scores, times


def active_at(scores: Scores, times: list[int], at: int) -> int:
    return int(scores.active[times.index(at)])


def test_a_silence_counts_after_hours_and_lasts_after_a_day() -> None:
    scores, times = looked(Silence(), [START], START + 3 * DAY)
    assert active_at(scores, times, START + 2 * HOUR - 15 * MINUTE) == 0
    assert active_at(scores, times, START + 2 * HOUR) == 1
    assert active_at(scores, times, START + DAY - 15 * MINUTE) == 1
    assert active_at(scores, times, START + DAY) == LASTING


def test_a_device_that_is_off_every_night_is_missed_only_when_it_is_gone_for_longer() -> None:
    heard = [START + day * DAY + at for day in range(10) for at in range(0, 15 * HOUR, 15 * MINUTE)]
    scores, times = looked(Silence(), heard, START + 14 * DAY)
    first_night = START + 15 * HOUR + 3 * HOUR
    assert active_at(scores, times, first_night) == 1
    last = heard[-1]
    assert all(active_at(scores, times, START + night * DAY + 23 * HOUR) == 0 for night in range(1, 10))
    assert active_at(scores, times, last + 12 * HOUR) == 1
    assert active_at(scores, times, last + DAY) == LASTING


@pytest.mark.parametrize("apart", [5, 20, 60])
def test_a_device_that_is_back_has_recovered_however_seldom_it_speaks(apart: int) -> None:
    back = START + 2 * DAY
    heard = [START, *range(back, back + DAY, apart * MINUTE)]
    scores, times = looked(Silence(), heard, START + 3 * DAY)
    assert active_at(scores, times, back) == LASTING
    assert active_at(scores, times, back + 2 * apart * MINUTE + 15 * MINUTE if apart == 5 else heard[2]) == 0


def test_an_absence_that_was_told_of_is_no_habit() -> None:
    back = START + 5 * DAY
    heard = [START, *range(back, back + 2 * DAY, 15 * MINUTE)]
    scores, times = looked(Silence(), heard, START + 12 * DAY)
    assert active_at(scores, times, back + HOUR) == 0
    assert active_at(scores, times, heard[-1] + 2 * HOUR) == 1
    assert active_at(scores, times, heard[-1] + DAY) == LASTING


def cadence(gaps: np.ndarray[tuple[int], np.dtype[np.int64]], kept: int = 0) -> Scores:
    """A device heard after each of `gaps`, with a look at the clock right after."""
    state = new_state(Cadence(), 1)
    state.set(0, period_ms=5 * MINUTE)
    heard = START + np.cumsum(gaps)
    ts = np.repeat(heard, 2)
    value = np.tile([float(kept), -1.0], len(gaps))
    return Cadence().update(state, np.zeros(len(ts), np.int64), ts, value)


def with_holes(days: int, lost: float, seed: int = 0) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    there = np.random.default_rng(seed).random(days * 288) >= lost
    return np.diff(np.flatnonzero(there), prepend=-1) * 5 * MINUTE


@pytest.mark.parametrize("lost", [0.0, 0.005, 0.02, 0.04])
def test_a_line_that_loses_little_is_steady(lost: float) -> None:
    for seed in range(5):
        assert not cadence(with_holes(20, lost, seed)).active.any()


def test_a_connection_that_comes_and_goes_is_unstable_within_a_day_and_lasts() -> None:
    well, ill = with_holes(5, 0.0), with_holes(3, 0.4)
    scores = cadence(np.r_[well, ill, with_holes(5, 0.0)])
    began = 2 * len(well)
    assert not scores.active[:began].any()
    shown = int(np.flatnonzero(scores.active)[0])
    assert 5 * 288 * 5 * MINUTE < START + DAY * 6
    assert np.cumsum(np.r_[well, ill])[shown // 2] < 6 * DAY
    assert scores.active.max() == LASTING
    assert scores.active[-1] == 0


def test_outages_of_hours_and_bundled_or_irregular_reports_are_no_flapping() -> None:
    outages = np.full(20 * 288, 5 * MINUTE)
    outages[::600] = 8 * HOUR
    assert not cadence(outages).active.any()
    assert not cadence(np.full(400, 100 * MINUTE)).active.any()
    irregular = np.random.default_rng(1).exponential(20 * MINUTE, 3000).astype(np.int64) + 1
    assert not cadence(irregular).active.any()


def speaks(minutes: list[int]) -> list[Frame]:
    """Heartbeats for as long, and a message at each of `minutes`."""
    frames = []
    for minute in range(0, max(minutes) + 1, 10):
        said = minute in set(minutes)
        at = START + minute * MINUTE
        batch = messages(1, "heat_pump", [at], {"indoor_temp": 21.0}) if said else ReadingBatch.empty()
        frames.append(Frame(at, batch))
    return frames


def patient(program: Program) -> Engine:
    engine = engine_of(program, [device(1, "heat_pump")])
    engine._step_most_ms = BEAT  # heartbeats of ten minutes
    return engine


def run(engine: Engine, frames: list[Frame]) -> list[Finding]:
    return engine.process(*frames)


def test_staff_see_a_silence_after_half_a_day_and_the_customer_hears_of_it_after_a_day_as_one_episode(
    program: Program,
) -> None:
    still = [Frame(START + minute * MINUTE, ReadingBatch.empty()) for minute in range(130, 3000, 10)]
    staff, customer = run(patient(program), [*speaks(list(range(0, 121, 10))), *still])
    assert [(one.fault, one.kind, one.contact) for one in (staff, customer)] == [
        ("silent", "raised", False),
        ("silent", "raised", True),
    ]
    assert staff.onset == customer.onset
    assert staff.id != customer.id
    assert 11.5 * 3600 < (staff.detected - staff.onset).total_seconds() <= 12 * 3600
    assert (customer.detected - customer.onset).total_seconds() == 24 * 3600


@pytest.mark.slow
def test_a_first_outage_of_some_hours_is_nobodys_matter_and_a_quiet_month_makes_strict(program: Program) -> None:
    month = 30 * 1440
    gaps = [range(600, 1140), range(month, month + 540)]  # nine hours each
    heard = [minute for minute in range(0, month + 1440, 10) if not any(minute in gap for gap in gaps)]
    found = run(patient(program), speaks(heard))
    assert [(one.fault, one.kind, one.contact) for one in found] == [
        ("silent", "raised", False),
        ("silent", "cleared", False),
    ]
    assert (found[0].onset.timestamp() * 1000 - START) // MINUTE == month - 10


def test_a_device_that_flaps_is_one_fault_and_no_storm_of_silences(program: Program) -> None:
    rng = np.random.default_rng(2)
    well = list(range(0, 3 * 1440, 10))
    ill = [minute for minute in range(3 * 1440, 6 * 1440, 10) if rng.random() > 0.5]
    found = run(patient(program), speaks([*well, *ill]))
    assert [(one.fault, one.contact) for one in found] == [
        ("unstable_connection", False),
        ("unstable_connection", True),
    ]
    assert "interruptions" in found[-1].evidence.summary
