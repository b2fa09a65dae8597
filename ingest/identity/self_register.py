"""Just-in-time registration: a device whose certificate the broker took may register itself with its first reading.

The broker ties a topic to the certificate's name, so the name on the topic is the certificate's. Of which type the
device is says the pattern that its name matches. Off unless `[ingest.identity] self_register` has patterns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from sqlalchemy.orm import Session

from ingest.errors import InvalidDevice
from ingest.registry.audit import note
from ingest.registry.devices import Device, DeviceSpec, by_identifiers, register
from ingest.wire.device_types import DEVICE_TYPES
from ingest.wire.topics import is_identifier

ACTOR = "gateway"


def admit(session: Session, tenant: str, identifiers: Iterable[str], patterns: Mapping[str, str]) -> list[Device]:
    """Register those of the identifiers that match a pattern, and are not registered yet; the ones that are new.

    `patterns` gives a device type by shell-like pattern; the first that matches counts. Raises InvalidDevice for
    patterns that `checked` refuses.
    """
    types = {
        name: kind for name in identifiers if is_identifier(name) and (kind := type_for(name, patterns)) is not None
    }
    known = {device.identifier for device in by_identifiers(session, tenant, types)} if types else set()
    admitted = [register(session, DeviceSpec(tenant, name, types[name])) for name in types if name not in known]
    for device in admitted:
        note(session, device, ACTOR, "registered itself", f"as {device.type}")
    return admitted


def checked(patterns: Mapping[str, str]) -> Mapping[str, str]:
    """`patterns` themselves. Raises InvalidDevice for a pattern whose device type does not exist."""
    for pattern, kind in patterns.items():
        if kind not in DEVICE_TYPES:
            known = ", ".join(DEVICE_TYPES)
            raise InvalidDevice(pattern, "type", f"there is no device type '{kind}'.", f"Known: {known}.")
    return patterns


def type_for(identifier: str, patterns: Mapping[str, str]) -> str | None:
    """The device type of the first pattern that the identifier matches."""
    return next((kind for pattern, kind in patterns.items() if fnmatchcase(identifier, pattern)), None)
