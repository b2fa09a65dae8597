"""Symptoms of one device become claims: a named fault when its signature's weight is reached, else unusual behaviour.

Persistence and hysteresis lie in the detectors: a symptom here has already lasted. A named fault is raised at
weight 1 and cleared below half of it. Unusual behaviour needs a symptom that has lasted the longer time, to which
the attention stage agreed, and which no open fault explains; a named fault raised later takes its place.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from detectors.algorithms.detector import LASTING
from detectors.faults.catalogue import FAULTS
from detectors.faults.fault import RAISE_AT, Fault
from detectors.faults.known.general import UNUSUAL_BEHAVIOUR

CLEAR_BELOW = 0.5  # of the weight that raises; higher lets a fault flap, lower keeps a mended device in trouble
ATTENTION_MS = 3_600_000  # an alert of the attention stage this long before the onset still belongs to it


@dataclass(frozen=True, slots=True)
class Symptom:
    """A watch whose detector is active, as of the reading at which that last changed.

    `key` is the name in signatures, `watch` the place in the profile. `first` and `second` are the values of the
    channel's signals; low and high bound what was expected of `value`.
    """

    key: str
    watch: int
    active: int
    onset: int
    ts: int
    count: int
    surprise: float
    severity: float
    value: float
    low: float
    high: float
    first: float
    second: float
    unusual: bool = False


@dataclass(slots=True)
class Patient:
    """What is known of one device: active symptoms by watch, open faults with their onset, last alerts by watch."""

    symptoms: dict[int, Symptom] = field(default_factory=dict)
    open: dict[str, int] = field(default_factory=dict)
    alerts: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Claim:
    """A fault begins or ends. `symptoms` are those that speak for it (for an end: the one that went), worst first."""

    fault: str
    kind: Literal["raised", "cleared"]
    onset: int
    at: int
    weight: float
    symptoms: tuple[Symptom, ...]


def change(patient: Patient, device_type: str, symptom: Symptom) -> list[Claim]:
    """Take over a symptom that began, went on to last, or ended (`active` 0); the claims that follow from it."""
    if symptom.active:
        patient.symptoms[symptom.watch] = symptom
    else:
        patient.symptoms.pop(symptom.watch, None)
    claims = [claim for fault in _possible(device_type) for claim in _named(patient, fault, symptom)]
    return claims + _unusual(patient, symptom.ts, symptom)


def alert(patient: Patient, watch: int, ts: int) -> list[Claim]:
    """Take over an alert of the attention stage on a watch."""
    patient.alerts[watch] = ts
    known = patient.symptoms.get(watch)
    return _unusual(patient, ts, known) if known else []


def _possible(device_type: str) -> Iterable[Fault]:
    for name, fault in FAULTS.items():
        if name != UNUSUAL_BEHAVIOUR.name and (not fault.device_types or device_type in fault.device_types):
            yield fault


def _named(patient: Patient, fault: Fault, latest: Symptom) -> list[Claim]:
    if latest.key.split(":")[0] not in {key.split(":")[0] for key in fault.signature}:
        return []
    speaking = _worst_first(s for s in patient.symptoms.values() if s.key in fault.signature)
    weight = sum(fault.signature[key] for key in {symptom.key for symptom in speaking})
    if fault.name not in patient.open and weight >= RAISE_AT:
        onset = min(symptom.onset for symptom in speaking)
        patient.open[fault.name] = onset
        return [Claim(fault.name, "raised", onset, latest.ts, weight, speaking), *_close_unusual(patient, latest)]
    if fault.name in patient.open and weight < RAISE_AT * CLEAR_BELOW:
        return [Claim(fault.name, "cleared", patient.open.pop(fault.name), latest.ts, weight, (latest,))]
    return []


def _close_unusual(patient: Patient, latest: Symptom) -> list[Claim]:
    """The behaviour has a name now."""
    onset = patient.open.pop(UNUSUAL_BEHAVIOUR.name, None)
    return [] if onset is None else [Claim(UNUSUAL_BEHAVIOUR.name, "cleared", onset, latest.ts, 0.0, (latest,))]


def _unusual(patient: Patient, ts: int, latest: Symptom) -> list[Claim]:
    name = UNUSUAL_BEHAVIOUR.name
    odd = _worst_first(s for s in patient.symptoms.values() if s.unusual)
    if name in patient.open:
        return [] if odd else [Claim(name, "cleared", patient.open.pop(name), ts, 0.0, (latest,))]
    proven = [s for s in odd if abs(s.active) >= LASTING and _noticed(patient, s)]
    if not proven or patient.open:
        return []
    onset = min(symptom.onset for symptom in proven)
    patient.open[name] = onset
    return [Claim(name, "raised", onset, ts, RAISE_AT, tuple(proven))]


def _noticed(patient: Patient, symptom: Symptom) -> bool:
    return patient.alerts.get(symptom.watch, symptom.onset - ATTENTION_MS - 1) >= symptom.onset - ATTENTION_MS


def _worst_first(symptoms: Iterable[Symptom]) -> tuple[Symptom, ...]:
    return tuple(sorted(symptoms, key=lambda symptom: (-symptom.severity, symptom.watch)))
