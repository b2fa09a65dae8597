"""A finding: one detector claim about one device, with the evidence a person needs to believe it or not."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

NAMESPACE = uuid.UUID("6f2f2a3e-9d0b-5a37-9f7e-3c6f1d0c8a11")

FindingKind = Literal["raised", "cleared"]


@dataclass(frozen=True, slots=True)
class SignalEvidence:
    """What one signal showed.

    `role` is ``cause`` for a signal that the fault's signature names, else ``context``. `expected_low` and
    `expected_high` bound the value expected at `at`; `band` holds ``(epoch ms, low, high)`` points for the chart,
    at most 200, ascending, from two days before the onset. `attached` holds readings as ``(epoch ms, value)`` where
    they belong to the claim itself and must outlast the store: at most 200, ascending.
    """

    signal: str
    label: str
    unit: str
    role: Literal["cause", "context"]
    at: datetime
    value: float
    expected_low: float
    expected_high: float
    surprise: float
    severity: float
    band: tuple[tuple[int, float, float], ...] = ()
    attached: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """The pack behind a finding: `summary` is one plain sentence, `reasons` are the symptoms in words."""

    summary: str
    reasons: tuple[str, ...]
    window_start: datetime
    window_end: datetime
    signals: tuple[SignalEvidence, ...]
    readings_seen: int
    readings_missing_share: float


@dataclass(frozen=True, slots=True)
class Finding:
    """A claim that the fault `fault` began on the device at `onset` (``raised``) or ended (``cleared``).

    Times are event time, never the wall clock. `surprise` is how improbable (nats), `severity` how far out
    (robust standard deviations), `confidence` 0 to 1. `contact` says that the evidence is strong enough to tell
    the customer; otherwise the finding is for staff.
    """

    id: uuid.UUID
    tenant: str
    device: str
    fault: str
    kind: FindingKind
    onset: datetime
    detected: datetime
    surprise: float
    severity: float
    confidence: float
    contact: bool
    detector: str
    version: str
    evidence: Evidence


def finding_id(tenant: str, device: str, fault: str, onset: datetime, kind: FindingKind) -> uuid.UUID:
    """The identity of a finding: the same claim computed twice is the same row (UUIDv5, RFC 9562 section 5.5)."""
    return uuid.uuid5(NAMESPACE, f"{tenant}|{device}|{fault}|{onset.isoformat()}|{kind}")
