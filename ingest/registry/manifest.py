"""Manifests: a JSON file that names a fleet's devices. The same file may hold customers, which outreach reads."""

from __future__ import annotations

from pathlib import Path

import msgspec
from sqlalchemy.orm import Session

from ingest.errors import ManifestInvalid
from ingest.registry.devices import Device, DeviceSpec, register


class _Entry(msgspec.Struct):
    id: str
    type: str
    model: str = ""
    firmware: str = ""
    label: str = ""
    owner: str | None = None
    time_zone: str = "UTC"
    parent: str = ""


class _Manifest(msgspec.Struct):
    devices: list[_Entry]


def read(path: Path, tenant: str) -> list[DeviceSpec]:
    """The devices that the file names, for `tenant`; other parts of the file are not looked at.

    Raises ManifestInvalid when the file cannot be read or is not a manifest, or names a device twice.
    """
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=_Manifest)
    except OSError as error:
        raise ManifestInvalid(path, f"{error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise ManifestInvalid(path, f"{error}.") from error
    seen: set[str] = set()
    for entry in manifest.devices:
        if entry.id in seen:
            raise ManifestInvalid(path, f"device '{entry.id[:80]}' stands in it twice.")
        seen.add(entry.id)
    return [_spec(tenant, entry) for entry in manifest.devices]


def _spec(tenant: str, entry: _Entry) -> DeviceSpec:
    described = (entry.type, entry.model, entry.firmware, entry.label, entry.time_zone)
    return DeviceSpec(tenant, entry.id, *described, owner=entry.owner, parent=entry.parent)


def import_devices(session: Session, path: Path, tenant: str) -> list[Device]:
    """Register every device of the file: all of them, or with an error none (the caller's transaction).

    Raises ManifestInvalid, InvalidIdentifier or InvalidDevice.
    """
    return [register(session, spec) for spec in read(path, tenant)]
