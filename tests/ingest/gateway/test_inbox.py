"""Whatever is put in comes out once, in order, within the bounds asked for, and never two connections in one batch."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.gateway import inbox as room
from ingest.gateway.inbox import Inbox
from ingest.gateway.packets import Packets

CHUNKS = st.lists(st.integers(0, 40), max_size=20)  # payload sizes of the messages of one chunk
STEPS = st.one_of(
    CHUNKS,
    st.just("one"),
    st.just("reconnect"),
    st.tuples(st.integers(1, 50), st.integers(1, 500)),
)


@given(st.lists(STEPS, max_size=30))
def test_nothing_is_lost_doubled_mixed_or_out_of_bounds(steps: list[list[int] | str | tuple[int, int]]) -> None:
    inbox, expected, came, number = Inbox(), [], [], 0

    def message(size: int) -> tuple[bytes, bytes]:
        nonlocal number
        number += 1
        expected.append((inbox.epoch, number))
        return (b"t%d" % number, b"x" * size)

    def take(most: int, most_bytes: int) -> int:
        packets = inbox.take(most, most_bytes, 0.0)
        assert len(packets) <= most
        if len(packets) > 1:
            assert packets.part(0, len(packets) - 1).size < most_bytes
        came.extend((packets.epoch, int(mid)) for mid in packets.mid)
        assert [topic for topic, _payload in packets.pairs()] == [b"t%d" % mid for mid in packets.mid]
        return len(packets)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "PACE_S", 0.0)
        for step in steps:
            if step == "reconnect":
                inbox.new_connection()
            elif step == "one":
                inbox.put_one(*message(3), number)
            elif isinstance(step, tuple):
                take(*step)
            elif isinstance(step, list):
                pairs = [message(size) for size in step]
                inbox.put(Packets.of(pairs, range(number - len(pairs) + 1, number + 1), inbox.epoch))
        while take(10, 100):
            pass
    assert came == expected
    assert inbox.is_empty()
    assert inbox._bytes == 0


def test_room_is_counted_in_messages_and_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "WAITING_BYTES", 100)
    inbox = Inbox(3)
    for size in (1, 1):
        inbox.put_one(b"t", b"x" * size, 1)
        assert inbox.wait_for_room(0.0)
    inbox.put_one(b"t", b"", 1)
    assert not inbox.wait_for_room(0.0)
    inbox.take(1, 1, 0.0)
    assert inbox.wait_for_room(0.0)
    inbox.take(2, 10, 0.0)
    inbox.put_one(b"t", b"x" * 99, 1)
    assert not inbox.wait_for_room(0.0)
