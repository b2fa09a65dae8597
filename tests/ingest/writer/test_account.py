"""The arithmetic of the ledger."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.ledger import HOUR_MS, Counts
from ingest.reading import Frame, Quality, ReadingBatch, Refusal
from ingest.writer import account
from ingest.writer.account import Account, Taken
from ingest.writer.fleet import Facts, Fleet
from ingest.writer.seen import Seen

T0 = 500_000 * HOUR_MS
row = st.tuples(
    st.integers(1, 3),  # device
    st.integers(-100, 400),  # event time, seconds from T0
    st.sampled_from([0, 0, int(Quality.HISTORICAL)]),
    st.booleans(),  # fresh
)
refusal = st.builds(
    Refusal, st.sampled_from(["car-1", "x"]), st.sampled_from(["out_of_range", "unknown_device", "throttled"]),
    st.just(""), st.integers(1, 5), st.just(b""),
)  # fmt: skip
received = st.integers(0, 7200).map(lambda second: T0 + second * 1000)


def fleet(lateness_ms: int = 30_000, **newest: int) -> Fleet:
    """Devices 1, 2, … are called car-1, car-2, …; `newest` gives their newest event time."""
    return Fleet(lambda numbers: {n: Facts(f"car-{n}", lateness_ms, Seen(newest.get(f"car_{n}", 0))) for n in numbers})


def book(frames: list[Frame], fleet: Fleet, fresh: list[bool] | None = None) -> Account:
    """The account of `frames`, which the fleet then remembers."""
    taken = Taken.of(frames)
    mask = np.ones(len(taken.batch), np.bool_) if fresh is None else np.array(fresh, np.bool_)
    found = account.reckon(taken, mask, fleet, {"car-1"}, {})
    fleet.memory = found.memory
    return found


def batch_of(rows: list[tuple[int, int, int, bool]]) -> ReadingBatch:
    devices, seconds, quality, _fresh = zip(*rows, strict=True) if rows else ((), (), (), ())
    return ReadingBatch.of_columns(
        [device << 8 for device in devices], [T0 + s * 1000 for s in seconds], [0.0] * len(rows), list(quality),
        [-1] * len(rows),
    )  # fmt: skip


@given(st.lists(st.tuples(received, st.lists(row, max_size=6), st.lists(refusal, max_size=2)), max_size=6))
def test_the_account_balances_and_agrees_with_counting_one_by_one(
    given_frames: list[tuple[int, list[tuple[int, int, int, bool]], list[Refusal]]],
) -> None:
    frames = [
        Frame(ms, batch_of(rows), tuple(refused), (), len(rows) + sum(one.count for one in refused))
        for ms, rows, refused in given_frames
    ]
    found = book(frames, fleet(), [row[3] for _ms, rows, _refused in given_frames for row in rows])

    expected: dict[tuple[str, int], Counts] = {}
    newest: dict[int, int] = {}
    for ms, rows, refused in given_frames:
        for device, second, quality, is_fresh in rows:
            counts = expected.setdefault((f"car-{device}", ms // HOUR_MS), Counts())
            ts = T0 + second * 1000
            was_late = quality == 0 and ts < newest.get(device, 0) - 30_000
            newest[device] = max(newest.get(device, 0), min(ts, ms))
            counts.received += 1
            counts.stored += is_fresh
            counts.duplicate += not is_fresh
            counts.late += is_fresh and was_late
            counts.historical += is_fresh and quality != 0
        for one in refused:
            name = one.device if one.reason != "unknown_device" and one.device == "car-1" else ""
            counts = expected.setdefault((name, ms // HOUR_MS), Counts())
            counts.received += one.count
            counts.throttled += one.count * (one.reason == "throttled")
            counts.quarantined += one.count * (one.reason != "throttled")
    assert found.entries == expected
    assert all(counts.balances() for counts in found.entries.values())
    assert not found.differing


@given(st.lists(st.tuples(received, st.lists(row, max_size=6)), max_size=6), st.integers(0, 36))
def test_the_account_does_not_depend_on_where_the_flushes_are_cut(
    given_frames: list[tuple[int, list[tuple[int, int, int, bool]]]], cut: int
) -> None:
    frames = [Frame(ms, batch_of(rows)) for ms, rows in given_frames]
    whole, parts = fleet(), fleet()
    together = book(frames, whole).entries
    summed: dict[tuple[str, int], Counts] = {}
    for part in (frames[:cut], frames[cut:]):
        for key, counts in book(part, parts).entries.items():
            mine = summed.setdefault(key, Counts())
            for field in dataclasses.fields(Counts):
                setattr(mine, field.name, getattr(mine, field.name) + getattr(counts, field.name))
    assert together == summed


def late_of(batch: ReadingBatch, of: Fleet, received_ms: int = T0) -> dict[str, int]:
    found = book([Frame(received_ms, batch)], of).entries
    return {device: counts.late for (device, _hour), counts in found.items()}


@pytest.mark.parametrize(("behind_s", "is_late"), [(30, 0), (30.001, 1)])
def test_late_is_more_than_the_types_lateness_behind_the_newest(behind_s: float, is_late: int) -> None:
    batch = ReadingBatch.of([256, 256], [T0, T0 - int(behind_s * 1000)], [0.0, 0.0])
    assert late_of(batch, fleet()) == {"car-1": is_late}
    assert late_of(batch, fleet(lateness_ms=60_000)) == {"car-1": 0}


def test_lateness_remembers_and_devices_do_not_disturb_each_other() -> None:
    batch = ReadingBatch.of([256, 512], [T0, T0], [0.0, 0.0])
    known = fleet(car_1=T0 + 60_000)
    assert late_of(batch, known) == {"car-1": 1, "car-2": 0}
    assert known.memory.newest_ms.tolist() == [T0 + 60_000, T0]


def test_a_clock_that_runs_ahead_makes_nothing_late() -> None:
    batch = ReadingBatch.of([256, 256], [T0 + 200_000, T0], [0.0, 0.0])
    assert late_of(batch, fleet()) == {"car-1": 0}


def missing(fleet: Fleet, *sent: tuple[int, int], fresh: bool = True, quality: int = 0) -> tuple[int, int]:
    """Take two readings of each message ``(seq, second)``; messages missing, and gaps of earlier flushes filled."""
    seconds = [T0 + second * 1000 for _seq, second in sent for _ in range(2)]
    batch = ReadingBatch.of(
        [256, 257] * len(sent), seconds, [0.0] * len(seconds), quality, [s for s, _ in sent for _ in (0, 1)]
    )
    found = book([Frame(T0 + 3000_000, batch)], fleet, [fresh] * len(batch))
    return sum(counts.missing for counts in found.entries.values()), int(found.found.filled.sum())


def test_numbers_that_are_left_out_are_missing_messages() -> None:
    assert missing(fleet(), (7, 0), (8, 1), (11, 2), (12, 3)) == (2, 0)


def test_messages_that_come_out_of_order_fill_their_gap() -> None:
    assert missing(fleet(), (1, 1), (4, 4), (3, 3), (2, 2), (5, 5)) == (0, 0)
    known = fleet()
    assert missing(known, (1, 1), (4, 4)) == (2, 0)
    assert missing(known, (3, 3), (2, 2)) == (0, 2)
    assert missing(known, (3, 3), fresh=False) == (0, 0)


def test_a_device_that_begins_to_count_anew_misses_nothing() -> None:
    assert missing(fleet(), (500, 1), (501, 2), (0, 3), (1, 4)) == (0, 0)
    assert missing(fleet(), (500, 1), (0, 3), (2, 4)) == (1, 0)
    assert missing(fleet(), (5000, 1), (0, 3), (2, 4), quality=int(Quality.NO_CLOCK)) == (1, 0)


def test_a_number_that_is_no_count_is_no_gap() -> None:
    assert missing(fleet(), (1_763_750_000, 1), (1_763_850_002, 2)) == (0, 0)


def test_messages_that_were_refused_are_not_missing() -> None:
    known = fleet()
    missing(known, (1, 1))
    refused = Refusal("car-1", "throttled", "", 5, b"")
    book([Frame(T0, ReadingBatch.empty(), (refused,))], known)
    assert missing(known, (7, 7)) == (0, 0)
    assert missing(known, (9, 9)) == (1, 0)


def test_what_was_refused_long_ago_excuses_nothing() -> None:
    known = fleet()
    missing(known, (1, 1))
    book([Frame(T0, ReadingBatch.empty(), (Refusal("car-1", "undecodable", "", 1, b""),))], known)
    assert missing(known, (2, 2)) == (0, 0)
    assert missing(known, (4, 4)) == (1, 0)
