"""The authority: made once, signs only what it should, and its certificates say who and what for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ingest.errors import AuthorityExists, AuthorityMissing, CertificateRefused
from ingest.identity import authority
from ingest.identity.authority import Authority, Subject

NOW = datetime(2026, 11, 22, tzinfo=UTC)
CAR = Subject("car-1", "demo", "vehicle")
YEAR = timedelta(days=365)
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey


@pytest.fixture
def ca(tmp_path: Path) -> Authority:
    return Authority.init(tmp_path / "ca", "Test devices", NOW)


def request(key: Key, name: str | None = "car-1") -> bytes:
    names = [] if name is None else [x509.NameAttribute(NameOID.COMMON_NAME, name)]
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(names))
    digest = None if isinstance(key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey) else hashes.SHA256()
    return builder.sign(key, digest).public_bytes(serialization.Encoding.PEM)


def test_an_authority_is_made_once_and_its_key_is_its_owners_alone(tmp_path: Path, ca: Authority) -> None:
    assert (tmp_path / "ca" / "ca.key").stat().st_mode & 0o077 == 0
    assert Authority.load(tmp_path / "ca").certificate == ca.certificate
    with pytest.raises(AuthorityExists):
        Authority.init(tmp_path / "ca", "Another", NOW)
    assert Authority.load(tmp_path / "ca").certificate == ca.certificate


@pytest.mark.parametrize("damage", ["", "garbage", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_an_authority_that_cannot_be_read_is_none(tmp_path: Path, ca: Authority, damage: str) -> None:
    (tmp_path / "ca" / "ca.key").write_text(damage)
    with pytest.raises(AuthorityMissing):
        Authority.load(tmp_path / "ca")
    with pytest.raises(AuthorityMissing):
        Authority.load(tmp_path / "nothing")


def test_a_certificate_says_who_which_tenant_which_type_and_is_a_clients_only(ca: Authority) -> None:
    issued = ca.device(CAR, YEAR, NOW)
    certificate = x509.load_pem_x509_certificate(issued.certificate)
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(ca.certificate))
    assert certificate.subject.rfc4514_string() == "CN=car-1,OU=vehicle,O=demo"
    assert f"{certificate.serial_number:x}" == issued.serial
    assert certificate.not_valid_after_utc == issued.expires_at == NOW + YEAR
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    key = serialization.load_pem_private_key(issued.key or b"", password=None)
    assert key.public_key() == certificate.public_key()


def test_no_certificate_outlives_the_authority(ca: Authority) -> None:
    assert ca.device(CAR, timedelta(days=36500), NOW).expires_at == ca.expires_at


def test_the_brokers_certificate_names_its_hosts_and_is_a_servers_only(ca: Authority) -> None:
    issued = ca.server(["mqtt.example.com", "192.0.2.7"], NOW)
    certificate = x509.load_pem_x509_certificate(issued.certificate)
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert authority.server_hosts(issued.certificate) == ["mqtt.example.com", "192.0.2.7"]
    assert not authority.renewal_due(issued.certificate, NOW)
    assert authority.renewal_due(issued.certificate, NOW + timedelta(days=270))


@pytest.mark.parametrize(
    "make",
    [
        lambda: ec.generate_private_key(ec.SECP256R1()),
        lambda: ec.generate_private_key(ec.SECP384R1()),
        ed25519.Ed25519PrivateKey.generate,
        lambda: rsa.generate_private_key(65537, 2048),
    ],
    ids=["P-256", "P-384", "Ed25519", "RSA-2048"],
)
def test_a_device_may_keep_its_own_key(ca: Authority, make: Callable[[], Key]) -> None:
    key = make()
    for name in ("car-1", None):
        issued = ca.sign(request(key, name), CAR, YEAR, NOW)
        certificate = x509.load_pem_x509_certificate(issued.certificate)
        assert certificate.public_key() == key.public_key()
        assert issued.key is None
        assert certificate.subject.rfc4514_string() == "CN=car-1,OU=vehicle,O=demo"


@pytest.mark.parametrize(
    "make",
    [
        lambda: request(ec.generate_private_key(ec.SECP256R1()), "car-2"),
        lambda: request(ec.generate_private_key(ec.SECP256K1())),
        lambda: request(rsa.generate_private_key(65537, 1024)),
        lambda: request(ed448.Ed448PrivateKey.generate()),
        lambda: b"",
        lambda: b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n",
        lambda: b"x" * 100_000,
    ],
    ids=["another name", "unknown curve", "short RSA", "Ed448", "empty", "no request", "huge"],
)
def test_what_should_not_be_signed_is_not(ca: Authority, make: Callable[[], bytes]) -> None:
    with pytest.raises(CertificateRefused):
        ca.sign(make(), CAR, YEAR, NOW)


_GOOD = x509.load_pem_x509_csr(request(ec.generate_private_key(ec.SECP256R1()))).public_bytes(
    serialization.Encoding.DER
)


@hypothesis_settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(at=7, byte=1, cut=False)  # another version of the form
@given(at=st.integers(0, len(_GOOD) - 1), byte=st.integers(0, 255), cut=st.booleans())
def test_a_request_that_was_tampered_with_is_refused(ca: Authority, at: int, byte: int, cut: bool) -> None:
    asked = _GOOD[:at] if cut else _GOOD[:at] + bytes([byte]) + _GOOD[at + 1 :]
    if asked == _GOOD:
        ca.sign(asked, CAR, YEAR, NOW)
        return
    with pytest.raises(CertificateRefused):
        ca.sign(asked, CAR, YEAR, NOW)


def test_a_name_that_does_not_fit_is_not_cut(ca: Authority) -> None:
    with pytest.raises(CertificateRefused):
        ca.device(Subject("c" * 65, "demo", "vehicle"), YEAR, NOW)


def test_the_revocation_list_is_ours_and_does_not_run_out_before_us(ca: Authority, tmp_path: Path) -> None:
    listed = ca.revocations(["1f", "a0"], NOW)
    assert ca.listed(listed) == {0x1F, 0xA0}
    assert ca.listed(ca.revocations([], NOW)) == set()
    found = x509.load_pem_x509_crl(listed)
    assert found.next_update_utc == ca.expires_at
    assert ca.listed(b"") is None
    assert Authority.init(tmp_path / "other", "Other", NOW).listed(listed) is None
