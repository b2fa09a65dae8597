"""The telemetry store on a server (see `ingest.store.influx`): what may be there already is asked back first."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from ingest.reading import ReadingBatch
from ingest.store.config import InfluxConfig
from ingest.store.errors import StoreError, StoreUnavailable
from ingest.store.fresh import Newest, check_contract, first_of_each, lowest_and_highest, sort_order
from ingest.store.influx.dialect import Dialect, wanted_in_parts
from ingest.store.influx.influxql import InfluxQL
from ingest.store.influx.lines import encode
from ingest.store.influx.transport import Transport
from ingest.store.influx.victoria import Victoria
from ingest.store.protocol import Stats, bounded

LINES_AT_ONCE = 20_000  # about 1.5 MB a request; more meets the size limits of servers, fewer costs round trips
GAP_MS = (
    3_600_000  # old readings further apart are asked back separately; shorter: more questions, longer: more answers
)


class InfluxStore:
    """A `TelemetryStore` on the server that `config` names; nothing is sent before it is needed."""

    def __init__(self, config: InfluxConfig, *, read_only: bool = False) -> None:
        self._transport = Transport(config)
        self._dialect: Dialect = (
            Victoria(self._transport, config.database)
            if config.server == "victoriametrics"
            else InfluxQL(self._transport, config.database, config.org)
        )
        self._read_only = read_only
        self._prepared = False
        self._started = ""
        self._newest = Newest()
        self._writing = threading.Lock()

    @property
    def rewind_ms(self) -> int:
        return self._dialect.rewind_ms

    def fresh(self, batch: ReadingBatch) -> NDArray[np.bool_]:
        check_contract(batch)
        with self._changing():
            self._prepare()
            self._learn(self._newest.unknown(batch.series))
            return self._newest.fresh(batch, self._stored)

    def write(self, rows: ReadingBatch) -> None:
        check_contract(rows)
        with self._changing():
            self._prepare()
            self._newest.advance(rows)
            for start in range(0, len(rows), LINES_AT_ONCE):
                self._transport.write(encode(rows.take(np.arange(start, min(start + LINES_AT_ONCE, len(rows))))))

    def read(self, series: Sequence[int], start_ms: int, end_ms: int) -> ReadingBatch:
        if start_ms >= end_ms:
            return ReadingBatch.empty()
        parts = [self._dialect.read(wanted, start_ms, end_ms) for wanted in wanted_in_parts(series)]
        return _sorted_once([batch for part in parts for batch in part])

    def latest(self, series: Sequence[int]) -> ReadingBatch:
        parts = [self._dialect.latest(wanted) for wanted in wanted_in_parts(series)]
        return _sorted_once([batch for part in parts for batch in part])

    def read_minmax(self, series: Sequence[int], start_ms: int, end_ms: int, buckets: int) -> ReadingBatch:
        batch = self.read(series, start_ms, end_ms)
        return lowest_and_highest(batch, start_ms, end_ms, bounded(buckets)) if len(batch) else batch

    def erase(self, device_no: int) -> int:
        with self._writing:
            self._prepare()
            gone = self._dialect.count(device_no)
            self._dialect.erase(device_no)
            self._newest.forget(device_no)
        return gone

    def drop_before(self, ms: int) -> int:
        with self._writing:
            self._prepare()
            return self._dialect.drop_before(ms)

    def count(self) -> int:
        return self._dialect.count()

    def stats(self) -> Stats:
        return Stats(self._dialect.count(), self._dialect.size_bytes(), 0, 0, 0, 0, 0)

    def damaged(self) -> list[str]:
        return []

    def close(self) -> None:
        self._transport.close()

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """One at a time. After an error nothing is taken for stored any more: the server may have lost it."""
        with self._writing:
            try:
                yield
            except StoreError:
                self._newest.forget()
                raise

    def _prepare(self) -> None:
        """Make the server ready. Raises StoreUnavailable once when it was started anew and may have lost readings."""
        if self._read_only:
            raise StoreUnavailable("The telemetry store is not open for writing.")
        if not self._prepared:
            self._dialect.prepare()
            self._prepared = True
        started, self._started = self._started, self._dialect.started()
        if started not in {"", self._started}:
            raise StoreUnavailable(
                "The telemetry server was started anew; what it may have lost is taken from the log again."
            )

    def _learn(self, series: NDArray[np.int64]) -> None:
        """Ask for the newest stored time of series that are not known yet; 0 where there is none."""
        if not len(series):
            return
        there = self.latest(series.tolist())
        self._newest.learn(series, np.zeros(len(series), np.int64))
        self._newest.learn(there.series, there.ts)

    def _stored(self, rows: ReadingBatch) -> NDArray[np.bool_]:
        """Marks the rows that the server has."""
        order = np.argsort(rows.ts, kind="stable")
        clusters = np.split(order, np.flatnonzero(np.diff(rows.ts[order]) > GAP_MS) + 1)
        there = ReadingBatch.concat([self._around(rows.take(cluster)) for cluster in clusters])
        both = ReadingBatch.concat([there, rows])
        return ~first_of_each(both, sort_order(both))[len(there) :]

    def _around(self, rows: ReadingBatch) -> ReadingBatch:
        return self.read(np.unique(rows.series).tolist(), int(rows.ts[0]), int(rows.ts[-1]) + 1)


def _sorted_once(batches: list[ReadingBatch]) -> ReadingBatch:
    """All readings sorted by (series, ts), each once: a server may keep a point twice that was sent twice."""
    batch = ReadingBatch.concat(batches)
    order = sort_order(batch)
    return batch.take(order[first_of_each(batch, order)[order]])
