"""A stream cut anywhere is the same stream: the scan agrees with paho, and no bytes whatever upset it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import paho.mqtt.client as mqtt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paho.mqtt.enums import MQTTErrorCode

from ingest.gateway import receive, scan
from ingest.gateway.inbox import Inbox
from ingest.gateway.packets import Packets
from ingest.gateway.receive import FastClient, PlainClient
from ingest.gateway.scan import Stop

PINGRESP, SUBACK = b"\xd0\x00", b"\x90\x03\x00\x01\x01"
TOPICS = st.text(st.characters(codec="utf-8", exclude_characters="\0+#"), min_size=1, max_size=40).map(str.encode)
PUBLISHES = st.tuples(TOPICS, st.binary(max_size=400), st.integers(0, 65_535))


def publish(topic: bytes, payload: bytes, mid: int = 0) -> bytes:
    """A PUBLISH packet, QoS 1 when there is a packet id."""
    body = len(topic).to_bytes(2, "big") + topic + (mid.to_bytes(2, "big") if mid else b"") + payload
    return bytes([0x32 if mid else 0x30]) + length(len(body)) + body


def length(number: int) -> bytes:
    digits = bytearray()
    while True:
        number, digit = divmod(number, 128)
        digits.append(digit | (128 if number else 0))
        if not number:
            return bytes(digits)


class Unread(FastClient):
    """The fast receiver on a socket of the test's own."""

    def __init__(self, inbox: Inbox, end: socket.socket) -> None:
        super().__init__(inbox, "test")
        self._sock = end


class Slow(PlainClient):
    """paho's own reading on a socket of the test's own."""

    def __init__(self, inbox: Inbox, end: socket.socket) -> None:
        super().__init__(inbox, "test")
        self._sock = end


@contextmanager
def reading(kind: type[Unread | Slow], inbox: Inbox) -> Iterator[tuple[socket.socket, Unread | Slow]]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with theirs:
        client = kind(inbox, ours)
        yield theirs, client
        client._sock = None
        ours.close()


def received(kind: type[Unread | Slow], pieces: list[bytes]) -> list[tuple[bytes, bytes, int]]:
    inbox = Inbox(1_000_000)
    with reading(kind, inbox) as (theirs, client):
        for piece in pieces:
            theirs.sendall(piece)
            for _ in range(len(piece) if kind is Slow else 1):  # paho reads one packet a call
                assert client.loop_read() == MQTTErrorCode.MQTT_ERR_SUCCESS
    packets = inbox.take(1_000_000, 1 << 60, 0.0)
    return [(*pair, int(mid)) for pair, mid in zip(packets.pairs(), packets.mid, strict=True)]


def cut(stream: bytes, at: list[int]) -> list[bytes]:
    places = sorted({place % (len(stream) + 1) for place in at})
    return [stream[low:high] for low, high in zip([0, *places], [*places, len(stream)], strict=True) if low < high]


@settings(max_examples=60)
@given(st.lists(PUBLISHES | st.sampled_from([PINGRESP, SUBACK]), max_size=30), st.lists(st.integers(0), max_size=10))
def test_any_cuts_of_a_stream_give_the_packets_of_pahos_own_parser(
    things: list[tuple[bytes, bytes, int] | bytes], places: list[int]
) -> None:
    stream = b"".join(thing if isinstance(thing, bytes) else publish(*thing) for thing in things)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(receive, "LINGER_S", 0.0)
        pieces = cut(stream, places)
        fast = received(Unread, pieces)
        assert fast == received(Slow, pieces)
    assert fast == [thing for thing in things if not isinstance(thing, bytes)]


@given(st.binary(max_size=300), st.integers(0, 20), st.integers(1, 8))
def test_no_bytes_whatever_make_the_scan_look_outside_or_stand_still(data: bytes, start: int, most: int) -> None:
    buffer, columns = np.frombuffer(data, np.uint8), scan.columns(most)
    start = min(start, len(data))
    while True:
        found = scan.scan(buffer, start, len(buffer), columns)
        packets = scan.taken(buffer, start, found, columns, 1)
        for topic, payload in packets.pairs():
            assert topic
            assert topic in data
            assert payload in data
        assert start <= found.at <= len(data)
        if found.stop is Stop.FULL:
            assert found.packets == most
            start = found.at
        elif found.stop is Stop.OTHER:
            assert found.size >= 2
            start = found.at + found.size
        else:
            break


@pytest.mark.parametrize(
    "bad",
    [
        b"\x30\xff\xff\xff\xff\x01",  # a length of five bytes
        b"\x34\x05\x00\x01a\x00\x01",  # QoS 2, which we never ask for
        b"\x36\x05\x00\x01a\x00\x01",  # QoS 3, which there is not
        b"\x32\x05\x00\x01a\x00\x00",  # a packet id of 0
        b"\x30\x02\x00\x00",  # no topic
        b"\x30\x03\x00\x09a",  # a topic longer than its packet
        b"\x32\x04\x00\x01ab",  # no room for a packet id
        b"\x30\x00",
        b"\xd0\x01\x00",  # an answer to a ping with something in it
        b"\x40\x01\x00",  # half an acknowledgement
        b"\xf0\x00",
        b"\x00\x00",
    ],
)
def test_what_is_no_mqtt_ends_the_connection_after_what_came_before_it(bad: bytes) -> None:
    inbox = Inbox()
    with reading(Unread, inbox) as (theirs, client):
        theirs.sendall(publish(b"a", b"1", 7) + bad + publish(b"a", b"2", 8))
        assert client.loop_read() == MQTTErrorCode.MQTT_ERR_PROTOCOL
        assert client.socket() is None
    assert list(inbox.take(10, 1000, 0.0).pairs()) == [(b"a", b"1")]


def test_a_packet_larger_than_a_chunk_is_taken_whole_and_its_room_given_back() -> None:
    inbox, large = Inbox(), b"x" * (receive.CHUNK_BYTES * 3)
    with reading(Unread, inbox) as (theirs, client):
        sender = threading.Thread(target=theirs.sendall, args=(publish(b"a", large, 1) + publish(b"b", b"2", 2),))
        sender.start()
        taken: list[tuple[bytes, bytes]] = []
        while len(taken) < 2:
            assert client.loop_read() == MQTTErrorCode.MQTT_ERR_SUCCESS
            taken += inbox.take(10, 1 << 30, 0.0).pairs()
        sender.join()
        assert taken == [(b"a", large), (b"b", b"2")]
        assert len(client._chunk) == receive.CHUNK_BYTES


def test_acknowledgements_are_packets_in_order() -> None:
    assert scan.pubacks(np.array([1, 0, 256, 65_535], np.int64)) == b"\x40\x02\x00\x01\x40\x02\x01\x00\x40\x02\xff\xff"
    assert scan.pubacks(np.array([], np.int64)) == b""


@given(st.lists(st.lists(PUBLISHES, max_size=5), max_size=4), st.integers(0, 20), st.integers(0, 20))
def test_parts_and_joins_keep_every_packet(groups: list[list[tuple[bytes, bytes, int]]], start: int, stop: int) -> None:
    everything = [message for group in groups for message in group]
    parts = [Packets.of([message[:2] for message in group], [message[2] for message in group], 3) for group in groups]
    joined = Packets.join(parts) if parts else Packets.of([], epoch=3)
    assert list(joined.pairs()) == [message[:2] for message in everything]
    stop = min(stop, len(everything))
    part = joined.part(start, stop)
    assert list(part.pairs()) == [message[:2] for message in everything[start:stop]]
    assert part.mid.tolist() == [message[2] for message in everything[start:stop]]
    assert part.epoch == 3
    assert part.size == sum(len(topic) + len(payload) for topic, payload, _mid in everything[start:stop])


def test_the_names_inside_paho_that_the_receivers_use_exist() -> None:
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    for name in ("_sock", "_in_packet", "_msgtime_mutex", "_ping_t", "_out_packet"):
        assert name in vars(client), name
    assert {"_last_msg_in", "_last_bytes_received"} & set(vars(client))
    assert {"command", "remaining_length", "packet"} <= set(client._in_packet)
    for name in ("_packet_handle", "_packet_queue", "_loop_rc_handle", "loop_read", "reconnect"):
        assert callable(getattr(client, name)), name
    assert hasattr(mqtt.MQTTMessage(), "_topic")
    taken = {name for kind in (PlainClient, FastClient) for name in vars(kind(Inbox(), "test"))} - set(vars(client))
    assert taken <= {"_inbox", "_acknowledging", "failure", "_columns", "_chunk", "_filled"}, (
        "names that paho may use one day"
    )
