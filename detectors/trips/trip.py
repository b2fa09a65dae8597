"""The type that leaves this folder: one trip in plain numbers."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

_NAMESPACE = uuid.UUID("8f2b2c1e-6f55-5a0d-9c55-0f6a3c0b7d11")


@dataclass(frozen=True, slots=True)
class Trip:
    """One drive of one device, from its first movement to its last.

    `owner` is the customer who had agreed to be coached. `standing_s` lies between the two ends only, `idle_s` is the
    part of it with the engine running (0 where there is none). `braking`, `acceleration` and `cornering` count harsh
    events; None says that the readings could not show them. `fast_s` is the time faster than the driver's own habit,
    None while there is no habit. `top_speed` is in km/h. `judged_by` is "sensor" (the device's own acceleration),
    "speed" (its slope), or "" where neither was dense enough.
    """

    id: uuid.UUID
    tenant: str
    device: str
    owner: str
    started_at: datetime
    ended_at: datetime
    distance_km: float
    moving_s: float
    standing_s: float
    idle_s: float
    stops: int
    top_speed: float
    braking: int | None
    acceleration: int | None
    cornering: int | None
    fast_s: float | None
    judged_by: str


def trip_id(tenant: str, device: str, started_ms: int) -> uuid.UUID:
    """The id of a trip: the same readings give the same trip again."""
    return uuid.uuid5(_NAMESPACE, f"{tenant}|{device}|{started_ms}")
