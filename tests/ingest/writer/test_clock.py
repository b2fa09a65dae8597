"""A device's clock is judged by what it sends: measured, and put right when it is steadily off."""

from __future__ import annotations

import numpy as np
import pytest

from ingest.reading import Frame, Quality, ReadingBatch
from ingest.registry.clocks import ClockOffset, offset_at
from ingest.writer import account, clock
from ingest.writer.account import Taken
from ingest.writer.clock import Judgement
from ingest.writer.fleet import Facts, Fleet

T0 = 1_763_750_000_000
MINUTE, DAY = 60_000, 86_400_000


def fleet() -> Fleet:
    return Fleet(lambda numbers: {n: Facts(f"car-{n}", 30_000) for n in numbers})


def flush(fleet: Fleet, minute: float, said: dict[int, int], quality: int = 0) -> Judgement:
    """One flush at that minute; each device's clock says so many ms more than ours."""
    now = T0 + round(minute * MINUTE)
    batch = ReadingBatch.of(
        [n << 8 for n in said], [now + ahead for ahead in said.values()], [0.0] * len(said), quality
    )
    taken = Taken.of([Frame(now, batch)])
    found = account.reckon(taken, np.ones(len(batch), np.bool_), fleet, set(), {})
    judged = clock.judge(found, fleet, now)
    fleet.memory = found.memory
    for slot, decision in judged.decisions.items():
        fleet.offsets[slot] = (decision, *fleet.offsets[slot])
    return judged


def live(fleet: Fleet, device: int, minutes: range, ahead: int) -> list[ClockOffset]:
    """A device whose clock is `ahead`, as the gateway hands it on; what was decided about it."""
    decided: list[ClockOffset] = []
    for minute in minutes:
        slot = fleet.slot_of(f"car-{device}")
        raw = T0 + minute * MINUTE + ahead
        fix = offset_at(fleet.offsets[slot], raw) if slot is not None else 0
        marks = int(Quality.CORRECTED | Quality.CLOCK_OFF) if fix else 0
        decided += flush(fleet, minute, {device: ahead - fix}, marks).decisions.values()
    return decided


@pytest.mark.parametrize("ahead", [DAY, -DAY, 6 * MINUTE, -20 * MINUTE])
def test_a_clock_that_is_steadily_off_is_put_right_from_a_time_that_was_not_heard_yet(ahead: int) -> None:
    known = fleet()
    (decided,) = live(known, 1, range(60), ahead)
    assert decided == ClockOffset(T0 + 7 * MINUTE + ahead + clock.AHEAD_MS, ahead)


def test_a_clock_that_ran_ahead_and_was_set_right_is_left_alone_before_it_passes_its_old_times_again() -> None:
    known = fleet()
    assert [one.offset_ms for one in live(known, 1, range(60), DAY)] == [DAY]
    assert live(known, 1, range(60, 100), 0) == [ClockOffset(T0 + 60 * MINUTE + clock.AHEAD_MS, 0)]
    assert offset_at(known.offsets[0], T0 + DAY + 60 * MINUTE) == 0


def test_a_clock_that_was_behind_and_was_set_right_is_moved_for_minutes_only() -> None:
    known = fleet()
    assert [one.offset_ms for one in live(known, 1, range(60), -DAY)] == [-DAY]
    (decided,) = live(known, 1, range(60, 100), 0)
    assert decided.offset_ms == 0
    assert decided.from_ms <= T0 + 71 * MINUTE


@pytest.mark.parametrize("ahead", [0, 4 * MINUTE, -4 * MINUTE, 4 * DAY, -40 * DAY])
def test_an_ordinary_drift_and_an_impossible_clock_are_left_alone(ahead: int) -> None:
    assert not live(fleet(), 1, range(60), ahead)


def test_a_backlog_that_shrinks_is_no_clock() -> None:
    known = fleet()
    assert not any(flush(known, n, {1: -DAY + n * 10 * MINUTE}).decisions for n in range(60))


def test_what_was_kept_and_what_has_no_clock_says_nothing() -> None:
    for mark in (Quality.HISTORICAL, Quality.NO_CLOCK):
        known = fleet()
        judged = [flush(known, n, {1: -DAY}, int(mark)) for n in range(30)]
        assert not any(one.decisions or one.skew_ms for one in judged)


def test_a_delay_that_most_devices_share_is_ours() -> None:
    known = fleet()
    late = dict.fromkeys(range(1, 9), -10 * MINUTE)
    assert not any(flush(known, n, late).decisions for n in range(30))
    known = fleet()
    mixed = {n: -10 * MINUTE if n < 3 else 0 for n in range(1, 9)}
    assert sum(len(flush(known, n, mixed).decisions) for n in range(10)) == 2


def test_the_skew_is_the_median_of_the_quickest_messages() -> None:
    known = fleet()
    judged = [flush(known, n, {1: ahead}) for n, ahead in enumerate([-200, -90_000, -210, -190, -205])]
    assert judged[-1].skew_ms == {0: -205}
    assert not flush(known, 4.5, {1: 0}).skew_ms


def test_the_skew_of_a_clock_that_is_put_right_is_that_of_the_clock() -> None:
    known = fleet()
    live(known, 1, range(30), DAY)
    corrected = int(Quality.CORRECTED | Quality.CLOCK_OFF)
    assert flush(known, 31, {1: -300}, corrected).skew_ms[0] == pytest.approx(DAY, abs=1000)
