"""Staff accounts. Every function takes a Session and leaves the commit to its caller."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import available_timezones

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from api.errors import AccountExists, NoSuchAccount, UnusableAccount
from api.security import passwords
from api.tables import StaffAccount, StaffSession
from kit.clock import Clock

LONGEST_ADDRESS = 254  # RFC 5321
ADDRESS = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9-]+(\.[a-z0-9-]+)*")  # what a browser takes in the field


@dataclass(frozen=True, slots=True)
class Account:
    """A member of staff as pages and commands see one; `commands`: they may send commands to devices."""

    id: int
    tenant: str
    address: str
    name: str
    time_zone: str
    disabled: bool
    commands: bool


def add(
    session: Session,
    clock: Clock,
    tenant: str,
    address: str,
    *,
    name: str,
    password: str,
    time_zone: str = "UTC",
    commands: bool = False,
) -> Account:
    """Create an account; without `commands` it may not send commands to devices.

    Raises AccountExists, or UnusableAccount for an address, password or time zone that cannot be used.
    """
    address = _normal(address)
    if time_zone not in available_timezones():
        raise UnusableAccount(f"There is no time zone '{time_zone}'.", "Use an IANA name such as Europe/Berlin.")
    if session.scalar(_by_address(tenant, address)) is not None:
        raise AccountExists(address)
    row = StaffAccount(
        tenant=tenant,
        address=address,
        name=name.strip() or address,
        password_hash=passwords.make_hash(password),
        time_zone=time_zone,
        created_at=clock.now(),
        disabled_at=None,
        commands=commands,
    )
    session.add(row)
    session.flush()
    return to_account(row)


def reset_password(session: Session, tenant: str, address: str, password: str) -> Account:
    """Set a new password and end every session of the account. Raises NoSuchAccount or UnusableAccount."""
    row = session.scalar(_by_address(tenant, address.strip().lower()))
    if row is None:
        raise NoSuchAccount(address)
    row.password_hash = passwords.make_hash(password)
    session.execute(delete(StaffSession).where(StaffSession.account_id == row.id))
    return to_account(row)


def permit(session: Session, tenant: str, address: str, commands: bool) -> Account:
    """Say whether the account may send commands to devices, from its next request on. Raises NoSuchAccount."""
    row = session.scalar(_by_address(tenant, address.strip().lower()))
    if row is None:
        raise NoSuchAccount(address)
    row.commands = commands
    return to_account(row)


def everybody(session: Session, tenant: str) -> Sequence[Account]:
    """Every account of the tenant, by address."""
    rows = session.scalars(select(StaffAccount).where(StaffAccount.tenant == tenant).order_by(StaffAccount.address))
    return [to_account(row) for row in rows]


def authenticate(session: Session, tenant: str, address: str, password: str) -> Account | None:
    """The account that address and password open, else None, in the same time for a known and an unknown address."""
    row = session.scalar(_by_address(tenant, address.strip().lower()))
    if row is not None and row.disabled_at is not None:
        row = None
    if not passwords.matches(password, row.password_hash if row else None):
        return None
    return to_account(row) if row else None


def to_account(row: StaffAccount) -> Account:
    """The row as a plain value."""
    return Account(row.id, row.tenant, row.address, row.name, row.time_zone, row.disabled_at is not None, row.commands)


def _by_address(tenant: str, address: str) -> Select[StaffAccount]:
    return select(StaffAccount).where(StaffAccount.tenant == tenant, StaffAccount.address == address)


def _normal(address: str) -> str:
    given = address.strip().lower()
    if not ADDRESS.fullmatch(given) or len(given) > LONGEST_ADDRESS:
        raise UnusableAccount(f"'{address[:80]}' is not an e-mail address.", "Write it as name@example.com.")
    return given
