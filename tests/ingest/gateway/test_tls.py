"""Over TLS the broker hands out records, and what lies decoded inside the TLS layer is invisible to `select`."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ingest.gateway.mqtt import Connection
from kit.services import find_mosquitto, free_port
from kit.settings import Broker
from tests.ingest.gateway.connections import ALL, TOPIC, settle, take_all
from tests.ingest.support import Publisher, until

CONF = """\
per_listener_settings false
allow_anonymous true
max_inflight_messages 1000
max_queued_messages 100000
listener {plain} 127.0.0.1
listener {tls} 127.0.0.1
certfile {folder}/cert.pem
keyfile {folder}/key.pem
{user}
"""


def certify(folder: Path) -> None:
    """A certificate for the loopback address, signed by itself."""
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "broker")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    pem, pkcs8, open_ = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(pem, pkcs8, open_))


@pytest.fixture
def ports(tmp_path: Path) -> Iterator[tuple[int, int]]:
    """A broker with a plain and a TLS port."""
    plain, tls = free_port(), free_port()
    certify(tmp_path)
    user = "user root" if os.geteuid() == 0 else ""
    conf = CONF.format(plain=plain, tls=tls, folder=tmp_path, user=user)
    (tmp_path / "mosquitto.conf").write_text(conf, "utf-8")
    broker = subprocess.Popen([find_mosquitto() or "mosquitto", "-c", str(tmp_path / "mosquitto.conf")])
    yield plain, tls
    broker.terminate()
    broker.wait()


@pytest.mark.slow
@pytest.mark.parametrize("receive", ["fast", "plain"])
def test_every_record_is_drained_and_acknowledged(
    ports: tuple[int, int], tmp_path: Path, receive: Literal["fast", "plain"]
) -> None:
    plain, tls = ports
    at = Broker(url=f"mqtts://127.0.0.1:{tls}", ca_file=tmp_path / "cert.pem")
    connection = Connection(at, "gateway-test", [ALL], receive)
    connection.start()
    try:
        until(lambda: connection.connected, "the subscription over TLS")
        publisher = Publisher(f"mqtt://127.0.0.1:{plain}")
        sent = [f"{n} {'x' * (n % 7 * 3000)}" for n in range(500)]  # packets within and across records
        for text in sent:
            publisher.raw(TOPIC, text.encode())
        assert take_all(connection, len(sent)) == sent
        publisher.close()
        settle(connection)
    finally:
        connection.stop()
    again = Connection(at, "gateway-test", [ALL], receive)
    again.start()
    try:
        until(lambda: again.connected, "the way back")
        assert len(again.take(1, 1, 0.2)) == 0, "all of it was acknowledged"
    finally:
        again.stop()


# paho leaves the socket of a handshake that failed to the garbage collector
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_broker_whose_certificate_is_not_trusted_is_not_used_and_the_reason_is_said(
    ports: tuple[int, int],
) -> None:
    connection = Connection(Broker(url=f"mqtts://127.0.0.1:{ports[1]}"), "gateway-test", [ALL])
    connection.start()
    try:
        until(lambda: connection._status.facts.reconnects.get("unreachable", 0) > 0, "the failure")
        assert not connection.connected
        until(lambda: "certificate" in connection._client.failure, "the reason")
    finally:
        connection.stop()
