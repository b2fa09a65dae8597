"""What a device measured, for cases that need it: the telemetry store, opened when it is first asked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from ingest import offsets
from ingest.log.protocol import partition_of
from ingest.reading import ReadingBatch, series_id
from ingest.registry.devices import Device
from ingest.store.protocol import TelemetryStore
from ingest.wire.device_types import DEVICE_TYPES
from ingest.writer.flush import READER
from kit.clock import to_ms


class History:
    """One store a process; safe to share between threads. `partitions` is how many the log has."""

    def __init__(self, opener: Callable[[], TelemetryStore], partitions: int) -> None:
        self._opener = opener
        self._partitions = partitions
        self._store: TelemetryStore | None = None
        self._lock = threading.Lock()

    def complete(self, session: Session, device: Device, at: datetime) -> bool:
        """Whether everything is stored that the gateway had received from the device by `at`."""
        mine = partition_of(device.tenant, device.identifier, self._partitions)
        return offsets.positions(session, READER, self._partitions)[mine].received_ms >= to_ms(at)

    def read(self, device: Device, start: datetime, end: datetime) -> ReadingBatch:
        """The device's readings with ``start <= time < end``, none for an unknown type. Raises StoreError."""
        if device.type not in DEVICE_TYPES:
            return ReadingBatch.empty()
        series = sorted(series_id(device.no, signal.number) for signal in DEVICE_TYPES.get(device.type).signals)
        with self._lock:
            if self._store is None:
                self._store = self._opener()
            return self._store.read(series, to_ms(start), to_ms(end))

    def close(self) -> None:
        """Close the store if it was opened."""
        with self._lock:
            if self._store is not None:
                self._store.close()
                self._store = None
