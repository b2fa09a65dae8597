from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.clock import VirtualClock, from_ms, to_ms

MOMENTS = st.integers(0, 4_000_000_000_000)


@given(MOMENTS)
def test_an_instant_survives_the_round_trip(ms: int) -> None:
    assert to_ms(from_ms(ms)) == ms


@given(st.lists(MOMENTS, min_size=1))
def test_a_virtual_clock_never_goes_back(moments: list[int]) -> None:
    clock, latest = VirtualClock(0), 0
    for moment in moments:
        clock.advance_to(moment)
        latest = max(latest, moment)
        assert clock.now_ms() == latest
        assert clock.now() == from_ms(latest)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        to_ms(datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point
