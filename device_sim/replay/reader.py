"""Rows of a recording as signals with their recorded time; every cell that is left out is counted with its reason."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from device_sim.errors import RecordingUnusable
from device_sim.replay.mapping import Mapping, Source, TimeAxis
from device_sim.replay.recording import Recording
from ingest.wire.catalogue import Kind
from kit.clock import to_ms

YES, NO = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0"})
EPOCHS = {"epoch_s": 1000.0, "epoch_ms": 1.0}


class _Unusable(Exception):
    """A cell that says nothing; the argument is the reason."""


@dataclass(slots=True)
class Tally:
    """What was read: `rows` with a usable time, and what was left out, by reason.

    Rows: empty_row, bad_time. Cells: missing, short_row, not_a_number, not_finite, not_mapped.
    """

    rows: int = 0
    skipped_rows: Counter[str] = field(default_factory=Counter)
    skipped_cells: Counter[str] = field(default_factory=Counter)


class Reader:
    """A recording through its mapping. Raises RecordingUnusable when a mapped column is not there."""

    def __init__(self, recording: Recording, mapping: Mapping, limit: int | None = None, every: int = 1) -> None:
        """Every `every`-th of the first `limit` rows."""
        self._recording = recording
        self._mapping = mapping
        self._limit, self._every = limit, every
        self._places = [(recording.index(source.column), source) for source in mapping.sources]
        axis = mapping.time
        self._time_place = recording.index(axis.column) if axis.column else -1

    def bounds(self) -> tuple[int, int]:
        """The earliest and latest recorded time in milliseconds. Raises RecordingUnusable when no row has one."""
        first, last, tally = math.inf, -math.inf, Tally()
        for ts, _ in self._timed(tally):
            first, last = min(first, ts), max(last, ts)
        if not tally.rows:
            problem = self._recording.damage or "no row has a time that can be read."
            told = ", ".join(f"{count} × {reason}" for reason, count in tally.skipped_rows.items())
            raise RecordingUnusable(
                self._recording.path, f"{problem} {told}".strip(), "Check column and format of the mapping's [time]."
            )
        return int(first), int(last)

    def rows(self, tally: Tally) -> Iterator[tuple[int, dict[str, float | bool | str]]]:
        """Recorded time in milliseconds and the signals of each row, in the file's order; counts into `tally`."""
        missing = self._mapping.missing
        for ts, cells in self._timed(tally):
            signals = {}
            for place, source in self._places:
                try:
                    signals[source.signal] = _value(cells, place, source, missing)
                except _Unusable as reason:
                    tally.skipped_cells[str(reason)] += 1
            yield ts, signals

    def _timed(self, tally: Tally) -> Iterator[tuple[int, Sequence[str]]]:
        axis, number = self._mapping.time, 0
        for cells in islice(self._recording.rows(), 0, self._limit, self._every):
            if not any(cell.strip() for cell in cells):
                tally.skipped_rows["empty_row"] += 1
                continue
            if axis.period_s:
                ts: int | None = round(number * self._every * axis.period_s * 1000)
                number += 1
            else:
                ts = _time_of(cells, self._time_place, axis)
            if ts is None:
                tally.skipped_rows["bad_time"] += 1
                continue
            tally.rows += 1
            yield ts, cells


def _time_of(cells: Sequence[str], place: int, axis: TimeAxis) -> int | None:
    try:
        text = cells[place].strip()
        if axis.format in EPOCHS:
            return round(float(text) * EPOCHS[axis.format])
        moment = datetime.fromisoformat(text) if axis.format == "iso" else datetime.strptime(text, axis.format)  # noqa: DTZ007 - the zone comes next
        return to_ms(moment if moment.tzinfo else moment.replace(tzinfo=axis.zone))
    except (ValueError, IndexError, OverflowError):
        return None


def _value(cells: Sequence[str], place: int, source: Source, missing: frozenset[str]) -> float | bool | str:
    """The value of one cell. Raises _Unusable with the reason."""
    if place >= len(cells):
        raise _Unusable("short_row")
    text = cells[place].strip()
    if text in missing:
        raise _Unusable("missing")
    if source.values:
        if text not in source.values:
            raise _Unusable("not_mapped")
        return source.values[text]  # type: ignore[no-any-return]
    if source.kind in {Kind.STATE, Kind.CODE}:
        return text
    if source.kind is Kind.BOOLEAN and source.above is None and text.lower() in YES | NO:
        return text.lower() in YES
    number = _number(text)
    if source.kind is Kind.BOOLEAN:
        return number > (source.above or 0.0)
    return round(number * source.factor + source.offset, 6)


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise _Unusable("not_a_number") from None
    if not math.isfinite(number):
        raise _Unusable("not_finite")
    return number
