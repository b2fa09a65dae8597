"""A provisioned device is heard, speaks for itself alone, and is shut out once revoked: by a broker of our making."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from product import Product

from kit.services import free_port

pytestmark = pytest.mark.slow


def readings(**more: str) -> str:
    return json.dumps({"ts": time.time_ns() // 1_000_000, "signals": {"coolant_temp": 91.2, "rpm": 2100}, **more})


class Site:
    """An installation with its own authority and a Mosquitto that `broker run` keeps."""

    def __init__(self, product: Product, folder: Path) -> None:
        self.product = product
        self.folder = folder
        self.port, self.password_port, own_port = free_port(), free_port(), free_port()
        product.run("ca", "init")
        made = product.facts(
            "broker", "config", "--profile", "durable", "--host", "localhost",
            "--certificate-port", str(self.port), "--password-port", str(self.password_port),
            "--own-port", str(own_port),
        )  # fmt: skip
        self.broker_folder = Path(made["folder"])
        (self.broker_folder / "conf.d" / "test.conf").write_text("user root\n")  # the test's folders are root's alone
        for line in Path(made["environment"]).read_text().splitlines():
            if line.startswith("FOREWARN__"):
                name, _, value = line.partition("=")
                product.environment[name] = value
        self.start_broker()

    def start_broker(self) -> None:
        with (self.folder / "broker.log").open("ab") as log:
            self.broker = subprocess.Popen(
                [sys.executable, "-m", "kit.cli", "broker", "run"],
                cwd=self.folder, env=self.product.environment, stdout=log, stderr=log,
            )  # fmt: skip

    def certificate(self, device: str) -> dict[str, str]:
        given: dict[str, str] = self.product.facts("devices", "rotate", device, "--out", str(self.folder / "keys"))
        return given

    def talker(self, given: dict[str, str], topic: str) -> subprocess.Popen[str]:
        """A client that stays connected and publishes each line that it is given."""
        command = [
            "mosquitto_pub", "-h", "localhost", "-p", str(self.port), "--cafile", given["authority"],
            "--cert", given["certificate"], "--key", given["key"], "-q", "1", "-t", topic, "-l",
        ]  # fmt: skip
        return subprocess.Popen(command, stdin=subprocess.PIPE, text=True, bufsize=1)

    def publish(self, given: dict[str, str], topic: str, payload: str, *options: str) -> int:
        """What a foreign client does: exit code 0 when the broker took the message and said so."""
        command = [
            "mosquitto_pub", "-h", "localhost", "-p", str(self.port), "--cafile", given["authority"],
            "--cert", given["certificate"], "--key", given["key"], "-q", "1", "-t", topic, "-m", payload, *options,
        ]  # fmt: skip
        return subprocess.run(command, capture_output=True, check=False, timeout=60).returncode

    def publish_with_password(self, user: str, password: str, topic: str, payload: str) -> int:
        command = [
            "mosquitto_pub", "-h", "localhost", "-p", str(self.password_port),
            "--cafile", str(self.broker_folder / "ca.pem"), "-u", user, "-P", password,
            "-q", "1", "-t", topic, "-m", payload,
        ]  # fmt: skip
        return subprocess.run(command, capture_output=True, check=False, timeout=60).returncode

    def refused(self) -> list[dict[str, Any]]:
        lines: list[dict[str, Any]] = self.product.facts("broker", "refusals")
        return lines

    def account(self, device: str) -> dict[str, int]:
        """The device's ledger, all hours together."""
        lines = self.product.facts("ledger", "--device", device)
        return {name: sum(line[name] for line in lines) for name in ("received", "stored", "quarantined")}


@pytest.fixture
def site(product: Product, tmp_path: Path) -> Iterator[Site]:
    assert shutil.which("mosquitto_pub"), "install Mosquitto's clients (Debian: apt install mosquitto-clients)"
    site = Site(product, tmp_path)
    for device in ("car-1", "car-2"):
        product.run("devices", "add", device, "--type", "vehicle")
    yield site
    product.stop_all()
    site.broker.terminate()
    site.broker.wait(60)


def test_a_provisioned_device_speaks_for_itself_alone(site: Site) -> None:
    product, own, others = site.product, "fw/v1/demo/car-1/telemetry", "fw/v1/demo/car-2/telemetry"
    given = site.certificate("car-1")
    product.start("gateway", "writer")
    product.wait_for(
        "stored readings",
        lambda: site.publish(given, own, readings()) == 0 and site.account("car-1")["stored"] > 0,
    )

    site.publish(given, others, readings())
    site.publish(given, others, readings(), "-V", "5")
    product.wait_for("refusals, counted", lambda: sum(line["count"] for line in site.refused()) == 2)
    assert [(line["device"], line["topic"]) for line in site.refused()] == [("car-1", others)]

    before = site.account("car-1")
    assert site.publish(given, own, readings(device="car-2")) == 0
    product.wait_for("what the gateway refused", lambda: site.account("car-1")["quarantined"] > before["quarantined"])
    assert product.facts("quarantine", "list")[0]["reason"] == "device_mismatch"
    assert site.account("car-2")["received"] == 0


def test_a_revoked_device_is_shut_out_until_it_is_given_a_new_certificate(site: Site) -> None:
    product, topic = site.product, "fw/v1/demo/car-1/telemetry"
    old = site.certificate("car-1")
    product.wait_for("broker", lambda: site.publish(old, topic, readings()) == 0)
    product.run("devices", "revoke", "car-1", "--reason", "stolen")
    product.wait_for("closed door", lambda: site.publish(old, topic, readings()) != 0)
    new = site.certificate("car-1")
    product.wait_for("open door", lambda: site.publish(new, topic, readings()) == 0)
    assert site.publish(old, topic, readings()) != 0
    actions = [line["action"] for line in product.facts("devices", "history", "car-1")["changes"]]
    assert actions == ["registered", "credential given", "device revoked", "credential given"]


def test_a_revoked_device_that_is_connected_can_say_nothing_more(site: Site) -> None:
    product, topic = site.product, "fw/v1/demo/car-1/event"
    given = site.certificate("car-1")
    product.wait_for("broker", lambda: site.publish(given, topic, "x") == 0)
    with site.talker(given, topic) as talker:
        assert talker.stdin
        product.run("devices", "revoke", "car-1")

        def refused() -> bool:
            print("still here", file=talker.stdin)
            return any(line["device"] == "car-1" and line["topic"] == topic for line in site.refused())

        product.wait_for("refusals of what it says", refused)
        assert talker.poll() is None


def test_a_broker_that_outlived_its_keeper_is_taken_over(site: Site) -> None:
    product, topic = site.product, "fw/v1/demo/car-1/event"
    given = site.certificate("car-1")
    product.wait_for("broker", lambda: site.publish(given, topic, "x") == 0)
    site.broker.kill()
    site.broker.wait()
    assert site.publish(given, topic, "x") == 0, "devices do not notice"
    site.start_broker()
    product.wait_for(
        "counting broker",
        lambda: site.publish(given, "fw/v1/demo/car-2/event", "x") in {0, 1} and site.refused(),
    )


def test_a_password_opens_the_encrypted_listener_and_the_next_one_ends_it(site: Site) -> None:
    product, topic = site.product, "fw/v1/demo/car-2/telemetry"
    first = product.facts("devices", "rotate", "car-2", "--kind", "password")["password"]
    product.wait_for("open door", lambda: site.publish_with_password("car-2", first, topic, readings()) == 0)
    assert site.publish_with_password("car-1", first, topic, readings()) != 0
    second = product.facts("devices", "rotate", "car-2", "--kind", "password")["password"]
    product.wait_for("next door", lambda: site.publish_with_password("car-2", second, topic, readings()) == 0)
    assert site.publish_with_password("car-2", first, topic, readings()) != 0


def test_a_stranger_is_not_let_in(site: Site) -> None:
    stranger = site.certificate("car-1")
    site.product.wait_for("broker", lambda: site.publish(stranger, "fw/v1/demo/car-1/help", "x") == 0)
    (site.folder / "data" / "ca").rename(site.folder / "data" / "ca-ours")
    site.product.run("ca", "init", "--name", "Somebody else")
    forged = site.certificate("car-2")
    forged["authority"] = stranger["authority"] = str(site.broker_folder / "ca.pem")
    assert site.publish(forged, "fw/v1/demo/car-2/telemetry", readings()) != 0
    assert site.publish(stranger, "fw/v1/demo/car-1/telemetry", readings()) == 0
