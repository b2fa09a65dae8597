"""What leaves a device: every value bit for bit, in the form of the wire, the same however its life is cut."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device_sim.encoding import CODEC, payloads, written
from device_sim.faults import FAULTS
from device_sim.models import MODELS
from device_sim.models.chance import generator
from device_sim.models.machine import DAY_MS, HOUR_MS, Rows
from device_sim.network import PERFECT, Line, NetworkSpec
from device_sim.payload import Packet, sent
from device_sim.reporting import Habit
from device_sim.scenarios import SCENARIOS
from device_sim.stream import DeviceSpec, DeviceStream
from ingest.wire.codecs import CODECS
from ingest.wire.message import Message

START = 1_768_176_000_000  # 2026-01-12T00:00Z
ZONES = ("Europe/Berlin", "Asia/Kolkata", "America/St_Johns")  # the last two are half an hour off


def device(kind: str, habit: Habit = Habit(), zone: str = ZONES[0]) -> DeviceSpec:  # noqa: B008 - frozen
    return DeviceSpec(f"{kind}-1", kind, "m", "1", "l", "o", zone, habit=habit)


def stream_of(spec: DeviceSpec) -> DeviceStream:
    return DeviceStream(spec, 7, START)


def decoded(packets: list[Packet], codec: str = CODEC) -> list[Message]:
    return [message for packet in packets for message in CODECS.get(codec).decode(packet.payload).messages]


def line_to(spec: DeviceSpec, network: NetworkSpec = PERFECT) -> Line:
    return Line(network, 7, spec.id)


@pytest.mark.parametrize("kind", list(MODELS))
def test_every_value_of_every_type_comes_back_bit_for_bit(kind: str) -> None:
    spec = device(kind)
    fault = next(fault for _, fault in FAULTS.items() if fault.strikes(kind) and fault.knobs)
    ailing = fault.draw(generator(1, kind), spec.id, kind, START + DAY_MS, None)
    stream = DeviceStream(spec, 7, START, [ailing])
    rows = stream.window(START, START + 8 * DAY_MS)
    messages = decoded(sent(stream, line_to(spec), START, START + 8 * DAY_MS))
    assert len(messages) == len(rows) > 0
    for index, message in enumerate(messages):
        assert message.ts == rows.ts[index]
        expected = {
            name: written(kind, name, column[index])
            for name, column in rows.columns.items()
            if column[index] == column[index]
        }
        assert message.signals == expected
        assert list(message.signals) == list(expected)


@given(
    values=st.lists(st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)), min_size=1, max_size=30),
    each=st.integers(1, 7),
)
@settings(max_examples=60, deadline=None)
def test_any_finite_number_comes_back_bit_for_bit_whatever_travels_together(
    values: list[float | None], each: int
) -> None:
    column = np.array([np.nan if value is None else value for value in values])
    rows = Rows(np.arange(len(values), dtype=np.int64) + START, {"power": column})
    first = np.append(np.arange(0, len(values), each), len(values))
    bodies, counts = payloads("heat_pump", CODEC, rows, np.zeros(len(values), np.bool_), first)
    heard = [message for body in bodies for message in CODECS.get(CODEC).decode(body).messages]
    told = [None if value is None else float(value) for value in values]
    assert [message.signals.get("power") for message in heard] == told
    assert all(
        np.float64(message.signals["power"]).tobytes() == np.float64(value).tobytes()
        for message, value in zip(heard, told, strict=True)
        if value is not None
    )
    assert counts == [sum(value is not None for value in values[begin:end]) for begin, end in pairwise(first.tolist())]


@pytest.mark.parametrize("kind", ["heat_pump", "vehicle"])
def test_the_fast_way_writes_what_the_codec_writes(kind: str) -> None:
    spec = device(kind, Habit(rows_each=4))
    packets = sent(stream_of(spec), line_to(spec), START, START + 4 * DAY_MS)
    assert packets
    for packet in packets:
        messages = CODECS.get(CODEC).decode(packet.payload).messages
        assert packet.payload == CODECS.get(CODEC).encode(messages)
        assert packet.readings == sum(len(message.signals) for message in messages)


HABITS = (
    Habit(),
    Habit(rows_each=7),
    Habit(rows_each=20, codec="senml_json"),
    Habit(on_change=True),
    Habit(rows_each=3, on_change=True, codec="senml_cbor"),
)


@pytest.mark.parametrize("habit", HABITS, ids=str)
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("kind", ["heat_pump", "vehicle"])
def test_the_same_packets_come_out_however_a_life_is_cut(kind: str, zone: str, habit: Habit) -> None:
    spec, end = device(kind, habit, zone), START + 3 * DAY_MS
    whole = sent(stream_of(spec), line_to(spec), START, end)
    cuts = np.sort(generator(1, zone).integers(START, end, 40)).tolist()
    stream = stream_of(spec)
    parts = [
        packet
        for begin, finish in pairwise([START, *cuts, end])
        for packet in sent(stream, line_to(spec), begin, finish)
    ]
    assert whole == parts
    assert whole


@pytest.mark.parametrize("habit", HABITS[:2], ids=str)
def test_every_row_is_in_exactly_one_packet(habit: Habit) -> None:
    spec = device("vehicle", habit)
    packets = sent(stream_of(spec), line_to(spec), START, START + 5 * DAY_MS)
    rows = stream_of(spec).window(START, START + 5 * DAY_MS)
    stamps = [message.ts for message in decoded(packets)]
    assert stamps == rows.ts[: len(stamps)].tolist()
    assert len(rows) - len(stamps) < habit.rows_each  # a message that is not full yet is still in the device
    for packet in packets:
        inside = decoded([packet])
        assert packet.at_ms == inside[-1].ts
        assert len(inside) <= habit.rows_each


def test_a_car_sends_what_it_has_before_it_is_parked() -> None:
    spec = device("vehicle", Habit(rows_each=50))
    packets = sent(stream_of(spec), line_to(spec), START, START + 5 * DAY_MS)
    for packet in packets:
        stamps = [int(str(message.ts)) for message in decoded([packet])]
        assert max(np.diff(stamps), default=0) <= HOUR_MS / 2


def test_a_device_that_reports_changes_says_everything_once_an_hour_and_nothing_twice() -> None:
    spec = device("heat_pump", Habit(on_change=True))
    packets = sent(stream_of(spec), line_to(spec), START, START + DAY_MS)
    rows = stream_of(spec).window(START, START + DAY_MS)
    assert sum(packet.readings for packet in packets) < sum(np.isfinite(one).sum() for one in rows.columns.values())
    last: dict[str, object] = {}
    hour = -1
    for message in decoded(packets):
        now = (int(str(message.ts)) - START) // HOUR_MS
        last = {} if now != hour else last
        hour = now
        assert all(last.get(name) != value for name, value in message.signals.items())
        last |= message.signals
    exact = dict(zip(rows.ts.tolist(), zip(*rows.columns.values(), strict=True), strict=True))
    told: dict[str, object] = {}
    for message in decoded(packets):  # what a listener knows at each message is what the device measured
        told |= message.signals
        row = dict(zip(rows.columns, exact[int(str(message.ts))], strict=True))
        assert all(
            told[name] == written("heat_pump", name, value) for name, value in row.items() if not np.isnan(value)
        )


def test_rows_of_an_offline_spell_leave_at_its_end_and_say_that_they_are_historical() -> None:
    spec = device("heat_pump")
    line = line_to(spec, NetworkSpec(offline_per_day=2, offline_h=5))
    packets = sent(stream_of(spec), line, START, START + 3 * DAY_MS)
    late = [packet for packet in packets if packet.at_ms != decoded([packet])[0].ts]
    assert late
    assert all(decoded([packet])[0].historical for packet in late)
    assert sum(b"historical" in packet.payload for packet in packets) == len(late)
    ends = {end for _, end in line.outages(START, START + 3 * DAY_MS)}
    assert {packet.at_ms for packet in late} <= ends


def test_a_wrong_clock_is_what_the_device_says_and_not_when_it_sends() -> None:
    spec = device("heat_pump")
    skewed = line_to(spec, NetworkSpec(clock_skew_s=600))
    packets = sent(stream_of(spec), skewed, START, START + DAY_MS)
    right = sent(stream_of(spec), line_to(spec), START, START + DAY_MS)
    assert [packet.at_ms for packet in packets] == [packet.at_ms for packet in right]
    off = {int(str(one.ts)) - int(str(two.ts)) for one, two in zip(decoded(packets), decoded(right), strict=True)}
    assert len(off) == 1
    assert 0 < abs(off.pop()) <= 600_000


@pytest.mark.parametrize("codec", ["senml_json", "senml_cbor", "thingsboard"])
def test_another_codec_travels_on_its_own_channel(codec: str) -> None:
    spec = device("heat_pump", Habit(codec=codec))
    packets = sent(stream_of(spec), line_to(spec), START, START + DAY_MS)
    assert {packet.channel for packet in packets} == {f"telemetry/{codec}"}
    ours = sent(stream_of(replace(spec, habit=Habit())), line_to(spec), START, START + DAY_MS)
    assert [message.signals for message in decoded(packets, codec)] == [one.signals for one in decoded(ours)]
    assert {packet.channel for packet in ours} == {"telemetry"}


def test_silence_sends_nothing() -> None:
    spec = device("heat_pump")
    silent = FAULTS.get("silent").draw(generator(1), spec.id, "heat_pump", START + DAY_MS)
    stream = DeviceStream(spec, 7, START, [silent])
    assert sent(stream, line_to(spec), START + 2 * DAY_MS, START + 3 * DAY_MS) == []
    for habit in HABITS:
        quiet = DeviceStream(replace(spec, habit=habit), 7, START, [silent])
        assert sent(quiet, line_to(spec), START + 2 * DAY_MS, START + 3 * DAY_MS) == []


@pytest.mark.slow
def test_a_whole_scenario_on_a_bad_network_is_the_same_however_it_is_cut() -> None:
    recipe = SCENARIOS.get("bad_network")
    scenario = recipe.make(recipe.birth(3))
    start = scenario.period.start_ms + 9 * DAY_MS  # faults have begun

    def played(step_ms: int) -> list[tuple[str, int, bytes]]:
        lines, found = scenario.lines(), []
        for stream in scenario.streams():
            for begin in range(start, start + DAY_MS, step_ms):
                found += sent(stream, lines[stream.spec.id], begin, begin + step_ms)
        return sorted((packet.device, packet.at_ms, packet.payload) for packet in found)

    whole = played(DAY_MS)
    assert len({device for device, _, _ in whole}) >= 15
    assert whole == played(DAY_MS // 8)
