"""What every codec promises, and the golden payloads of the native one."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import Undecodable
from ingest.wire.codecs import CODECS
from ingest.wire.message import Codec, Message

NAMES = list(CODECS)
values = st.one_of(st.booleans(), st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False))
messages = st.builds(
    Message,
    ts=st.integers(0, 2**53),
    signals=st.dictionaries(st.from_regex(r"\A[a-z_]{3,12}\Z"), values | st.text(max_size=8), max_size=6),
    seq=st.integers(-1, 2**62),
    clock=st.sampled_from(["ok", "none"]),
    historical=st.booleans(),
    device=st.none() | st.just("car-1"),
)


Told = list[tuple[str | None, str, int, str, Any]]


def told(messages: list[Message]) -> Told:
    """What messages say, value by value: formats differ in how they group and in which marks they have."""
    return [
        (message.device, message.clock, round(float(message.ts or 0)), name, value)
        for message in messages
        for name, value in message.signals.items()
    ]


def without_marks(sent: list[Message]) -> list[Message]:
    """What formats with nothing but times and values can say; times late enough not to be taken for seconds."""
    return [
        Message(
            ts=None if message.clock == "none" else int(message.ts or 0) % 2**42 + 10**12,
            clock=message.clock,
            signals=message.signals,
        )
        for message in sent
    ]


def with_devices(sent: list[Message]) -> list[Message]:
    plain = without_marks(sent)
    for message, full in zip(plain, sent, strict=True):
        message.device = full.device
    return plain


def each_signal_once(sent: list[Message]) -> list[Message]:
    plain, seen = without_marks(sent), set[str]()
    for message in plain:
        message.signals = {name: value for name, value in message.signals.items() if name not in seen}
        seen |= message.signals.keys()
    return sorted(plain, key=lambda message: message.clock == "none")


CARRIES: dict[str, Callable[[list[Message]], list[Message]]] = {
    "mapping": without_marks,
    "thingsboard": without_marks,
    "senml_json": with_devices,
    "senml_cbor": with_devices,
    "aws_shadow": each_signal_once,
}


@pytest.fixture(params=NAMES)
def codec(request: pytest.FixtureRequest) -> Codec:
    return CODECS.get(request.param)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@given(sent=st.lists(messages, max_size=5))
def test_what_is_encoded_is_decoded_the_same(name: str, sent: list[Message]) -> None:
    codec = CODECS.get(name)
    messages = CARRIES.get(name, lambda sent: sent)(sent)
    decoded = codec.decode(codec.encode(messages))
    assert sorted(told(decoded.messages), key=repr) == sorted(told(messages), key=repr)
    assert not decoded.broken


@pytest.mark.parametrize("name", NAMES)
@given(payload=st.binary(max_size=200))
def test_any_bytes_decode_or_are_called_undecodable(name: str, payload: bytes) -> None:
    try:
        decoded = CODECS.get(name).decode(payload)
    except Undecodable:
        return
    assert all(isinstance(message, Message) for message in decoded.messages)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@given(sent=st.lists(messages, min_size=1, max_size=3), data=st.data())
def test_a_damaged_payload_never_raises_anything_else(name: str, sent: list[Message], data: st.DataObject) -> None:
    codec = CODECS.get(name)
    payload = bytearray(codec.encode(sent))
    for _ in range(data.draw(st.integers(1, 4))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(Undecodable):
        codec.decode(bytes(payload))


def decode(payload: str | bytes) -> list[Message]:
    return CODECS.get("forewarn_json").decode(payload.encode() if isinstance(payload, str) else payload).messages


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (
            '{"ts": 1763750000000, "signals": {"coolant_temp": 91.2, "rpm": 2100}}',
            [Message(ts=1763750000000, signals={"coolant_temp": 91.2, "rpm": 2100})],
        ),
        (
            '[{"ts":"2026-11-21T20:00:00Z","signals":{"mode":"heating","backup_heater":false},"seq":18}]',
            [
                Message(ts="2026-11-21T20:00:00Z", signals={"mode": "heating", "backup_heater": False}, seq=18),
            ],
        ),
        (
            '[{"ts":1,"signals":{},"historical":true,"unknown":[1]}]',
            [Message(ts=1, signals={}, historical=True)],
        ),
        ('{"signals":{"rpm":1},"clock":"none"}', [Message(signals={"rpm": 1}, clock="none")]),
        ("[]", []),
    ],
)
def test_golden_payloads_of_forewarn_json(payload: str, expected: list[Message]) -> None:
    assert decode(payload) == expected


def test_a_broken_element_does_not_drag_its_neighbours_down() -> None:
    good = {"ts": 1, "signals": {"rpm": 1}}
    decoded = CODECS.get("forewarn_json").decode(json.dumps([good, 7, {"ts": []}, {"signals": 3}, good]).encode())
    assert len(decoded.messages) == 2
    assert len(decoded.broken) == 3


@pytest.mark.parametrize("written", ["NaN", "Infinity", "-Infinity", "1e400"])
def test_a_number_that_json_does_not_have_costs_one_value_only(written: str) -> None:
    (message,) = decode(f'{{"ts": 1, "signals": {{"rpm": {written}, "speed": 50}}}}')
    assert not math.isfinite(message.signals["rpm"])
    assert message.signals["speed"] == 50


@pytest.mark.parametrize(
    "payload", [b"", b"{", b"\xff\xfe", b"[" * 200_000, b'{"a":' * 100_000, b'{"ts":1}x', b"null " + b"\x00" * 9]
)
def test_hopeless_payloads_are_undecodable_or_broken(payload: bytes) -> None:
    with pytest.raises(Undecodable):
        CODECS.get("forewarn_json").decode(payload)


@pytest.mark.parametrize("content", [None, 1, "text", {"signals": {}, "clock": "wrong"}, {"ts": 1}])
def test_json_that_is_no_message_is_broken(content: Any) -> None:
    decoded = CODECS.get("forewarn_json").decode(json.dumps(content).encode())
    assert not decoded.messages
    assert len(decoded.broken) == 1


@pytest.mark.parametrize(
    ("pack", "reason"),
    [
        ([{"n": "power", "v": 1, "v_": 2}], "must be understood"),
        ([{"bver": 11, "n": "power", "v": 1}], "version"),
        ({"n": "power", "v": 1}, "array"),
    ],
)
def test_a_senml_pack_that_must_not_be_read_is_not(pack: object, reason: str) -> None:
    with pytest.raises(Undecodable, match=reason):
        CODECS.get("senml_json").decode(json.dumps(pack).encode())


def test_broken_senml_records_do_not_drag_their_neighbours_down() -> None:
    pack = [
        {"bn": "hp-1:", "n": "power", "v": 1, "t": 1e306},
        {"n": "mode", "v": 1, "vs": "x"},
        {"n": "power"},
        {"v": 3},
        {"n": "power", "v": "4"},
        7,
        {"n": "power", "v": 10**400},
    ]
    decoded = CODECS.get("senml_json").decode(json.dumps(pack).encode())
    assert [message.ts for message in decoded.messages] == [math.inf, None]
    assert decoded.messages[1].signals == {"power": math.inf}
    assert len(decoded.broken) == 5


@pytest.mark.parametrize(
    "payload",
    [
        b"\xd8\x1c\x81\xd8\x1d\x00",  # a list that holds itself
        b"\xd8\x23\x61(",  # a pattern
        b"\x81" * 40 + b"\x80",
        b"\x81\xa2\x00\x61a\x00\x61b",  # a label twice
        b"\x9b\x40\x00\x00\x00\x00\x00\x00\x00",  # four quintillion elements, it says
        b"\xc4\x82\x1b\x00\x03\x8d\x7e\xa4\xc6\x80\x00\x01",  # ten to the quadrillionth
    ],
)
def test_cbor_bombs_are_undecodable(payload: bytes) -> None:
    with pytest.raises(Undecodable):
        CODECS.get("senml_cbor").decode(payload)
