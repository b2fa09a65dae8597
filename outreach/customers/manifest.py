"""Import of customers: the ``customers`` of the manifest whose ``devices`` ingest reads.

``{"customers": [{"id", "name", "language", "time_zone", "email", "phone"?, "consents", "quiet_hours"?,
"unit_system"?}]}``. Without ``quiet_hours`` the house's own apply; null means none. The import is all or nothing and
may be repeated: records and addresses are brought up to date, a consent is granted only the first time it is seen.
"""

from __future__ import annotations

from datetime import datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from email_validator import EmailNotValidError, validate_email
from sqlalchemy.orm import Session

from kit.errors import ForewarnError
from outreach.customers import consent, record
from outreach.customers.quiet_hours import QuietHours
from outreach.customers.record import ContactPoint, Customer
from outreach.errors import CustomersInvalid, InvalidCustomer

SOURCE = "manifest"
NO_QUIET_HOURS = QuietHours(time(0), time(0))


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One customer as the manifest gives it; other keys are ignored."""

    id: str
    name: str
    language: str = "en"
    time_zone: str = "UTC"
    email: str | None = None
    phone: str | None = None
    unit_system: str = "metric"
    consents: list[str] = []
    quiet_hours: list[str] | msgspec.UnsetType | None = msgspec.UNSET


class _Manifest(msgspec.Struct, frozen=True):
    customers: list[dict[str, Any]] = []


def load(session: Session, path: Path, tenant: str, at: datetime) -> int:
    """Import the customers of the file at `path` into `tenant`; returns how many it names.

    Raises CustomersInvalid when the file cannot be read as such, or when any customer of it cannot be kept.
    """
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=_Manifest)
        people = [(entry, parse(entry, tenant)) for entry in map(_entry, manifest.customers)]
    except OSError as error:
        raise CustomersInvalid(path, f"{error.strerror}.") from error
    except msgspec.DecodeError as error:
        raise CustomersInvalid(path, f"{error}.") from error
    except ForewarnError as error:
        raise CustomersInvalid(path, f"{error.problem} {error.fix}".strip()) from error
    for entry, customer in people:
        record.save(session, customer, at)
        for purpose in entry.consents:
            consent.grant_first(session, tenant, customer.id, purpose, source=SOURCE, at=at)
    return len(people)


def parse(entry: Entry, tenant: str) -> Customer:
    """The entry as a customer, every field checked. Raises InvalidCustomer."""
    for field in ("id", "name", "language"):
        if not _printable(getattr(entry, field)):
            raise InvalidCustomer(entry.id, field, f"'{field}' is empty, too long, or has control characters.")
    if entry.unit_system not in {"metric", "imperial"}:
        raise InvalidCustomer(entry.id, "unit_system", "unit_system is neither 'metric' nor 'imperial'.")
    if not all(map(_printable, entry.consents)):
        raise InvalidCustomer(entry.id, "consents", "a purpose is empty or too long.")
    return Customer(
        tenant=tenant,
        id=entry.id,
        name=entry.name.strip(),
        language=entry.language,
        time_zone=_zone(entry),
        unit_system=entry.unit_system,
        quiet_hours=_quiet_hours(entry),
        contact_points=_contact_points(entry),
        consents=tuple(entry.consents),
    )


def _entry(raw: dict[str, Any]) -> Entry:
    try:
        return msgspec.convert(raw, Entry)
    except msgspec.ValidationError as error:
        raise InvalidCustomer(str(raw.get("id", "?")), "", f"{error}.") from error


def _printable(text: str) -> bool:
    return 0 < len(text.strip()) <= 200 and text.isprintable()


def _zone(entry: Entry) -> str:
    try:
        return ZoneInfo(entry.time_zone).key
    except (KeyError, ValueError, OSError) as error:
        problem = f"there is no time zone '{entry.time_zone[:60]}'."
        raise InvalidCustomer(entry.id, "time_zone", problem, "Use a name such as Europe/Berlin.") from error


def _quiet_hours(entry: Entry) -> QuietHours | None:
    if entry.quiet_hours is msgspec.UNSET:
        return None
    if entry.quiet_hours is None:
        return NO_QUIET_HOURS
    try:
        begins, ends = (time.fromisoformat(text).replace(tzinfo=None) for text in entry.quiet_hours)
    except ValueError as error:
        raise InvalidCustomer(
            entry.id, "quiet_hours", "the quiet hours cannot be read.", 'Write ["21:00", "08:00"].'
        ) from error
    return QuietHours(begins, ends)


def _contact_points(entry: Entry) -> tuple[ContactPoint, ...]:
    """The operator vouches for what the manifest says, so its addresses count as verified."""
    points: list[ContactPoint] = []
    if entry.email:
        try:
            checked = validate_email(entry.email, check_deliverability=False, globally_deliverable=False)
        except EmailNotValidError as error:
            raise InvalidCustomer(entry.id, "email", f"the mail address cannot be right: {error}") from error
        points.append(ContactPoint("email", checked.ascii_email or checked.normalized, verified=True))
    if entry.phone:
        if not _printable(entry.phone):
            raise InvalidCustomer(entry.id, "phone", "the telephone number is too long.")
        points.append(ContactPoint("phone", entry.phone.strip(), verified=True))
    return tuple(points)
