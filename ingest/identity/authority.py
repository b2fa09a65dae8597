"""Our own certificate authority: one key and certificate in a folder, from which devices and the broker get theirs.

A device's certificate names the device as CN, the tenant as O and its type as OU, and is good for a client only; the
broker's is good for a server only, so neither can stand in for the other. Keys are EC P-256: a fleet that reconnects
all at once costs the broker about a tenth of what RSA would.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ingest.errors import AuthorityExists, AuthorityMissing, CertificateRefused
from kit.settings import Settings

KEY_FILE, CERTIFICATE_FILE = "ca.key", "ca.pem"
AUTHORITY_NAME = "Forewarn devices"
AUTHORITY_LIFE = timedelta(days=365 * 30)  # shorter than a device's life shuts the fleet out on one day
SERVER_LIFE = timedelta(days=397)  # what clients accept at most; `broker sync` renews it in time
BACKDATED = timedelta(days=1)  # devices' clocks are off; a certificate that is not valid yet locks them out
RSA_BITS_LEAST = 2048
REQUEST_MOST = 64_000  # bytes; a signing request has 1,000

PrivateKey = ec.EllipticCurvePrivateKey
DeviceKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate as PEM, its serial number in hex, its end, and the private key as PEM where we made it."""

    certificate: bytes
    serial: str
    expires_at: datetime
    key: bytes | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a device's certificate names."""

    identifier: str
    tenant: str
    device_type: str


class Authority:
    """The certificate authority in `folder`; `Authority.init` makes one, `Authority.load` opens it."""

    def __init__(self, key: PrivateKey, certificate: x509.Certificate) -> None:
        self._key = key
        self._certificate = certificate

    @staticmethod
    def init(folder: Path, name: str, now: datetime | None = None) -> Authority:
        """Make a new authority called `name`; its key is a file that only its owner reads.

        Raises AuthorityExists; a key without its certificate, from a crash half way, counts as one.
        """
        folder.mkdir(parents=True, exist_ok=True)
        key = ec.generate_private_key(ec.SECP256R1())
        moment = now or datetime.now(UTC)
        names = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = (
            _builder(names, names, key.public_key(), moment, AUTHORITY_LIFE)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .sign(key, hashes.SHA256())
        )
        try:
            write_private(folder / KEY_FILE, _key_pem(key))
        except FileExistsError:
            raise AuthorityExists(folder) from None
        (folder / CERTIFICATE_FILE).write_bytes(pem(certificate))
        return Authority(key, certificate)

    @staticmethod
    def load(folder: Path) -> Authority:
        """The authority in `folder`. Raises AuthorityMissing when there is none that can be read."""
        try:
            key = serialization.load_pem_private_key((folder / KEY_FILE).read_bytes(), password=None)
            certificate = x509.load_pem_x509_certificate((folder / CERTIFICATE_FILE).read_bytes())
        except (FileNotFoundError, ValueError, TypeError, UnsupportedAlgorithm):
            raise AuthorityMissing(folder) from None
        if not isinstance(key, PrivateKey):
            raise AuthorityMissing(folder)
        return Authority(key, certificate)

    @property
    def certificate(self) -> bytes:
        """Our certificate as PEM: what devices and the broker trust."""
        return pem(self._certificate)

    @property
    def expires_at(self) -> datetime:
        """When our certificate ends, and every other with it."""
        return self._certificate.not_valid_after_utc

    def device(self, subject: Subject, life: timedelta, now: datetime | None = None) -> Issued:
        """A certificate for the device with a key made here."""
        key = ec.generate_private_key(ec.SECP256R1())
        return self._device(subject, key.public_key(), life, now, _key_pem(key))

    def sign(self, request: bytes, subject: Subject, life: timedelta, now: datetime | None = None) -> Issued:
        """A certificate for the key of a signing request (PEM or DER); nothing else of it is taken over.

        Raises CertificateRefused when it is none, is not signed with its own key, has a weak or unknown key, or
        names another device.
        """
        asked = _read_request(request)
        for attribute in asked.subject.get_attributes_for_oid(NameOID.COMMON_NAME):
            if attribute.value != subject.identifier:
                raise CertificateRefused(f"it names '{str(attribute.value)[:80]}', not '{subject.identifier}'")
        return self._device(subject, _checked_key(asked), life, now, None)

    def server(self, hosts: list[str], now: datetime | None = None) -> Issued:
        """A certificate for the broker under these names and addresses, with a key made here."""
        key, moment = ec.generate_private_key(ec.SECP256R1()), now or datetime.now(UTC)
        names = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0][:64])])
        builder = self._leaf(names, key.public_key(), moment, SERVER_LIFE, ExtendedKeyUsageOID.SERVER_AUTH)
        builder = builder.add_extension(x509.SubjectAlternativeName([_general(host) for host in hosts]), critical=False)
        return _issued(builder.sign(self._key, hashes.SHA256()), _key_pem(key))

    def revocations(self, serials: list[str], now: datetime | None = None) -> bytes:
        """The list of revoked serial numbers (hex) as PEM.

        It is valid as long as we are: OpenSSL shuts out the whole fleet when a list has run out.
        """
        moment = now or datetime.now(UTC)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._certificate.subject)
            .last_update(moment - BACKDATED)
            .next_update(self.expires_at)
        )
        for serial in serials:
            revoked = x509.RevokedCertificateBuilder().serial_number(int(serial, 16)).revocation_date(moment)
            builder = builder.add_revoked_certificate(revoked.build())
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def listed(self, revocations: bytes) -> set[int] | None:
        """Serial numbers on a list of ours (PEM); None when it is no list or another authority's."""
        try:
            found = x509.load_pem_x509_crl(revocations)
        except ValueError:
            return None
        ours = found.is_signature_valid(self._key.public_key())
        return {revoked.serial_number for revoked in found} if ours else None

    def _device(
        self, subject: Subject, key: DeviceKey, life: timedelta, now: datetime | None, private: bytes | None
    ) -> Issued:
        names = x509.Name([
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, subject.tenant[:64]),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, subject.device_type[:64]),
            x509.NameAttribute(NameOID.COMMON_NAME, _common_name(subject.identifier)),
        ])  # fmt: skip
        builder = self._leaf(names, key, now or datetime.now(UTC), life, ExtendedKeyUsageOID.CLIENT_AUTH)
        return _issued(builder.sign(self._key, hashes.SHA256()), private)

    def _leaf(
        self, names: x509.Name, key: DeviceKey, now: datetime, life: timedelta, purpose: x509.ObjectIdentifier
    ) -> x509.CertificateBuilder:
        life = min(life, self.expires_at - now)
        return (
            _builder(names, self._certificate.subject, key, now, life)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        )


def home(settings: Settings) -> Path:
    """The folder of this installation's authority."""
    return settings.data_path("ca", KEY_FILE).parent


def renewal_due(certificate: bytes, now: datetime) -> bool:
    """Whether less than a third of a certificate's life (PEM) is left. Raises ValueError when it is none."""
    loaded = x509.load_pem_x509_certificate(certificate)
    life = loaded.not_valid_after_utc - loaded.not_valid_before_utc
    return loaded.not_valid_after_utc - now < life / 3


def server_hosts(certificate: bytes) -> list[str]:
    """The names and addresses in a broker's certificate (PEM). Raises ValueError when it has none."""
    try:
        names = x509.load_pem_x509_certificate(certificate).extensions
        found = names.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound as error:
        raise ValueError(str(error)) from error
    return [str(name.value) for name in found]


def write_private(path: Path, content: bytes) -> None:
    """Write a new file that only its owner may read. Raises FileExistsError, OSError."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


def pem(certificate: x509.Certificate) -> bytes:
    """A certificate as text."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def _common_name(identifier: str) -> str:
    if len(identifier) > 64:  # the bound of X.509; a cut name would be another device's
        raise CertificateRefused("a device's name in a certificate has at most 64 characters")
    return identifier


def _builder(
    subject: x509.Name, issuer: x509.Name, key: DeviceKey, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + life)
    )


def _usage(signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=signs_certificates, crl_sign=signs_certificates,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _issued(certificate: x509.Certificate, key: bytes | None) -> Issued:
    return Issued(pem(certificate), f"{certificate.serial_number:x}", certificate.not_valid_after_utc, key)


def _key_pem(key: PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _read_request(request: bytes) -> x509.CertificateSigningRequest:
    try:
        if len(request) > REQUEST_MOST:
            raise CertificateRefused("it is too large")
        is_text = request.lstrip().startswith(b"-----")
        asked = x509.load_pem_x509_csr(request) if is_text else x509.load_der_x509_csr(request)
        if not asked.is_signature_valid:
            raise CertificateRefused("it is not signed with its own key")
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise CertificateRefused("it cannot be read") from error
    return asked


def _checked_key(asked: x509.CertificateSigningRequest) -> DeviceKey:
    try:
        key = asked.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise CertificateRefused("its key cannot be read") from error
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1 | ec.SECP384R1):
        return key
    if isinstance(key, ed25519.Ed25519PublicKey):
        return key
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= RSA_BITS_LEAST:
        return key
    raise CertificateRefused("its key is weak or of an unknown kind")
