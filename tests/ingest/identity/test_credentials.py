"""Credentials: shown once, kept as hashes, valid for one device, until they end."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from ingest.errors import UnknownCredential
from ingest.identity import credentials
from ingest.identity.credentials import Kind
from ingest.registry.devices import Device, DeviceSpec, register, set_revoked


def test_a_key_opens_its_own_device_and_no_other(session: Session, car: Device) -> None:
    register(session, DeviceSpec("demo", "car-2", "vehicle"))
    register(session, DeviceSpec("other", "car-1", "vehicle"))
    key = credentials.give_key(session, car)
    assert credentials.verify_key(session, "demo", "car-1", key) == car
    for tenant, identifier, given_key in (
        ("demo", "car-2", key), ("other", "car-1", key), ("demo", "car-1", key[:-1]), ("demo", "none", key),
        ("demo", "car-1", ""), ("demo", "car-1", "\ud800"), ("demo", "car-1\0", key + "x"),
    ):  # fmt: skip
        assert credentials.verify_key(session, tenant, identifier, given_key) is None


@hypothesis_settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(identifier=st.text(st.characters(exclude_categories=["Cs"])), key=st.text())
def test_no_text_is_a_key_that_was_not_given(session: Session, car: Device, identifier: str, key: str) -> None:
    credentials.give_key(session, car)
    assert credentials.verify_key(session, "demo", identifier, key) is None
    assert credentials.verify_key(session, "demo", "car-1", key) is None


def test_a_broker_password_is_no_http_key(session: Session, car: Device) -> None:
    assert credentials.verify_key(session, "demo", "car-1", credentials.give_password(session, car)) is None


def test_no_secret_is_kept(session: Session, car: Device) -> None:
    secrets = [credentials.give_key(session, car), credentials.give_password(session, car)]
    kept = str(session.execute(text("SELECT * FROM device_credential")).all())
    assert all(secret not in kept for secret in secrets)


def test_both_keys_are_valid_while_a_rotation_overlaps(session: Session, car: Device) -> None:
    old = credentials.give_key(session, car)
    assert credentials.end(session, car, Kind.HTTP_KEY, timedelta(hours=1)) == 1
    new = credentials.give_key(session, car)
    assert credentials.verify_key(session, "demo", "car-1", old) == car
    assert credentials.end(session, car, Kind.HTTP_KEY, timedelta(0)) == 2
    newest = credentials.give_key(session, car)
    assert [credentials.verify_key(session, "demo", "car-1", key) for key in (old, new, newest)] == [None, None, car]


def test_ending_later_never_prolongs(session: Session, car: Device) -> None:
    credentials.keep(session, car, Kind.CERTIFICATE, "1f", datetime.now(UTC) + timedelta(hours=1))
    credentials.end(session, car, Kind.CERTIFICATE, timedelta(days=9))
    (only,) = credentials.of_device(session, car.no)
    assert only.expires_at is not None
    assert only.expires_at < datetime.now(UTC) + timedelta(hours=2)


def test_a_revoked_key_and_a_revoked_device_are_shut_out(session: Session, car: Device) -> None:
    first, second = credentials.give_key(session, car), credentials.give_key(session, car)
    newest = credentials.of_device(session, car.no)[0]
    assert credentials.revoke(session, car, newest.id) == 1
    assert credentials.verify_key(session, "demo", "car-1", second) is None
    assert credentials.verify_key(session, "demo", "car-1", first) is not None
    set_revoked(session, car.no, revoked=True)
    assert credentials.verify_key(session, "demo", "car-1", first) is None
    assert credentials.revoke(session, car) == 1
    states = [c.state(datetime.now(UTC)) for c in credentials.of_device(session, car.no)]
    assert states == ["revoked", "revoked"]


def test_another_devices_credential_cannot_be_revoked(session: Session, car: Device) -> None:
    credentials.give_key(session, car)
    other = register(session, DeviceSpec("demo", "car-2", "vehicle"))
    with pytest.raises(UnknownCredential):
        credentials.revoke(session, other, credentials.of_device(session, car.no)[0].id)


def test_the_broker_hash_is_the_one_that_mosquitto_computes() -> None:
    _, version, rounds, salt, derived = credentials.broker_hash("secret").split("$")
    expected = hashlib.pbkdf2_hmac("sha512", b"secret", base64.b64decode(salt), int(rounds))
    assert (version, base64.b64decode(derived)) == ("7", expected)
