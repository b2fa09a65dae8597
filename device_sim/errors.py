"""What can go wrong in the simulator and in a replay; every error says the fix.

ForewarnError
├── BacktestImpossible  a backtest cannot be made of what was given
├── RecordingMissing    there is no recording of that name
├── ScenarioInvalid     a scenario's option makes no sense
├── ScenarioUnknown     there is no scenario of that name
├── ScenarioFileInvalid a scenario file cannot be used
├── WaysImpossible      customers cannot behave like that
├── StateUnreadable     the kept state of a simulated fleet cannot be read or written
├── BrokerUnreachable   no connection to the broker, or it refuses ours
├── CredentialsUnusable the credentials for simulated devices are none, or lack a device
├── DeliveryIncomplete  the broker did not acknowledge everything in time
├── MappingInvalid      a mapping file is not one
├── RecordingUnusable   a recording cannot be read, or does not fit its mapping
└── ScoreUnreadable     a saved scorecard cannot be compared with
"""

from __future__ import annotations

from pathlib import Path

from kit.errors import ForewarnError


class ScenarioInvalid(ForewarnError):
    """A scenario's option makes no sense."""


class WaysImpossible(ForewarnError):
    """Customers cannot behave like that; `key` is the number at fault."""

    def __init__(self, key: str, value: object, most: float) -> None:
        super().__init__(
            f"The customers' {key} cannot be {value!r}.", f"Give {key} a number from 0 to {max(most, 0.0):g}."
        )
        self.key = key


class StateUnreadable(ForewarnError):
    """The kept state of a simulated fleet is damaged."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"The simulated fleet's state {path} cannot be used: {reason}.",
            "Delete that file: the fleet begins a new life. Or start over with `forewarn reset`.",
        )
        self.path = path


class BrokerUnreachable(ForewarnError):
    """There is no connection to the broker, or it refuses ours."""

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(
            f"The broker {address} cannot be reached: {reason}.",
            "Start it with `forewarn up`, or set FOREWARN__BROKER__URL=mqtt://host:port.",
        )
        self.address = address


class CredentialsUnusable(ForewarnError):
    """The credentials for simulated devices cannot be read, or one is missing."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"The credentials {path} cannot be used: {reason}.",
            "Make them with `forewarn devices rotate NAME --out FOLDER`, or with --kind password --json in a file.",
        )
        self.path = path


class DeliveryIncomplete(ForewarnError):
    """The broker did not acknowledge everything in time; `missing` messages are unsure, a repeat does no harm."""

    def __init__(self, missing: int, reason: str) -> None:
        super().__init__(
            f"{missing} {'message was' if missing == 1 else 'messages were'} not acknowledged: {reason}.",
            "Look at the broker and the gateway with `forewarn doctor`, then run the same again.",
        )
        self.missing = missing


class MappingInvalid(ForewarnError):
    """A mapping file cannot be used; `where` names the file."""

    def __init__(self, where: str, problem: str, fix: str) -> None:
        super().__init__(f"The mapping {where} cannot be used: {problem}", fix)
        self.where = where


class RecordingUnusable(ForewarnError):
    """A recording cannot be read, or its columns are not those of the mapping."""

    def __init__(self, path: Path, problem: str, fix: str) -> None:
        super().__init__(f"The recording {path} cannot be replayed: {problem}", fix)
        self.path = path


class ScenarioFileInvalid(ForewarnError):
    """A scenario file cannot be used; `where` names it, `line` (from 1, None for the whole file) the place in it."""

    def __init__(self, where: str, line: int | None, problem: str, fix: str) -> None:
        at = f"{where}, line {line}" if line else where
        super().__init__(f"The scenario file {at}: {problem}", fix)
        self.where = where
        self.line = line


class ScenarioUnknown(ForewarnError):
    """There is no scenario of that name."""

    def __init__(self, name: str, hint: str) -> None:
        super().__init__(f"There is no scenario '{name}'.", f"{hint} `forewarn sim list` shows them all.")
        self.name = name


class ScoreUnreadable(ForewarnError):
    """A saved scorecard cannot be read."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"The scorecard {path} cannot be compared with: {reason}.",
            "Give the score.json that `forewarn sim score --out DIR` wrote.",
        )
        self.path = path


class RecordingMissing(ForewarnError):
    """There is no recording of that name, or its data is not on this machine."""

    def __init__(self, name: str, problem: str, fix: str) -> None:
        super().__init__(f"The recording '{name}' cannot be played: {problem}.", fix)
        self.name = name


class BacktestImpossible(ForewarnError):
    """A backtest cannot be made of what was given."""
