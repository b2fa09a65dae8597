"""Settings of ingest: the ``[ingest]`` section."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, field_validator
from pydantic_core import from_json

from ingest.gateway.config import RouteConfig
from ingest.identity.config import IdentityConfig
from ingest.store.config import StoreConfig
from kit.settings import Section


class Config(Section):
    """Telemetry in: the gateway, the partition log, the writer and the store."""

    name: ClassVar[str] = "ingest"

    codec: str = Field("forewarn_json", description="Payload codec of the telemetry topics.")
    client_id: str = Field(
        "forewarn-gateway",
        min_length=1,
        max_length=64,
        description="MQTT client id of the gateway; the tenant is added. The broker keeps its session under this name.",
    )
    max_payload_kb: int = Field(
        256, ge=1, le=65536, description="Larger payloads are refused; smaller limits cut off long backfills."
    )
    history_days: int = Field(
        30, ge=1, le=3650, description="Older readings are refused as a wrong clock; must cover the longest backfill."
    )
    log: str = Field("file", description="Form of the partition log.")
    receive: Literal["fast", "plain"] = Field(
        "fast",
        description="How the gateway reads its socket: `fast` takes packets apart in large chunks, `plain` leaves it to"
        " paho message by message.",
    )
    subscribe: tuple[str, ...] = Field(
        (),
        description="Topic filters of this gateway; empty: all of the tenant. Several gateways with filters that do not"
        " overlap share the work. In an environment variable: a JSON list.",
    )
    routes: tuple[RouteConfig, ...] = Field(
        (), description="Foreign topics and how they are read, as `[[ingest.routes]]` tables; see docs/formats.md."
    )
    device_rate: float = Field(
        50.0,
        gt=0,
        description="Messages a second that a device may send for long; more are throttled. Lower cuts off backfills.",
    )
    device_burst: int = Field(
        20_000,
        ge=1,
        description="Messages that a device may send at once before it is throttled. Lower loses the backfill of a long"
        " outage (two weeks of a message a minute fit), higher lets a flood in for longer.",
    )
    partitions: int = Field(
        4, ge=1, le=1024, description="Partitions of a new log, fixed for its life; as many workers can share the work."
    )
    log_max_mb: int = Field(
        10_000, ge=64, description="Bound of the log on disk; when it is reached the broker keeps what comes in."
    )
    log_keep_hours: float = Field(
        24.0, ge=0, description="How long entries that every reader has taken over are kept; 0 drops them at once."
    )
    heartbeat_s: float = Field(
        5.0,
        ge=0.1,
        le=3600,
        description="A gateway that hears nothing says so at least so often. Longer delays the detection of silence,"
        " shorter fills the log with nothing.",
    )
    flush_s: float = Field(
        1.0, gt=0, le=60, description="The writer stores at least so often; more often makes many small files."
    )
    flush_readings: int = Field(
        600_000,
        ge=1000,
        le=5_000_000,
        description="The most that one flush of the writer takes; each needs 100 B of memory. "
        "Below 524,288 the embedded store writes what was waiting twice, the second time merged.",
    )
    quarantine_samples: int = Field(
        1000,
        ge=1,
        le=100_000,
        description="Samples kept for each device and reason, the newest; the ledger counts all.",
    )
    quarantine_rows: int = Field(
        20_000,
        ge=100,
        description="Samples kept in all, the newest: bounds what a flood of made-up device names costs.",
    )
    quarantine_mb: int = Field(
        100, ge=1, description="Bound of all samples together; those kept whole can be judged again after a repair."
    )
    retention_days: int = Field(
        0, ge=0, description="Stored readings older than this are dropped; 0 keeps them for ever."
    )
    identity: IdentityConfig = Field(
        default_factory=IdentityConfig.model_construct, description="How devices prove who they are."
    )
    store: StoreConfig = Field(default_factory=StoreConfig.model_construct, description="The telemetry store.")

    @field_validator("subscribe", "routes", mode="before")
    @classmethod
    def _list_from_a_variable(cls, value: object) -> object:
        return from_json(value) if isinstance(value, str) else value
