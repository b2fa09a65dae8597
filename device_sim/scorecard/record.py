"""What one run of the product over one scenario and seed came to: facts only, judged by `device_sim.scorecard.score`.

Times are epoch milliseconds of the virtual clock unless a field says event time. Same scenario, seed and product: the
same record, to the byte of its JSON.
"""

from __future__ import annotations

from dataclasses import dataclass

from device_sim.faults.fault import Occurrence
from device_sim.scenarios.scenario import Customer
from device_sim.stream import DeviceSpec


@dataclass(frozen=True, slots=True)
class Found:
    """A finding: `onset_ms` and `detected_ms` are event time, `at_ms` is when it was committed.

    `words` is its evidence, a line each, as ``forewarn detectors explain`` says it.
    """

    id: str
    device: str
    fault: str
    kind: str
    onset_ms: int
    detected_ms: int
    at_ms: int
    surprise: float
    severity: float
    confidence: float
    contact: bool
    detector: str
    version: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """A case at the end of the run; `findings` are the ids of those that it holds, the first one opened it."""

    number: int
    device: str
    fault: str
    state: str
    opened_ms: int
    closed_ms: int | None
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice at the end of the run.

    `state` is the outbox's (delivered, held, waiting, withheld, withdrawn, failed, unknown, queued); `stage` the gate's
    stage that spoke last and `reason` its words. `finding` is the one that its episode began with.
    """

    id: str
    case: int
    device: str
    fault: str
    finding: str
    customer: str
    channel: str
    state: str
    stage: str
    reason: str
    created_ms: int
    delivered_ms: int | None


@dataclass(frozen=True, slots=True)
class Said:
    """Something that a customer did.

    `what` is an answer (fixed, not_me, call_me, wrong), ``unsubscribed``, ``complained`` (by the help button of the
    device) or ``moved`` (a new contact point). `case` is 0 where there is none.
    """

    customer: str
    device: str
    fault: str
    what: str
    case: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """An opinion on a finding; `source` is staff, customer or telemetry."""

    finding: str
    verdict: str
    source: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Record:
    """One run. `truth` is what really happened, with the repairs that followed from contacts as ends.

    `counts` are the ledger's totals (received, stored, duplicate, quarantined, throttled, …) and what the network did
    (sent, lost, repeated, delayed, …), in messages or readings as each name says.
    """

    scenario: str
    seed: int
    start_ms: int
    end_ms: int
    version: str
    devices: tuple[DeviceSpec, ...]
    customers: tuple[Customer, ...]
    truth: tuple[Occurrence, ...]
    findings: tuple[Found, ...]
    cases: tuple[Case, ...]
    notices: tuple[Notice, ...]
    said: tuple[Said, ...]
    verdicts: tuple[Verdict, ...]
    counts: dict[str, int]

    @property
    def device_days(self) -> float:
        """Devices times days."""
        return len(self.devices) * (self.end_ms - self.start_ms) / 86_400_000


@dataclass(frozen=True, slots=True)
class Cost:
    """What the run took; never part of a score. `stages` are seconds of the main process by stage."""

    seconds: float
    peak_mb: float
    readings: int
    stages: dict[str, float]
