"""A finding: one detector claim about one device, with the evidence a person needs to believe it or not."""

from __future__ import annotations

import math
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

NAMESPACE = uuid.UUID("6f2f2a3e-9d0b-5a37-9f7e-3c6f1d0c8a11")

DAY_S = 86_400

FindingKind = Literal["raised", "cleared", "normal"]
"""A fault begins; it ends; what nobody was ever told is what the device does now: to be read, and nothing to do."""
Again = Literal["", "grown", "foreseen"]
"""Why an episode that is open has a further finding: it was too weak for the customer and is strong now, or it can be
foreseen when a limit will be reached."""


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
class Horizon:
    """When a limit is reached if the trend goes on: between `low` and `high` with a chance of 80 %, seen from `at`.

    `high` None: with a chance of more than 10 % not within a year. `chance_7d`: that it is reached within seven days.
    """

    at: datetime
    low: datetime
    high: datetime | None
    chance_7d: float

    def words(self) -> str:
        """``likely to reach the limit in 3 to 6 days``, rounded outwards."""
        low = int((self.low - self.at).total_seconds() // DAY_S)
        if self.high is None:
            return f"likely to reach the limit in {max(low, 1)} or more days"
        high = max(math.ceil((self.high - self.at).total_seconds() / DAY_S), 1)
        if high == 1:
            return "likely to reach the limit within a day"
        return f"likely to reach the limit {f'in {low} to' if low else 'within'} {high} days"


@dataclass(frozen=True, slots=True)
class Sign:
    """One symptom that speaks for a finding: its name in the fault's signature, and its weight there (1 raises).

    `label` says what is watched, by which `detector`; `since` is its onset.
    """

    symptom: str
    label: str
    weight: float
    detector: str
    since: datetime
    surprise: float
    severity: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """The pack behind a finding: `summary` is one plain sentence, `reasons` are the symptoms in words.

    `signs` are the same symptoms with their weights, worst first; `considered` are the faults for which a part of
    them would speak, with less weight.
    """

    summary: str
    reasons: tuple[str, ...]
    window_start: datetime
    window_end: datetime
    signals: tuple[SignalEvidence, ...]
    readings_seen: int
    readings_missing_share: float
    horizon: Horizon | None = None
    signs: tuple[Sign, ...] = ()
    considered: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A claim that the fault `fault` began on the device at `onset` (``raised``) or ended (``cleared``).

    Every ``cleared`` has its ``raised`` with the same onset. ``normal`` belongs to neither: see `FindingKind`.

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

    @property
    def is_again(self) -> bool:
        """Whether its episode was raised before, and this only says that there is more evidence."""
        first = finding_id(self.tenant, self.device, self.fault, self.onset, "raised")
        return self.kind == "raised" and self.id != first


def finding_id(  # noqa: PLR0917
    tenant: str, device: str, fault: str, onset: datetime, kind: FindingKind, again: str = ""
) -> uuid.UUID:
    """The identity of a finding: the same claim computed twice is the same row (UUIDv5, RFC 9562 section 5.5)."""
    more = f"|{again}" if again else ""
    return uuid.uuid5(NAMESPACE, f"{tenant}|{device}|{fault}|{onset.isoformat()}|{kind}{more}")
