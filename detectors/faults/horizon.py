"""When a claim's trend will reach its limit."""

from __future__ import annotations

import math
from datetime import datetime

from detectors.faults.fusion import Claim, Symptom
from detectors.finding import Horizon
from kit.clock import from_ms

DAY_MS = 86_400_000


def of(claim: Claim) -> Horizon | None:
    """The soonest of what the claim's symptoms foresee, counted from the claim; None where none foresees anything."""
    if claim.kind != "raised":
        return None
    foreseen = [seen for symptom in claim.symptoms if (seen := of_symptom(symptom, claim.at))]
    return min(foreseen, key=lambda seen: seen.low, default=None)


def of_symptom(symptom: Symptom, at: int) -> Horizon | None:
    """What a symptom foresaw when it was last looked at, counted from `at` (ms)."""
    if symptom.ahead is None or not math.isfinite(symptom.ahead[0]):
        return None
    low, high, chance = symptom.ahead
    latest = _when(symptom.ts, high, at) if math.isfinite(high) else None
    return Horizon(from_ms(at), _when(symptom.ts, low, at), latest, round(chance, 3))


def _when(seen: int, days: float, at: int) -> datetime:
    """So many days after `seen`, but not before `at`."""
    return from_ms(max(seen + round(days * DAY_MS), at))
