"""The compose file says the same as the settings, and its services' configuration is what the real programs take."""

from __future__ import annotations

import re
import socket
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from ingest.config import Config as IngestConfig
from ingest.identity.authority import Authority
from ingest.identity.broker.enforced import Enforced
from ingest.identity.broker.folder import BrokerFolder
from ingest.identity.broker.texts import Listeners, Profile
from ingest.store import STORES
from kit.plugins import roles
from kit.services import find_mosquitto, free_port
from kit.settings import load

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("forewarn:")}


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def filled(value: str) -> str:
    """A compose value with its ``${NAME:-default}`` and ``${NAME:?message}`` filled in."""
    return re.sub(r"\$\{(\w+)(?::-([^}]*)|:\?[^}]*)?\}", lambda hit: hit[2] if hit[2] is not None else "x" * 8, value)


def test_every_variable_is_a_setting_with_a_usable_value() -> None:
    for name, service in OURS.items():
        settings = load(
            Path("/dev/null"), environ={key: filled(value) for key, value in service["environment"].items()}
        )
        assert settings.of(IngestConfig).store.kind in STORES, name


def test_every_production_role_is_one_service_and_no_other_runs() -> None:
    others = {"migrate", "broker"}
    commands = {tuple(service["command"]) for service in OURS.values() if service["command"][0] not in others}
    assert commands == {("worker", "run", "--role", name) for name, role in roles().items() if not role.demo}


def test_addresses_inside_the_file_name_its_services() -> None:
    for service in OURS.values():
        for key, value in service["environment"].items():
            for host, port in re.findall(r"(?:@|//)([a-z]+):(\d+)", filled(value)):
                assert host in SERVICES, (key, host)
                assert {"postgres": "5432", "mosquitto": "1883", "influxdb": "8086"}[host] == port


def test_ports_are_published_on_loopback_only_and_as_configured() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert sorted(published) == ["127.0.0.1:8080:8080", "127.0.0.1:8883:8883", "127.0.0.1:8884:8884"]
    assert "EXPOSE 8080" in (ROOT / "Dockerfile").read_text("utf-8")
    ports = Listeners()
    assert (ports.own_port, ports.certificate_port, ports.password_port) == (1883, 8883, 8884)
    assert OURS["web"]["environment"]["FOREWARN__API__PORT"] == "8080"


def test_every_image_has_an_exact_tag_and_every_volume_is_declared() -> None:
    for name, service in SERVICES.items():
        assert re.fullmatch(r"[\w./-]+:\d+\.\d+[\w.-]*", service["image"]), name
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert (ROOT / source).exists() if source.startswith("./") else source in COMPOSE["volumes"], volume


def test_the_data_folder_is_the_volume_in_image_and_compose() -> None:
    assert "FOREWARN__CORE__DATA_DIR=/var/lib/forewarn" in (ROOT / "Dockerfile").read_text("utf-8")
    for service in OURS.values():
        assert service["environment"]["FOREWARN__CORE__DATA_DIR"] == "/var/lib/forewarn"
        assert "forewarn:/var/lib/forewarn" in service["volumes"]


def test_the_image_is_built_from_the_lock_and_holds_every_package() -> None:
    text, ignored = (ROOT / "Dockerfile").read_text("utf-8"), (ROOT / ".dockerignore").read_text("utf-8")
    assert "--require-hashes" in text
    for folder in ("kit", "ingest", "detectors", "outreach", "api", "device_sim"):
        assert f"COPY {folder} {folder}" in text
        assert f"!{folder}\n" in ignored


def test_secrets_have_no_default() -> None:
    example = (ROOT / "deploy/example.env").read_text("utf-8")
    for name in ("POSTGRES_PASSWORD", "BROKER_PASSWORD", "INFLUX_PASSWORD", "INFLUX_TOKEN"):
        assert f"{name}=\n" in example
        assert f"${{{name}:?" in (ROOT / "docker-compose.yml").read_text("utf-8")


@pytest.mark.parametrize("profile", Profile)
def test_mosquitto_takes_its_configuration(tmp_path: Path, profile: Profile) -> None:
    binary = find_mosquitto()
    assert binary, "install Mosquitto (Debian: apt install mosquitto)"
    ports = Listeners(free_port(), free_port(), free_port())
    ca, folder = Authority.init(tmp_path / "ca", "Test devices"), BrokerFolder(tmp_path / "broker", "demo")
    folder.write(ca, profile=profile, listeners=ports, hosts=["localhost"], password=None, payload_kb=256)
    folder.sync(ca, Enforced({}, ("car-1",), ("1f",)), (), datetime.now(UTC))
    (folder.path / "conf.d" / "test.conf").write_text("user root\n")
    process = subprocess.Popen([binary, "-c", folder.path / "mosquitto.conf"], stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 20
        while not all(map(answers, (ports.certificate_port, ports.password_port, ports.own_port))):
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        process.terminate()
        process.communicate()
