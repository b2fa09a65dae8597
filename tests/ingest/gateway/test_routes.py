"""Every topic has one way in; what comes on it ends as readings, events or refusals, and is counted."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from ingest.config import Config
from ingest.errors import RouteInvalid
from ingest.gateway.gather import Columns
from ingest.gateway.judge import REASONS
from ingest.gateway.known import Known
from ingest.gateway.memory import Replier, recall
from ingest.gateway.payload import MOST_READINGS, Limits, PayloadReader
from ingest.gateway.routes import Router, subscriptions
from ingest.log.frames import encode
from ingest.reading import DeviceEvent, EventKind, Frame, Quality, ReadingBatch
from ingest.tables import AnnouncementRow
from ingest.wire.codecs import CODECS
from ingest.wire.device_types import DEVICE_TYPES
from ingest.wire.dialects.sparkplug_proto import build
from ingest.wire.message import Message
from kit.clock import from_ms
from kit.db import transaction
from kit.errors import PluginError
from kit.supervise import Stop

NOW = 1_763_750_000_000
NONE = np.empty(0, np.int64)
PUMP = {signal.name: signal for signal in DEVICE_TYPES.get("heat_pump").signals}


class Devices:
    """A registry with some heat pumps, and one that is revoked."""

    def __init__(self) -> None:
        names = ("hp-1", "hp-2", "edge-1.pump", "thing-7")
        self._known = {name: Known(name, n << 8, 0, PUMP) for n, name in enumerate(names, 1)}
        self._known["gone"] = Known("gone", 9 << 8, 0, PUMP, revoked=True)

    def look_up(self, identifiers: object) -> None:
        """Nobody else is registered."""

    def get(self, identifier: str) -> Known | None:
        return self._known.get(identifier)


class Gateway:
    """The slow door with a configuration, and what came through it."""

    def __init__(self, *routes: dict[str, Any]) -> None:
        devices: Any = Devices()
        config = Config.model_validate({"routes": routes})
        self.reader = PayloadReader(Router("demo", config), devices, Limits(10_000, 30 * 86_400_000), 1)

    def hear(self, topic: str, payload: object, received_ms: int = NOW) -> Frame:
        content = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        columns: defaultdict[int, Columns] = defaultdict(Columns)
        self.reader.read(topic, content, received_ms, columns.__getitem__)
        (found,) = columns.values()
        frame = found.frame(received_ms, ReadingBatch.empty(), NONE, NONE)
        assert frame.received == len(frame.readings) + sum(refusal.count for refusal in frame.refusals)
        return frame


def values(frame: Frame, device: int = 1) -> dict[str, float]:
    names = {signal.number: name for name, signal in PUMP.items()}
    batch = frame.readings
    pairs = zip(batch.series.tolist(), batch.value.tolist(), strict=True)
    return {names[series & 255]: value for series, value in pairs if series >> 8 == device}


def reasons(frame: Frame) -> dict[str, int]:
    return {refusal.reason: refusal.count for refusal in frame.refusals}


def test_a_gateway_hears_every_channel_of_its_tenant_and_every_route() -> None:
    found = subscriptions("demo", Config.model_validate({"routes": [{"format": "sparkplug_b"}]}))
    assert found[:5] == tuple(f"fw/v1/demo/+/{c}" for c in ("telemetry/#", "status", "help", "event", "cmd/ack"))
    assert "spBv1.0/+/DDATA/+/+" in found
    assert subscriptions("demo", Config(subscribe=("a/#",))) == ("a/#",)


@pytest.mark.parametrize("name", list(CODECS))
def test_a_device_may_name_its_codec_in_the_topic(name: str) -> None:
    payload = CODECS.get(name).encode([Message(ts=NOW, signals={"supply_temp": 34.5, "power": 900})])
    frame = Gateway().hear(f"fw/v1/demo/hp-1/telemetry/{name}", payload)
    assert values(frame) == {"supply_temp": 34.5, "power": 900}
    assert frame.readings.ts.tolist() == [NOW, NOW]


@pytest.mark.parametrize(
    "topic",
    ["", "fw", "fw/v1/demo/hp-1", "fw/v1/other/hp-1/telemetry", "fw/v1/demo/hp-1/telemetry/none", "fw/v1/demo/hp-1/cmd",
     "fw/v1/demo/-x/telemetry", "fw/v1/demo/hp-1/telemetry/senml_json/x", "elsewhere"],
)  # fmt: skip
def test_other_topics_are_refused_and_counted(topic: str) -> None:
    frame = Gateway().hear(topic, b"{}")
    assert reasons(frame) == {"bad_topic": 1}
    assert (frame.refusals[0].topic, frame.refusals[0].whole) == (topic, True)


@pytest.mark.parametrize(
    ("channel", "payload", "kind"),
    [
        ("status", b"online", EventKind.ONLINE),
        ("status", b' OFFLINE\n', EventKind.OFFLINE),
        ("status", b'{"state": "Online", "ts": 1}', EventKind.ONLINE),
        ("help", b"\xff any bytes", EventKind.HELP),
        ("event", b"", EventKind.EVENT),
        ("cmd/ack", b'{"id": "x", "ok": true}', EventKind.COMMAND_ANSWER),
    ],
)  # fmt: skip
def test_what_is_no_reading_becomes_an_event(channel: str, payload: bytes, kind: EventKind) -> None:
    frame = Gateway().hear(f"fw/v1/demo/hp-1/{channel}", payload)
    assert frame.events == (DeviceEvent("hp-1", kind, NOW, payload),)
    assert (frame.received, frame.refusals) == (0, ())


@pytest.mark.parametrize(
    ("ts", "at_ms"), [(NOW - 60_000, NOW - 60_000), (NOW + 10**9, NOW), (1, NOW), ("x", NOW), (None, NOW), ([], NOW)]
)
def test_an_event_keeps_its_own_time_where_that_is_possible(ts: object, at_ms: int) -> None:
    (event,) = Gateway().hear("fw/v1/demo/hp-1/help", {"ts": ts}).events
    assert event.at_ms == at_ms


@pytest.mark.parametrize("payload", [b"", b"on", b'{"state": 1}', b"[]", b"\xff"])
def test_a_status_that_says_nothing_is_refused(payload: bytes) -> None:
    assert reasons(Gateway().hear("fw/v1/demo/hp-1/status", payload)) == {"undecodable": 1}


@pytest.mark.parametrize(("device", "reason"), [("nobody", "unknown_device"), ("gone", "revoked")])
@pytest.mark.parametrize("channel", ["telemetry", "status", "help"])
def test_strangers_and_revoked_devices_are_not_heard(device: str, reason: str, channel: str) -> None:
    payload: object = {"ts": NOW, "signals": {"power": 1}} if channel == "telemetry" else b"online"
    frame = Gateway().hear(f"fw/v1/demo/{device}/{channel}", payload)
    assert reasons(frame) == {reason: 1}
    assert not frame.events


def test_a_codec_that_fails_costs_its_payload_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    class CustomError(Exception):
        pass

    def broken(_payload: bytes) -> None:
        raise CustomError("bug")

    monkeypatch.setattr(CODECS.get("thingsboard"), "decode", broken)
    gateway = Gateway()
    frame = gateway.hear("fw/v1/demo/hp-1/telemetry/thingsboard", b"{}")
    assert reasons(frame) == {"codec_failed": 1}
    assert frame.refusals[0].detail == "CustomError: bug"
    assert values(gateway.hear("fw/v1/demo/hp-1/telemetry", {"ts": NOW, "signals": {"power": 1}})) == {"power": 1}


def test_more_readings_than_a_payload_may_hold_are_refused_and_all_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_READINGS >= 10_000
    monkeypatch.setattr("ingest.gateway.payload.MOST_READINGS", 3)
    frame = Gateway().hear("fw/v1/demo/hp-1/telemetry", [{"ts": NOW, "signals": {"power": 1, "mode": "off"}}] * 2)
    assert reasons(frame) == {"too_many": 4}
    assert not len(frame.readings)


@pytest.mark.parametrize(
    ("payload", "reason", "good"),
    [
        (b'{"ts":%d,"signals":{"power":1,"power":2}}' % NOW, "undecodable", 0),
        (b'[{"ts":%d,"signals":{"power":1}},{"ts":1,"ts":2,"signals":{}}]' % NOW, "undecodable", 1),
        (b'{"ts":%d,"signals":{"power":%s,"supply_temp":30}}' % (NOW, b"9" * 5000), "not_a_number", 1),
        (b'{"ts":%d,"signals":{"power":-Infinity,"supply_temp":30}}' % NOW, "not_a_number", 1),
        (b'{"ts":%d,"signals":{"power":%s,"supply_temp":30}}' % (NOW, b"[" * 20 + b"]" * 20), "undecodable", 0),
        (b'{"ts":%d,"signals":{"%s":1,"supply_temp":30}}' % (NOW, b"k" * 5000), "unknown_signal", 1),
        (b'{"ts":%d,"signals":{"\xff":1}}' % NOW, "undecodable", 0),
        (b" " * 10_001, "too_large", 0),
    ],
)
def test_limits_and_lies_are_refused_with_their_reason(payload: bytes, reason: str, good: int) -> None:
    frame = Gateway().hear("fw/v1/demo/hp-1/telemetry", payload)
    assert reasons(frame) == {reason: 1}
    assert len(frame.readings) == good
    assert all(len(refusal.detail) <= 200 for refusal in frame.refusals)


def test_a_foreign_topic_is_read_by_its_mapping_in_our_units() -> None:
    gateway = Gateway(
        {
            "format": "mapping",
            "topic": "plant/+/{device}/data",
            "time": "/meta/at",
            "values": {"power": "/el/kw", "supply_temp": "/t/0", "mode": "/m"},
            "convert": {"power": [1000, 0], "supply_temp": [0.5, 10], "mode": [2, 0]},
        }
    )
    document = {"meta": {"at": NOW // 1000}, "el": {"kw": 1.5}, "t": [40, 1], "m": "off", "more": 1}
    frame = gateway.hear("plant/x/hp-1/data", document)
    assert values(frame) == {"power": 1500, "supply_temp": 30, "mode": PUMP["mode"].states.index("off")}
    assert frame.readings.ts.tolist() == [NOW] * 3
    assert reasons(gateway.hear("plant/x/hp 1/data", document)) == {"undecodable": 1}
    assert reasons(gateway.hear("plant/x/data", document)) == {"bad_topic": 1}


def test_an_aws_shadow_is_read_with_its_own_names() -> None:
    gateway = Gateway(
        {"format": "aws_shadow", "topic": "$aws/things/{device}/shadow/update", "rename": {"hp.flow": "supply_temp"}}
    )
    frame = gateway.hear("$aws/things/thing-7/shadow/update", {"state": {"reported": {"hp": {"flow": 33}, "x": 1}}})
    assert values(frame, device=4) == {"supply_temp": 33}
    assert frame.readings.quality.tolist() == [Quality.NO_CLOCK]
    assert reasons(frame) == {"unknown_signal": 1}


def test_filters_that_overlap_are_asked_for_once() -> None:
    config = Config.model_validate({"routes": [{"format": "home_assistant", "listen": ["homeassistant/#", "a/+"]}]})
    assert [one for one in subscriptions("demo", config) if one[:2] != "fw"] == ["homeassistant/#", "a/+"]


def test_two_foreign_names_for_one_signal_lose_neither() -> None:
    gateway = Gateway({"format": "thingsboard", "topic": "tb/{device}", "rename": {"a": "power", "b": "power"}})
    frame = gateway.hear("tb/hp-1", {"a": 1, "b": 2})
    assert (values(frame), reasons(frame)) == ({"power": 1}, {"unknown_signal": 1})


def test_a_gateway_of_many_devices_is_sorted_into_their_accounts() -> None:
    gateway = Gateway({"format": "thingsboard_gateway"})
    frame = gateway.hear(
        "v1/gateway/telemetry",
        {
            "hp-1": [{"ts": NOW, "values": {"power": 1}}],
            "hp-2": [{"ts": NOW, "values": {"power": 2, "x": 3}}],
            "n": [{}],
        },
    )
    assert (values(frame, 1), values(frame, 2)) == ({"power": 1}, {"power": 2})
    assert [(refusal.device, refusal.reason) for refusal in frame.refusals] == [
        ("hp-2", "unknown_signal"),
        ("n", "unknown_device"),
    ]


def birth(seq: int = 1) -> bytes:
    return build(NOW, seq, [{"name": "supply_temp", "alias": 7, "datatype": 9, "float_value": 34.5}])


BIRTH, DATA = "spBv1.0/plant/DBIRTH/edge-1/pump", "spBv1.0/plant/DDATA/edge-1/pump"


def test_sparkplug_goes_the_whole_way_and_its_wishes_wait_to_be_published() -> None:
    gateway = Gateway({"format": "sparkplug_b"})
    early = gateway.hear(DATA, build(NOW, 0, [{"alias": 7, "float_value": 20.0}]))
    assert reasons(early) == {"unannounced": 1}
    assert [topic for topic, _payload in gateway.reader.replies] == ["spBv1.0/plant/NCMD/edge-1"]
    born = gateway.hear(BIRTH, birth())
    assert values(born, device=3) == {"supply_temp": 34.5}
    assert [event.kind for event in born.events] == [EventKind.ANNOUNCEMENT, EventKind.ONLINE]
    later = gateway.hear(DATA, build(NOW + 1, 2, [{"alias": 7, "float_value": 20.0}]))
    assert values(later, device=3) == {"supply_temp": 20}


def test_births_of_the_past_are_recalled_at_the_start(engine: Engine) -> None:
    with transaction(engine) as session:
        session.add(AnnouncementRow(tenant="demo", topic=BIRTH, body=birth(), received_at=from_ms(NOW)))
        session.add(AnnouncementRow(tenant="demo", topic="odd", body=b"\xff", received_at=from_ms(NOW)))
    gateway = Gateway({"format": "sparkplug_b"})
    assert recall(engine, gateway.reader.router, Stop())
    frame = gateway.hear(DATA, build(NOW, 77, [{"alias": 7, "float_value": 20.0}]))
    assert (values(frame, device=3), len(gateway.reader.replies)) == ({"supply_temp": 20}, 0)


def test_replies_are_published_one_by_one() -> None:
    gateway, said = Gateway(), list[tuple[str, bytes]]()
    gateway.reader.replies.extend([("a", b"1"), ("b", b"2")])
    replier = Replier(gateway.reader.replies, lambda topic, payload: said.append((topic, payload)))
    assert [replier.step() for _ in range(3)] == [True, True, False]
    assert said == [("a", b"1"), ("b", b"2")]


def test_what_was_queued_by_a_device_without_a_clock_keeps_its_distance() -> None:
    gateway = Gateway()
    pack = [{"n": "power", "v": 1, "t": -10}, {"n": "power", "v": 2}]
    times = [gateway.hear("fw/v1/demo/hp-1/telemetry/senml_json", pack).readings.ts.tolist() for _ in range(3)]
    assert len({ts for pair in times for ts in pair}) == 6
    assert all(after - before == 10_000 for before, after in times)


@pytest.mark.parametrize(
    ("route", "error"),
    [
        ({"format": "nothing", "topic": "{device}"}, PluginError),
        ({"format": "thingsboard", "topic": "no/place"}, RouteInvalid),
        ({"format": "thingsboard", "topic": "{device}/{device}"}, RouteInvalid),
        ({"format": "thingsboard", "topic": "{device}", "listen": ["x"]}, RouteInvalid),
        ({"format": "thingsboard", "topic": "{device}", "values": {"a": "/a"}}, RouteInvalid),
        ({"format": "mapping", "topic": "{device}", "values": {"a": "a"}}, RouteInvalid),
        ({"format": "sparkplug_b", "device": "{thing}"}, RouteInvalid),
        ({"format": "thingsboard", "topic": "fw/v1/demo/{device}/x"}, RouteInvalid),
        ({"format": "home_assistant", "listen": ["#"]}, RouteInvalid),
    ],
)
def test_a_route_that_cannot_work_is_refused_at_the_start(route: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        Router("demo", Config.model_validate({"routes": [route]}))


any_topic = st.sampled_from(
    [
        "fw/v1/demo/hp-1/telemetry",
        "fw/v1/demo/hp-1/help",
        "v1/gateway/telemetry",
        "tb/hp-1",
        "homeassistant/sensor/hp-1/power/config",
        "state/hp-1",
        BIRTH,
        DATA,
        *(f"fw/v1/demo/hp-1/telemetry/{name}" for name in CODECS),
    ]
)
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*PUMP, "ts", "values", "signals", "n", "v", "t", "state", "reported"]), inner
        )
    ),
    max_leaves=8,
)
any_payload = st.binary(max_size=60) | any_json.map(lambda value: json.dumps(value).encode()) | st.just(birth())


@given(st.lists(st.tuples(any_topic, any_payload), max_size=5))
def test_whatever_comes_on_whatever_topic_is_counted_and_fits_the_log(heard: list[tuple[str, bytes]]) -> None:
    gateway = Gateway(
        {"format": "sparkplug_b"}, {"format": "thingsboard_gateway"}, {"format": "thingsboard", "topic": "tb/{device}"},
        {"format": "home_assistant", "listen": ["state/#"], "convert": {"power": [2, 1]}},
    )  # fmt: skip
    for topic, payload in heard:
        frame = gateway.hear(topic, payload)
        assert set(reasons(frame)) <= set(REASONS) - {"codec_failed"}
        encode(frame)
