"""State of many series: where its rows lie, and what comes back from bytes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from detectors.algorithms import histogram
from detectors.algorithms.histogram import BINS, FRAME, LOW, UNIT, WIDTH
from detectors.algorithms.seasonal import Seasonal
from detectors.algorithms.state import LARGE, LINE, Field, SlotState

SMALL = (Field("seen", "f8"), Field("active", "i1"))
WIDE = (*SMALL, Field("counts", "u2", (333,)))


@pytest.mark.parametrize("fields", [WIDE, Seasonal().fields])
def test_rows_that_take_many_lines_of_memory_start_with_a_line_however_often_they_grow(fields: tuple[Field]) -> None:
    state = SlotState("some", "1", fields)
    for slots in (1, 17, 100, 5_000):
        state.grow(slots)
        assert state.rows.dtype.itemsize % LINE == 0
        assert state.rows.ctypes.data % LINE == 0


def test_small_rows_grow_by_no_padding() -> None:
    assert SlotState("some", "1", SMALL).rows.dtype.itemsize == 16 < LARGE


def test_a_padded_state_comes_back_from_its_bytes() -> None:
    state, again = SlotState("some", "1", WIDE), SlotState("some", "1", WIDE)
    state.grow(3)
    state["counts"][:] = np.arange(3 * 333).reshape(3, 333)
    again.load(state.copy().dump())
    assert np.array_equal(again["counts"], state["counts"])
    assert len(state.dump()) < 3 * state.rows.dtype.itemsize + 200


def pairwise(counts: Any, frame: Any, value: float) -> None:
    """A histogram's range grown as its definition says: one doubling after the other."""
    while value < frame[LOW]:
        counts[:] = np.concatenate([np.zeros(BINS // 2, counts.dtype), counts.reshape(-1, 2).sum(1)])
        frame[LOW], frame[WIDTH] = frame[LOW] - frame[WIDTH] * BINS, 2 * frame[WIDTH]
    while value >= frame[LOW] + frame[WIDTH] * BINS:
        counts[:] = np.concatenate([counts.reshape(-1, 2).sum(1), np.zeros(BINS // 2, counts.dtype)])
        frame[WIDTH] *= 2


@pytest.mark.parametrize("far", [1e30, -1e30, 64.0, -1.0, 1e3, -1e3])
def test_a_range_that_grows_at_once_is_the_same_as_one_that_doubles_step_by_step(far: float) -> None:
    counts = np.random.default_rng(2).integers(0, 400, BINS).astype(np.uint16)
    frame = np.zeros(FRAME)
    frame[[WIDTH, UNIT]] = 1.0
    slow, of_slow = counts.copy(), frame.copy()
    place = histogram.fit(counts, frame, far)
    pairwise(slow, of_slow, far)
    assert np.array_equal(counts, slow)
    assert np.array_equal(frame, of_slow)
    assert 0 <= place < BINS
