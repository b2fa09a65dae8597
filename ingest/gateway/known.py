"""The registry in memory: what the hot path must know of a device, even while the database is away."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from ingest.gateway.fast.schema import schema_of
from ingest.gateway.fast.slots import slots_of
from ingest.identity.self_register import admit
from ingest.log.protocol import partition_of
from ingest.reading import SIGNAL_BITS
from ingest.registry import roll
from ingest.registry.clocks import Offsets
from ingest.wire.catalogue import Signal
from ingest.wire.device_types import DEVICE_TYPES
from ingest.wire.topics import is_identifier
from kit.db import transaction
from kit.logs import get

REFRESH_S = 10.0  # how long a changed device may go unnoticed; shorter asks the database for nothing
ASK_AGAIN_S = 1.0  # how long an unknown name stays unknown; longer refuses the first readings of a new device
REST_S = 10.0  # after a failed question; shorter stalls good devices behind a dead database (connecting takes 5 s)
ASKED_MOST = 100_000  # names remembered as unknown; more is a flood of made-up names

_log = get("gateway.registry")


@dataclass(frozen=True, slots=True)
class Known:
    """A device as validation needs it: `base` is its number shifted into series numbers.

    `signals` is one and the same object for all devices of a type. A `revoked` device is not listened to; `offsets`
    say how its clock is off.
    """

    name: str
    base: int
    partition: int
    signals: Mapping[str, Signal]
    revoked: bool = False
    offsets: Offsets = ()


@dataclass(frozen=True, slots=True)
class DeviceTable:
    """The devices as the kernels need them, as of one moment.

    `slots` and `schema` are arrays (`fast.slots.Slots`, `fast.schema.Schema`), `names` the devices by slot, and
    `slot_of` their slots by name: it may know devices that came later, whose slots lie beyond `names`.
    """

    slots: Any
    schema: Any
    names: tuple[str, ...]
    slot_of: Mapping[str, int]

    def slot(self, name: str | None) -> int:
        """The slot of a device of this table, -1 for everybody else."""
        slot = self.slot_of.get(name, -1) if name is not None else -1
        return slot if slot < len(self.names) else -1

    @staticmethod
    def of(tenant: str, devices: Iterable[Known], slot_of: dict[str, int] | None = None) -> DeviceTable:
        """A table of `devices`; names without a slot are given one in `slot_of`.

        Devices that are revoked or whose clock is off are in the table without a type: they go the slow way.
        """
        slot_of = {} if slot_of is None else slot_of
        types: dict[int, tuple[int, Mapping[str, Signal]]] = {}
        rows: list[tuple[str, int, int, int]] = []
        for device in devices:
            if not is_identifier(device.name):
                continue
            slot_of.setdefault(device.name, len(slot_of))
            type_no, _signals = types.setdefault(id(device.signals), (len(types), device.signals))
            plain = not device.revoked and not device.offsets
            rows.append((device.name, device.base, device.partition, type_no if plain else -1))
        schema = schema_of([signals for _type_no, signals in types.values()])
        return DeviceTable(slots_of(tenant, slot_of, rows), schema, tuple(slot_of), slot_of)


class KnownDevices:
    """The devices of one tenant by identifier, refreshed in the background and asked for by name when unknown."""

    def __init__(
        self, engine: Engine, tenant: str, partitions: int, self_register: Mapping[str, str] | None = None
    ) -> None:
        """With `self_register`, device types by name pattern, unknown devices whose name matches are registered."""
        self._engine = engine
        self._self_register = self_register or {}
        self._tenant = tenant
        self._partitions = partitions
        self._devices: dict[str, Known] = {}
        self._slot_of: dict[str, int] = {}
        self._mark: roll.Mark = ()
        self._asked: dict[str, float] = {}
        self._rest_until = 0.0
        self.table = DeviceTable.of(tenant, [])
        self.loaded = False

    def get(self, identifier: str) -> Known | None:
        """The device, None when it is not registered as far as we know."""
        return self._devices.get(identifier)

    def refresh(self) -> bool:
        """Read the registry again if it changed; a step for `kit.supervise`. Raises SQLAlchemyError while it is away.

        A device that `look_up` found is in `table` only from here on: until then it is read the slow way.
        """
        with transaction(self._engine) as session:
            mark = roll.mark(session, self._tenant)
            entries = roll.everybody(session, self._tenant) if mark != self._mark else None
        if entries is not None:
            devices = {entry.identifier: self._known(entry) for entry in entries}
            self.table = DeviceTable.of(self._tenant, devices.values(), self._slot_of)
            self._devices = devices
            self._mark = mark
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
                admit(session, self._tenant, unknown, self._self_register)
                found = roll.some(session, self._tenant, unknown)
        except SQLAlchemyError as error:
            self._rest_until = time.monotonic() + REST_S
            _log.warning("unknown devices cannot be looked up", reason=type(error).__name__, retry_s=REST_S)
            return
        if len(self._asked) > ASKED_MOST:
            self._asked.clear()
        self._asked.update(dict.fromkeys(unknown, now))
        for entry in found:
            self._devices[entry.identifier] = self._known(entry)
            del self._asked[entry.identifier]  # a refresh that began earlier may drop it again: then ask at once

    def _known(self, entry: roll.Entry) -> Known:
        partition = partition_of(self._tenant, entry.identifier, self._partitions)
        base = entry.no << SIGNAL_BITS
        return Known(entry.identifier, base, partition, _signals(entry.type), entry.revoked, entry.offsets)


_by_type: dict[str, dict[str, Signal]] = {}


def _signals(type_name: str) -> dict[str, Signal]:
    """The signals of a device type by name; none for a type whose plug-in is gone."""
    if type_name not in _by_type:
        known = type_name in DEVICE_TYPES
        _by_type[type_name] = {s.name: s for s in DEVICE_TYPES.get(type_name).signals} if known else {}
    return _by_type[type_name]
