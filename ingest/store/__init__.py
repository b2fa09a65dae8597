"""Telemetry stores: keep readings by (series, event time) behind one contract (`protocol.TelemetryStore`).

`STORES` names them: ``parquet`` (files in the data folder, read by other processes while they are written) and
``influx`` (a server that takes line protocol). Each is loaded when it is opened: reading the configuration must not
load a database engine.
"""

from __future__ import annotations

from ingest.store.protocol import StoreFactory, TelemetryStore
from kit.plugins import Registry
from kit.settings import Settings


def _parquet(settings: Settings, *, read_only: bool = False) -> TelemetryStore:
    from ingest.store.parquet.store import ParquetStore  # noqa: PLC0415 - loaded when opened

    return ParquetStore(settings.data_path("store"), read_only=read_only)


def _influx(settings: Settings, *, read_only: bool = False) -> TelemetryStore:
    from ingest.config import Config  # noqa: PLC0415 - that module nests this room's own configuration
    from ingest.store.influx.store import InfluxStore  # noqa: PLC0415 - loaded when opened

    return InfluxStore(settings.of(Config).store.influx, read_only=read_only)


STORES: Registry[StoreFactory] = Registry("store", {"parquet": _parquet, "influx": _influx})
