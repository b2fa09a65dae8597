"""A device that sends too much loses what is too much; nobody else does, and nothing goes uncounted."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ingest.config import Config
from ingest.gateway.fast.slots import Located
from ingest.gateway.flood import Flood
from ingest.gateway.known import DeviceTable, Known
from ingest.gateway.packets import Packets
from ingest.gateway.payload import Limits, PayloadReader
from ingest.gateway.routes import Router
from ingest.gateway.validate import Validator
from ingest.reading import EventKind, Frame
from ingest.wire.device_types import DEVICE_TYPES

NOW = 1_763_750_000_000
SIGNALS = {signal.name: signal for signal in DEVICE_TYPES.get("vehicle").signals}
GOOD = b'{"ts":%d,"signals":{"rpm":1,"speed":2}}' % NOW


class Devices:
    """Three cars in partition 0."""

    def __init__(self) -> None:
        self.known = {f"car-{n}": Known(f"car-{n}", (n + 1) << 8, 0, SIGNALS) for n in range(3)}
        self.table = DeviceTable.of("demo", self.known.values())

    def get(self, identifier: str) -> Known | None:
        return self.known.get(identifier)

    def look_up(self, identifiers: Any) -> None:
        list(identifiers)


def validator(rate: float, burst: int) -> Validator:
    known: Any = Devices()
    reader = PayloadReader(Router("demo", Config()), known, Limits(10_000, 86_400_000), 1)
    return Validator(reader, known, Flood(rate, burst))


def topic(device: int | str, channel: str = "telemetry") -> bytes:
    return f"fw/v1/demo/car-{device}/{channel}".encode()


def frame(subject: Validator, pairs: list[tuple[bytes, bytes]], at: int = NOW) -> Frame:
    return subject.frames(Packets.of(pairs), at)[0]


def test_beyond_the_burst_messages_are_throttled_and_the_account_balances() -> None:
    found = frame(validator(1, 5), [(topic(0), GOOD)] * 12 + [(topic(1), GOOD)] * 2)
    assert len(found.readings) == 2 * 5 + 2 * 2
    (refusal,) = found.refusals
    assert (refusal.device, refusal.reason, refusal.count, refusal.whole) == ("car-0", "throttled", 7, False)
    assert (refusal.sample, refusal.topic) == (GOOD, topic(0).decode())
    assert found.received == len(found.readings) + 7


def test_a_payload_that_is_throttled_is_not_opened() -> None:
    found = frame(validator(1, 1), [(topic(0), GOOD), (topic(0), b"\xff")])
    assert [refusal.reason for refusal in found.refusals] == ["throttled"]


def test_the_sample_of_a_large_payload_is_small() -> None:
    found = frame(validator(1, 1), [(topic(0), GOOD), (topic(0), b"x" * 9000)])
    assert len(found.refusals[0].sample) == 512


def test_the_rate_gives_room_again_as_time_goes_by() -> None:
    subject = validator(10, 5)
    taken = [len(frame(subject, [(topic(0), GOOD)] * 20, NOW + 1000 * second).readings) // 2 for second in range(4)]
    assert taken == [5, 5, 5, 5]
    assert len(frame(subject, [(topic(0), GOOD)] * 20, NOW + 3200).readings) // 2 == 2


def test_a_flood_of_telemetry_does_not_silence_a_call_for_help() -> None:
    found = frame(validator(1, 2), [(topic(0), GOOD)] * 9 + [(topic(0, "help"), b"{}")])
    assert [event.kind for event in found.events] == [EventKind.HELP]


def test_a_flood_on_another_channel_is_throttled_too() -> None:
    found = frame(validator(1, 2), [(topic(0, "help"), b"{}")] * 9 + [(topic(0), GOOD)])
    assert (len(found.events), len(found.readings)) == (2, 2)
    assert [(refusal.reason, refusal.count) for refusal in found.refusals] == [("throttled", 7)]


def test_telemetry_in_another_codec_counts_as_telemetry() -> None:
    found = frame(validator(1, 2), [(topic(0, "telemetry/forewarn_json"), GOOD)] * 3 + [(topic(0), GOOD)])
    assert (len(found.readings), found.refusals[0].count) == (4, 2)


def test_names_that_nobody_registered_are_refused_as_ever() -> None:
    found = frame(validator(1, 1), [(topic("x"), GOOD)] * 3)
    assert {refusal.reason for refusal in found.refusals} == {"unknown_device"}


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 300)), max_size=60),
    st.floats(0.5, 50),
    st.integers(1, 5),
)
def test_no_device_ever_gets_more_than_burst_and_rate_allow(
    sent: list[tuple[int, int]], rate: float, burst: int
) -> None:
    flood, now = Flood(rate, burst), NOW
    taken: dict[int, list[int]] = {0: [], 1: [], 2: []}
    for slot, pause in sent:
        now += pause
        zero = np.zeros(1, np.int64)
        if flood.admit(Located(zero + slot, zero, zero, zero), 3, now)[0]:
            taken[slot].append(now)
    for times in taken.values():
        for first, start in enumerate(times):
            for last in range(first, len(times)):
                assert last - first + 1 <= burst + (times[last] - start) * rate / 1000 + 1e-6


def test_a_clock_that_goes_back_gives_nothing_and_takes_nothing() -> None:
    subject = validator(10, 2)
    assert len(frame(subject, [(topic(0), GOOD)] * 3).readings) == 4
    assert len(frame(subject, [(topic(0), GOOD)] * 3, NOW - 60_000).readings) == 0
    assert len(frame(subject, [(topic(0), GOOD)] * 3, NOW + 100).readings) == 2
