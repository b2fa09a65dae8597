"""The registry in memory: what the hot path must know of a device, even while the database is away."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from ingest.log.protocol import partition_of
from ingest.reading import SIGNAL_BITS
from ingest.registry.devices import Device, all_devices, by_identifiers
from ingest.wire.catalogue import Signal
from ingest.wire.device_types import DEVICE_TYPES
from kit.db import transaction
from kit.logs import get

REFRESH_S = 30.0  # how long a changed device may go unnoticed; shorter loads the database for nothing
ASK_AGAIN_S = 1.0  # how long an unknown name stays unknown; longer refuses the first readings of a new device
REST_S = 10.0  # after a failed question; shorter stalls good devices behind a dead database (connecting takes 5 s)
ASKED_MOST = 100_000  # names remembered as unknown; more is a flood of made-up names

_log = get("gateway.registry")


@dataclass(frozen=True, slots=True)
class Known:
    """A device as validation needs it: `base` is its number shifted into series numbers."""

    name: str
    base: int
    partition: int
    signals: dict[str, Signal]


class KnownDevices:
    """The devices of one tenant by identifier, refreshed in the background and asked for by name when unknown."""

    def __init__(self, engine: Engine, tenant: str, partitions: int) -> None:
        self._engine = engine
        self._tenant = tenant
        self._partitions = partitions
        self._devices: dict[str, Known] = {}
        self._asked: dict[str, float] = {}
        self._rest_until = 0.0
        self.loaded = False

    def get(self, identifier: str) -> Known | None:
        """The device, None when it is not registered as far as we know."""
        return self._devices.get(identifier)

    def refresh(self) -> bool:
        """Read the whole registry again; a step for `kit.supervise`. Raises SQLAlchemyError while it is away."""
        with transaction(self._engine) as session:
            devices = all_devices(session, self._tenant)
        self._devices = {device.identifier: self._known(device) for device in devices}
        self.loaded = True
        return False

    def look_up(self, identifiers: Iterable[str]) -> None:
        """Ask the registry for names that are unknown, for each at most once a second; never raises.

        A device that was registered at least a second ago is known afterwards, unless the database is away.
        """
        now = time.monotonic()
        unknown = [
            name
            for name in set(identifiers)
            if name not in self._devices and now - self._asked.get(name, -ASK_AGAIN_S) >= ASK_AGAIN_S
        ]
        if not unknown or now < self._rest_until:
            return
        try:
            with transaction(self._engine) as session:
                found = by_identifiers(session, self._tenant, unknown)
        except SQLAlchemyError as error:
            self._rest_until = time.monotonic() + REST_S
            _log.warning("unknown devices cannot be looked up", reason=type(error).__name__, retry_s=REST_S)
            return
        if len(self._asked) > ASKED_MOST:
            self._asked.clear()
        self._asked.update(dict.fromkeys(unknown, now))
        for device in found:
            self._devices[device.identifier] = self._known(device)
            del self._asked[device.identifier]  # a refresh that began earlier may drop it again: then ask at once

    def _known(self, device: Device) -> Known:
        signals = _signals(device.type)
        partition = partition_of(self._tenant, device.identifier, self._partitions)
        return Known(device.identifier, device.no << SIGNAL_BITS, partition, signals)


_by_type: dict[str, dict[str, Signal]] = {}


def _signals(type_name: str) -> dict[str, Signal]:
    """The signals of a device type by name; none for a type whose plug-in is gone."""
    if type_name not in _by_type:
        known = type_name in DEVICE_TYPES
        _by_type[type_name] = {s.name: s for s in DEVICE_TYPES.get(type_name).signals} if known else {}
    return _by_type[type_name]
