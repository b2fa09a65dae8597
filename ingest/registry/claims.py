"""Claim codes: who holds the code that came with a device makes the device theirs, once. Kept as hashes."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from ingest.errors import ClaimRefused
from ingest.registry.devices import Device, by_numbers, hand_over
from ingest.tables import DeviceClaimRow, DeviceRow

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # 32 characters that nobody takes for another
GROUPS, GROUP = 4, 4  # 80 random bits: no use to guess, even with the hashes at hand; more is a pain to type


def new_code(session: Session, device: Device, life: timedelta) -> str:
    """A code like ``7KQ2-…`` with which the device can be claimed for `life`; earlier unused ones end."""
    session.execute(
        delete(DeviceClaimRow).where(DeviceClaimRow.device_no == device.no, DeviceClaimRow.claimed_at.is_(None))
    )
    code = "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP)) for _ in range(GROUPS))
    session.add(DeviceClaimRow(code=_hash(code), device_no=device.no, expires_at=func.now() + life))
    session.flush()
    return code


def claim(session: Session, tenant: str, code: str, owner: str) -> Device:
    """Make `owner` the owner of the device that the code is for, from now on. Spaces, dashes and case do not count.

    Raises ClaimRefused for a code that is unknown, used or expired, or whose device is revoked.
    """
    row = session.execute(
        select(DeviceClaimRow)
        .join(DeviceRow, DeviceRow.no == DeviceClaimRow.device_no)
        .where(
            DeviceClaimRow.code == _hash(code),
            DeviceClaimRow.claimed_at.is_(None),
            DeviceClaimRow.expires_at > func.now(),
            DeviceRow.tenant == tenant,
            DeviceRow.revoked_at.is_(None),
        )
        .with_for_update(of=DeviceClaimRow)
    ).scalar_one_or_none()
    if row is None:
        raise ClaimRefused
    row.claimed_at = session.execute(select(func.clock_timestamp())).scalar_one()
    row.claimed_by = owner
    hand_over(session, row.device_no, owner, row.claimed_at)
    return by_numbers(session, [row.device_no])[row.device_no]


def _hash(code: str) -> str:
    plain = "".join(character for character in code.upper() if character in ALPHABET)
    return hashlib.sha256(plain.encode()).hexdigest()
