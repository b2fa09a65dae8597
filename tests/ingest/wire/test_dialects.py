"""What every dialect promises, and what each of them says about real messages."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import RouteInvalid, Undecodable
from ingest.reading import EventKind
from ingest.wire import topics
from ingest.wire.dialects import DIALECTS
from ingest.wire.dialects.sparkplug_b import ASK_AGAIN_MS
from ingest.wire.dialects.sparkplug_proto import build, parse
from ingest.wire.message import Dialect, Heard, Said

NOW = 1_763_750_000_000
NAMES = list(DIALECTS)
TOPICS = (
    "spBv1.0/plant/NBIRTH/edge-1", "spBv1.0/plant/DDATA/edge-1/pump", "spBv1.0/plant/NDEATH/edge-1", "spBv1.0/STATE/x",
    "homeassistant/sensor/node/temp/config", "homeassistant/device/d/config", "zigbee2mqtt/lamp", "", "//", "$x/\ud800",
    "v1/gateway/telemetry", "v1/gateway/connect",
)  # fmt: skip
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["device", "ts", "values", "stat_t", "val_tpl", "dev", "ids", "avty", "~", "cmps", "p", "t"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)
payloads = st.binary(max_size=80) | json_values.map(lambda value: json.dumps(value).encode())


def dialect(name: str, *, listen: tuple[str, ...] = ()) -> Dialect:
    return DIALECTS.get(name)("", listen, "")


@pytest.mark.parametrize("name", NAMES)
@given(heard=st.lists(st.tuples(st.sampled_from(TOPICS), payloads), max_size=6))
def test_whatever_is_heard_is_understood_or_called_undecodable(name: str, heard: list[tuple[str, bytes]]) -> None:
    hears = dialect(name, listen=("zigbee2mqtt/#",))
    for at, (topic, payload) in enumerate(heard):
        with contextlib.suppress(Undecodable):
            found = hears.hear(topic, payload, NOW + at)
            assert all(message.device is not None for message in found.messages)
        hears.device_of(topic)


@pytest.mark.parametrize("name", NAMES)
@given(announced=st.lists(st.tuples(st.sampled_from(TOPICS), payloads), max_size=4))
def test_a_broken_memory_is_passed_over(name: str, announced: list[tuple[str, bytes]]) -> None:
    dialect(name).remember(announced)


@pytest.mark.parametrize("name", NAMES)
def test_its_subscriptions_are_filters(name: str) -> None:
    filters = dialect(name).subscriptions()
    assert filters
    assert all("{" not in one and one == one.strip("/") for one in filters)


def signals(heard: Heard) -> dict[str, Any]:
    return {name: value for message in heard.messages for name, value in message.signals.items()}


def metric(name: str = "", **fields: Any) -> dict[str, Any]:
    return ({"name": name} if name else {}) | fields


def nbirth(seq: int = 0, bd_seq: int = 4) -> bytes:
    return build(
        NOW, seq, [metric("bdSeq", long_value=bd_seq, datatype=8), metric("Node Control/Rebirth", datatype=11)]
    )


def dbirth(seq: int = 1) -> bytes:
    return build(
        NOW,
        seq,
        [
            metric("supply_temp", alias=7, datatype=9, float_value=34.5),
            metric("offset", alias=8, datatype=2, int_value=65535),
            metric("mode", alias=9, datatype=12, string_value="heating"),
        ],
    )


NODE, DEVICE = "spBv1.0/plant/{}/edge-1", "spBv1.0/plant/{}/edge-1/pump"


def born() -> Dialect:
    sparkplug = dialect("sparkplug_b")
    sparkplug.hear(NODE.format("NBIRTH"), nbirth(), NOW)
    sparkplug.hear(DEVICE.format("DBIRTH"), dbirth(), NOW)
    return sparkplug


def ddata(seq: int, alias: int = 7, **value: Any) -> bytes:
    return build(NOW + seq, seq, [metric(alias=alias, **(value or {"float_value": 20.0}))])


def test_a_birth_carries_readings_says_online_and_is_announced() -> None:
    sparkplug = dialect("sparkplug_b")
    first = sparkplug.hear(NODE.format("NBIRTH"), nbirth(), NOW)
    assert (first.messages, first.replies) == ((), ())
    found = sparkplug.hear(DEVICE.format("DBIRTH"), dbirth(), NOW)
    assert signals(found) == {"supply_temp": 34.5, "offset": -1, "mode": "heating"}
    assert [(said.device, said.kind) for said in found.said] == [
        ("edge-1.pump", EventKind.ANNOUNCEMENT),
        ("edge-1.pump", EventKind.ONLINE),
    ]
    assert found.said[0].body.partition(b"\n")[0] == DEVICE.format("DBIRTH").encode()


def test_data_by_alias_means_what_the_birth_said_with_its_data_type() -> None:
    found = born().hear(DEVICE.format("DDATA"), ddata(2, alias=8, int_value=65534), NOW)
    (message,) = found.messages
    assert (message.device, message.ts, message.signals) == ("edge-1.pump", NOW + 2, {"offset": -2})
    assert (found.missed, found.replies) == (0, ())


def test_a_gap_in_the_count_is_told_and_the_node_asked_for_its_birth_but_not_again_at_once() -> None:
    sparkplug = born()
    found = sparkplug.hear(DEVICE.format("DDATA"), ddata(5), NOW)
    assert found.missed == 3
    ((topic, payload),) = found.replies
    assert topic == NODE.format("NCMD")
    (wish,) = parse(payload).metrics
    assert (wish.name, wish.boolean_value) == ("Node Control/Rebirth", True)
    again = sparkplug.hear(DEVICE.format("DDATA"), ddata(8), NOW + 1)
    assert (again.missed, again.replies) == (2, ())
    assert sparkplug.hear(DEVICE.format("DDATA"), ddata(10), NOW + ASK_AGAIN_MS).replies


def test_the_count_goes_around_at_256_and_a_repetition_is_no_gap() -> None:
    sparkplug = dialect("sparkplug_b")
    sparkplug.hear(NODE.format("NBIRTH"), nbirth(seq=254), NOW)
    sparkplug.hear(DEVICE.format("DBIRTH"), dbirth(seq=255), NOW)
    heard = [sparkplug.hear(DEVICE.format("DDATA"), ddata(seq), NOW) for seq in (0, 1, 0, 1, 2)]
    assert [one.missed for one in heard] == [0] * 5
    assert all(signals(one) == {"supply_temp": 20.0} for one in heard)


def test_an_alias_that_was_never_announced_is_said_so_and_asked_for() -> None:
    found = dialect("sparkplug_b").hear(DEVICE.format("DDATA"), ddata(3), NOW)
    assert found.unannounced == ("alias 7 of edge-1",)
    assert found.replies


def test_an_alias_of_another_device_is_not_taken() -> None:
    found = born().hear("spBv1.0/plant/DDATA/edge-1/other", ddata(2), NOW)
    assert (found.messages, len(found.unannounced)) == ((), 1)


def test_a_start_anew_remembers_births_whatever_their_order() -> None:
    sparkplug = dialect("sparkplug_b")
    sparkplug.remember([(DEVICE.format("DBIRTH"), dbirth()), (NODE.format("NBIRTH"), nbirth()), ("x", b"")])
    found = sparkplug.hear(DEVICE.format("DDATA"), ddata(77), NOW)
    assert signals(found) == {"supply_temp": 20.0}
    assert (found.missed, found.replies) == (0, ())


def test_a_death_counts_only_with_the_number_of_the_last_birth() -> None:
    sparkplug = born()
    old = build(NOW, None, [metric("bdSeq", long_value=3, datatype=8)])
    assert sparkplug.hear(NODE.format("NDEATH"), old, NOW) == Heard()
    now = build(NOW, None, [metric("bdSeq", long_value=4, datatype=8)])
    assert sparkplug.hear(NODE.format("NDEATH"), now, NOW).said == (
        Said("edge-1", EventKind.OFFLINE),
        Said("edge-1.pump", EventKind.OFFLINE),
    )
    assert sparkplug.hear(DEVICE.format("DDATA"), ddata(2), NOW).replies, "a dead node that speaks is asked for a birth"


def test_a_device_may_die_alone() -> None:
    assert born().hear(DEVICE.format("DDEATH"), build(NOW, 2, []), NOW).said == (
        Said("edge-1.pump", EventKind.OFFLINE),
    )


def test_null_historical_and_own_times_of_metrics_are_kept() -> None:
    data = build(
        NOW,
        2,
        [
            metric(alias=7, is_null=True, datatype=9),
            metric("offset", timestamp=NOW - 5, is_historical=True, datatype=2, int_value=3),
            metric("offset", timestamp=NOW - 5, is_historical=True, datatype=2, int_value=4),
        ],
    )
    found = born().hear(DEVICE.format("DDATA"), data, NOW)
    assert [(m.ts, m.historical, m.signals) for m in found.messages] == [
        (NOW, False, {"supply_temp": None}),
        (NOW - 5, True, {"offset": 3}),
        (NOW - 5, True, {"offset": 4}),
    ]


def test_a_name_that_is_not_utf_8_makes_the_message_unreadable() -> None:
    payload = build(NOW, 2, [metric("power", double_value=1.0)]).replace(b"power", b"p\xffwer")
    with pytest.raises(Undecodable):
        born().hear(DEVICE.format("DDATA"), payload, NOW)


def test_names_that_could_be_two_devices_are_none() -> None:
    sparkplug = dialect("sparkplug_b")
    assert sparkplug.device_of("spBv1.0/g/DDATA/a/b.c") == "a.b.c"
    assert sparkplug.device_of("spBv1.0/g/DDATA/a.b/c") is None
    assert sparkplug.device_of("spBv1.0/g/NDATA/a.b") is None


@pytest.mark.parametrize("template", ["", "x", "{nothing}", "{device", "{device!r}", "{}", "{device.__class__}"])
def test_a_template_without_a_known_place_is_refused(template: str) -> None:
    if template:
        with pytest.raises(RouteInvalid):
            DIALECTS.get("sparkplug_b")("", (), template)


CONFIG = "homeassistant/sensor/0x00158d/temperature/config"
DISCOVERY = {
    "~": "zigbee2mqtt/living",
    "stat_t": "~",
    "val_tpl": "{{ value_json.temperature | round(1) }}",
    "avty": [{"t": "zigbee2mqtt/bridge"}, {"t": "~/availability", "val_tpl": "{{ value_json.state }}"}],
    "dev": {"ids": ["0x00158d"], "name": "Living"},
}


def assistant() -> Dialect:
    found = dialect("home_assistant", listen=("zigbee2mqtt/#",))
    said = found.hear(CONFIG, json.dumps(DISCOVERY).encode(), NOW).said
    assert [(one.device, one.kind) for one in said] == [("0x00158d", EventKind.ANNOUNCEMENT)]
    return found


def test_states_mean_what_discovery_said() -> None:
    found = assistant().hear("zigbee2mqtt/living", b'{"temperature": 21.57, "linkquality": 80}', NOW)
    (message,) = found.messages
    assert (message.device, message.clock, message.signals) == ("0x00158d", "none", {"temperature": 21.57})


def test_a_device_is_online_when_all_its_topics_say_so() -> None:
    heard = assistant()
    assert heard.hear("zigbee2mqtt/bridge", b"online", NOW).said == (Said("0x00158d", EventKind.ONLINE),)
    gone = heard.hear("zigbee2mqtt/living/availability", b'{"state": "offline"}', NOW)
    assert gone.said == (Said("0x00158d", EventKind.OFFLINE),)
    assert heard.hear("zigbee2mqtt/bridge", b"online", NOW).said == (Said("0x00158d", EventKind.OFFLINE),)


def test_a_state_that_was_never_announced_is_said_so() -> None:
    assert assistant().hear("zigbee2mqtt/other", b"1", NOW).unannounced == ("zigbee2mqtt/other",)


def test_an_empty_discovery_takes_the_entity_away() -> None:
    heard = assistant()
    heard.hear(CONFIG, b"", NOW)
    assert heard.hear("zigbee2mqtt/living", b'{"temperature": 1}', NOW).unannounced
    assert heard.hear("zigbee2mqtt/bridge", b"online", NOW).unannounced


@pytest.mark.parametrize(
    ("text", "value"),
    [("21.5", 21.5), (" -3 ", -3.0), ("heating", "heating"), ("unavailable", None), ("", None), ("1_0", "1_0")],
)
def test_text_states_are_numbers_where_they_look_like_it(text: str, value: object) -> None:
    heard = dialect("home_assistant")
    heard.hear("homeassistant/sensor/hp-1/power/config", b'{"state_topic": "hp/power"}', NOW)
    assert signals(heard.hear("hp/power", text.encode(), NOW)) == {"power": value}


def test_switches_are_booleans_in_their_own_words() -> None:
    heard = dialect("home_assistant")
    heard.hear("homeassistant/binary_sensor/hp-1/heater/config", b'{"stat_t":"s","pl_on":"yes","pl_off":"no"}', NOW)
    assert [signals(heard.hear("s", text, NOW)) for text in (b"yes", b"no", b"ON")] == [
        {"heater": True},
        {"heater": False},
        {"heater": "ON"},
    ]


def test_one_message_may_announce_a_whole_device() -> None:
    config = {"dev": {"ids": "x"}, "stat_t": "hp/state", "cmps": {
        "hp-1_power": {"p": "sensor", "val_tpl": "{{ value_json['electric']['power'] }}"},
        "mode": {"p": "sensor", "val_tpl": "{{ value_json.mode }}"},
        "restart": {"p": "button", "stat_t": None},
        "odd": {"p": "sensor", "val_tpl": "{{ value_json.a / 10 }}"},
    }}  # fmt: skip
    heard = dialect("home_assistant")
    found = heard.hear("homeassistant/device/hp-1/config", json.dumps(config).encode(), NOW)
    assert len(found.broken) == 1
    assert "odd" in found.broken[0]
    state = heard.hear("hp/state", b'{"electric": {"power": 900}, "mode": "off"}', NOW)
    assert signals(state) == {"power": 900, "mode": "off"}
    assert heard.device_of("hp/state") == "hp-1"


def test_a_thingsboard_gateway_speaks_for_its_devices() -> None:
    gateway = dialect("thingsboard_gateway")
    found = gateway.hear(
        "v1/gateway/telemetry",
        json.dumps({"hp-1": [{"ts": NOW, "values": {"power": 1}}, 7], "Device A": [{"x": 1, "y": 2}]}).encode(),
        NOW,
    )
    assert [(m.device, m.signals) for m in found.messages] == [("hp-1", {"power": 1})]
    assert len(found.broken) == 3
    assert gateway.hear("v1/gateway/connect", b'{"device": "hp-1"}', NOW).said == (Said("hp-1", EventKind.ONLINE),)


@pytest.mark.parametrize(
    ("topic_filter", "topic", "covered"),
    [
        ("a/+/c", "a/b/c", True), ("a/#", "a", True), ("a/#", "a/b/c", True), ("a/+", "a", False), ("+", "a/b", False),
        ("#", "$aws/x", False), ("$aws/#", "$aws/x", True), ("a", "a/b", False),
    ],
)  # fmt: skip
def test_filters_cover_topics_as_mqtt_says(topic_filter: str, topic: str, covered: bool) -> None:
    assert topics.matches(topic_filter, topic) is covered
