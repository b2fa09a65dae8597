"""The registry in memory follows the one in the database, and reads it only when it changed."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import Engine, create_engine, delete
from sqlalchemy.exc import SQLAlchemyError

from ingest.gateway.fast.slots import CODED_READINGS, OTHER, READINGS, UNKNOWN, locate
from ingest.gateway.known import DeviceTable, Known, KnownDevices
from ingest.gateway.packets import Packets
from ingest.registry import roll
from ingest.registry.clocks import ClockOffset, decide
from ingest.registry.devices import Device, DeviceSpec, register, set_revoked
from ingest.tables import DeviceRow
from ingest.wire.device_types import DEVICE_TYPES
from kit.db import transaction

SIGNALS = {signal.name: signal for signal in DEVICE_TYPES.get("vehicle").signals}


@pytest.fixture
def known(engine: Engine, fleet: list[Device]) -> KnownDevices:
    known = KnownDevices(engine, "demo", 4)
    known.refresh()
    return known


def type_no(known: KnownDevices, name: str) -> int:
    return int(known.table.slots.type_no[known.table.slot(name)])


def test_an_unchanged_registry_is_not_read_again(known: KnownDevices, monkeypatch: pytest.MonkeyPatch) -> None:
    before = known.table
    monkeypatch.setattr(roll, "everybody", None)
    known.refresh()
    assert known.table is before


def test_whatever_changes_the_roll_changes_its_mark(engine: Engine, fleet: list[Device]) -> None:
    with transaction(engine) as session:
        marks = [roll.mark(session, "demo")]
        for change in (
            lambda: register(session, DeviceSpec("demo", "car-new", "vehicle")),
            lambda: set_revoked(session, fleet[0].no, True),
            lambda: decide(session, fleet[1].no, ClockOffset(0, 86_400_000)),
            lambda: decide(session, fleet[1].no, ClockOffset(0, 7_200_000)),
            lambda: set_revoked(session, fleet[0].no, False),
            lambda: session.execute(delete(DeviceRow).where(DeviceRow.no == fleet[2].no)),
        ):
            change()
            marks.append(roll.mark(session, "demo"))
    assert len(set(marks)) == len(marks)


def test_a_revoked_device_and_one_whose_clock_is_off_leave_the_fast_way(
    known: KnownDevices, engine: Engine, fleet: list[Device]
) -> None:
    assert type_no(known, "car-0") >= 0
    with transaction(engine) as session:
        set_revoked(session, fleet[0].no, True)
        decide(session, fleet[1].no, ClockOffset(5, 86_400_000))
    known.refresh()
    first, second = known.get("car-0"), known.get("car-1")
    assert first is not None
    assert second is not None
    assert (first.revoked, second.offsets) == (True, (ClockOffset(5, 86_400_000),))
    assert (type_no(known, "car-0"), type_no(known, "car-1")) == (-1, -1)
    assert type_no(known, "car-2") >= 0


def test_a_device_keeps_its_slot_for_life_and_nobody_gets_it_after(
    known: KnownDevices, engine: Engine, fleet: list[Device]
) -> None:
    slots = {device.identifier: known.table.slot(device.identifier) for device in fleet}
    with transaction(engine) as session:
        session.execute(delete(DeviceRow).where(DeviceRow.no == fleet[0].no))
        register(session, DeviceSpec("demo", "a-first-by-name", "vehicle"))
    known.refresh()
    assert known.get("car-0") is None
    assert {name: known.table.slot(name) for name in slots} == slots
    assert known.table.slot("a-first-by-name") not in slots.values()
    gone = Packets.of([(b"fw/v1/demo/car-0/telemetry", b"")]).plain()
    assert locate(known.table.slots, gone.data, gone.topic_at, gone.topic_len).slot.tolist() == [UNKNOWN]


def test_a_device_that_was_looked_up_is_read_the_slow_way_until_the_next_refresh(
    known: KnownDevices, engine: Engine
) -> None:
    with transaction(engine) as session:
        register(session, DeviceSpec("demo", "car-new", "vehicle"))
    known.look_up(["car-new"])
    assert known.get("car-new") is not None
    assert known.table.slot("car-new") == -1
    known.refresh()
    assert type_no(known, "car-new") >= 0


def test_while_the_database_is_away_what_is_known_stays(known: KnownDevices) -> None:
    known._engine = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")
    with pytest.raises(SQLAlchemyError):
        known.refresh()
    known.look_up(["car-new"])
    assert known.get("car-0") is not None
    assert type_no(known, "car-0") >= 0


def test_topics_are_told_apart_to_the_last_byte() -> None:
    """Among many devices whose names begin and end alike."""
    names = [f"{a}{b}-{n:03d}" for n in range(300) for a in "ab" for b in "ab"]
    table = DeviceTable.of("demo", [Known(name, no << 8, 0, SIGNALS) for no, name in enumerate(names)])
    topics = [f"fw/v1/demo/{name}/telemetry".encode() for name in names]
    packets = Packets.of([(topic, b"") for topic in topics]).plain()
    found = locate(table.slots, packets.data, packets.topic_at, packets.topic_len)
    assert [table.names[slot] for slot in found.slot] == names
    for at, length, name in zip(found.name_at, found.name_len, names, strict=True):
        assert packets.data[at : at + length].tobytes().decode() == name


@pytest.mark.parametrize(
    ("topic", "channel"),
    [
        (b"fw/v1/demo/car-0/telemetry", READINGS),
        (b"fw/v1/demo/car-0/telemetry/senml_json", CODED_READINGS),
        (b"fw/v1/demo/car-0/telemetry/", CODED_READINGS),
        (b"fw/v1/demo/car-0/telemetry2", OTHER),
        (b"fw/v1/demo/car-0/status", OTHER),
        (b"fw/v1/demo/car-0/", OTHER),
        (b"fw/v1/demo/car-0", None),
        (b"fw/v1/demo/car-00/telemetry", None),
        (b"fw/v1/demo/car-/telemetry", None),
        (b"fw/v1/demo2/car-0/telemetry", None),
        (b"xfw/v1/demo/car-0/telemetry", None),
        (b"", None),
    ],
)
def test_a_topic_says_whose_it_is_and_which_channel(topic: bytes, channel: int | None) -> None:
    table = DeviceTable.of("demo", [Known("car-0", 256, 0, SIGNALS)])
    packets = Packets.of([(topic, b"/telemetry")]).plain()  # the payload stands right behind the topic
    found = locate(table.slots, packets.data, packets.topic_at, packets.topic_len)
    assert found.slot.tolist() == [UNKNOWN if channel is None else 0]
    if channel is not None:
        assert found.channel.tolist() == [channel]


def test_an_empty_registry_knows_nobody() -> None:
    table = DeviceTable.of("demo", [])
    packets = Packets.of([(b"fw/v1/demo/car-0/telemetry", b"{}")]).plain()
    assert locate(table.slots, packets.data, packets.topic_at, packets.topic_len).slot.tolist() == [UNKNOWN]
    assert np.all(table.slots.cell == UNKNOWN)
