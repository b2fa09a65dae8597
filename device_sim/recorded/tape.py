"""A recorded life: pieces of recorded time, and the plan by which they fill the days of a device."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

import numpy as np

from device_sim.faults.fault import Occurrence
from device_sim.models.machine import HOUR_MS, Day, Identity, Rows
from kit.clock import from_ms


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of recorded time: `ts` of its rows count from 0, all below `lasts_ms`.

    `labels` are what the recording says was wrong, as occurrences in the same time; their device is empty.
    """

    rows: Rows
    lasts_ms: int
    labels: tuple[Occurrence, ...] = ()


@dataclass(frozen=True, slots=True)
class Life:
    """Whose life a plan fills, and from when on."""

    identity: Identity
    start_ms: int

    @property
    def first(self) -> Day:
        """The local day in which it begins."""
        return self.day_of(self.start_ms)

    def day_of(self, ts_ms: int) -> Day:
        """The local day that holds the instant."""
        return Day.of(from_ms(ts_ms).astimezone(self.identity.zone).date(), self.identity.zone)

    def days(self, end_ms: int) -> Iterator[Day]:
        """Every local day from the first to the one that holds the instant before `end_ms`."""
        day = self.first
        while day.start_ms < end_ms:
            yield day
            day = Day.of(day.calendar + timedelta(days=1), self.identity.zone)


class Plan(Protocol):
    """How pieces fill the days of a life; a pure function of its arguments."""

    def placed(self, life: Life, day: Day) -> list[tuple[int, Piece]]:
        """The pieces that touch `day`, each with the instant at which it begins, in order and not overlapping."""
        ...

    def truth(self, life: Life, end_ms: int) -> list[Occurrence]:
        """What the labels say went wrong before `end_ms`, with times of the life."""
        ...


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of a sequence: `piece` over and over for `for_ms`, or to the end of the life when that is 0."""

    piece: Piece
    for_ms: int


@dataclass(frozen=True, slots=True)
class Sequence:
    """Stages one after the other from the first local midnight on, so that days keep their time of day.

    Nothing more is heard after the last one. `labels` count from that midnight; those of pieces are left alone.
    """

    stages: tuple[Stage, ...]
    labels: tuple[Occurrence, ...] = ()

    def placed(self, life: Life, day: Day) -> list[tuple[int, Piece]]:
        """See `Plan`."""
        origin, found = life.first.start_ms, list[tuple[int, Piece]]()
        for stage in self.stages:
            end = origin + stage.for_ms if stage.for_ms else day.end_ms
            lasts = stage.piece.lasts_ms
            begin = origin + max(0, (day.start_ms - origin) // lasts) * lasts
            while begin < min(end, day.end_ms):
                found.append((begin, _until(stage.piece, end - begin)))
                begin += lasts
            if not stage.for_ms:
                break
            origin = end
        return found

    def truth(self, life: Life, end_ms: int) -> list[Occurrence]:
        """See `Plan`."""
        moved = [at(label, life.identity.device, life.first.start_ms) for label in self.labels]
        return [occurrence for occurrence in moved if occurrence.onset_ms < end_ms]


@dataclass(frozen=True, slots=True)
class Outings:
    """So many outings on most days, each one of `pieces`, drawn by day: a car that is driven, a walk.

    `hours` are the earliest and the latest start; between two outings lies a rest of half an hour or more.
    """

    pieces: tuple[Piece, ...]
    fewest: int
    most: int
    hours: tuple[float, float] = (6.5, 19.0)

    def placed(self, life: Life, day: Day) -> list[tuple[int, Piece]]:
        """See `Plan`."""
        chance = life.identity.chance("outings", day)
        count = int(chance.integers(self.fewest, self.most + 1))
        starts = np.sort(chance.uniform(*self.hours, self.most))[:count]
        chosen = chance.integers(0, len(self.pieces), self.most)[:count]
        found, free_ms = list[tuple[int, Piece]](), day.start_ms
        for hour, number in zip(starts.tolist(), chosen.tolist(), strict=True):
            piece, begin = self.pieces[number], max(day.at(hour) // 1000 * 1000, free_ms)
            if begin + piece.lasts_ms < day.end_ms:
                found.append((begin, piece))
                free_ms = begin + piece.lasts_ms + HOUR_MS // 2
        return found

    def truth(self, life: Life, end_ms: int) -> list[Occurrence]:
        """See `Plan`."""
        placed = (one for day in life.days(end_ms) for one in self.placed(life, day))
        moved = [at(label, life.identity.device, begin) for begin, piece in placed for label in piece.labels]
        return [occurrence for occurrence in moved if life.start_ms <= occurrence.onset_ms < end_ms]


@dataclass(frozen=True, slots=True)
class Tape:
    """A recorded life that a device can play: the type of that device, the signals that were recorded, and the plan."""

    device_type: str
    signals: tuple[str, ...]
    plan: Plan


def at(label: Occurrence, device: str, origin_ms: int) -> Occurrence:
    """A label of a recording as an occurrence on `device`, whose recorded time 0 is `origin_ms`."""
    return replace(
        label,
        device=device,
        onset_ms=label.onset_ms + origin_ms,
        failure_ms=label.failure_ms + origin_ms,
        end_ms=None if label.end_ms is None else label.end_ms + origin_ms,
    )


def _until(piece: Piece, lasts_ms: int) -> Piece:
    """The beginning of a piece, where the whole of it would last too long."""
    return piece if lasts_ms >= piece.lasts_ms else Piece(piece.rows.between(0, lasts_ms), lasts_ms, piece.labels)
