"""Frames in, trips out, for the devices whose owners agreed. Depends on the frames alone; any cut gives the same."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from detectors.algorithms.detector import Ints
from detectors.algorithms.state import SlotState
from detectors.errors import StateUnreadable
from detectors.trips import kernel
from detectors.trips.signals import BACKWARD, FORWARD, SIDEWAYS, channels
from detectors.trips.trip import Trip, trip_id
from ingest.reading import Frame, ReadingBatch, device_no, signal_no
from ingest.registry.devices import Device
from ingest.wire.device_types import DEVICE_TYPES
from kit.clock import from_ms

VERSION = "1"  # of the state and of what the numbers of a trip mean
AHEAD_MS = 300_000  # past the receive time a reading is of a wrong clock
SWEEP_MS = 60_000  # how often trips that are over are looked for, in the log's time
ROOM = 1_024  # trips taken out of the kernel at once


class _Saved(msgspec.Struct):
    """Layout of the state as bytes."""

    received_ms: int
    numbers: list[int]
    state: bytes


class Tracker:
    """See the module. Not safe for threads."""

    def __init__(self) -> None:
        self.received_ms = 0
        self._devices: dict[int, Device] = {}
        self._numbers: list[int] = []  # of the device in each slot, ascending
        self._state = SlotState("trips", VERSION, kernel.FIELDS)
        self._slot_of: Ints = np.full(1, -1, np.int64)
        self._kind_of: Ints = np.empty(0, np.int64)  # of the device type in each slot, a row of:
        self._channel_of: NDArray[np.int8] = np.empty((0, 256), np.int8)
        self._out = np.empty(ROOM, kernel.TRIP)

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The devices that are followed."""
        return tuple(self._numbers)

    def agree(self, devices: Iterable[Device], erasures: Mapping[int, int] = MappingProxyType({})) -> int:
        """Follow these devices from now on and no other; how many that were followed are forgotten.

        A device that came to another owner, or whose `erasures` (by number) have become more, is forgotten and begun
        anew. Types that make no trips are left out.
        """
        wanted = {device.no: device for device in devices if _channels(device) is not None}
        stamps = {no: _stamp(device, erasures.get(no, 0)) for no, device in wanted.items()}
        slots = dict(zip(self._numbers, range(len(self._numbers)), strict=True))
        agreed = self._state["agreed"]
        kept = [no for no in sorted(wanted) if no in slots and agreed[slots[no]] == stamps[no]]
        fresh = SlotState("trips", VERSION, kernel.FIELDS)
        fresh.grow(len(wanted))
        self._devices, before, self._numbers = wanted, len(self._numbers), sorted(wanted)
        for slot, no in enumerate(self._numbers):
            device = wanted[no]
            fresh.set(slot, agreed=stamps[no], period_ms=1000.0 * DEVICE_TYPES.get(device.type).period_s)
        at = np.searchsorted(self._numbers, kept)
        fresh.rows[at] = self._state.rows[[slots[no] for no in kept]]
        self._state = fresh
        self._index()
        return before - len(kept)

    def process(self, *frames: Frame) -> list[Trip]:
        """Take over frames; the trips that are over. A trip that goes on after all comes again, longer."""
        found: list[Trip] = []
        for frame in frames:
            before, self.received_ms = self.received_ms, frame.received_ms  # a clock set back goes on from there
            if len(self._numbers) and len(frame.readings):
                found += self._take(frame.readings, frame.received_ms)
            if self.received_ms // SWEEP_MS != before // SWEEP_MS:
                found += self._sweep()
        return found

    def dump(self) -> bytes:
        """All that is known, as bytes for `load`."""
        saved = _Saved(self.received_ms, self._numbers, self._state.dump())
        return zlib.compress(msgspec.msgpack.encode(saved), 1)

    def load(self, data: bytes) -> None:
        """Go on where the dumped one was; call `agree` next. Raises StateUnreadable."""
        try:
            saved = msgspec.msgpack.decode(zlib.decompress(data), type=_Saved)
        except (zlib.error, msgspec.DecodeError):
            raise StateUnreadable("the trips", "damaged", VERSION) from None
        state = SlotState("trips", VERSION, kernel.FIELDS)
        state.load(saved.state)
        if state.slots != len(saved.numbers):
            raise StateUnreadable("the trips", "cut short", VERSION)
        self.received_ms, self._numbers, self._state = saved.received_ms, saved.numbers, state

    def _index(self) -> None:
        self._slot_of = np.full(max(self._numbers, default=-1) + 2, -1, np.int64)
        self._slot_of[self._numbers] = np.arange(len(self._numbers))
        kinds = [self._devices[no].type for no in self._numbers]
        known = sorted(set(kinds))
        self._kind_of = np.array([known.index(kind) for kind in kinds], np.int64)
        self._channel_of = np.array([channels(DEVICE_TYPES.get(kind)) for kind in known], np.int8).reshape(-1, 256)

    def _take(self, batch: ReadingBatch, received_ms: int) -> list[Trip]:
        slots = self._slot_of.take(device_no(batch.series), mode="clip")
        mine = np.flatnonzero((slots >= 0) & (batch.ts > 0) & (batch.ts <= received_ms + AHEAD_MS))
        if not len(mine):
            return []
        slot = slots[mine]
        channel = self._channel_of[self._kind_of[slot], signal_no(batch.series[mine])]
        ts, value = batch.ts[mine], batch.value[mine]
        found: list[Trip] = []
        at = 0
        while at < len(mine):
            at, count = kernel.take(at, received_ms, slot, channel, ts, value, self._state.rows, self._out)
            found += self._trips(count)
        return found

    def _sweep(self) -> list[Trip]:
        found: list[Trip] = []
        at = 0
        while at < len(self._numbers):
            at, count = kernel.sweep(at, self.received_ms, self._state.rows, self._out)
            found += self._trips(count)
        return found

    def _trips(self, count: int) -> list[Trip]:
        return [self._trip(row) for row in self._out[:count]]

    def _trip(self, row: Any) -> Trip:
        device = self._devices[self._numbers[int(row["slot"])]]
        felt = row["felt_ms"] >= 0.5 * row["moving_ms"]
        sloped = not felt and row["sloped_ms"] >= 0.5 * row["moving_ms"]
        acceleration, braking, cornering = self._events(device, row, felt, sloped)
        return Trip(
            id=trip_id(device.tenant, device.identifier, int(row["start_ms"])),
            tenant=device.tenant,
            device=device.identifier,
            owner=str(device.owner),
            started_at=from_ms(int(row["start_ms"])),
            ended_at=from_ms(int(row["end_ms"])),
            distance_km=round(float(row["km"]), 3),
            moving_s=float(row["moving_ms"]) / 1000,
            standing_s=float(row["standing_ms"]) / 1000,
            idle_s=float(row["idle_ms"]) / 1000,
            stops=int(row["stops"]),
            top_speed=round(float(row["top"]), 1),
            acceleration=acceleration,
            braking=braking,
            cornering=cornering,
            fast_s=float(row["fast_ms"]) / 1000 if np.isfinite(row["fast_limit"]) else None,
            judged_by="sensor" if felt else "speed" if sloped else "",
        )

    @staticmethod
    def _events(device: Device, row: Any, felt: bool, sloped: bool) -> list[int | None]:
        """Harsh accelerations, brakings and bends; None for what the readings could not show."""
        if not felt:
            return [*row["sloped"].tolist(), None] if sloped else [None, None, None]
        measured = _channels(device)
        return [
            int(number) if channel in measured else None  # type: ignore[operator]
            for channel, number in zip((FORWARD, BACKWARD, SIDEWAYS), row["felt"].tolist(), strict=True)
        ]


def _channels(device: Device) -> NDArray[np.int8] | None:
    return channels(DEVICE_TYPES.get(device.type)) if device.type in DEVICE_TYPES else None


def _stamp(device: Device, erasures: int) -> int:
    """A number that stands for what was agreed with whom; kept in place of the owner's name."""
    return zlib.crc32(f"{device.owner}|{erasures}".encode())


def warm() -> None:
    """Load or compile the kernels before the first reading waits for them."""
    state, out = SlotState("trips", VERSION, kernel.FIELDS), np.empty(ROOM, kernel.TRIP)
    nothing = np.empty(0, np.int64)
    kernel.take(0, 0, nothing, np.empty(0, np.int8), nothing, np.empty(0), state.rows, out)
    kernel.sweep(0, 0, state.rows, out)
