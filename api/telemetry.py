"""Readings for pages: the store opened once a process, series turned into lines with the names of their signals."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from ingest.reading import series_id, signal_no
from ingest.registry.devices import Device
from ingest.store.protocol import TelemetryStore
from ingest.wire.catalogue import DeviceType, Signal
from ingest.wire.device_types import DEVICE_TYPES
from kit.clock import from_ms, to_ms

PARTS = 4000  # of a picture: twice as fine as the widest screen; more: pages wait for readings that nobody can see


@dataclass(frozen=True, slots=True)
class Line:
    """One signal over time: event times in epoch milliseconds, ascending, and their values."""

    ts: NDArray[np.int64]
    value: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest reading of a signal."""

    signal: Signal
    at: datetime
    value: float


class Telemetry:
    """Reads the telemetry store; it is opened at the first question, so that pages start without it.

    Every method raises ingest's StoreUnavailable while the store does not answer.
    """

    def __init__(self, opener: Callable[[], TelemetryStore]) -> None:
        self._opener = opener
        self._store: TelemetryStore | None = None
        self._lock = threading.Lock()

    def window(self, device: Device, signals: Iterable[Signal], start: datetime, end: datetime) -> dict[str, Line]:
        """The readings of these signals with ``start <= time < end``, by signal name; an empty line for none.

        Of many readings the lowest and the highest of each of `PARTS` parts of the time: a picture shows no more.
        """
        wanted = {signal.number: signal.name for signal in signals}
        series = [series_id(device.no, number) for number in sorted(wanted)]
        with self._lock:
            batch = self._open().read_minmax(series, to_ms(start), to_ms(end), PARTS)
        lines: dict[str, Line] = {}
        for number, name in wanted.items():
            mine = batch.series == series_id(device.no, number)
            lines[name] = Line(batch.ts[mine], batch.value[mine])
        return lines

    def latest(self, device: Device) -> list[Latest]:
        """The newest reading of each signal of the device that has one, in the order of the catalogue."""
        kind = kind_of(device)
        if kind is None:
            return []
        by_number = {signal.number: signal for signal in kind.signals}
        with self._lock:
            batch = self._open().latest([series_id(device.no, number) for number in by_number])
        found = {
            signal_no(series): Latest(by_number[signal_no(series)], from_ms(ts), value)
            for series, ts, value in zip(batch.series.tolist(), batch.ts.tolist(), batch.value.tolist(), strict=True)
        }
        return [found[number] for number in by_number if number in found]

    def close(self) -> None:
        """Close the store if it was opened."""
        with self._lock:
            if self._store is not None:
                self._store.close()
                self._store = None

    def _open(self) -> TelemetryStore:
        if self._store is None:
            self._store = self._opener()
        return self._store


def kind_of(device: Device) -> DeviceType | None:
    """The device's type; None when a plug-in that declared it is not installed any more."""
    return DEVICE_TYPES.get(device.type) if device.type in DEVICE_TYPES else None
