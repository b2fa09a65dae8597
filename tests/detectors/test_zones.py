"""Local time: exact for each reading, the same for any cut, and what the profile makes of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.algorithms.detector import new_state
from detectors.algorithms.seasonal import Seasonal
from detectors.engine.zones import Zones
from kit.clock import from_ms, to_ms

PLACES = (
    "Europe/Berlin",
    "America/New_York",
    "Africa/Casablanca",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "UTC",
)
HOUR = 3_600_000
DAY = 24 * HOUR


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(PLACES), st.integers(DAY, 130 * 365 * DAY))
def test_the_offset_of_any_instant_is_that_of_the_time_zone_data(place: str, at_ms: int) -> None:
    at, zones = from_ms(at_ms), Zones()
    known = at.astimezone(ZoneInfo(place)).utcoffset()
    assert known is not None
    (offset,) = zones.offsets(np.array([zones.number(place)]), np.array([at_ms])).tolist()
    assert offset == known.total_seconds() * 1000


def test_the_clock_goes_forward_between_two_readings_a_millisecond_apart() -> None:
    zones = Zones()
    spring = to_ms(datetime(2026, 3, 29, 1, tzinfo=UTC))
    berlin = zones.number("Europe/Berlin")
    kolkata = zones.number("Asia/Kolkata")
    zone = np.array([berlin, kolkata, berlin, kolkata])
    offsets = zones.offsets(zone, spring + np.array([-1, -1, 0, 0]))
    assert offsets.tolist() == [HOUR, 5.5 * HOUR, 2 * HOUR, 5.5 * HOUR]


def test_a_place_that_is_no_time_zone_keeps_universal_time() -> None:
    zones = Zones()
    assert zones.offsets(np.array([zones.number("Moon/Sea")]), np.array([0])).tolist() == [0]


@pytest.mark.parametrize("start", [datetime(2026, 3, 8, tzinfo=UTC), datetime(2026, 10, 4, tzinfo=UTC)])
def test_a_habit_of_the_local_clock_is_no_surprise_when_the_clock_changes(start: datetime) -> None:
    """A heating that is set back at 22:00 and on again at 6:00 of the local clock."""
    zone, zones = ZoneInfo("Europe/Berlin"), Zones()
    moments = [start + timedelta(minutes=5 * step) for step in range(28 * 288)]
    ts = np.array([to_ms(moment) for moment in moments])
    value = np.array([17.0 if not 6 <= moment.astimezone(zone).hour < 22 else 21.0 for moment in moments])
    value += np.random.default_rng(1).normal(0, 0.1, len(value))
    slot, number = np.zeros(len(ts), np.int64), zones.number("Europe/Berlin")
    worst = {}
    for name, ahead_ms in (("local", zones.offsets(slot + number, ts)), ("universal", None)):
        state = new_state(Seasonal(), 1)
        state.set(0, floor_sd=0.2, period_ms=300_000)
        scores = Seasonal().update(state, slot, ts, value, ahead_ms)
        worst[name] = float(scores.severity[22 * 288 :].max())
    assert worst["local"] < 6
    assert worst["universal"] > 2 * worst["local"]


def test_after_a_summer_the_level_is_warmed_up_and_the_shape_of_the_day_kept() -> None:
    wave = 20 + 3 * np.sin(2 * np.pi * np.arange(40 * 288) / 288)
    wave += np.random.default_rng(3).normal(0, 0.1, len(wave))
    ts = 1_767_571_200_000 + 300_000 * np.arange(len(wave))
    late = ts[20 * 288 :] + 120 * DAY
    state = new_state(Seasonal(), 1)
    state.set(0, floor_sd=0.2, period_ms=300_000)
    slot = np.zeros(len(ts), np.int64)
    Seasonal().update(state, slot[: 20 * 288], ts[: 20 * 288], wave[: 20 * 288])
    warm = Seasonal().update(state, slot[20 * 288 :], late, wave[20 * 288 :] + 9)
    assert not warm.active.any()
    settled = slice(2 * 288, None)
    assert np.median(warm.severity[settled]) < 2
    assert (warm.high[settled] - warm.low[settled]).max() < 9
