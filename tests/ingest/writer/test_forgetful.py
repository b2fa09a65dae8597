"""A telemetry server that is killed and forgets its last seconds: the writer stores them again, out of the log."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine

from ingest import ledger
from ingest.log.frames import encode
from ingest.log.sqlite import SqliteLog
from ingest.quarantine import Bounds as QuarantineBounds
from ingest.reading import Frame, ReadingBatch
from ingest.registry.devices import Device
from ingest.store.config import InfluxConfig
from ingest.store.errors import StoreUnavailable
from ingest.store.influx.store import InfluxStore
from ingest.writer.flush import Bounds, Flusher
from kit import leases
from kit.db import transaction
from tests.ingest.store.servers import VictoriaServer

NOW = 1_763_750_000_000


@pytest.mark.slow
def test_nothing_is_lost_with_a_server_killed_while_the_writer_catches_up(
    engine: Engine, fleet: list[Device], tmp_path: Path
) -> None:
    server = VictoriaServer(tmp_path / "vm")
    server.start()
    config = InfluxConfig(url=server.url, server="victoriametrics")
    with closing(SqliteLog(tmp_path / "log", 2, 50_000_000)) as log, closing(InfluxStore(config)) as store:
        for n in range(400):  # a frame each minute of receiving: a flush is hours of it
            times = [NOW + n * 60_000 + k for k in range(20)]
            batch = ReadingBatch.of([fleet[n % 2].no << 8] * 20, times, [1.0] * 20)
            log.append(n % 2, encode(Frame(NOW + n * 60_000, batch, received=20)), f"{n}")
        with transaction(engine) as session:
            lease = leases.acquire(session, "writer", "test", 600)
        assert lease
        writer = Flusher(engine, log, store, "demo", Bounds(1000, QuarantineBounds(2, 5, 1000)))
        for _ in range(4):
            assert writer.flush(lease) == 1000
        server.stop()
        with pytest.raises(StoreUnavailable):
            writer.flush(lease)
        time.sleep(1.1)
        server.start()
        try:
            while True:
                try:
                    if not writer.flush(lease):
                        break
                except StoreUnavailable:
                    continue
            assert store.count() == 8000
        finally:
            server.stop()
    with transaction(engine) as session:
        counts = ledger.totals(session, "demo")
    assert (counts.received, counts.stored, counts.duplicate) == (8000, 8000, 0)
