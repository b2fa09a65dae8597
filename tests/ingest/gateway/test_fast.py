"""The fast way gives what the slow way gives, for whatever bytes; and it takes what is plainly good."""

from __future__ import annotations

import json
import random
import struct
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.config import Config
from ingest.gateway.known import DeviceTable, Known
from ingest.gateway.packets import Packets
from ingest.gateway.payload import Limits, PayloadReader
from ingest.gateway.routes import Router
from ingest.gateway.validate import Validator
from ingest.log.protocol import partition_of
from ingest.reading import Frame, ReadingBatch, series_id
from ingest.registry.clocks import ClockOffset
from ingest.wire.catalogue import Kind, Signal
from ingest.wire.device_types import DEVICE_TYPES

NOW = 1_763_750_000_000
DAY = 86_400_000
PARTITIONS = 3
LIMIT = 4000
COLUMNS = ("series", "ts", "value", "quality", "seq")
CAR = {signal.name: signal for signal in DEVICE_TYPES.get("vehicle").signals}
PUMP = {signal.name: signal for signal in DEVICE_TYPES.get("heat_pump").signals}
ODD = {
    "any": Signal(255, "any", "Any", "1", -1e308, 1e308),
    "größe": Signal(1, "größe", "Size", "1", 0, 9),
    'quo"ted': Signal(2, 'quo"ted', "Quoted", "1", 0, 9),
    "a" * 60: Signal(3, "a" * 60, "Long", "1", 0, 9),
    "way": Signal(4, "way", "Way", "1", 0, 2, Kind.STATE, ("in", "in between", "näher")),
    "wa": Signal(5, "wa", "Prefix", "1", 0, 1, Kind.BOOLEAN),
    "past": Signal(6, "past", "Past 2**53", "1", 0, 2**53 + 1),
}


def device(no: int, name: str, signals: dict[str, Signal], **more: Any) -> Known:
    return Known(name, no << 8, partition_of("demo", name, PARTITIONS), signals, **more)


DEVICES = [
    device(7, "car-1", CAR),
    device(8, "car-10", CAR),
    device(9, "hp-1", PUMP),
    device(10, "odd-1", ODD),
    device(11, "ahead", CAR, offsets=(ClockOffset(0, DAY),)),
    device(2**31, "far", CAR),
]


class Devices:
    """A registry in memory; with `fast` false its table is empty, so that everything goes the slow way."""

    def __init__(self, *, fast: bool) -> None:
        self._by_name = {known.name: known for known in DEVICES}
        self.table = DeviceTable.of("demo", DEVICES if fast else [])

    def get(self, identifier: str) -> Known | None:
        return self._by_name.get(identifier)

    def look_up(self, identifiers: Any) -> None:
        list(identifiers)


def validator(*, fast: bool, history_ms: int = 30 * DAY) -> Validator:
    known: Any = Devices(fast=fast)
    reader = PayloadReader(Router("demo", Config()), known, Limits(LIMIT, history_ms), PARTITIONS)
    return Validator(reader, known)


def topic(name: str, channel: str = "telemetry") -> bytes:
    return f"fw/v1/demo/{name}/{channel}".encode()


def assert_same(fast: dict[int, Frame], slow: dict[int, Frame]) -> None:
    assert sorted(fast) == sorted(slow)
    for partition, expected in slow.items():
        found = fast[partition]
        for column in COLUMNS:
            mine, other = getattr(found.readings, column), getattr(expected.readings, column)
            assert (mine.dtype, mine.tobytes()) == (other.dtype, other.tobytes()), column
        assert found.refusals == expected.refusals
        assert found.events == expected.events
        assert found.received == expected.received


class Twins:
    """Both ways side by side; each keeps what it learns."""

    def __init__(self, now: int = NOW, history_ms: int = 30 * DAY) -> None:
        self.fast, self.slow = (validator(fast=fast, history_ms=history_ms) for fast in (True, False))
        self._now = now

    def compare(self, pairs: list[tuple[bytes, bytes]]) -> dict[int, Frame]:
        found = self.fast.frames(Packets.of(pairs), self._now)
        assert_same(found, self.slow.frames(Packets.of(pairs), self._now))
        return found


TWINS = Twins()
CENTURY = Twins(now=4_134_000_000_000, history_ms=40_000 * DAY)  # in 2101, with all of it still to be taken


def read_only_fast(pairs: list[tuple[bytes, bytes]], monkeypatch: pytest.MonkeyPatch) -> ReadingBatch:
    """The readings of payloads none of which may go the slow way."""
    subject = validator(fast=True)
    monkeypatch.setattr(subject.reader, "read", None)
    frames = subject.frames(Packets.of(pairs), NOW)
    return ReadingBatch.concat([frame.readings for frame in frames.values()])


@pytest.mark.parametrize(
    "payload",
    [
        b'{"ts":1763750000000,"signals":{"rpm":2100,"coolant_temp":91.2}}',
        b' {"ts": 1763750000000, "signals": {"rpm": 2100, "coolant_temp": 91.2}}\n',
        b'{\n\t"signals" : { "rpm" : 2100.0 , "coolant_temp" : 9.12E1 }\r\n, "ts" : 1763750000000 }',
        b'{"seq":3,"device":"car-1","clock":"ok","historical":false,"signals":{"rpm":0.25,"speed":1e-3},"ts":1763749999999}',
        b'{"ts":1763750000000,"signals":{"trouble_code":"P0301","engine_on":true}}',
        b'{"ts":1763750000000,"signals":{"engine_on":0,"coolant_temp":-12.345678901234567}}',
        b'{"ts":1761350000000,"historical":true,"signals":{"rpm":1,"speed":2}}',
        b'{"ts":"2025-11-21T18:33:20Z","signals":{"rpm":1,"speed":2}}',
        b'{"ts":"2025-11-21T18:33:20.123456+00:00","signals":{"rpm":1,"speed":2}}',
        b'[{"ts":1763750000000,"signals":{"rpm":1}},{"ts":1763750000001,"signals":{"rpm":2}}]',
    ],
)
def test_what_is_plainly_good_goes_the_fast_way(payload: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(read_only_fast([(topic("car-1"), payload)] * 2, monkeypatch)) == 4
    TWINS.compare([(topic("car-1"), payload)])


def test_states_go_the_fast_way(monkeypatch: pytest.MonkeyPatch) -> None:
    payload = b'{"ts":1763750000000,"signals":{"mode":"defrost","backup_heater":false}}'
    assert read_only_fast([(topic("hp-1"), payload)], monkeypatch).value.tolist() == [3.0, 0.0]


def test_series_numbers_and_sequence_numbers_may_be_large(monkeypatch: pytest.MonkeyPatch) -> None:
    payload = b'{"ts":1763750000000,"seq":999999999999999999,"signals":{"rpm":1}}'
    found = read_only_fast([(topic("far"), payload)], monkeypatch)
    assert (found.series.tolist(), found.seq.tolist()) == ([series_id(2**31, 0)], [10**18 - 1])


NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.floats(-1e6, 1e6).map(repr),
    st.integers().map(str),
    st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**12), max_value=10**12).map(str),
    st.from_regex(r"-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,22})?([eE][+-]?[0-9]{1,3})?", fullmatch=True),
    st.integers(0, 2**53).flatmap(lambda half: st.sampled_from([f"{half}.5", f"{half}.{'0' * 12}5", f"{half}e-7"])),
    st.text("0123456789.eE+-", min_size=1, max_size=12),
)


@given(st.lists(NUMBERS, min_size=1, max_size=8))
def test_numbers_have_the_bits_that_python_gives_them(texts: list[str]) -> None:
    pairs = [(topic("odd-1"), b'{"ts":%d,"signals":{"any":%s}}' % (NOW, text.encode())) for text in texts]
    TWINS.compare(pairs)


def test_the_hardest_numbers_are_rounded_as_python_does() -> None:
    """Halfway between two floats, and next to it, where a method that is not exact goes wrong."""
    draw, texts = random.Random(1), []
    for _ in range(2000):
        mantissa, power = draw.getrandbits(52) | 1 << 52, draw.randint(-60, 10)
        halfway = (2 * mantissa + 1) * 2.0**power if power >= 0 else (2 * mantissa + 1) / 2**-power
        texts += [f"{2 * mantissa + 1}e{draw.randint(-40, 40)}", f"{halfway!r}", f"{halfway:.19g}", f"{halfway:.17g}"]
    payload = json.dumps([{"ts": NOW, "signals": {"any": 0}}])
    pairs = [(topic("odd-1"), payload.replace("0}", text + "}").encode()) for text in texts]
    found = ReadingBatch.concat([frame.readings for frame in TWINS.compare(pairs).values()])
    assert found.value.tobytes() == b"".join(struct.pack("<d", float(text)) for text in texts)


def _utc(micros: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)


TEXTS_OF_TIMES = st.one_of(
    st.integers(943_920_000_000_000, 4_136_659_200_000_000).map(lambda us: _utc(us).isoformat()),
    st.integers(946_684_800_000, 4_102_444_799_999).map(lambda ms: _utc(ms * 1000).isoformat(timespec="milliseconds")),
    st.integers(946_684_800, 4_102_444_799).map(lambda s: _utc(s * 10**6).isoformat().replace("+00:00", "Z")),
    st.from_regex(
        r"(2000|2024|2025|2100)-(0[0-9]|1[0-3])-(2[89]|3[0-2]|00)T(23|24|00):(59|60):(59|60)(\.[0-9]{1,7})?(Z|\+00:00|-00:00|z)",
        fullmatch=True,
    ),
)


@given(st.lists(TEXTS_OF_TIMES, min_size=1, max_size=8))
def test_times_in_words_are_the_milliseconds_that_python_gives_them(texts: list[str]) -> None:
    said = [{"ts": text, "historical": True, "signals": {"rpm": 1}} for text in texts]
    CENTURY.compare([(topic("car-1"), json.dumps(message).encode()) for message in said])


NAMES = st.sampled_from([*CAR, *ODD, "mode", "backup_heater", "nonsense", "", "ts", "é", "a" * 300])
VALUES = st.one_of(
    st.floats(0, 99).map(lambda x: round(x, 2)),
    st.integers(-5, 300),
    st.sampled_from([True, False, None, "P0301", "p0301", "P4301", "heating", "in", "näher", "NaN", [], {}, 2**53 + 1]),
    st.sampled_from([0.0, -0.0, 0, 1, 1.0, 1e-400, 1e300, 2**60, -1, float("nan"), float("inf")]),
)
TIMES = st.one_of(
    st.integers(NOW - 2000, NOW + 2000),
    st.sampled_from([NOW + 300_000, NOW + 300_001, NOW - DAY, NOW - DAY - 1, NOW - 30 * DAY, NOW - 30 * DAY - 1]),
    st.sampled_from([float(NOW), NOW + 0.5, "2025-11-21T18:33:20Z", None, 0, -1, 10**18, 10**30, NOW + 4 * DAY, "x"]),
)
HEADS = st.fixed_dictionaries(
    {},
    optional={
        "seq": st.one_of(st.integers(-2, 10**6), st.sampled_from([2**63, 10**18, 1.0, "1", None])),
        "clock": st.sampled_from(["ok", "ok", "none", "relative", "OK", 1]),
        "historical": st.sampled_from([True, False, 1, "true"]),
        "device": st.sampled_from(["car-1", "car-10", "hp-1", "", "c\\u0061r-1", None]),
        "extra": st.sampled_from([1, {"signals": {}}, "x"]),
    },
)


@st.composite
def messages(draw: st.DrawFn) -> dict[str, Any]:
    fields = {**draw(HEADS), "ts": draw(TIMES), "signals": draw(st.dictionaries(NAMES, VALUES, max_size=6))}
    names = draw(st.permutations(list(fields)))
    dropped = draw(st.sampled_from([None, None, None, None, "ts", "signals"]))
    return {name: fields[name] for name in names if name != dropped}


@st.composite
def payloads(draw: st.DrawFn) -> bytes:
    """Messages as devices write them, well and badly, some with bytes changed, cut off or put in."""
    content: Any = draw(st.one_of(messages(), st.lists(messages(), max_size=4)))
    separators = draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", "\t: ")]))
    text = json.dumps(content, separators=separators, ensure_ascii=draw(st.booleans()))
    raw = draw(st.sampled_from(["", "", "", " ", "\n", "\ufeff"])).encode() + text.encode()
    raw += draw(st.sampled_from([b"", b"", b"", b" ", b"\n\n", b"\t", b"x", b"}", b"]", b"\x00"]))
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 1, 2]))):
        at, how = (
            draw(st.integers(0, max(len(raw) - 1, 0))),
            draw(st.sampled_from(["cut", "set", "put", "drop", "twice"])),
        )
        byte = draw(st.sampled_from([*b'"\\{}[]:, .eE+-019tnf', 0, 0x7F, 0x80, 0xC3, 0xFF]))
        raw = _changed(raw, at, how, byte)
    return raw


def _changed(raw: bytes, at: int, how: str, byte: int) -> bytes:
    match how:
        case "cut":
            return raw[:at]
        case "set":
            return raw[:at] + bytes([byte]) + raw[at + 1 :]
        case "put":
            return raw[:at] + bytes([byte]) + raw[at:]
        case "drop":
            return raw[:at] + raw[at + 1 :]
    return raw[: at + 1] + raw[at:]


TOPICS = st.sampled_from(
    [
        *(topic(known.name) for known in DEVICES),
        topic("car-1"),
        topic("nobody"),
        topic("car-"),
        topic("car-1", "telemetry/senml_json"),
        topic("car-1", "telemetry/"),
        topic("car-1", "telemetryx"),
        topic("car-1", "status"),
        topic("car-1", "event"),
        b"fw/v1/demo/car-1",
        b"fw/v1/demo/",
        b"fw/v1/demo//telemetry",
        b"fw/v1/demo/car-1\xff/telemetry",
        b"fw/v1/other/car-1/telemetry",
        b"",
    ]
)


@pytest.mark.slow
@given(st.lists(st.tuples(TOPICS, payloads()), max_size=8))
def test_both_ways_give_the_same_for_whatever_comes(pairs: list[tuple[bytes, bytes]]) -> None:
    TWINS.compare(pairs)


@given(st.lists(st.tuples(TOPICS, st.binary(max_size=60)), max_size=4))
def test_both_ways_give_the_same_for_any_bytes(pairs: list[tuple[bytes, bytes]]) -> None:
    TWINS.compare(pairs)


def test_readings_stay_in_order_of_arrival_whichever_way_they_took() -> None:
    draw, pairs = random.Random(2), []
    for n in range(400):
        value = n if draw.random() < 0.6 else f'{n}, "nonsense": 1'
        pairs.append(
            (topic(draw.choice(["car-1", "car-10", "far"])), f'{{"ts":{NOW},"signals":{{"rpm":{value}}}}}'.encode())
        )
    for frame in TWINS.compare(pairs).values():
        assert (np.diff(frame.readings.value) > 0).all()


def test_a_payload_at_its_limit_is_taken_and_one_beyond_is_refused() -> None:
    good = b'{"ts":%d,"signals":{"rpm":1}}' % NOW
    found = TWINS.compare([(topic("car-1"), good + b" " * (LIMIT - len(good) + more)) for more in (0, 1)])
    (frame,) = found.values()
    assert (len(frame.readings), [refusal.reason for refusal in frame.refusals]) == (1, ["too_large"])


def test_what_was_learnt_of_one_layout_never_misreads_another() -> None:
    """Names that begin alike, spaces that come and go, an order that changes: each after each."""
    layouts = [
        b'{"ts":%d,"signals":{"way":"in","wa":1}}',
        b'{"ts":%d,"signals":{"wa":1,"way":"in"}}',
        b'{"ts":%d,"signals":{"way": "in", "wa": 1}}',
        b'{"ts":%d,"signals":{"way" :"in between" ,"wa" : false}}',
        b'{"ts":%d,"signals":{"wa":1,"any":2,"way":"in"}}',
        b'{"ts":%d,"signals":{"wa":1,"wa":0}}',
        b'{"ts":%d,"signals":{"w\\u0061":1,"way":"n\xc3\xa4her"}}',
    ]
    TWINS.compare([(topic("odd-1"), layout % NOW) for one in layouts for other in layouts for layout in (one, other)])


def test_nothing_is_read_behind_a_payload() -> None:
    """What stands behind it in the same bytes would complete it."""
    whole = b'{"ts":%d,"signals":{"rpm":12.5,"engine_on":true,"trouble_code":"P0301"}}' % NOW
    for cut in range(len(whole)):
        data = np.frombuffer(topic("car-1") + whole + whole, np.uint8)
        one = np.array([0], np.int64)
        length, start = one + cut, one + len(topic("car-1"))
        packets = Packets(data, one, start, start, length, one)
        assert_same(TWINS.fast.frames(packets, NOW), TWINS.slow.frames(packets, NOW))


@pytest.mark.slow
def test_a_hundred_thousand_mutated_payloads_are_read_alike() -> None:
    draw = random.Random(3)
    seeds = [
        b'{"ts": %d, "signals": {"rpm": 2100, "coolant_temp": 91.25, "engine_on": true, "trouble_code": "P0301"}}'
        % NOW,
        b'[{"ts":%d,"seq":5,"signals":{"speed":1.5e1,"voltage":12.123456789012345}},{"ts":%d,"signals":{"rpm":1}}]'
        % (NOW, NOW - 5),
        b'{"device":"car-1","clock":"ok","historical":true,"ts":%d,"signals":{"rpm":0.001,"speed":-0}}'
        % (NOW - 2 * DAY),
    ]
    ways = ("cut", "set", "put", "drop", "twice")
    alphabet = [*b'"\\{}[]:, .eE+-0123456789tnfPus', 0, 0x80, 0xFF]
    for _ in range(200):
        pairs = []
        for _ in range(500):
            raw = draw.choice(seeds)
            for _ in range(draw.choice([0, 1, 1, 1, 2, 3])):
                raw = _changed(raw, draw.randrange(len(raw) or 1), draw.choice(ways), draw.choice(alphabet))
            pairs.append((topic(draw.choice(["car-1", "car-10", "hp-1"])), raw))
        TWINS.compare(pairs)
