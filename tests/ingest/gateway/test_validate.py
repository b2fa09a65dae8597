"""Each reading is judged by itself, and every refusal has its reason."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.config import Config
from ingest.gateway.judge import REASONS
from ingest.gateway.known import DeviceTable, Known
from ingest.gateway.packets import Packets
from ingest.gateway.payload import Limits, PayloadReader
from ingest.gateway.routes import Router
from ingest.gateway.validate import Validator
from ingest.log.frames import encode
from ingest.reading import Frame, Quality, ReadingBatch, series_id
from ingest.wire.codecs import CODECS
from ingest.wire.device_types import DEVICE_TYPES

NOW = 1_763_750_000_000
DAY = 86_400_000
TOPIC = "fw/v1/demo/car-1/telemetry"
CODEC = CODECS.get("forewarn_json")


class Devices:
    """A registry with one car, number 7, in partition 0."""

    car = Known("car-1", 7 << 8, 0, {s.name: s for s in DEVICE_TYPES.get("vehicle").signals})
    pump = Known("hp-1", 8 << 8, 0, {s.name: s for s in DEVICE_TYPES.get("heat_pump").signals})

    table = DeviceTable.of("demo", [car, pump])

    def look_up(self, identifiers: object) -> None:
        list(identifiers)  # type: ignore[call-overload]

    def get(self, identifier: str) -> Known | None:
        return {"car-1": self.car, "hp-1": self.pump}.get(identifier)


def validator() -> Validator:
    known: Any = Devices()
    return Validator(PayloadReader(Router("demo", Config()), known, Limits(10_000, 30 * DAY), 1), known)


def frame(payload: Any, topic: str = TOPIC) -> Frame:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return validator().frames(Packets.of([(topic.encode(), raw)]), NOW)[0]


def message(ts: Any = NOW, **signals: Any) -> dict[str, Any]:
    return {"ts": ts, "signals": signals}


def reasons(found: Frame) -> dict[str, int]:
    return {refusal.reason: refusal.count for refusal in found.refusals}


def values(batch: ReadingBatch) -> dict[int, float]:
    return dict(zip((batch.series & 255).tolist(), batch.value.tolist(), strict=True))


def test_good_readings_become_columns() -> None:
    found = frame([{**message(rpm=2100, coolant_temp=91.5), "seq": 5}, message(NOW - 1000, engine_on=True)])
    batch = found.readings
    assert batch.series.tolist() == [series_id(7, 0), series_id(7, 2), series_id(7, 14)]
    assert batch.value.tolist() == [2100.0, 91.5, 1.0]
    assert batch.ts.tolist() == [NOW, NOW, NOW - 1000]
    assert batch.seq.tolist() == [5, 5, -1]
    assert not batch.quality.any()
    assert found.refusals == ()


def test_states_codes_and_booleans_are_kept_as_numbers() -> None:
    assert values(frame(message(trouble_code="p0301", engine_on=1)).readings) == {13: 0x0301, 14: 1}
    assert values(frame(message(mode="defrost", backup_heater=False), "fw/v1/demo/hp-1/telemetry").readings) == {
        11: 3,
        12: 0,
    }


@pytest.mark.parametrize(
    ("signals", "reason"),
    [
        ({"nonsense": 1}, "unknown_signal"),
        ({"coolant_temp": None}, "not_a_number"),
        ({"coolant_temp": "NaN"}, "not_a_number"),
        ({"coolant_temp": "hot"}, "wrong_type"),
        ({"coolant_temp": True}, "wrong_type"),
        ({"coolant_temp": [1]}, "wrong_type"),
        ({"coolant_temp": {"value": 1}}, "wrong_type"),
        ({"coolant_temp": 215.01}, "out_of_range"),
        ({"coolant_temp": 10**400}, "out_of_range"),
        ({"trouble_code": 769}, "wrong_type"),
        ({"trouble_code": "X0301"}, "out_of_range"),
        ({"engine_on": "yes"}, "wrong_type"),
        ({"engine_on": 2}, "out_of_range"),
        ({"engine_on": 0.5}, "out_of_range"),
    ],
)
def test_a_refused_reading_does_not_drag_its_neighbours_down(signals: dict[str, Any], reason: str) -> None:
    found = frame(message(rpm=900, **signals, speed=50))
    assert values(found.readings) == {0: 900, 1: 50}
    assert reasons(found) == {reason: 1}


def test_a_state_must_be_one_of_the_states() -> None:
    found = frame([message(mode="flying"), message(mode=1)], "fw/v1/demo/hp-1/telemetry")
    assert reasons(found) == {"out_of_range": 1, "wrong_type": 1}


def test_bare_nan_costs_one_reading() -> None:
    found = frame(b'{"ts": %d, "signals": {"rpm": NaN, "speed": 50}}' % NOW)
    assert (values(found.readings), reasons(found)) == ({1: 50}, {"not_a_number": 1})


@pytest.mark.parametrize(
    ("ts", "reason"),
    [
        (NOW + 3 * DAY + 1, "clock_ahead"),
        (NOW - 30 * DAY - 1, "clock_behind"),
        (NOW // 1000, "clock_behind"),
        (10**30, "undecodable"),
        (1e300, "undecodable"),
        ("yesterday", "undecodable"),
        ("2025-11-21T20:00:00", "undecodable"),
        (None, "undecodable"),
    ],
)
def test_a_time_that_cannot_be_refuses_the_message_only(ts: Any, reason: str) -> None:
    found = frame([message(ts, rpm=900, speed=50), message(rpm=901)])
    assert values(found.readings) == {0: 901}
    assert reasons(found) == {reason: 2}


@pytest.mark.parametrize("ts", ["2025-11-21T18:33:20Z", "2025-11-21t20:33:20+02:00", float(NOW), NOW])
def test_times_may_be_written_in_several_ways(ts: Any) -> None:
    assert frame(message(ts, rpm=1)).readings.ts.tolist() == [NOW]


def test_quality_says_what_is_known_against_a_time() -> None:
    sent = [
        message(NOW - 2 * DAY, rpm=1),
        {**message(NOW - 2 * DAY, rpm=1), "historical": True},
        {"signals": {"rpm": 1}, "clock": "none"},
        {"signals": {"rpm": 2}, "clock": "none"},
    ]
    batch = frame(sent).readings
    assert batch.quality.tolist() == [Quality.CLOCK_OFF, Quality.HISTORICAL, Quality.NO_CLOCK, Quality.NO_CLOCK]
    assert batch.ts.tolist()[2:] == [NOW, NOW + 1]


@pytest.mark.parametrize(
    ("topic", "payload", "reason", "count"),
    [
        ("fw/v1/demo/car-2/telemetry", [message(rpm=1, speed=2), message(rpm=1)], "unknown_device", 3),
        ("fw/v1/demo/a b/telemetry", message(rpm=1), "bad_topic", 1),
        ("fw/v1/other/car-1/telemetry", message(rpm=1), "bad_topic", 1),
        (TOPIC, {**message(rpm=1, speed=2), "device": "car-2"}, "device_mismatch", 2),
        (TOPIC, b"\xff", "undecodable", 1),
        (TOPIC, b" " * 70_000, "too_large", 1),
    ],
)
def test_a_payload_that_cannot_be_taken_has_its_reason(topic: str, payload: Any, reason: str, count: int) -> None:
    found = frame(payload, topic)
    assert len(found.readings) == 0
    assert reasons(found) == {reason: count}
    assert len(found.refusals[0].sample) <= 512


@given(st.binary(max_size=100) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["ts", "signals", "rpm", "trouble_code", "engine_on", "clock", "historical", "seq", "\ud800"])
        | st.text(max_size=4), inner, max_size=5),
    max_leaves=12,
))  # fmt: skip
def test_whatever_a_device_sends_becomes_a_frame_that_the_log_takes(content: Any) -> None:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    found = frame(raw)
    assert set(reasons(found)) <= set(REASONS)
    assert all(refusal.detail.isprintable() for refusal in found.refusals)
    encode(found)


@given(st.lists(st.sampled_from(["rpm", "speed", "nonsense"]), min_size=1, max_size=9), st.data())
def test_every_reading_is_taken_or_counted_as_refused(names: list[str], data: st.DataObject) -> None:
    sent = [message(NOW + n, **{name: data.draw(st.sampled_from([1, 1e9, "x", None]))}) for n, name in enumerate(names)]
    found = frame(sent)
    assert len(found.readings) + sum(reasons(found).values()) == len(names)
