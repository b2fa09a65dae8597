"""Quiet hours hold through every change of the clocks that the world has had."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from outreach.customers.quiet_hours import QuietHours

NIGHT = QuietHours(time(21), time(8))
BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "Australia/Lord_Howe",  # half an hour of summer time
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "Pacific/Apia",  # skipped a whole day
    "America/Sao_Paulo",  # changed at midnight
    "Asia/Tehran",
    "UTC",
]
minutes = st.integers(0, 24 * 60 - 1).map(lambda minute: time(minute // 60, minute % 60))
moments = st.datetimes(datetime(2008, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def in_words(quiet: QuietHours, wall: time) -> bool:
    """Quiet by the wall clock alone, as a person would say it."""
    if quiet.begins <= quiet.ends:
        return quiet.begins <= wall < quiet.ends
    return wall >= quiet.begins or wall < quiet.ends


@given(begins=minutes, ends=minutes, moment=moments, zone=st.sampled_from(ZONES))
@example(time(2, 30), time(3, 0), datetime(2025, 3, 30, 1, 0, tzinfo=UTC), "Europe/Berlin")
@example(time(22, 0), time(2, 30), datetime(2025, 3, 30, 0, 59, tzinfo=UTC), "Europe/Berlin")
@example(time(22, 0), time(2, 30), datetime(2025, 10, 26, 0, 45, tzinfo=UTC), "Europe/Berlin")
@example(time(2, 10), time(2, 5), datetime(2025, 10, 26, 1, 7, tzinfo=UTC), "Europe/Berlin")
@example(time(23, 30), time(0, 30), datetime(2011, 12, 30, 9, 45, tzinfo=UTC), "Pacific/Apia")
@settings(max_examples=600, deadline=None)
def test_whoever_is_asleep_by_the_clock_on_their_wall_is_left_alone(
    begins: time, ends: time, moment: datetime, zone: str
) -> None:
    quiet, place = QuietHours(begins, ends), ZoneInfo(zone)
    until = quiet.held_until(moment, place)
    if in_words(quiet, moment.astimezone(place).time()):
        assert until is not None
    if until is None:
        return
    assert moment < until <= moment + timedelta(hours=49)  # at most two nearly whole days that touch
    assert quiet.held_until(until, place) is None
    assert not in_words(quiet, until.astimezone(place).time())
    middle = moment + (until - moment) / 2
    assert quiet.held_until(middle, place) == until


@given(minute=minutes, moment=moments, zone=st.sampled_from(ZONES))
def test_the_same_time_twice_is_no_quiet_at_all(minute: time, moment: datetime, zone: str) -> None:
    assert QuietHours(minute, minute).held_until(moment, ZoneInfo(zone)) is None


@pytest.mark.parametrize(
    ("quiet", "moment", "until"),
    [
        (NIGHT, datetime(2026, 1, 10, 19, 59, tzinfo=UTC), None),
        (NIGHT, datetime(2026, 1, 10, 20, 0, tzinfo=UTC), datetime(2026, 1, 11, 7, 0, tzinfo=UTC)),
        (NIGHT, datetime(2026, 1, 11, 6, 59, 59, tzinfo=UTC), datetime(2026, 1, 11, 7, 0, tzinfo=UTC)),
        (NIGHT, datetime(2026, 1, 11, 7, 0, tzinfo=UTC), None),
        # the night on which the clocks go forward is an hour shorter, and the one on which they go back longer
        (NIGHT, datetime(2026, 3, 28, 20, 0, tzinfo=UTC), datetime(2026, 3, 29, 6, 0, tzinfo=UTC)),
        (NIGHT, datetime(2026, 10, 24, 19, 0, tzinfo=UTC), datetime(2026, 10, 25, 7, 0, tzinfo=UTC)),
        # 02:30 does not happen: quiet ends at the change itself
        (
            QuietHours(time(22), time(2, 30)),
            datetime(2026, 3, 29, 0, 30, tzinfo=UTC),
            datetime(2026, 3, 29, 1, tzinfo=UTC),
        ),
        # 02:30 happens twice: quiet ends at the second one
        (
            QuietHours(time(22), time(2, 30)),
            datetime(2026, 10, 25, 0, 40, tzinfo=UTC),
            datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
        ),
        # an afternoon nap
        (
            QuietHours(time(13), time(15)),
            datetime(2026, 7, 1, 12, 0, tzinfo=UTC),
            datetime(2026, 7, 1, 13, 0, tzinfo=UTC),
        ),
    ],
)
def test_examples_in_berlin(quiet: QuietHours, moment: datetime, until: datetime | None) -> None:
    assert quiet.held_until(moment, BERLIN) == until


def test_quiet_hours_read_as_people_write_them() -> None:
    assert str(NIGHT) == "21:00–08:00"
    assert str(QuietHours(time(8), time(8))) == ""
