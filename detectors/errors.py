"""Errors of the detectors.

ForewarnError
├── FindingNotFound      a finding was named that does not exist
├── IncidentNotFound     an incident was named that does not exist
├── StateUnreadable      a checkpoint or a dump is of another version, or is damaged
├── DeviceTypeUnwatched  a device type has no profile
└── TableError           a table given to `detectors score` cannot be read, with the line
"""

from __future__ import annotations

import uuid

from kit.errors import ForewarnError


class FindingNotFound(ForewarnError):
    """No finding has this id."""

    def __init__(self, finding_id: uuid.UUID) -> None:
        super().__init__(f"There is no finding {finding_id}.")
        self.finding_id = finding_id


class IncidentNotFound(ForewarnError):
    """No incident has this number."""

    def __init__(self, number: int) -> None:
        super().__init__(f"There is no incident {number}.", "`forewarn detectors incidents` lists them.")
        self.number = number


class StateUnreadable(ForewarnError):
    """A dumped state cannot be loaded: it was written by another version, or its bytes are damaged."""

    def __init__(self, what: str, found: str, wanted: str) -> None:
        super().__init__(
            f"The saved state of {what} is '{found}', this program reads '{wanted}'.",
            "Start from an empty state; it is learned again from the log.",
        )
        self.what = what
        self.found = found
        self.wanted = wanted


class TableError(ForewarnError):
    """A cell, a header or a time of a table cannot be used. `line` is 1 for the header."""

    def __init__(self, line: int, problem: str, fix: str = "") -> None:
        super().__init__(f"Line {line}: {problem}", fix)
        self.line = line
