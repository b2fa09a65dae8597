from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.errors import StateUnreadable
from detectors.trips.score import score
from detectors.trips.tracker import Tracker
from detectors.trips.trip import Trip
from ingest.reading import Frame, ReadingBatch
from ingest.registry.devices import Device
from tests.detectors.detector_feed import START, device, frames, messages

LATER = 3_600_000
CALM = np.r_[np.zeros(5), np.linspace(0, 50, 25), np.full(120, 50.0), np.linspace(50, 0, 25), np.zeros(5)]
RUSH = np.r_[np.zeros(5), np.linspace(0, 72, 6), np.full(60, 72.0), np.linspace(72, 0, 6), np.zeros(5)]


def owned(no: int = 7, kind: str = "vehicle", owner: str = "c-1") -> Device:
    return replace(device(no, kind), owner=owner, permits=("coaching",))


def followed(*devices: Device) -> Tracker:
    tracker = Tracker()
    tracker.agree(devices or [owned()])
    return tracker


def seconds(speed: object, start: int = START, step_s: int = 1, no: int = 7, **more: object) -> ReadingBatch:
    speeds = np.asarray(speed, float)
    ts = start + 1000 * step_s * np.arange(len(speeds))
    return messages(no, "vehicle", ts.tolist(), {"speed": speeds, "rpm": 1500.0} | more)


def newest(trips: Iterable[Trip]) -> list[Trip]:
    """What is kept in the end: a trip that goes on takes the place of what was told of it."""
    return list({trip.id: trip for trip in trips}.values())


def driven(batch: ReadingBatch, tracker: Tracker | None = None, step: int = 40) -> list[Trip]:
    tracker = followed() if tracker is None else tracker
    found = [trip for frame in frames(batch, range(0, len(batch), step)) for trip in tracker.process(frame)]
    end = Frame(int(batch.ts.max()) + LATER, ReadingBatch.empty())
    return newest(found + tracker.process(end))


def test_a_trip_goes_from_the_first_movement_to_the_last_and_knows_its_distance() -> None:
    (trip,) = driven(seconds(np.r_[np.zeros(60), CALM, np.zeros(200)]))
    assert trip.started_at.timestamp() * 1000 - START == pytest.approx(67_000, abs=4_000)
    assert (trip.ended_at - trip.started_at).total_seconds() == pytest.approx(167, abs=8)
    assert trip.distance_km == pytest.approx(CALM.sum() / 3600, rel=0.02)
    assert (trip.stops, trip.standing_s, trip.top_speed) == (0, 0, 50)


def test_a_short_stop_belongs_to_the_trip_and_a_long_one_ends_it() -> None:
    (trip,) = driven(seconds(np.r_[CALM, np.zeros(90), CALM]))
    assert trip.stops == 1
    assert trip.standing_s == pytest.approx(100, abs=6)
    assert trip.idle_s == trip.standing_s
    assert len(driven(seconds(np.r_[CALM, np.zeros(400), CALM]))) == 2


def test_standing_with_the_engine_off_is_no_idling() -> None:
    both = np.r_[CALM, np.zeros(90), CALM]
    (trip,) = driven(seconds(both, rpm=np.where(both > 0, 1500.0, 0.0)))
    assert trip.idle_s <= 5
    assert trip.standing_s > 80


def test_a_gap_ends_a_trip_only_when_it_is_long_for_that_device() -> None:
    city = np.full(20, 40.0)
    hole = seconds(city, START + 240_000 * len(city) + LATER, 240)
    assert len(driven(ReadingBatch.concat([seconds(city, START, 240), hole]))) == 2
    assert len(driven(seconds(city, START, 240))) == 1  # a reading every four minutes is none


def test_a_car_moved_in_its_yard_and_a_wrong_speed_are_no_trips() -> None:
    assert driven(seconds(np.r_[np.zeros(30), np.full(15, 8.0), np.zeros(30)])) == []
    assert driven(seconds(np.r_[np.zeros(30), 200.0, np.zeros(30)])) == []
    assert driven(seconds(np.r_[np.zeros(30), 60.0, np.zeros(30)], step_s=60)) == []
    assert driven(seconds(2.0 + np.arange(600) % 3)) == []


def test_a_hard_start_and_a_hard_stop_are_one_event_each() -> None:
    (trip,) = driven(seconds(RUSH))
    assert (trip.acceleration, trip.braking, trip.cornering, trip.judged_by) == (1, 1, None, "speed")
    (trip,) = driven(seconds(CALM))
    assert (trip.acceleration, trip.braking) == (0, 0)


@pytest.mark.parametrize("step_s", [1, 2, 5])
def test_the_same_drive_gives_the_same_events_however_often_it_reports(step_s: int) -> None:
    drive = np.r_[CALM, *[np.r_[RUSH, CALM] for _ in range(8)]]
    fine, coarse = driven(seconds(drive)), driven(seconds(drive[::step_s], step_s=step_s))
    assert [trip.braking for trip in fine] == [8]
    assert [trip.braking for trip in coarse] == [8]
    assert [trip.acceleration for trip in coarse] == [8]
    assert abs((score(fine[0]).points or 0) - (score(coarse[0]).points or 0)) <= 2


def test_noise_steps_and_single_wrong_speeds_are_no_events() -> None:
    chance = np.random.default_rng(5)
    noisy = np.clip(np.round(np.tile(CALM, 20) + chance.normal(0, 2, 20 * len(CALM))), 0, None)
    noisy[chance.choice(len(noisy), 40, replace=False)] += 60
    (trip,) = driven(seconds(noisy))
    assert (trip.braking, trip.acceleration) == (0, 0)
    assert trip.top_speed < 60


def test_the_extremes_that_the_car_measures_count_once_a_message() -> None:
    braking = np.where(np.arange(30) % 10 == 5, -4.0, -1.0)
    (trip,) = driven(
        seconds(
            np.full(30, 40.0),
            step_s=60,
            braking_max=braking,
            acceleration_max=1.0,
            cornering_max=-4.5 - np.arange(30) % 2,
        )
    )
    assert (trip.braking, trip.acceleration, trip.judged_by) == (3, 0, "sensor")
    assert (trip.cornering or 0) >= 28


def test_extremes_at_a_standstill_and_impossible_ones_are_no_driving() -> None:
    speeds = np.r_[np.full(10, 40.0), np.zeros(3), np.full(10, 40.0)]
    braking = np.where(speeds > 0, -25.0, -5.0)
    braking[10] = -1.0  # the minute in which it stopped
    (trip,) = driven(seconds(speeds, step_s=60, braking_max=braking, acceleration_max=1.0, cornering_max=1.0))
    assert trip.braking == 0


def test_a_sensor_that_stands_still_measures_no_harsh_driving() -> None:
    (trip,) = driven(seconds(np.full(60, 40.0), step_s=60, braking_max=-5.0))
    assert trip.braking == 1


def test_where_readings_are_too_far_apart_nothing_is_judged() -> None:
    (trip,) = driven(seconds(np.full(30, 40.0), step_s=60))
    assert (trip.braking, trip.acceleration, trip.cornering, trip.judged_by) == (None, None, None, "")
    assert score(trip).points is None


def test_fast_is_what_is_fast_for_this_driver() -> None:
    tracker, start = followed(), START
    for day in range(8):
        start = START + day * 86_400_000
        (trip,) = driven(seconds(np.full(1800, 120.0), start), tracker)
        assert trip.fast_s in {None, 0}
    (trip,) = driven(seconds(np.r_[np.full(1200, 120.0), np.full(600, 150.0)], start + 86_400_000), tracker)
    assert trip.fast_s == pytest.approx(600, abs=5)


def test_without_consent_nothing_is_computed_and_a_withdrawal_forgets() -> None:
    assert driven(seconds(CALM), Tracker()) == []
    tracker = followed()
    tracker.process(*frames(seconds(CALM), []))
    assert tracker.agree([]) == 1
    assert tracker.process(Frame(START + LATER, ReadingBatch.empty())) == []
    assert len(tracker) == 0


def test_another_owner_begins_with_nothing() -> None:
    tracker = followed()
    tracker.process(*frames(seconds(CALM), []))
    assert tracker.agree([owned(owner="c-2")]) == 1
    assert tracker.process(Frame(START + LATER, ReadingBatch.empty())) == []


def test_a_device_that_makes_no_trips_is_left_out() -> None:
    tracker = Tracker()
    tracker.agree([replace(device(3, "heat_pump"), owner="c-1")])
    assert len(tracker) == 0


def test_a_trip_that_was_told_and_goes_on_is_the_same_trip() -> None:
    tracker = followed()
    first, second = seconds(np.tile(CALM, 2)), seconds(CALM, START + 1000 * 2 * len(CALM))
    tracker.process(*frames(first, []))
    (early,) = tracker.process(Frame(int(first.ts.max()) + LATER, ReadingBatch.empty()))
    tracker.process(Frame(int(first.ts.max()) + LATER + 1, second))  # kept by the car and sent late
    (whole,) = tracker.process(Frame(int(first.ts.max()) + 2 * LATER, ReadingBatch.empty()))
    assert early.id == whole.id
    assert whole.ended_at > early.ended_at


def fleet_day() -> ReadingBatch:
    chance = np.random.default_rng(9)
    parts = []
    for no in range(1, 5):
        speed = np.clip(np.cumsum(chance.normal(0, 4, 900)), 0, 130)
        braking = -np.abs(chance.normal(0, 2, 900))
        parts.append(
            seconds(np.round(speed), START + 1000 * no, no=no, braking_max=braking, odometer=0.02 * np.arange(900))
        )
    whole = ReadingBatch.concat(parts)
    return whole.take(np.argsort(whole.ts, kind="stable"))


WHOLE = fleet_day()
FOUR = [owned(no) for no in range(1, 5)]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, len(WHOLE)), max_size=12))
def test_any_cut_gives_the_same_trips_to_the_bit(cuts: list[int]) -> None:
    end = Frame(int(WHOLE.ts.max()) + LATER, ReadingBatch.empty())
    whole, cut = followed(*FOUR), followed(*FOUR)
    one = newest(whole.process(*frames(WHOLE, [])) + whole.process(end))
    other = newest(trip for frame in frames(WHOLE, cuts) for trip in cut.process(frame))
    assert {trip.id: trip for trip in other + cut.process(end)} == {trip.id: trip for trip in one}
    assert len(one) >= 3


@settings(max_examples=15, deadline=None)
@given(st.integers(1, len(WHOLE) - 1))
def test_a_tracker_that_was_dumped_goes_on_to_the_bit(at: int) -> None:
    end = Frame(int(WHOLE.ts.max()) + LATER, ReadingBatch.empty())
    parts = frames(WHOLE, [at])
    straight, before = followed(*FOUR), followed(*FOUR)
    expected = straight.process(*parts, end)
    found = before.process(parts[0])
    after = Tracker()
    after.load(before.dump())
    after.agree(FOUR)
    assert found + after.process(parts[1], end) == expected


def test_damaged_bytes_are_refused() -> None:
    good = followed().dump()
    for bad in (b"", good[:-3], b"x" * 40):
        with pytest.raises(StateUnreadable):
            Tracker().load(bad)


def test_late_double_huge_and_future_readings_break_nothing() -> None:
    tracker = followed()
    good = seconds(np.r_[CALM, CALM])
    tracker.process(*frames(good, [100]), *frames(good, []))
    odd = messages(7, "vehicle", [START + LATER * 30], {"speed": 50.0})
    tracker.process(Frame(START + 400_000, odd))
    tracker.process(Frame(START + 401_000, ReadingBatch.of([1 << 40], [START], [1e308])))
    found = tracker.process(Frame(START + LATER, ReadingBatch.empty()))
    (trip,) = newest(found)
    assert trip.distance_km == pytest.approx(2 * CALM.sum() / 3600, rel=0.02)


def test_a_server_clock_that_was_ahead_for_a_moment_does_not_hold_trips_back() -> None:
    tracker = followed()
    tracker.process(Frame(START + 365 * 24 * LATER, ReadingBatch.empty()))
    (trip,) = driven(seconds(np.r_[CALM, np.zeros(60)]), tracker)
    assert trip.distance_km == pytest.approx(CALM.sum() / 3600, rel=0.02)


def test_signals_that_come_in_messages_of_their_own_are_put_together() -> None:
    both = np.r_[CALM, np.zeros(90), CALM]
    ts = START + 1000 * np.arange(len(both))
    apart = [
        messages(7, "vehicle", (ts + shift).tolist(), {name: column})
        for shift, name, column in ((0, "speed", both), (300, "rpm", 900.0), (600, "braking_max", -4.0))
    ]
    whole = ReadingBatch.concat(apart)
    (trip,) = driven(whole.take(np.argsort(whole.ts, kind="stable")))
    assert trip.idle_s == trip.standing_s > 80
    assert trip.judged_by == "sensor"


ODD = st.floats(allow_nan=True, allow_infinity=True)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 40), st.integers(-(2**63), 2**63 - 1) | st.integers(START, START + LATER), ODD),
        max_size=60,
    )
)
def test_no_reading_whatsoever_breaks_the_trips(odd: list[tuple[int, int, float]]) -> None:
    tracker = followed()
    signals, stamps, values = (list(column) for column in zip(*odd, strict=True)) if odd else ([], [], [])
    tracker.process(Frame(START + LATER, ReadingBatch.of([7 << 8 | at for at in signals], stamps, values)))
    last = START + 2 * LATER
    found = driven(seconds(np.r_[CALM, CALM], last), tracker)
    assert newest(found)[-1].distance_km == pytest.approx(2 * CALM.sum() / 3600, rel=0.2)
