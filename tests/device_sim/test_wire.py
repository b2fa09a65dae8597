"""Many connections from one process, over a real broker that dies, refuses and asks for credentials."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from device_sim import credentials
from device_sim.cli_run import with_codec
from device_sim.errors import BrokerUnreachable, CredentialsUnusable, DeliveryIncomplete, ScenarioInvalid
from device_sim.fleet import Fleet, Pace
from device_sim.links import Links, _allow
from device_sim.models.machine import HOUR_MS
from device_sim.network import Line, NetworkSpec
from device_sim.payload import sent
from device_sim.scenarios import SCENARIOS
from device_sim.scenarios.scenario import Birth
from ingest.identity.authority import Authority, Subject
from ingest.wire.codecs import CODECS
from kit.clock import VirtualClock
from kit.services import LocalBroker, free_port
from kit.settings import Broker
from kit.supervise import Stop

NOW = 1_780_000_000_000
MANY = 1000


def names(count: int) -> list[str]:
    return [f"d-{number}" for number in range(count)]


def status(listener: Any) -> Counter[bytes]:
    return Counter(payload for topic, payload in list(listener.heard) if topic.endswith("/status"))


def numbers(listener: Any) -> list[int]:
    return [int(payload) for topic, payload in list(listener.heard) if topic.endswith("/telemetry")]


def test_a_thousand_connections_cost_one_thread_and_each_says_when_it_comes_and_goes(
    broker_url: str, listener: Any
) -> None:
    before = threading.active_count()
    links = Links(Broker(url=broker_url), "demo", names(MANY), each=True, window=200)
    assert links.tally.connected == links.tally.connections == MANY
    assert threading.active_count() - before <= 9  # the loop, and those that connect
    for number in range(2 * MANY):
        links.publish(f"d-{number % MANY}", "telemetry", b"%d" % number, readings=2)
    links.drain(60)
    assert (links.delivered.messages, links.delivered.readings, links.tally.waiting) == (2 * MANY, 4 * MANY, 0)
    listener.wait_until(lambda: len(numbers(listener)) >= 2 * MANY)
    assert sorted(numbers(listener)) == list(range(2 * MANY))
    links.close()
    listener.wait_until(lambda: status(listener)[b"offline"] >= MANY)
    assert status(listener) == {b"online": MANY, b"offline": MANY}  # a last will would have said it twice
    listener.wait_until(lambda: threading.active_count() <= before)


@pytest.mark.slow
def test_a_broker_killed_under_many_connections_costs_no_message(broker: LocalBroker, listener: Any) -> None:
    links = Links(Broker(url=broker.url), "demo", names(100), each=True, window=200)
    for number in range(3000):
        if number == 1000:
            broker.kill()
            threading.Timer(0.3, broker.start).start()
        links.publish(f"d-{number % 100}", "telemetry", b"%d" % number)
    links.drain(60)
    assert links.delivered.messages == 3000
    listener.wait_until(lambda: status(listener)[b"online"] >= 200)
    links.close()
    # what a broker acknowledged and had not handed on when it was killed is the broker's loss
    assert set(range(1200, 3000)) <= set(numbers(listener))


def test_a_client_that_is_not_there_any_more_is_told_by_its_last_will(broker_url: str, listener: Any) -> None:
    script = (
        "import os\nfrom device_sim.links import Links\nfrom kit.settings import Broker\n"
        f"Links(Broker(url={broker_url!r}), 'demo', ['a', 'b'], each=True, window=5)\nos._exit(9)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=False)
    listener.wait_until(lambda: status(listener)[b"offline"] == 2)


@pytest.mark.slow
def test_an_interrupted_run_says_goodbye_and_gives_its_account(broker_url: str, tmp_path: Path, listener: Any) -> None:
    where = os.environ | {"FOREWARN__BROKER__URL": broker_url, "FOREWARN__CORE__DATA_DIR": str(tmp_path / "data")}
    words = ["sim", "run", "one_heat_pump", "--days", "3", "--speed", "20000", "--connections", "each", "--json"]
    process = subprocess.Popen(
        [sys.executable, "-m", "kit.cli", *words], env=where, cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    listener.wait_until(lambda: len(listener.rows("heat_pump-1")) >= 12)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    facts = json.loads(out)
    assert process.returncode == 0
    assert facts["interrupted"]
    assert (facts["connections"], facts["unacknowledged"]) == (1, 0)
    listener.wait_until(lambda: len(listener.rows("heat_pump-1")) >= facts["messages"])
    assert status(listener) == {b"online": 1, b"offline": 1}


def test_the_network_of_a_scenario_acts_over_the_wire_and_its_codec_is_spoken(broker_url: str, listener: Any) -> None:
    made = with_codec(SCENARIOS.get("one_heat_pump").make(Birth(1, NOW, 3)), "senml_json")
    bad = NetworkSpec(loss=0.2, duplicates=0.2, reorder=0.1, clock_skew_s=30.0, offline_per_day=1.0, offline_h=4.0)
    made = replace(made, network=bad)
    links = Links(Broker(url=broker_url), "demo", ["heat_pump-1"], each=True, window=50)
    pace = Pace(None, 5 * HOUR_MS, 30.0)
    fleet = Fleet(made, links, pace=pace, clock=VirtualClock(NOW), sent_ms=made.birth.start_ms)
    assert fleet.catch_up(Stop(), lambda _: None)
    links.close()
    line = Line(bad, 1, "heat_pump-1")
    packets = sent(made.streams()[0], line, made.birth.start_ms, NOW, NOW - 120_000)
    wanted = [packet.payload for packet in packets if packet.at_ms < NOW]
    listener.wait_until(lambda: len(listener.heard) >= len(wanted) + 2)
    topic = "fw/v1/demo/heat_pump-1/telemetry/senml_json"
    assert Counter(payload for at, payload in listener.heard if at == topic) == Counter(wanted)
    assert fleet.network() == line.counts
    assert line.counts.lost
    assert line.counts.duplicates
    assert fleet.underway == len(packets) - len(wanted)
    assert CODECS.get("senml_json").decode(wanted[0]).messages


def test_more_connections_than_the_system_allows_are_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda _: (100, 200))
    with pytest.raises(ScenarioInvalid, match="1000 connections need 1256 open files, the system allows 200"):
        _allow(MANY)


class Guarded:
    """A Mosquitto that lets nobody in without a certificate of ours, or without a password."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.password_port = folder, free_port(), free_port()
        self.authority = Authority.init(folder / "ca", "Test devices")
        (folder / "ca.pem").write_bytes(self.authority.certificate)
        server = self.authority.server(["localhost"])
        (folder / "server.pem").write_bytes(server.certificate)
        (folder / "server.key").write_bytes(server.key or b"")
        passwords = folder / "passwords"
        passwords.touch()
        subprocess.run(["mosquitto_passwd", "-b", passwords, "d-0", "right:word"], check=True)
        (folder / "mosquitto.conf").write_text(
            f"per_listener_settings true\nuser root\nlistener {self.port} 127.0.0.1\ncafile {folder}/ca.pem\n"
            f"certfile {folder}/server.pem\nkeyfile {folder}/server.key\nrequire_certificate true\n"
            f"use_identity_as_username true\nlistener {self.password_port} 127.0.0.1\npassword_file {passwords}\n"
        )
        self.process = subprocess.Popen(["mosquitto", "-c", folder / "mosquitto.conf"], stderr=subprocess.DEVNULL)

    def certificate(self, device: str, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        issued = self.authority.device(Subject(device, "demo", "heat_pump"), timedelta(days=1))
        (folder / f"{device}-{issued.serial[:8]}.pem").write_bytes(issued.certificate)
        (folder / f"{device}-{issued.serial[:8]}.key").write_bytes(issued.key or b"")
        (folder / "ca.pem").write_bytes(self.authority.certificate)


@pytest.fixture
def guarded(tmp_path: Path) -> Any:
    site = Guarded(tmp_path)
    yield site
    site.process.terminate()
    site.process.wait(10)


def linked(broker: Broker, path: Path, count: int) -> Links:
    for attempt in range(50):
        try:
            given = credentials.read(path, names(count), broker)
            return Links(broker, "demo", names(count), each=True, window=10, credentials=given)
        except BrokerUnreachable as error:
            if "refused" not in error.problem or attempt == 49:
                raise
            threading.Event().wait(0.1)
    raise AssertionError


@pytest.mark.slow
def test_each_device_proves_itself_with_its_own_certificate(guarded: Guarded, tmp_path: Path) -> None:
    for device in names(20):
        guarded.certificate(device, tmp_path / "keys")
    broker = Broker(url=f"mqtts://localhost:{guarded.port}")
    links = linked(broker, tmp_path / "keys", 20)
    assert links.tally.connected == 20
    links.publish("d-7", "event", b"x" * 100_000)  # more than a TLS record
    with pytest.raises(DeliveryIncomplete, match="nobody is subscribed"):
        links.drain(1.0)
    links.close()
    trusting = Broker(url=broker.url, ca_file=tmp_path / "ca.pem")
    with pytest.raises(BrokerUnreachable):
        Links(trusting, "demo", ["d-0"], each=True, window=10)


def test_a_password_that_is_wrong_is_a_refusal_in_words(guarded: Guarded, tmp_path: Path) -> None:
    broker = Broker(url=f"mqtt://localhost:{guarded.password_port}")
    (tmp_path / "right.txt").write_text(json.dumps({"device": "d-0", "username": "d-0", "password": "right:word"}))
    (tmp_path / "wrong.txt").write_text("# ours\nd-0:wrong\n")
    linked(broker, tmp_path / "right.txt", 1).close()
    with pytest.raises(BrokerUnreachable, match="Not authorized"):
        linked(broker, tmp_path / "wrong.txt", 1)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("d-0", "line 1 is not of the form name:password"),
        ("\n{}", "line 2 is not what `devices rotate` prints"),
        ('{"username": "d-0", "password": "x"}\n{\n', "line 2 is not what `devices rotate` prints"),
        ("d-9:x", "it holds nothing for the device d-0 and 1 more"),
        (None, "No such file"),
    ],
)
def test_credentials_that_are_none_are_named_with_their_line(tmp_path: Path, content: str | None, says: str) -> None:
    if content is not None:
        (tmp_path / "secrets.txt").write_text(content)
    with pytest.raises(CredentialsUnusable, match=says):
        credentials.read(tmp_path / "secrets.txt", names(2), Broker(url="mqtt://x"))


def test_what_rotate_prints_for_one_device_after_the_other_is_a_file_of_passwords(tmp_path: Path) -> None:
    printed = [{"device": name, "kind": "password", "username": name, "password": f"p-{name}"} for name in ("a", "b:1")]
    (tmp_path / "secrets.json").write_text("\n".join(json.dumps(one, indent=2) for one in printed) + "\n")
    found = credentials.read(tmp_path / "secrets.json", ["a", "b:1"], Broker(url="mqtt://x"))
    assert [(one.username, one.password) for one in found.values()] == [("a", "p-a"), ("b:1", "p-b:1")]


def test_of_several_certificates_the_newest_counts_and_names_may_end_like_serials(tmp_path: Path) -> None:
    for number, stem in enumerate(("car-7-aaaaaaaa", "car-7-bbbbbbbb", "car-7-1-cccccccc", "car_8-dddddddd")):
        for suffix in (".pem", ".key"):
            (tmp_path / f"{stem}{suffix}").write_text("")
            os.utime(tmp_path / f"{stem}{suffix}", (number, number))
    found = credentials.read(tmp_path, ["car-7", "car-7-1", "car:8"], Broker(url="mqtt://x"))
    assert [one.certificate.stem for one in found.values() if one.certificate] == [
        "car-7-bbbbbbbb",
        "car-7-1-cccccccc",
        "car_8-dddddddd",
    ]


def test_a_certificate_that_is_none_is_named(tmp_path: Path) -> None:
    for suffix in (".pem", ".key"):
        (tmp_path / f"d-0-aaaaaaaa{suffix}").write_text("no certificate")
    broker = Broker(url=f"mqtts://localhost:{free_port()}")
    with pytest.raises(CredentialsUnusable, match=r"d-0-aaaaaaaa\.pem"):
        linked(broker, tmp_path, 1)
