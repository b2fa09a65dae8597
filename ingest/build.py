"""The place that knows ingest's concrete classes: opens the log and the store, and hands the roles to `kit`."""

from __future__ import annotations

from ingest.config import Config
from ingest.log import LOGS, PartitionLog
from ingest.store import STORES
from ingest.store.protocol import TelemetryStore
from kit.settings import Settings


def open_log(settings: Settings) -> PartitionLog:
    """The partition log of this installation. Raises LogMismatch or LogUnavailable, PluginError for an unknown form."""
    config = settings.of(Config)
    return LOGS.get(config.log)(settings.data_path("log"), config.partitions, config.log_max_mb * 1_000_000)


def open_store(settings: Settings, read_only: bool = False) -> TelemetryStore:
    """The telemetry store of this installation; with `read_only` for every process but the writer.

    Raises StoreUnavailable, PluginError for an unknown store.
    """
    return STORES.get(settings.of(Config).store.kind)(settings, read_only=read_only)
