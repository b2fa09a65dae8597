"""The fleet over a real broker: everything acknowledged, nothing twice, and a second start goes on."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from device_sim.build import play, prepare, state_path
from device_sim.encoding import written
from device_sim.fleet import HISTORICAL_AFTER_MS, Fleet, Pace
from device_sim.fleet_state import FleetState
from device_sim.links import Links
from device_sim.models.machine import HOUR_MS
from device_sim.payload import encode, packets
from device_sim.scenarios import SCENARIOS
from device_sim.scenarios.scenario import Birth, Scenario
from device_sim.stream import DeviceStream
from ingest.wire.codecs import CODECS
from ingest.wire.message import Message
from kit.clock import SystemClock, VirtualClock
from kit.services import LocalBroker
from kit.settings import Broker, Settings, load
from kit.supervise import Stop

NOW = 1_780_000_000_000
PACE = Pace(rows_each=50, chunk_ms=6 * HOUR_MS, ack_timeout_s=30)


@pytest.fixture
def scenario() -> Scenario:
    return SCENARIOS.get("one_heat_pump").make(Birth(1, NOW, 3))


@pytest.fixture
def fleet_settings(broker_url: str, tmp_path: Path) -> Settings:
    return load(
        environ={
            "FOREWARN__CORE__DATA_DIR": str(tmp_path / "data"),
            "FOREWARN__BROKER__URL": broker_url,
            "FOREWARN__DEVICE_SIM__HISTORY_DAYS": "2",
        }
    )


def links(url: str) -> Links:
    return Links(Broker(url=url), "demo", ["heat_pump-1"], each=False, window=50)


def test_history_is_what_the_stream_says_in_order_and_marked_as_history(
    broker_url: str, listener: Any, scenario: Scenario
) -> None:
    connection, clock = links(broker_url), VirtualClock(NOW)
    fleet = Fleet(scenario, connection, pace=PACE, clock=clock, sent_ms=scenario.birth.start_ms)
    progress: list[int] = []
    assert fleet.catch_up(Stop(), lambda sent: progress.append(sent.until_ms))
    listener.wait_until(lambda: len(listener.rows("heat_pump-1")) >= 864)
    rows = scenario.streams()[0].window(scenario.birth.start_ms, NOW)
    heard = listener.rows("heat_pump-1")
    assert [row["ts"] for row in heard] == rows.ts.tolist()
    assert [row["signals"]["power"] for row in heard] == rows.columns["power"].tolist()
    assert all(row.get("historical", False) == (row["ts"] < NOW - HISTORICAL_AFTER_MS) for row in heard)
    assert progress == sorted(progress)
    assert fleet.sent.until_ms == NOW
    assert connection.delivered.readings == fleet.sent.readings == sum(len(row["signals"]) for row in heard)
    connection.close()


@pytest.mark.slow
def test_the_present_comes_row_by_row_and_is_no_history(broker_url: str, listener: Any, scenario: Scenario) -> None:
    connection, clock = links(broker_url), VirtualClock(NOW)
    fleet = Fleet(scenario, connection, pace=PACE, clock=clock, sent_ms=NOW)

    def step(_: Any) -> None:
        clock.advance_to(clock.now_ms() + 600_000)

    fleet.live(Stop(), step, until_ms=NOW + 600_000)
    listener.wait_until(lambda: len(listener.rows("heat_pump-1")) >= 2)
    assert all(row.get("historical", False) == (row["ts"] < NOW + 480_000) for row in listener.rows("heat_pump-1"))
    assert all(payload.startswith(b"{") for _, payload in listener.heard)
    connection.close()


@pytest.mark.slow
def test_a_second_start_goes_on_without_gap_or_repeat(
    fleet_settings: Settings, broker_url: str, listener: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(fleet_settings)
    born = FleetState.load(state_path(fleet_settings))
    assert born is not None
    for _ in range(2):
        stop = Stop()
        role = threading.Thread(target=play, args=(fleet_settings, stop))
        before = len(listener.heard)
        role.start()
        if before == 0:
            listener.wait_for(150)
        stop.set()
        role.join(60)
        assert not role.is_alive()
    prepare(fleet_settings)  # idempotent: nobody is born again
    state = FleetState.load(state_path(fleet_settings))
    assert state is not None
    assert (state.born_ms, state.seed) == (born.born_ms, born.seed)
    streams = {spec.id: stream for spec, stream in zip(state.make().devices, state.make().streams(), strict=True)}
    expected = {name: stream.window(born.sent_ms, state.sent_ms).ts.tolist() for name, stream in streams.items()}
    wanted = sum(map(len, expected.values()))
    listener.wait_until(lambda: sum(len(listener.rows(name)) for name in expected) >= wanted)
    for name, ts in expected.items():
        assert [row["ts"] for row in listener.rows(name)] == ts


@pytest.mark.slow
def test_a_fleet_outlives_a_broker_that_is_away(fleet_settings: Settings, broker: LocalBroker, listener: Any) -> None:
    prepare(fleet_settings)
    state = FleetState.load(state_path(fleet_settings))
    assert state is not None
    state.sent_ms = SystemClock().now_ms() - HOUR_MS
    state.save(state_path(fleet_settings))
    broker.stop()
    stop = Stop()
    role = threading.Thread(target=play, args=(fleet_settings, stop))
    role.start()
    threading.Timer(0.5, broker.start).start()
    listener.wait_for(10)
    stop.set()
    role.join(60)
    assert not role.is_alive()


def test_the_truth_is_kept_beside_the_manifest_and_never_sent(fleet_settings: Settings) -> None:
    prepare(fleet_settings)
    folder = state_path(fleet_settings).parent
    assert len(json.loads((folder / "fleet.json").read_text("utf-8"))["devices"]) == 24
    assert json.loads((folder / "truth.json").read_text("utf-8"))["faults"]


def test_a_packet_says_states_booleans_and_codes_as_the_wire_wants_them() -> None:
    assert written("heat_pump", "mode", 3.0) == "defrost"
    assert written("heat_pump", "backup_heater", 1.0) is True
    assert written("vehicle", "trouble_code", float(0x0217)) == "P0217"
    assert written("vehicle", "speed", 3.5) == 3.5


def test_packets_hold_every_heard_value_and_round_trip_through_the_codec() -> None:
    scenario = SCENARIOS.get("one_wearable").make(Birth(1, NOW, 14))
    rows = DeviceStream(scenario.devices[0], 1, scenario.birth.start_ms).window(NOW - 96 * HOUR_MS, NOW)
    made = list(packets("d", "wearable", rows, 50, NOW))
    decoded = [message for packet in made for message in CODECS.get("forewarn_json").decode(packet.payload).messages]
    assert len(decoded) == len(rows)
    assert sum(packet.readings for packet in made) == sum(np.isfinite(column).sum() for column in rows.columns.values())
    assert all("heart_rate" in message.signals or not message.signals["skin_contact"] for message in decoded)
    assert b"historical" in encode([Message(ts=1, signals={"x": 1.0}, historical=True)])


@pytest.mark.slow
def test_a_stop_does_not_wait_for_a_gateway_that_is_not_there(fleet_settings: Settings) -> None:
    prepare(fleet_settings)
    stop = Stop()
    role = threading.Thread(target=play, args=(fleet_settings, stop))
    role.start()
    role.join(1.0)
    stop.set()
    role.join(20)  # the acknowledgement timeout is a minute
    assert not role.is_alive()
    state = FleetState.load(state_path(fleet_settings))
    assert state is not None
    assert state.sent_ms == state.born_ms - 48 * HOUR_MS
