"""What the writer remembers of each device, as columns by slot: read from the database once, then kept up to date."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ingest.registry.clocks import Offsets
from ingest.writer.seen import Seen

Ints = NDArray[np.int64]
SAMPLES = 8  # of a device's skew; fewer take a stumble of the network for a clock, more see a wrong clock too late


@dataclass(frozen=True, slots=True)
class Facts:
    """What the database knows of a device: its identifier ("" when the registry has it no more) and its past."""

    name: str
    lateness_ms: int
    seen: Seen = field(default_factory=Seen)
    offsets: Offsets = ()


class Memory(NamedTuple):
    """What moves with every flush, one entry a slot; a flush works on a copy that counts once it has committed.

    newest_ms    newest event time, never ahead of the receive time
    newest_seq   highest sequence number since the device last began to count anew; -1: it sends none
    excused      messages that were refused and that a gap in the sequence may therefore stand for
    skew_ms      (slots, SAMPLES): the last samples of event time minus receive time
    samples      how many of those there are
    sampled_ms   receive time of the last one
    """

    newest_ms: Ints
    newest_seq: Ints
    excused: Ints
    skew_ms: Ints
    samples: Ints
    sampled_ms: Ints

    @staticmethod
    def empty() -> Memory:
        """Room for nobody."""
        none = np.empty(0, np.int64)
        return Memory(none, none, none, np.empty((0, SAMPLES), np.int64), none, none)

    def copy(self) -> Memory:
        """The same, to be changed."""
        return Memory(*(column.copy() for column in self))


class Fleet:
    """See the module. Slots are given in the order in which devices are first heard, and never change."""

    def __init__(self, load: Callable[[list[int]], Mapping[int, Facts]]) -> None:
        """`load` gives the facts of every device number that it is asked for."""
        self._load = load
        self.forget()

    def slots(self, devices: Ints) -> Ints:
        """The slot of each device number; devices that are heard for the first time are loaded."""
        slots = np.empty(len(devices), np.int64)
        if _find(self._keys, self._slots, devices, slots):
            self._add(np.unique(devices[slots < 0]).tolist())
            _find(self._keys, self._slots, devices, slots)
        return slots

    def slot_of(self, name: str) -> int | None:
        """The slot of the device of that name, None when it has not been heard yet."""
        return self._by_name.get(name)

    def forget(self) -> None:
        """Read everything from the database again: somebody else may have written."""
        self._keys = np.full(1 << 10, -1, np.int64)
        self._slots = np.zeros(1 << 10, np.int64)
        self.numbers: list[int] = []
        self.names: list[str] = []
        self._by_name: dict[str, int] = {}
        self.offsets: list[Offsets] = []
        self.lateness_ms: Ints = np.empty(0, np.int64)
        self.memory = Memory.empty()

    def _add(self, numbers: list[int]) -> None:
        facts = self._load(numbers)
        first = len(self.numbers)
        self.numbers += numbers
        self.names += [facts[number].name for number in numbers]
        self._by_name |= {name: slot for slot, name in enumerate(self.names[first:], first) if name}
        self.offsets += [facts[number].offsets for number in numbers]
        self.lateness_ms = np.append(self.lateness_ms, [facts[number].lateness_ms for number in numbers])
        new = np.zeros(len(numbers), np.int64)
        seen = [facts[number].seen for number in numbers]
        self.memory = Memory(
            np.append(self.memory.newest_ms, [one.newest_ms for one in seen]),
            np.append(self.memory.newest_seq, [one.newest_seq for one in seen]),
            np.append(self.memory.excused, new),
            np.concatenate([self.memory.skew_ms, np.zeros((len(numbers), SAMPLES), np.int64)]),
            np.append(self.memory.samples, new),
            np.append(self.memory.sampled_ms, new),
        )
        while len(self._keys) < 4 * len(self.numbers):
            self._keys = np.full(2 * len(self._keys), -1, np.int64)
            self._slots = np.zeros(len(self._keys), np.int64)
            first = 0
        slots = np.arange(first, len(self.numbers))
        _put(self._keys, self._slots, np.array(self.numbers[first:], np.int64), slots)


@njit(cache=True, nogil=True)
def _find(keys, slots, wanted, found):  # type: ignore[no-untyped-def]
    """The slot of each number into `found`, -1 for those that are not in the hash table; how many those are."""
    missing, mask, last, last_slot = 0, len(keys) - 1, -1, -1
    for n in range(len(wanted)):
        key = wanted[n]
        if key != last:
            last, last_slot = key, -1
            at = (key * 0x9E3779B1) & mask
            while keys[at] != -1:
                if keys[at] == key:
                    last_slot = slots[at]
                    break
                at = (at + 1) & mask
        found[n] = last_slot
        missing += last_slot < 0
    return missing


@njit(cache=True, nogil=True)
def _put(keys, slots, numbers, values):  # type: ignore[no-untyped-def]
    mask = len(keys) - 1
    for n in range(len(numbers)):
        at = (numbers[n] * 0x9E3779B1) & mask
        while keys[at] != -1:
            at = (at + 1) & mask
        keys[at] = numbers[n]
        slots[at] = values[n]
