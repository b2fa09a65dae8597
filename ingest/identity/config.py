"""Identity's part of the ``[ingest]`` section: certificates, claims, self-registration, the generated broker."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class IdentityConfig(BaseModel):
    """How devices prove who they are."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    certificate_days: int = Field(
        825, ge=1, le=36500, description="How long a device's certificate is valid; renew it before with `rotate`."
    )
    claim_days: int = Field(90, ge=1, le=3650, description="How long a claim code can be used.")
    self_register: dict[str, str] = Field(
        {},
        description="Device type by name pattern, such as car-* = vehicle: devices of such names that the broker let in"
        " register themselves with their first reading. Only behind a broker that checks certificates; empty: none.",
    )
    broker_folder: Path | None = Field(
        None, description="Where the generated broker configuration is; empty: mosquitto in the data folder."
    )
