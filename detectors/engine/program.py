"""Profiles as arrays: what the kernels run instead of objects."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.algorithms.catalogue import BY_CLOCK, DETECTORS
from detectors.algorithms.detector import Ints
from detectors.faults.catalogue import FAULTS
from detectors.faults.profile import Profile, Watch
from detectors.faults.profiles import PROFILES
from detectors.faults.profiles.plain import plain_profile
from detectors.faults.tuning import SECTION, Overrides, one_of, tuned
from ingest.wire.catalogue import DeviceType
from ingest.wire.device_types import DEVICE_TYPES
from kit.errors import SettingsError

HOW = {"value": 0, "difference": 1, "fall_per_hour": 2, "rise_per_hour": 3, "event": 4, "missing": 5}
NO_SIGNAL = -1
WHEN, ONLY = 0, 1


@dataclass(frozen=True, slots=True)
class TypeProgram:
    """One device type: its profile and where its watches and signals stand in the program's arrays."""

    device_type: DeviceType
    profile: Profile
    signals: int
    first_watch: int

    @property
    def vitals(self) -> bool:
        """Whether anything of it judges a person."""
        return any(watch.vitals for watch in self.profile.watches)


@dataclass(frozen=True, slots=True)
class Program:
    """All device types together. Watch numbers run over all types; signal numbers are the type's own.

    channels             per watch a record: the operation, its signals and divisors (-1: none), whether it judges a
                         person, its range of `gates`
    gates                records: signal, low, high, and whether it is of `when` or of `only`
    triggers, trigger    per (type, signal): [start, end) in `trigger`, the watches that need that signal
    detector             per watch: the position of its detector in `detectors`
    """

    types: dict[str, TypeProgram]
    watches: tuple[Watch, ...]
    detectors: tuple[str, ...]
    channels: NDArray[Any]
    gates: NDArray[Any]
    triggers: NDArray[np.int64]
    trigger: Ints
    detector: Ints
    version: str


SIGNALS = 256  # rows of `triggers` a type
CHANNEL = np.dtype(
    [(name, np.int64) for name in ("how", "first", "second", "beside", "over", "over_less", "vitals")]
    + [(name, np.int64) for name in ("gate_from", "gate_to")]
    + [("least", np.float64)]
)
GATE = np.dtype([("signal", np.int64), ("low", np.float64), ("high", np.float64), ("kind", np.int64)])


def compile_profiles(overrides: Overrides = MappingProxyType({})) -> Program:
    """The program of every registered device type, by its profile or, where it has none, the plain one.

    `overrides` are parameters that an installation has set. Raises SettingsError naming the key that makes no sense.
    """
    for name in overrides:
        if name not in DEVICE_TYPES:
            known = [kind for kind, _ in DEVICE_TYPES.items()]
            raise SettingsError(f"'{SECTION}.{name}' names no device type.", one_of(name, known))
    tables = _Tables()
    for name, kind in DEVICE_TYPES.items():
        profile = PROFILES.get(name) if name in PROFILES else plain_profile(kind)
        tables.add(kind, tuned(profile, overrides.get(name, {})))
    return tables.program()


class _Tables:
    """The rows of a `Program` while they are collected."""

    def __init__(self) -> None:
        self._types: dict[str, TypeProgram] = {}
        self._watches: list[Watch] = []
        self._channels: list[tuple[int, ...]] = []
        self._least: list[float] = []
        self._gates: list[tuple[int, int]] = []
        self._gate_rows: list[tuple[int, float, float, int]] = []
        self._triggers: list[tuple[int, int]] = []
        self._trigger: list[int] = []

    def add(self, kind: DeviceType, profile: Profile) -> None:
        """Take in one device type."""
        first = len(self._watches)
        signals = max(signal.number for signal in kind.signals) + 1
        self._types[kind.name] = TypeProgram(kind, profile, signals, first)
        needs = [self._watch(kind, watch) for watch in profile.watches]
        for signal in range(SIGNALS):
            wanted = [first + at for at, need in enumerate(needs) if signal in need]
            self._triggers.append((len(self._trigger), len(self._trigger) + len(wanted)))
            self._trigger += wanted

    def _watch(self, kind: DeviceType, watch: Watch) -> set[int]:
        """Take in one watch; the numbers of the signals that it needs."""
        channel = watch.channel
        signals = [kind.signal(name).number for name in channel.signals]
        self._watches.append(watch)
        over = [kind.signal(name).number for name in channel.over]
        beside = [kind.signal(channel.beside).number] if channel.beside else []
        first, second, *_ = *signals, NO_SIGNAL
        divisor, less, *_ = *over, NO_SIGNAL, NO_SIGNAL
        inputs = (first, second, *(beside or [NO_SIGNAL]), divisor, less)
        self._channels.append((HOW[channel.how], *inputs, int(watch.vitals)))
        self._least.append(channel.least)
        gates = [
            (kind.signal(gate.signal).number, gate.low, gate.high, group)
            for group, gates_of in ((WHEN, channel.when), (ONLY, channel.only))
            for gate in gates_of
        ]
        self._gates.append((len(self._gate_rows), len(self._gate_rows) + len(gates)))
        self._gate_rows += gates
        return {*signals, *beside, *over, *(gate[0] for gate in gates)}

    def program(self) -> Program:
        """All of it as arrays."""
        detectors = tuple(name for name in DETECTORS if name not in BY_CLOCK)
        return Program(
            self._types,
            tuple(self._watches),
            detectors,
            np.array(
                [
                    (*channel, *gates, least)
                    for channel, gates, least in zip(self._channels, self._gates, self._least, strict=True)
                ],
                CHANNEL,
            ),
            np.array(self._gate_rows, GATE),
            np.array(self._triggers, np.int64).reshape(-1, 2),
            np.array(self._trigger, np.int64),
            np.array([detectors.index(watch.detector) for watch in self._watches], np.int64),
            _version(self._types),
        )


def _version(types: dict[str, TypeProgram]) -> str:
    """A name that changes with anything that the meaning of a saved state depends on."""
    parts = [f"{name}/{detector.version}" for name, detector in DETECTORS.items()]
    parts += [repr(program.profile) for program in types.values()]
    parts += [f"{name}:{sorted(fault.signature.items())}" for name, fault in FAULTS.items()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
