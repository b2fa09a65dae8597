"""Registered devices and their owners. Functions take a Session and never commit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select, update
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert
from sqlalchemy.orm import Session

from ingest.errors import InvalidDevice, UnknownDevice
from ingest.tables import DeviceOwnerRow, DeviceRow, PermissionRow
from ingest.wire.device_types import DEVICE_TYPES
from ingest.wire.topics import checked

TEXT_MOST = 200  # longer names do not fit a page; devices have been seen to send whole log files
FIRST_OWNER_SINCE = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class DeviceSpec:
    """What somebody says about a device. An `owner` of None leaves the owner as it is.

    `parent` is the identifier of the hub or gateway through which it speaks, "" for none.
    """

    tenant: str
    identifier: str
    type: str
    model: str = ""
    firmware: str = ""
    label: str = ""
    time_zone: str = "UTC"
    owner: str | None = None
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Device:
    """A registered device. `no` is its number in series numbers; `owner` is the customer who has it now.

    What a `revoked` device sends is refused until it is given new credentials. While its `parent` (the identifier of
    the hub or gateway through which it speaks, "" for none) cannot be heard, nor can it. `permits` are the purposes
    that its owner allows beyond its being looked after (`ingest.registry.permissions`).
    """

    no: int
    tenant: str
    identifier: str
    type: str
    model: str
    firmware: str
    label: str
    time_zone: str
    owner: str | None
    revoked: bool = False
    parent: str = ""
    permits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ownership:
    """Who owned a device from when to when; `ended_at` is None while they do."""

    owner: str
    started_at: datetime
    ended_at: datetime | None


def register(session: Session, spec: DeviceSpec, at: datetime | None = None) -> Device:
    """Register a device, or bring what is known about it up to date; the same spec twice changes nothing.

    The first owner is taken to have had the device from the beginning; a later one has it from `at` (default: now).
    Raises InvalidIdentifier, or InvalidDevice for an unknown type or time zone, a text over 200 characters, a device
    that would be its own parent, or a type other than the registered one: its series would change their meaning.
    """
    _check(spec)
    details = {name: getattr(spec, name) for name in ("model", "firmware", "label", "time_zone", "parent")}
    statement = insert(DeviceRow).values(tenant=spec.tenant, identifier=spec.identifier, type=spec.type, **details)
    statement = statement.on_conflict_do_update(
        index_elements=["tenant", "identifier"], set_=details, where=DeviceRow.type == spec.type
    )
    no = session.execute(statement.returning(DeviceRow.no)).scalar()
    if no is None:
        has = access_device(session, spec.tenant, spec.identifier).type
        raise InvalidDevice(
            spec.identifier, "type", f"it is registered as {has}, not {spec.type}.", "Give it another identifier."
        )
    if spec.owner is not None:
        hand_over(session, no, spec.owner, at)
    return by_numbers(session, [no])[no]


def hand_over(session: Session, device_no: int, owner: str, at: datetime | None = None) -> None:
    """Make `owner` the device's owner from `at` on (default: now); nothing changes when they already are."""
    session.execute(select(DeviceRow.no).where(DeviceRow.no == device_no).with_for_update())
    current = _open_owner(session, device_no)
    if current == owner:
        return
    moment = at or session.execute(select(func.clock_timestamp())).scalar_one()
    release(session, device_no, moment)
    known = session.execute(select(DeviceOwnerRow.id).where(DeviceOwnerRow.device_no == device_no).limit(1)).first()
    session.add(DeviceOwnerRow(device_no=device_no, owner=owner, started_at=moment if known else FIRST_OWNER_SINCE))
    session.flush()


def set_revoked(session: Session, device_no: int, revoked: bool) -> None:
    """Stop listening to the device, or listen to it again; saying so twice changes nothing."""
    same = DeviceRow.revoked_at.is_(None) if revoked else DeviceRow.revoked_at.is_not(None)
    moment = func.clock_timestamp() if revoked else None
    session.execute(update(DeviceRow).where(DeviceRow.no == device_no, same).values(revoked_at=moment))


def access_device(session: Session, tenant: str, identifier: str) -> Device:
    """The one door to a device by its identifier. Raises UnknownDevice."""
    found = _load(session, _devices().where(DeviceRow.tenant == tenant, DeviceRow.identifier == identifier))
    if not found:
        raise UnknownDevice(tenant, identifier)
    return found[0]


def by_numbers(session: Session, numbers: Iterable[int]) -> dict[int, Device]:
    """The devices with these numbers; numbers that nobody has are left out."""
    found = _load(session, _devices().where(DeviceRow.no.in_(list(numbers))))
    return {device.no: device for device in found}


def by_identifiers(session: Session, tenant: str, identifiers: Iterable[str]) -> list[Device]:
    """The registered ones among these identifiers, in no particular order."""
    wanted = list(identifiers)
    return _load(session, _devices().where(DeviceRow.tenant == tenant, DeviceRow.identifier.in_(wanted)))


def children(session: Session, tenant: str, parent: str) -> list[Device]:
    """The devices that speak through this one, by identifier."""
    behind = (DeviceRow.tenant == tenant) & (DeviceRow.parent == parent) & (DeviceRow.parent != "")
    return _load(session, _devices().where(behind).order_by(DeviceRow.identifier))


def all_devices(session: Session, tenant: str) -> list[Device]:
    """Every device of the tenant by identifier."""
    return _load(session, _devices().where(DeviceRow.tenant == tenant).order_by(DeviceRow.identifier))


def count(session: Session, tenant: str) -> int:
    """How many devices of the tenant are listened to."""
    listened = DeviceRow.revoked_at.is_(None)
    query = select(func.count()).select_from(DeviceRow).where(DeviceRow.tenant == tenant, listened)
    return session.scalar(query) or 0


def owners(session: Session, device_no: int) -> list[Ownership]:
    """Everybody who ever owned the device, the first of them first."""
    rows = session.execute(
        select(DeviceOwnerRow).where(DeviceOwnerRow.device_no == device_no).order_by(DeviceOwnerRow.id)
    ).scalars()
    return [Ownership(row.owner, row.started_at, row.ended_at) for row in rows]


def release(session: Session, device_no: int, at: datetime | None = None) -> None:
    """End the ownership of the device at `at` (default: now); nothing changes when nobody owns it."""
    moment = at or session.execute(select(func.clock_timestamp())).scalar_one()
    session.execute(
        update(DeviceOwnerRow)
        .where(DeviceOwnerRow.device_no == device_no, DeviceOwnerRow.ended_at.is_(None))
        .values(ended_at=func.greatest(DeviceOwnerRow.started_at, moment))
    )


def _devices() -> Select[DeviceRow, str | None, list[str] | None]:
    permits = (
        select(func.array_agg(aggregate_order_by(PermissionRow.purpose, PermissionRow.purpose)))
        .where(PermissionRow.tenant == DeviceRow.tenant, PermissionRow.owner == DeviceOwnerRow.owner)
        .scalar_subquery()
    )
    return select(DeviceRow, DeviceOwnerRow.owner, permits).outerjoin(
        DeviceOwnerRow, (DeviceOwnerRow.device_no == DeviceRow.no) & DeviceOwnerRow.ended_at.is_(None)
    )


def _load(session: Session, query: Select[DeviceRow, str | None, list[str] | None]) -> list[Device]:
    rows = session.execute(query.execution_options(populate_existing=True))
    return [_device(row, owner, tuple(permits or ())) for row, owner, permits in rows]


def _device(row: DeviceRow, owner: str | None, permits: tuple[str, ...]) -> Device:
    revoked = row.revoked_at is not None
    described = (row.type, row.model, row.firmware, row.label, row.time_zone)
    return Device(row.no, row.tenant, row.identifier, *described, owner, revoked, row.parent, permits)


def _open_owner(session: Session, device_no: int) -> str | None:
    return session.execute(
        select(DeviceOwnerRow.owner).where(DeviceOwnerRow.device_no == device_no, DeviceOwnerRow.ended_at.is_(None))
    ).scalar()


def _check(spec: DeviceSpec) -> None:
    checked(spec.tenant)
    checked(spec.identifier)
    if spec.parent and checked(spec.parent) == spec.identifier:
        raise InvalidDevice(spec.identifier, "parent", "it cannot be its own parent.", "Name the hub, or nothing.")
    if spec.type not in DEVICE_TYPES:
        raise InvalidDevice(
            spec.identifier, "type", f"there is no device type '{spec.type}'.", f"Known: {', '.join(DEVICE_TYPES)}."
        )
    for field in ("model", "firmware", "label", "owner"):
        text = getattr(spec, field) or ""
        if len(text) > TEXT_MOST or not text.isprintable():
            raise InvalidDevice(
                spec.identifier, field, f"its {field} is not printable text of at most {TEXT_MOST} characters."
            )
    try:
        ZoneInfo(spec.time_zone)
    except (KeyError, ValueError, OSError):
        raise InvalidDevice(
            spec.identifier, "time_zone", f"'{spec.time_zone[:80]}' is not a time zone.", "Write it as Europe/Berlin."
        ) from None
