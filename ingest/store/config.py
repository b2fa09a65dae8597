"""The store's part of the ``[ingest]`` section: which store, and how to reach a server."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class InfluxConfig(BaseModel):
    """A server that takes InfluxDB line protocol at ``/write``: InfluxDB 1.x, 2.x, 3 or VictoriaMetrics."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    url: str = Field("http://127.0.0.1:8086", pattern="^https?://", description="http(s)://host:port of the server.")
    server: Literal["influxdb", "victoriametrics"] = Field(
        "influxdb", description="What is read back: InfluxQL (influxdb) or the export API (victoriametrics)."
    )
    database: str = Field(
        "forewarn",
        pattern=r"^[^/\\\[\]*?\x00-\x1f]+$",
        description="Database (1.x, 3), bucket (2.x) or `db` label (VictoriaMetrics).",
    )
    org: str = Field("", description="Organisation that owns the bucket; only InfluxDB 2.x has any.")
    token: SecretStr | None = Field(None, description="API token (InfluxDB 2.x and 3).")
    username: str | None = Field(None, description="User name where the server asks for one (1.x, a proxy).")
    password: SecretStr | None = Field(None, description="The user's password.")
    timeout_s: float = Field(10.0, gt=0, le=600, description="Seconds that one request may take.")


class StoreConfig(BaseModel):
    """Where readings are kept."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    kind: str = Field(
        "parquet", description="parquet (files in the data folder), influx (a server), or the name of a plug-in."
    )
    influx: InfluxConfig = Field(
        default_factory=InfluxConfig.model_construct, description="The server of the store `influx`."
    )
