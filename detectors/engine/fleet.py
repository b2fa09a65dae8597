"""Which devices the engine knows, and where their signals and watches stand in the columns."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.algorithms.detector import Ints
from detectors.algorithms.kernel import kernel
from detectors.algorithms.state import Field, SlotState
from detectors.engine.program import Program, TypeProgram
from detectors.engine.zones import Zones
from ingest.reading import Quality, ReadingBatch
from ingest.registry.devices import Device
from ingest.registry.permissions import VITALS

Lookup = Callable[[Iterable[int]], Mapping[int, Device]]
"""Device numbers to devices; unknown numbers are left out."""

FIELDS = (
    Field("no", "i8"),
    Field("type_no", "i8"),
    Field("signals", "i8"),
    Field("signal_at", "i8"),
    Field("first_watch", "i8"),
    Field("watch_at", "i8"),
    Field("watches", "i8"),
    Field("heard_ms", "i8"),  # receive time of the last frame with readings of the device
    Field("age_ms", "i8"),  # how old its newest reading was then
    Field("silent", "i1"),
    Field("wearer", "i8"),  # stands for the owner who agreed that vital signs are judged; 0: nobody did
    Field("unstable", "i1"),
    Field("frozen", "i1"),  # its series learn nothing
)
UNWATCHED = -1
HISTORICAL = int(Quality.HISTORICAL)


class Spoke(NamedTuple):
    """Who spoke: an entry for each device in each frame, with the newest time, and whether any of it had been kept."""

    device: Ints
    frame: Ints
    newest: Ints
    kept: NDArray[np.bool_]


class Fleet:
    """Devices by slot. Slots are given in the order in which devices are first heard, and never change."""

    def __init__(self, program: Program, lookup: Lookup) -> None:
        self._program = program
        self._lookup = lookup
        self._types = list(program.types.values())
        self._type_no = {name: at for at, name in enumerate(program.types)}
        self.columns = SlotState("fleet", program.version, FIELDS)
        self.devices: list[Device] = []
        self.signals = 0
        self.watches = 0
        self._slot_of: Ints = np.full(1, -1, np.int64)  # by device number; the last entry stands for every other
        self._zones = Zones()
        self._zone_of: Ints = np.empty(0, np.int64)

    def slots(self, numbers: Ints) -> Ints:
        """The slot of each device number, new devices included; -1 for numbers that the registry does not know."""
        found = self._find(numbers)
        if len(found) and found.min() < 0:
            unknown = np.unique(numbers[found < 0])
            known = self._lookup(unknown.tolist())
            fresh = [known[no] for no in unknown.tolist() if no in known]
            if fresh:
                first_heard = {no: at for at, no in reversed(list(enumerate(numbers.tolist())))}
                for device in sorted(fresh, key=lambda device: first_heard[device.no]):
                    self._add(device)
                self._index()
                found = self._find(numbers)
        return found

    def type_of(self, slot: int) -> TypeProgram | None:
        """The program of a device's type; None for a type that nothing is watched on."""
        kind = int(self.columns["type_no"][slot])
        return None if kind == UNWATCHED else self._types[kind]

    def ahead_ms(self, slots: Ints, ts: Ints) -> Ints:
        """What the clock where each device is was ahead of UTC at each instant, as the registry names its zone."""
        return self._zones.offsets(self._zone_of[slots], ts)

    def spoke(self, slots: Ints, batch: ReadingBatch, frame: Ints) -> Spoke:
        """Which devices the readings at `slots` are of; `frame` is the place of the frame of each, ascending."""
        device, at, newest = (np.empty(len(slots), np.int64) for _ in range(3))
        out = Spoke(device, at, newest, np.empty(len(slots), np.bool_))
        last = np.full(len(self.devices), -1, np.int64)
        count = _spoke(slots, batch.ts, batch.quality, frame, last, out)
        return Spoke(out.device[:count], out.frame[:count], out.newest[:count], out.kept[:count])

    def ask(self) -> list[int]:
        """Ask the registry again who agrees that their vital signs are judged.

        Returns the slots of devices on which they were judged for somebody who no longer agrees, or has it no longer.
        """
        kinds = self.columns["type_no"].tolist()
        personal = [slot for slot, kind in enumerate(kinds) if kind != UNWATCHED and self._types[kind].vitals]
        known = self._lookup([self.devices[slot].no for slot in personal]) if personal else {}
        ended = []
        for slot in personal:
            device, before = known.get(self.devices[slot].no), int(self.columns["wearer"][slot])
            now = _wearer(device) if device else 0
            self.columns["wearer"][slot] = now
            if before not in {0, now}:
                ended.append(slot)
        return ended

    def restore(self, data: bytes) -> None:
        """Take over dumped columns; the devices are looked up again. Raises StateUnreadable."""
        self.columns.load(data)
        numbers = self.columns["no"].tolist()
        known = self._lookup(numbers)
        self.devices = [known.get(no) or _forgotten(no) for no in numbers]
        self.signals = int(self.columns["signals"].sum())
        self.watches = int(self.columns["watches"].sum())
        self._index()

    def _add(self, device: Device) -> None:
        slot, kind = len(self.devices), self._type_no.get(device.type, UNWATCHED)
        program = self._types[kind] if kind != UNWATCHED else None
        self.devices.append(device)
        self.columns.grow(slot + 1)
        self.columns.set(
            slot,
            no=device.no,
            type_no=kind,
            signals=program.signals if program else 0,
            signal_at=self.signals,
            first_watch=program.first_watch if program else 0,
            watch_at=self.watches,
            watches=len(program.profile.watches) if program else 0,
            wearer=_wearer(device),
        )
        self.signals += program.signals if program else 0
        self.watches += len(program.profile.watches) if program else 0

    def _index(self) -> None:
        numbers = self.columns["no"]
        self._slot_of = np.full(numbers.max(initial=0) + 2, -1, np.int64)
        self._slot_of[numbers] = np.arange(len(numbers))
        self._zone_of = np.array([self._zones.number(device.time_zone) for device in self.devices], np.int64)

    def _find(self, numbers: Ints) -> Ints:
        return self._slot_of.take(numbers, mode="clip")


@kernel
def _spoke(slot, ts, quality, frame, last, out):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """`last` holds the row of each device's newest entry, -1 for none."""
    count, first = 0, 0
    for i in range(len(slot)):
        if i > 0 and frame[i] != frame[i - 1]:
            first = count
        row = last[slot[i]]
        if row < first:
            row, last[slot[i]] = count, count
            out.device[row], out.frame[row], out.newest[row], out.kept[row] = slot[i], frame[i], ts[i], False
            count += 1
        out.newest[row] = max(out.newest[row], ts[i])
        out.kept[row] |= quality[i] & HISTORICAL != 0
    return count


def _wearer(device: Device) -> int:
    """A number that stands for the owner, if they agreed; kept in place of their name."""
    agreed = device.owner and VITALS in device.permits
    return zlib.crc32(str(device.owner).encode()) | 1 if agreed else 0


def _forgotten(no: int) -> Device:
    """A device that was deleted from the registry while its state was kept."""
    return Device(no, "", f"#{no}", "", "", "", "", "UTC", None)
