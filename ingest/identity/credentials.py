"""What devices prove themselves with: passwords at the broker, keys over HTTP, certificates. Never a secret in clear.

Secrets are made here, 192 random bits each, and handed out once. So their hashes need no stretching: a guess is
hopeless at any speed, and a fleet that connects all at once must not keep the broker busy hashing.
Functions take a Session and never commit.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from ingest.errors import UnknownCredential
from ingest.registry.devices import Device, access_device
from ingest.tables import DeviceCredentialRow, DeviceRow

SECRET_BYTES = 24
BROKER_ROUNDS = 101  # what mosquitto_passwd uses; more only slows down a reconnecting fleet, see above
SALT_BYTES = 12


class Kind(StrEnum):
    """Kinds of credentials. Values are stored, never renamed."""

    PASSWORD = "password"  # noqa: S105 - a word, no password
    HTTP_KEY = "http_key"
    CERTIFICATE = "certificate"


@dataclass(frozen=True, slots=True)
class Credential:
    """One credential of one device; `proof` is the hash of its secret, or a certificate's serial number in hex."""

    id: int
    device_no: int
    kind: Kind
    proof: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    def state(self, now: datetime) -> str:
        """``live``, ``expired`` or ``revoked``."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "live"


def give_password(session: Session, device: Device) -> str:
    """A new password for the device at the broker, which knows one a device: the newest that is live."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    keep(session, device, Kind.PASSWORD, broker_hash(secret))
    return secret


def give_key(session: Session, device: Device) -> str:
    """A new key for the device over HTTP; earlier ones stay valid until they are ended."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    keep(session, device, Kind.HTTP_KEY, _key_hash(secret))
    return secret


def keep(session: Session, device: Device, kind: Kind, proof: str, expires_at: datetime | None = None) -> None:
    """Note a credential that was given to the device; for certificates `proof` is the serial number in hex."""
    session.add(DeviceCredentialRow(device_no=device.no, kind=kind, secret=proof, expires_at=expires_at))
    session.flush()


def end(session: Session, device: Device, kind: Kind, overlap: timedelta) -> int:
    """Let the live credentials of one kind end `overlap` from now; how many. For a rotation, before the new one."""
    ends_at = func.now() + overlap
    result = session.execute(
        update(DeviceCredentialRow)
        .where(DeviceCredentialRow.device_no == device.no, DeviceCredentialRow.kind == kind, is_live())
        .values(expires_at=func.least(DeviceCredentialRow.expires_at, ends_at))
        .returning(DeviceCredentialRow.id)
    )
    return len(result.all())


def revoke(session: Session, device: Device, credential_id: int | None = None) -> int:
    """Revoke one credential of the device, or all; how many were live. Raises UnknownCredential for another's."""
    rows = select(DeviceCredentialRow.id).where(DeviceCredentialRow.device_no == device.no)
    if credential_id is not None:
        rows = rows.where(DeviceCredentialRow.id == credential_id)
        if session.execute(rows).first() is None:
            raise UnknownCredential(device.identifier, credential_id)
    result = session.execute(
        update(DeviceCredentialRow)
        .where(DeviceCredentialRow.id.in_(rows), DeviceCredentialRow.revoked_at.is_(None))
        .values(revoked_at=func.clock_timestamp())
        .returning(DeviceCredentialRow.id)
    )
    return len(result.all())


def of_device(session: Session, device_no: int) -> list[Credential]:
    """Every credential that the device ever had, the newest first."""
    rows = session.execute(
        select(DeviceCredentialRow)
        .where(DeviceCredentialRow.device_no == device_no)
        .order_by(DeviceCredentialRow.id.desc())
        .execution_options(populate_existing=True)
    ).scalars()
    return [
        Credential(row.id, row.device_no, Kind(row.kind), row.secret, row.created_at, row.expires_at, row.revoked_at)
        for row in rows
    ]


def verify_key(session: Session, tenant: str, identifier: str, key: str) -> Device | None:
    """The device when `key` is a live key of it and it is not revoked, else None; `key` may be any text.

    Every key of the device is compared, each in constant time.
    """
    proofs = session.execute(
        select(DeviceCredentialRow.secret)
        .join(DeviceRow, DeviceRow.no == DeviceCredentialRow.device_no)
        .where(
            DeviceRow.tenant == tenant,
            DeviceRow.identifier == identifier.replace("\0", ""),  # PostgreSQL takes no NUL
            DeviceRow.revoked_at.is_(None),
            DeviceCredentialRow.kind == Kind.HTTP_KEY,
            is_live(),
        )
    ).scalars()
    given = _key_hash(key)
    matches = [hmac.compare_digest(proof, given) for proof in proofs]
    return access_device(session, tenant, identifier) if any(matches) else None


def is_live() -> ColumnElement[bool]:
    """The condition that a credential row is neither revoked nor expired, by the database's clock."""
    unexpired = DeviceCredentialRow.expires_at.is_(None) | (DeviceCredentialRow.expires_at > func.now())
    return DeviceCredentialRow.revoked_at.is_(None) & unexpired


def broker_hash(secret: str) -> str:
    """The secret as Mosquitto keeps it: ``$7$<rounds>$<salt>$<hash>``, PBKDF2 with SHA-512, both in base64."""
    salt = secrets.token_bytes(SALT_BYTES)
    derived = hashlib.pbkdf2_hmac("sha512", secret.encode(), salt, BROKER_ROUNDS)
    return f"$7${BROKER_ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(derived).decode()}"


def _key_hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
