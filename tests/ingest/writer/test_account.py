"""The arithmetic of the ledger."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.ledger import HOUR_MS, Counts
from ingest.reading import Frame, Quality, ReadingBatch, Refusal
from ingest.writer import account
from ingest.writer.account import Taken

T0 = 500_000 * HOUR_MS
row = st.tuples(
    st.integers(1, 3),  # device
    st.integers(-100, 400),  # event time, seconds from T0
    st.sampled_from([0, 0, int(Quality.HISTORICAL)]),
    st.booleans(),  # fresh
)
refusal = st.builds(
    Refusal, st.sampled_from(["car-1", "x"]), st.sampled_from(["out_of_range", "unknown_device"]), st.just(""),
    st.integers(1, 5), st.just(b""),
)  # fmt: skip
received = st.integers(0, 7200).map(lambda second: T0 + second * 1000)


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
    frames = [Frame(ms, batch_of(rows), tuple(refused)) for ms, rows, refused in given_frames]
    taken = Taken.of(frames)
    fresh = np.array([row[3] for _ms, rows, _refused in given_frames for row in rows], np.bool_)
    late = account.lateness(taken, {}).late
    entries = account.entries(taken, fresh, late, frames, lambda number: f"car-{number}")

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
            name = "" if one.reason == "unknown_device" else one.device
            counts = expected.setdefault((name, ms // HOUR_MS), Counts())
            counts.received += one.count
            counts.quarantined += one.count
    assert dict(entries) == expected
    assert all(counts.balances() for counts in entries.values())


@pytest.mark.parametrize(("behind_s", "is_late"), [(30, False), (30.001, True)])
def test_late_is_more_than_thirty_seconds_behind_the_newest(behind_s: float, is_late: bool) -> None:
    batch = ReadingBatch.of([256, 256], [T0, T0 - int(behind_s * 1000)], [0.0, 0.0])
    found = account.lateness(Taken(batch, np.array([T0, T0])), {})
    assert found.late.tolist() == [False, is_late]
    assert found.newest == {1: T0}


def test_lateness_remembers_and_devices_do_not_disturb_each_other() -> None:
    batch = ReadingBatch.of([256, 512], [T0, T0], [0.0, 0.0])
    found = account.lateness(Taken(batch, np.array([T0, T0])), {1: T0 + 60_000})
    assert found.late.tolist() == [True, False]
    assert found.newest == {1: T0 + 60_000, 2: T0}


def test_a_clock_that_runs_ahead_makes_nothing_late() -> None:
    batch = ReadingBatch.of([256, 256], [T0 + 200_000, T0], [0.0, 0.0])
    found = account.lateness(Taken(batch, np.array([T0, T0])), {})
    assert not found.late.any()
    assert found.newest == {1: T0}
