"""What becomes of an event time: taken, put right, marked, replaced by the receive time, or refused."""

from __future__ import annotations

from typing import Any

import pytest

from ingest.gateway.gather import Columns
from ingest.gateway.known import Known
from ingest.gateway.message import MessageReader
from ingest.reading import Quality
from ingest.registry.clocks import ClockOffset, Offsets
from ingest.wire.device_types import DEVICE_TYPES
from ingest.wire.message import Message

NOW = 1_763_750_000_000
MINUTE, DAY = 60_000, 86_400_000
SIGNALS = {signal.name: signal for signal in DEVICE_TYPES.get("vehicle").signals}
CLOCK_OFF, CORRECTED = Quality.CLOCK_OFF, Quality.CLOCK_OFF | Quality.CORRECTED


def take(*times: Any, offsets: Offsets = (), received_ms: int = NOW, **more: Any) -> Columns:
    into = Columns()
    messages = [Message(ts=ts, signals={"speed": 50}, **more) for ts in times]
    known = Known("car-1", 7 << 8, 0, SIGNALS, offsets=offsets)
    MessageReader(30 * DAY).take_all(known, messages, received_ms, into)
    return into


@pytest.mark.parametrize(
    ("distance", "quality"),
    [(5 * MINUTE, 0), (5 * MINUTE + 1, CLOCK_OFF), (3 * DAY, CLOCK_OFF), (-DAY, 0), (-DAY - 1, CLOCK_OFF)],
)
def test_a_time_that_is_off_is_kept_and_marked(distance: int, quality: int) -> None:
    batch = take(NOW + distance)
    assert (batch.ts, batch.quality) == ([NOW + distance], [quality])


@pytest.mark.parametrize("ts", [0, -1, 12 * DAY, 946_684_799_999, "1970-01-01T00:00:00Z"])
def test_a_clock_that_was_reset_counts_as_none(ts: Any) -> None:
    batch = take(ts, ts, NOW)
    assert batch.ts == [NOW, NOW + 1, NOW]
    assert batch.quality == [Quality.NO_CLOCK, Quality.NO_CLOCK, 0]


def test_a_time_in_seconds_is_no_clock_that_was_reset() -> None:
    found = take(NOW // 1000)
    assert (found.ts, found.received) == ([], 1)


def test_a_clock_that_is_known_to_be_off_is_put_right_and_marked() -> None:
    ahead = (ClockOffset(NOW + DAY, DAY),)
    batch = take(NOW + DAY - 1, NOW + DAY, NOW + DAY + 5000, offsets=ahead)
    assert batch.ts == [NOW + DAY - 1, NOW, NOW + 5000]
    assert batch.quality == [CLOCK_OFF, CORRECTED, CORRECTED]


def test_a_time_does_not_depend_on_when_a_message_is_delivered() -> None:
    offsets = (ClockOffset(NOW - DAY, -DAY),)
    first, again = take(NOW - DAY, offsets=offsets), take(NOW - DAY, offsets=offsets, received_ms=NOW + 7 * MINUTE)
    assert first.ts == again.ts == [NOW]


def test_a_clock_that_was_set_right_is_not_moved_when_it_passes_the_times_of_its_error_again() -> None:
    offsets = (ClockOffset(NOW - MINUTE, 0), ClockOffset(NOW + DAY, DAY))
    later = NOW + DAY + MINUTE
    assert take(later, offsets=offsets, received_ms=later).ts == [later]


def test_history_of_a_clock_that_is_off_is_put_right_too() -> None:
    batch = take(NOW - 2 * DAY, offsets=(ClockOffset(NOW - 10 * DAY, -DAY),), historical=True)
    assert batch.ts == [NOW - DAY]
    assert batch.quality == [CORRECTED | Quality.HISTORICAL]
