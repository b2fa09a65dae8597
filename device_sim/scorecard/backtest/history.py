"""What a backtest replays: devices, their owners, their readings, and what is known of what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec

from device_sim.errors import BacktestImpossible
from device_sim.faults.fault import Occurrence
from device_sim.models.machine import DAY_MS
from device_sim.scenarios.scenario import Handover
from device_sim.stream import DeviceSpec
from ingest.reading import ReadingBatch
from kit.clock import to_ms
from outreach.customers.record import Customer

WARM_MS = 14 * DAY_MS  # of life that is replayed before the time that is judged, so that detectors know their devices

ReadingsOf = Callable[[int, int], Iterable[tuple[str, ReadingBatch]]]
"""Start and end in ms: readings with ``start <= ts < end`` by device id; of the series only the signal counts."""


@dataclass(frozen=True, slots=True)
class History:
    """See the module. Replayed from `start_ms`, judged from `since_ms` to `end_ms`.

    With `complete`, `truth` is all that went wrong. Without, it is what people called true, `dismissed` is what they
    called false or harmless, and of anything else nobody knows.
    """

    name: str
    start_ms: int
    since_ms: int
    end_ms: int
    devices: tuple[DeviceSpec, ...]
    people: tuple[Customer, ...]
    handovers: tuple[Handover, ...]
    truth: tuple[Occurrence, ...]
    dismissed: tuple[Occurrence, ...]
    complete: bool
    readings: ReadingsOf


class _TruthFile(msgspec.Struct):
    faults: list[Occurrence]


def read_truth(path: Path) -> tuple[Occurrence, ...]:
    """The faults of a truth file, as `forewarn sim run` writes it. Raises BacktestImpossible."""
    try:
        return tuple(msgspec.json.decode(path.read_bytes(), type=_TruthFile).faults)
    except OSError as error:
        raise BacktestImpossible(f"The truth {path} cannot be read: {error.strerror}.", "Check the path.") from None
    except (ValueError, RecursionError) as error:
        fix = 'It is {"faults": [{"device", "fault", "onset_ms", "failure_ms", …}]}, as `forewarn sim run` writes it.'
        raise BacktestImpossible(f"The truth {path} cannot be used: {error}.", fix) from None


def instant(text: str, option: str) -> int:
    """A date or time as typed, UTC where no zone is named, in ms. Raises BacktestImpossible."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        fix = f"Write {option} {date(2026, 1, 31)} or {option} 2026-01-31T09:00:00+01:00."
        raise BacktestImpossible(f"'{text}' is no time.", fix) from None
    return to_ms(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


Wanted = tuple[int | None, int | None]
"""From when to when somebody wants to have it judged; None for as far as it goes."""


def span(first_ms: int, last_ms: int, wanted: Wanted) -> tuple[int, int, int]:
    """From when it is replayed, from when it is judged, and the end, within what is there.

    Raises BacktestImpossible when nothing lies between.
    """
    since, until = wanted
    end = min(last_ms + 1, until) if until is not None else last_ms + 1
    judged = max(first_ms, since) if since is not None else first_ms
    if judged >= end:
        raise BacktestImpossible("There are no readings in that time.", "Widen --since and --until.")
    return max(first_ms, judged - WARM_MS), judged, end
