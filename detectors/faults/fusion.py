"""Symptoms of one device become claims: the best explanation of them, else unusual behaviour.

Persistence and hysteresis lie in the detectors: a symptom here has already lasted. A named fault is raised at
weight 1 and ends below half of it. Faults that rest on the same symptoms compete, because they are one trouble: the
one that explains more of them (or weighs far more) is raised, and takes the place of one that was raised before it.
A fault whose own symptoms, without those that an open fault explains, weigh 1 is a trouble of its own.
Unusual behaviour needs a symptom that has lasted the longer time, to which the attention stage agreed, and which no
open fault explains; a named fault raised later takes its place.

An episode that is open is claimed again whenever its evidence has grown, until the customer may be told.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from detectors.algorithms.detector import LASTING
from detectors.faults.catalogue import FAULTS
from detectors.faults.fault import RAISE_AT, Fault
from detectors.faults.known.general import OF_THE_LINE, UNUSUAL_BEHAVIOUR
from detectors.finding import FindingKind

CLEAR_BELOW = 0.5  # of the weight that raises; higher lets a fault flap, lower keeps a mended device in trouble
BETTER = 1.25  # times the weight of the present explanation; 1 swaps names at every reading, 2 keeps a wrong one
ATTENTION_MS = 3_600_000  # an alert of the attention stage this long before the onset still belongs to it
GROWN = 1.5  # times the severity it had when it was last looked at; smaller looks at every reading
FADES, FADED_MS = 2, 7 * 86_400_000  # times as long as signs gathered, and at the most, they take to go after a repair;
# shorter calls unusual what a repair left behind, longer keeps a second trouble from staff
UNUSUAL = UNUSUAL_BEHAVIOUR.name
NO_REPAIR = OF_THE_LINE | {UNUSUAL}  # ended by nobody

Why = Literal["seen", "recovered", "explained", "normal", "withdrawn"]
"""Why a claim is made: it shows; it is gone; another fault explains it better; it is what the device does now; the
person whom it is about does not agree to it any more."""


@dataclass(frozen=True, slots=True)
class Symptom:
    """A watch whose detector is active, as of the reading at which it was last looked at.

    `key` is the name in signatures, `watch` the place in the profile. `first` and `second` are the values of the
    channel's signals; low and high bound what was expected of `value`. `ahead` is as in `Scores`, for detectors that
    look ahead. `since` is when its severity last grew, to `level`.
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
    ahead: tuple[float, float, float] | None = None
    since: int = 0
    level: float = 0.0


@dataclass(slots=True)
class Episode:
    """A fault that is open. `told`: a finding about this trouble was strong enough for the customer.

    `foreseen`: a finding about it said when its limit will be reached.
    """

    onset: int
    weight: float
    keys: frozenset[str]
    told: bool = False
    foreseen: bool = False


@dataclass(slots=True)
class Patient:
    """What is known of one device: active symptoms by watch, open faults by name, last alerts by watch.

    `free` is from when on a fault, by name, may begin again: its last episode was over then.
    """

    symptoms: dict[int, Symptom] = field(default_factory=dict)
    open: dict[str, Episode] = field(default_factory=dict)
    alerts: dict[int, int] = field(default_factory=dict)
    free: dict[str, int] = field(default_factory=dict)

    def begin(self, fault: str, symptoms: Iterable[Symptom], weight: float, *, told: bool = False) -> Episode:
        """Open the fault on these symptoms; what they showed in an earlier episode of it belongs to that one."""
        shown = tuple(symptoms)
        first = min(symptom.onset for symptom in shown)
        onset = max(first, self.free.get(fault, first))
        self.open[fault] = Episode(onset, weight, frozenset(symptom.key for symptom in shown), told)
        return self.open[fault]

    def end(self, fault: str, ts: int) -> Episode:
        """Close the fault and give back its episode; one that begins later has another onset."""
        gone = self.open.pop(fault)
        self.free[fault] = max(ts, gone.onset + 1)
        return gone


@dataclass(frozen=True, slots=True)
class Claim:
    """A fault begins or ends, or (``normal``) what was no fault is what the device does now.

    `symptoms` are those that speak for it (for an end: the one that went), worst first.

    `again`: it is open already, and its evidence has grown. `told`: the customer was told of this trouble before.
    `others` are the faults that the same symptoms speak for less well, with their weights.
    """

    fault: str
    kind: FindingKind
    onset: int
    at: int
    weight: float
    symptoms: tuple[Symptom, ...]
    why: Why = "seen"
    again: bool = False
    told: bool = False
    instead: str = ""
    others: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class _Case:
    """How well one fault explains what shows."""

    fault: Fault
    speaking: tuple[Symptom, ...]
    keys: frozenset[str]  # of the symptoms that speak for it
    weight: float


def change(patient: Patient, device_type: str, symptom: Symptom, why: Why = "recovered") -> list[Claim]:
    """Take over a symptom that began, grew, went on to last, or ended (`active` 0, and `why`); the claims from it."""
    known = patient.symptoms.get(symptom.watch)
    if symptom.active:
        patient.symptoms[symptom.watch] = _followed(known, symptom)
    else:
        patient.symptoms.pop(symptom.watch, None)
    cases = [_case(patient, fault) for fault in _possible(device_type) if _touches(fault, symptom, known)]
    claims = _ended(patient, cases, symptom, why)
    fresh = [case for case in cases if case.fault.name not in patient.open and case.weight >= RAISE_AT]
    for case in sorted(fresh, key=lambda case: (-len(case.keys), -case.weight)):
        claims += _raised(patient, case, cases, symptom)
    raised = {claim.fault for claim in claims}
    claims += [
        _claim(patient, case, cases, symptom, again=True)
        for case in cases
        if case.fault.name in patient.open and case.fault.name not in raised and symptom.active
    ]
    claims += _unusual(patient, symptom.ts, symptom, why)
    if why == "normal" and not claims:  # it was no fault by itself, yet people shall see what became of it
        claims = [Claim(UNUSUAL, "normal", symptom.onset, symptom.ts, 0.0, (symptom,), why)]
    return claims


def alert(patient: Patient, watch: int, ts: int) -> list[Claim]:
    """Take over an alert of the attention stage on a watch."""
    patient.alerts[watch] = ts
    known = patient.symptoms.get(watch)
    return _unusual(patient, ts, known) if known else []


def _followed(known: Symptom | None, symptom: Symptom) -> Symptom:
    """The symptom with the time since when it has not grown."""
    if known is None or known.key != symptom.key or symptom.severity >= GROWN * known.level:
        return replace(symptom, since=symptom.ts, level=symptom.severity)
    return replace(symptom, since=known.since, level=known.level)


def _possible(device_type: str) -> Iterable[Fault]:
    for name, fault in FAULTS.items():
        if name != UNUSUAL and (not fault.device_types or device_type in fault.device_types):
            yield fault


def _touches(fault: Fault, symptom: Symptom, before: Symptom | None) -> bool:
    """Whether the symptom, or what it was before (it may have gone from high to low), has a say in the fault."""
    sides = (":high", ":low", "")
    names = {known.key.split(":")[0] for known in (symptom, before) if known is not None}
    return any(name + side in fault.signature for name in names for side in sides)


def _case(patient: Patient, fault: Fault) -> _Case:
    there = {symptom.key for symptom in patient.symptoms.values() if symptom.key in fault.signature}
    keys = frozenset(key for key in there if fault.signature[key] > 0)
    speaking = _worst_first(symptom for symptom in patient.symptoms.values() if symptom.key in keys)
    return _Case(fault, speaking, keys, sum(fault.signature[key] for key in sorted(there)))


def _ended(patient: Patient, cases: list[_Case], latest: Symptom, why: Why) -> list[Claim]:
    """Open faults that the symptoms no longer carry; the others with the weight that they have now."""
    claims = []
    for case in cases:
        name = case.fault.name
        if name not in patient.open:
            continue
        if case.weight < RAISE_AT * CLEAR_BELOW:
            gone = patient.end(name, latest.ts)
            reason = "recovered" if latest.active else why
            claims.append(Claim(name, "cleared", gone.onset, latest.ts, case.weight, (latest,), reason))
        else:
            patient.open[name].weight, patient.open[name].keys = case.weight, case.keys
    return claims


def _raised(patient: Patient, case: _Case, cases: list[_Case], latest: Symptom) -> list[Claim]:
    """The fault begins, unless open ones explain its symptoms as well; those that it explains better end."""
    rivals = {name: open_ for name, open_ in patient.open.items() if name != UNUSUAL and open_.keys & case.keys}
    explained = frozenset[str]().union(*(open_.keys for open_ in rivals.values()))
    own = sum(case.fault.signature[key] for key in case.keys - explained)
    displaced: list[str] = []
    if own < RAISE_AT and rivals:
        if not all(_is_better(case, rival) for rival in rivals.values()):
            return []
        displaced = list(rivals)
    told = any(patient.open[name].told for name in displaced)
    ends = [_replaced(patient, name, case.fault.name, latest) for name in displaced]
    if UNUSUAL in patient.open:
        ends.append(_replaced(patient, UNUSUAL, case.fault.name, latest))
    patient.begin(case.fault.name, case.speaking, case.weight, told=told)
    return [_claim(patient, case, cases, latest, again=False), *ends]


def _is_better(case: _Case, present: Episode) -> bool:
    """Whether the fault explains all that the present one does and more, or weighs far more."""
    return case.keys > present.keys or case.weight >= BETTER * present.weight


def _replaced(patient: Patient, name: str, by: str, latest: Symptom) -> Claim:
    gone = patient.end(name, latest.ts)
    return Claim(name, "cleared", gone.onset, latest.ts, 0.0, (latest,), "explained", instead=by)


def _claim(patient: Patient, case: _Case, cases: list[_Case], latest: Symptom, *, again: bool) -> Claim:
    episode = patient.open[case.fault.name]
    others = [(other.fault.name, round(other.weight, 3)) for other in cases if _considered(case, other, patient)]
    return Claim(
        case.fault.name,
        "raised",
        episode.onset,
        latest.ts,
        case.weight,
        case.speaking,
        again=again,
        told=episode.told,
        others=tuple(sorted(others, key=lambda other: (-other[1], other[0]))),
    )


def _considered(case: _Case, other: _Case, patient: Patient) -> bool:
    """Whether the other fault would explain a part of the same symptoms, and is not open itself."""
    return other.fault.name not in patient.open and other.weight > 0 and bool(other.keys & case.keys)


def _unusual(patient: Patient, ts: int, latest: Symptom, why: Why = "recovered") -> list[Claim]:
    odd = _worst_first(s for s in patient.symptoms.values() if s.unusual)
    if UNUSUAL in patient.open:
        return [] if odd else [Claim(UNUSUAL, "cleared", patient.end(UNUSUAL, ts).onset, ts, 0.0, (latest,), why)]
    proven = [s for s in odd if abs(s.active) >= LASTING and _noticed(patient, s) and not _is_aftermath(patient, s)]
    if not proven or patient.open:
        return []
    onset = patient.begin(UNUSUAL, proven, RAISE_AT).onset
    return [Claim(UNUSUAL, "raised", onset, ts, RAISE_AT, tuple(proven))]


def _is_aftermath(patient: Patient, symptom: Symptom) -> bool:
    """Whether it began during a named trouble that is over, and has not yet had the time that it takes to fade.

    A watch over the last days still sees what was before the repair.
    """
    ends = (over for name, over in patient.free.items() if name not in NO_REPAIR and symptom.onset < over)
    over = max(ends, default=None)
    return over is not None and symptom.ts - over < min(FADES * (over - symptom.onset), FADED_MS)


def _noticed(patient: Patient, symptom: Symptom) -> bool:
    if symptom.key == "coupling":
        return True  # its limit is that of the whole type
    return patient.alerts.get(symptom.watch, symptom.onset - ATTENTION_MS - 1) >= symptom.onset - ATTENTION_MS


def _worst_first(symptoms: Iterable[Symptom]) -> tuple[Symptom, ...]:
    return tuple(sorted(symptoms, key=lambda symptom: (-symptom.severity, symptom.watch)))
