"""Devices that send more than they may: the gateway throttles them, and here that becomes a fault of the device's own.

Told by the refusals in the log's frames, so it depends on the frames alone like everything else in the engine. Times
are the log's: a device that floods may have any clock.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from detectors.faults.catalogue import FAULTS
from detectors.faults.known.general import FLOODING
from detectors.faults.words import duration
from detectors.finding import Evidence, Finding, finding_id
from ingest.reading import Frame
from kit.clock import from_ms

THROTTLED = "throttled"
MESSAGES = 100  # throttled ones that make a fault: fewer calls one long backfill a flood, more lets a slow flood pass
CALM_MS = 900_000  # without any before it is over; shorter makes a case of every burst, longer keeps a mended one open
WORST = 99.0  # of severity; beyond that more tells nobody more
DETECTOR, VERSION = "flood", "1"


class Burst(msgspec.Struct):
    """What one device had throttled since it was last calm; `last_ms` is by the engine's log clock."""

    first_ms: int
    last_ms: int
    count: int = 0
    open: bool = False


Floods = dict[str, Burst]
"""By device identifier; only those that were not calm a moment ago."""


def take(floods: Floods, frame: Frame, log_ms: int, tenant: str) -> list[Finding]:
    """Count what the frame says was throttled; the faults that begin with it."""
    found = []
    for refusal in frame.refusals:
        if refusal.reason != THROTTLED or not refusal.device:
            continue
        burst = floods.setdefault(refusal.device, Burst(frame.received_ms, log_ms))
        burst.last_ms, burst.count = log_ms, burst.count + refusal.count
        if not burst.open and burst.count >= MESSAGES:
            burst.open = True
            found.append(_finding(tenant, refusal.device, burst, "raised", frame.received_ms))
    return found


def calm(floods: Floods, log_ms: int, received_ms: int, tenant: str) -> list[Finding]:
    """Forget the devices that have been calm for long enough; the faults that end with it."""
    over = [name for name, burst in floods.items() if log_ms - burst.last_ms >= CALM_MS]
    ended = [(name, floods.pop(name)) for name in over]
    return [_finding(tenant, name, burst, "cleared", received_ms) for name, burst in ended if burst.open]


def _finding(tenant: str, device: str, burst: Burst, kind: Literal["raised", "cleared"], at: int) -> Finding:
    onset = from_ms(burst.first_ms)
    return Finding(
        id=finding_id(tenant, device, FLOODING.name, onset, kind),
        tenant=tenant,
        device=device,
        fault=FLOODING.name,
        kind=kind,
        onset=onset,
        detected=from_ms(at),
        surprise=0.0,
        severity=min(burst.count / MESSAGES, WORST),
        confidence=1.0,
        contact=False,
        detector=DETECTOR,
        version=VERSION,
        evidence=_evidence(burst, kind, at),
    )


def _evidence(burst: Burst, kind: str, at: int) -> Evidence:
    label = FAULTS.get(FLOODING.name).label
    if kind == "raised":
        lasted = duration(max(at - burst.first_ms, 1000))
        reason = f"{burst.count:,} messages above what a device may send were throttled within {lasted}."
        summary = f"{label}. {reason}"
    else:
        reason = f"Nothing had to be throttled for {duration(CALM_MS)}; {burst.count:,} messages were before."
        summary = f"{label}: no longer seen."
    return Evidence(summary, (reason,), from_ms(burst.first_ms), from_ms(max(at, burst.first_ms)), (), 0, 0.0)
