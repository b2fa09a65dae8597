"""Frames survive the log bit for bit, and damage is noticed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ingest.errors import FrameCorrupt
from ingest.log.frames import claimed, decode, decode_events, encode
from ingest.reading import DeviceEvent, EventKind, Frame, ReadingBatch, Refusal

whole = st.integers(-(2**63), 2**63 - 1)
near = st.integers(1_700_000_000_000, 1_700_000_100_000)
small = st.integers(0, 2**31)
refusals = st.builds(
    Refusal, st.text(max_size=8), st.just("out_of_range"), st.text(max_size=8), st.integers(1, 9), st.binary(max_size=9)
)
events = st.builds(
    DeviceEvent,
    st.text(max_size=8),
    st.sampled_from(EventKind),
    st.integers(-(2**63), 2**63 - 1),
    st.binary(max_size=9),
)


@st.composite
def frames(draw: st.DrawFn) -> Frame:
    length = draw(st.integers(0, 20))
    batch = ReadingBatch(
        draw(hnp.arrays(np.int64, length, elements=draw(st.sampled_from([small, whole])))),
        draw(hnp.arrays(np.int64, length, elements=draw(st.sampled_from([near, whole])))),
        draw(hnp.arrays(np.float64, length, elements=st.floats(allow_nan=False, allow_infinity=False))),
        draw(hnp.arrays(np.uint8, length, elements=st.sampled_from([0, 0, 7]))),
        draw(hnp.arrays(np.int64, length, elements=draw(st.sampled_from([st.just(-1), whole])))),
    )
    return Frame(
        draw(near),
        batch,
        tuple(draw(st.lists(refusals, max_size=3))),
        tuple(draw(st.lists(events, max_size=3))),
        draw(st.integers(-1, 2**31 - 1)),
    )


@given(frames())
def test_a_frame_comes_back_as_it_was(frame: Frame) -> None:
    found = decode(encode(frame))
    assert (found.received_ms, found.refusals) == (frame.received_ms, frame.refusals)
    assert (found.events, found.received) == (frame.events, frame.received)
    assert decode_events(encode(frame)) == (frame.received_ms, frame.events)
    for name in ("series", "ts", "value", "quality", "seq"):
        column, before = getattr(found.readings, name), getattr(frame.readings, name)
        assert column.dtype == before.dtype
        assert column.tobytes() == before.tobytes()


@given(frames(), st.data())
def test_any_changed_byte_is_noticed(frame: Frame, data: st.DataObject) -> None:
    damaged = bytearray(encode(frame))
    damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(FrameCorrupt):
        decode(bytes(damaged))


@given(st.binary(max_size=100))
def test_any_other_bytes_are_no_frame(data: bytes) -> None:
    with pytest.raises(FrameCorrupt):
        decode(data)


def test_an_ordinary_reading_takes_sixteen_bytes() -> None:
    now = 1_763_750_000_000
    batch = ReadingBatch.of(list(range(1000)), [now - 60_000] * 1000, [20.5] * 1000)
    assert len(encode(Frame(now, batch))) < 16_100


def test_decoded_columns_can_be_written_to() -> None:
    found = decode(encode(Frame(1, ReadingBatch.of([1], [2], [3.0]))))
    found.readings.value[0] = 4.0


@given(frames(), st.data())
def test_a_damaged_entry_tells_no_more_readings_than_its_bytes_could_hold(frame: Frame, data: st.DataObject) -> None:
    whole = encode(frame)
    assert claimed(whole)[0] == frame.received_ms
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= data.draw(st.integers(1, 255))
    part = bytes(damaged)[: data.draw(st.integers(0, len(damaged)))]
    _received_ms, count = claimed(part)
    assert 0 <= count <= len(part) // 16 + 1
