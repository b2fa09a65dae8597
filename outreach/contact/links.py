"""Signed links to a customer's pages: each good for one purpose, one case and one customer, until it expires.

The signing key lives in the database and is made on first use, so every process on every machine agrees on it, and
a new key can be added (`rotate`) while links under the old one still open.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from kit.clock import Clock
from outreach.errors import LinkExpired, LinkInvalid
from outreach.tables import LinkKeyRow

KEY_BYTES = 32
LONGEST_TOKEN = 1000  # ours stay below 300; anything longer is not worth a signature check
_MAKING_KEY = text("SELECT pg_advisory_xact_lock(7105433)")


class Purpose(StrEnum):
    """What a link is good for; it is the signature's salt, so one never opens the other."""

    CASE = "case"
    UNSUBSCRIBE = "unsubscribe"


@dataclass(frozen=True, slots=True)
class Claim:
    """What a valid link says."""

    tenant: str
    number: int
    customer_id: str


class _Payload(msgspec.Struct, frozen=True, array_like=True):
    tenant: str
    number: int
    customer_id: str
    expires_s: int


def token(session: Session, purpose: Purpose, claim: Claim, expires: datetime) -> str:
    """A token for a link; makes the signing key when there is none yet."""
    payload = [claim.tenant, claim.number, claim.customer_id, int(expires.timestamp())]
    signed = _serializer(_keys(session) or [rotate(session)], purpose).dumps(payload)
    return signed if isinstance(signed, str) else signed.decode("ascii")


def read(session: Session, clock: Clock, purpose: Purpose, given: str) -> Claim:
    """What the token says. Raises LinkInvalid for anything that we did not sign for this purpose, LinkExpired."""
    keys = _keys(session)
    if not keys or len(given) > LONGEST_TOKEN:
        raise LinkInvalid
    try:
        payload = msgspec.convert(_serializer(keys, purpose).loads(given), _Payload)
    except (BadData, msgspec.ValidationError, ValueError) as error:
        raise LinkInvalid from error
    if clock.now().timestamp() >= payload.expires_s:
        raise LinkExpired
    return Claim(payload.tenant, payload.number, payload.customer_id)


def urls(session: Session, public_url: str, claim: Claim, now: datetime, good_for: timedelta) -> dict[Purpose, str]:
    """The absolute address of each of a customer's pages."""
    root = public_url.rstrip("/")
    return {purpose: f"{root}/c/{purpose}/{token(session, purpose, claim, now + good_for)}" for purpose in Purpose}


def rotate(session: Session) -> bytes:
    """Add a signing key; links from now on are signed with it, older links still open. Returns the key in force."""
    before = len(_keys(session))
    session.execute(_MAKING_KEY)
    if len(keys := _keys(session)) > before:  # somebody else was faster
        return keys[-1]
    key = secrets.token_bytes(KEY_BYTES)
    session.execute(text("INSERT INTO link_key (key, created_at) VALUES (:key, clock_timestamp())"), {"key": key})
    return key


def _keys(session: Session) -> list[bytes]:
    """Every signing key, oldest first: itsdangerous signs with the last and accepts them all."""
    return list(session.scalars(select(LinkKeyRow.key).order_by(LinkKeyRow.id)))


def _serializer(keys: list[bytes], purpose: Purpose) -> URLSafeSerializer:
    return URLSafeSerializer(keys, salt=f"forewarn.link.{purpose}")
