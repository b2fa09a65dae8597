"""What a device type declares: its signals with units and possible ranges, and how often it reports."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How a signal's value is written on the wire."""

    NUMBER = "number"
    BOOLEAN = "boolean"
    STATE = "state"  # one of `Signal.states`, sent as its text, kept as its index
    CODE = "code"  # a diagnostic trouble code such as P0301, kept as its SAE J2012 number


@dataclass(frozen=True, slots=True)
class Signal:
    """One measured quantity of a device type.

    `number` is its place in series numbers: 0 to 255, never changed, never given to another signal.
    `unit` is UCUM. `low` and `high` bound what is physically possible: a value outside is a broken reading and is
    quarantined, so leave room for every real fault. `standard` is the COVESA VSS path or the LOINC code.
    """

    number: int
    name: str
    label: str
    unit: str
    low: float
    high: float
    kind: Kind = Kind.NUMBER
    states: tuple[str, ...] = ()
    standard: str = ""


@dataclass(frozen=True, slots=True)
class Command:
    """Something that a device of a type can be told to do; `label` is its name for people."""

    name: str
    label: str


@dataclass(frozen=True, slots=True)
class DeviceType:
    """A kind of device.

    `period_s` is the usual time between two messages while the device is on. `always_on` says that the device
    reports day and night, so that a missing message means something (a parked car is silent and well).
    `lateness_s` is how far a reading may stand behind its device's newest and still be taken in order: shorter calls
    an ordinary radio hole late, longer keeps findings waiting.
    """

    name: str
    label: str
    period_s: int
    always_on: bool
    signals: tuple[Signal, ...]
    commands: tuple[Command, ...] = ()
    lateness_s: int = 30

    def signal(self, name: str) -> Signal:
        """The signal called `name`. Raises KeyError when the type has none."""
        for signal in self.signals:
            if signal.name == name:
                return signal
        raise KeyError(name)


def boolean(number: int, name: str, label: str, standard: str = "") -> Signal:
    """A yes/no signal."""
    return Signal(number, name, label, "1", 0, 1, Kind.BOOLEAN, standard=standard)


def state(number: int, name: str, label: str, states: tuple[str, ...], standard: str = "") -> Signal:
    """A signal that is one of a few named states."""
    return Signal(number, name, label, "1", 0, len(states) - 1, Kind.STATE, states, standard)
