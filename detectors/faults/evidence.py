"""The evidence pack: a claim's symptoms as signals with their expected ranges, and in words."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from detectors.faults import codes, horizon
from detectors.faults.catalogue import FAULTS
from detectors.faults.codes import PENDING, TROUBLE_CODE
from detectors.faults.fusion import Claim, Symptom, Why
from detectors.faults.profile import Profile, Watch
from detectors.faults.words import duration, quantity
from detectors.finding import Evidence, Horizon, Sign, SignalEvidence
from ingest.wire.catalogue import DeviceType, Signal
from kit.clock import from_ms

DAY_MS = 86_400_000
BAND_BEFORE_MS = 2 * DAY_MS
BAND_POINTS = 200
OUTSIDE = {  # symptoms that are no watch of a profile: their detector, and what it looks at
    "silent": ("silence", "When it is heard"),
    "unstable": ("cadence", "How steadily it is heard"),
    "coupling": ("coupling", "How its signals move together"),
}

Band = tuple[tuple[int, float, float], ...]
BandOf = Callable[[int, int, int], Band]
"""Watch (place in the profile), start and end in ms: what was expected in each hour between."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a claim is made: the device's type and profile, where to look up expected ranges, the device's zone.

    `pace_of` gives the usual time between two readings of a signal (its number) in ms, 0 for one that is not known.
    """

    device_type: DeviceType
    profile: Profile
    band_of: BandOf
    time_zone: str = "UTC"
    pace_of: Callable[[int], float] = lambda _signal: 0.0


def build(claim: Claim, scene: Scene) -> Evidence:
    """The pack for a claim. Every number in it is finite."""
    seen = max((symptom.count for symptom in claim.symptoms), default=0)
    raised = claim.kind == "raised"
    reasons = (
        tuple(_reason(symptom, claim.at, scene) for symptom in claim.symptoms) if raised else (_ending(claim, scene),)
    )
    coming = horizon.of(claim)
    return Evidence(
        summary=_summary(claim, reasons, coming),
        reasons=reasons + _considered(claim),
        window_start=from_ms(min(claim.onset, claim.at)),
        window_end=from_ms(claim.at),
        signals=_signals(claim, scene),
        readings_seen=seen,
        readings_missing_share=_missing(claim, scene, seen),
        horizon=coming,
        signs=tuple(_sign(symptom, claim, scene) for symptom in claim.symptoms),
        considered=claim.others,
    )


def _summary(claim: Claim, reasons: tuple[str, ...], coming: Horizon | None) -> str:
    label = FAULTS.get(claim.fault).label
    if claim.kind != "raised" or not reasons:
        return f"{label}: {_ENDS[claim.why]}."
    ahead = "" if coming is None or coming.words() in reasons[0] else f" It is {coming.words()}."
    return f"{label}. {reasons[0]}{ahead}"


_ENDS: dict[Why, str] = {
    "seen": "no longer seen",
    "recovered": "no longer seen",
    "explained": "it has a better explanation",
    "normal": "taken for the new normal",
    "withdrawn": "no longer looked at",
}


def _ending(claim: Claim, scene: Scene) -> str:
    """Why the claim ends, in a sentence."""
    if claim.why == "explained":
        return f"The same signs are explained better by another fault: {FAULTS.get(claim.instead).label}."
    if claim.why == "normal":
        label = scene.profile.watches[claim.symptoms[0].watch].channel.label
        lasted = duration(claim.at - claim.symptoms[0].onset)
        return f"{label} has been so for {lasted} without growing; its habits are learned anew from here on."
    if claim.why == "withdrawn":
        return "The wearer does not agree to it any more, or another person wears it; what was learned is forgotten."
    return "The readings have been within their expected range again for long enough."


def _considered(claim: Claim) -> tuple[str, ...]:
    """What else the same signs would speak for."""
    if claim.kind != "raised" or not claim.others:
        return ()
    named = " or ".join(FAULTS.get(name).label for name, _ in claim.others)
    return (f"It could also be: {named}; less speaks for that.",)


def confidence(claim: Claim) -> float:
    """How sure: grows with the weight of the symptoms and with how far out the worst of them is."""
    worst = max((symptom.severity for symptom in claim.symptoms), default=0.0)
    doubt = 0.3 * 0.5 ** max(0.0, (claim.weight - 1.0) / 0.5) * 0.5 ** min(max(0.0, worst - 4.0) / 8.0, 4.0)
    return round(1.0 - float(doubt), 3)


def detector_of(symptom: Symptom, profile: Profile) -> str:
    """The name of the detector that shows a symptom; some are in no profile."""
    return profile.watches[symptom.watch].detector if symptom.watch < len(profile.watches) else OUTSIDE[symptom.key][0]


def _sign(symptom: Symptom, claim: Claim, scene: Scene) -> Sign:
    watches = scene.profile.watches
    label = watches[symptom.watch].channel.label if symptom.watch < len(watches) else OUTSIDE[symptom.key][1]
    return Sign(
        symptom=symptom.key,
        label=label.rstrip(","),
        weight=round(FAULTS.get(claim.fault).signature.get(symptom.key, 0.0), 3),
        detector=detector_of(symptom, scene.profile),
        since=from_ms(symptom.onset),
        surprise=round(symptom.surprise, 3),
        severity=round(symptom.severity, 3),
    )


def _missing(claim: Claim, scene: Scene, seen: int) -> float:
    """Share of the expected messages that did not come; 0 where the symptom looks only at some of them.

    A device that reports less often than its type usually does is held against its own pace.
    """
    worst = claim.symptoms[0] if claim.symptoms else None
    if worst is None or not scene.device_type.always_on or worst.watch >= len(scene.profile.watches):
        return 0.0
    channel = scene.profile.watches[worst.watch].channel
    pace = scene.pace_of(scene.device_type.signal(channel.signals[0]).number)
    wanted = (worst.ts - worst.onset) / max(1000.0 * scene.device_type.period_s, pace)
    if channel.when or channel.only or wanted < 1:
        return 0.0
    return round(min(max(1.0 - seen / wanted, 0.0), 1.0), 3)


def _signals(claim: Claim, scene: Scene) -> tuple[SignalEvidence, ...]:
    """The signals that show the fault, worst first, each once."""
    found: dict[str, SignalEvidence] = {}
    for symptom in claim.symptoms:
        if symptom.watch < len(scene.profile.watches):
            evidence = _of_symptom(symptom, claim, scene)
            found.setdefault(evidence.signal, evidence)
    return tuple(found.values())


def _of_symptom(symptom: Symptom, claim: Claim, scene: Scene) -> SignalEvidence:
    """The channel's subject: its value is the one that was judged (a mean where the watch smooths), not the raw one."""
    watch = scene.profile.watches[symptom.watch]
    channel, value, low, high = watch.channel, symptom.value, symptom.low, symptom.high
    name = channel.signals[channel.subject]
    if channel.how == "event":
        low = high = 0.0
    elif channel.how in {"fall_per_hour", "rise_per_hour", "missing"} or channel.over:
        value, low, high = symptom.first, -math.inf, math.inf
    elif channel.how == "difference" and channel.subject:
        value, low, high = symptom.first - value, symptom.first - high, symptom.first - low
    elif channel.how == "difference":
        value, low, high = symptom.second + value, symptom.second + low, symptom.second + high
    band = _band(name, watch, (low, high), claim, scene)
    return _signal(scene.device_type.signal(name), symptom, value, (low, high), band)


def _signal(
    signal: Signal, symptom: Symptom, value: float, expected: tuple[float, float], band: Band
) -> SignalEvidence:
    low, high = (min(max(bound, signal.low), signal.high) for bound in expected)
    return SignalEvidence(
        signal=signal.name,
        label=signal.label,
        unit=signal.unit,
        role="cause",
        at=from_ms(symptom.ts),
        value=round(value, 4),
        expected_low=round(low, 4),
        expected_high=round(high, 4),
        surprise=round(symptom.surprise, 3),
        severity=round(symptom.severity, 3),
        band=tuple((ms, round(max(lo, signal.low), 4), round(min(hi, signal.high), 4)) for ms, lo, hi in band),
    )


def _band(name: str, watch: Watch, expected: tuple[float, float], claim: Claim, scene: Scene) -> Band:
    """Hourly expectation of a signal: from a detector that has learned it, else the limit as a straight line."""
    start = claim.onset - BAND_BEFORE_MS
    for place, other in enumerate(scene.profile.watches):
        if other.detector == "seasonal" and other.channel.how == "value" and other.channel.signals == (name,):
            band = scene.band_of(place, start, claim.at)
            if band:
                return band[-BAND_POINTS:]
    if watch.detector == "limit" and name == watch.channel.signals[watch.channel.subject]:
        low, high = (bound if math.isfinite(bound) else math.copysign(1e9, bound) for bound in expected)
        return ((start, low, high), (claim.at, low, high))
    return ()


def _reason(symptom: Symptom, at: int, scene: Scene) -> str:
    if symptom.watch >= len(scene.profile.watches):
        return _of_connection(symptom, scene)
    watch = scene.profile.watches[symptom.watch]
    channel, lasted = watch.channel, duration(at - symptom.onset)
    value = quantity(symptom.value, channel.unit)
    if watch.detector == "event":
        return _of_event(symptom, watch, scene)
    if watch.detector in {"stuck", "spike"} or channel.how == "missing":
        return _of_sensor(symptom, watch, value, lasted)
    if watch.detector == "limit":
        side, bound = ("above", symptom.high) if math.isfinite(symptom.high) else ("below", symptom.low)
        return f"{channel.label} is {value}, {side} the limit of {quantity(bound, channel.unit)}, for {lasted}."
    if watch.detector == "drift":
        coming = horizon.of_symptom(symptom, at)
        goal = quantity(symptom.high if math.isfinite(symptom.high) else symptom.low, channel.unit)
        return f"{channel.label} is {value} and moves towards {goal}" + (f": {coming.words()}." if coming else ".")
    unit = "" if watch.detector in {"counter", "flap"} else channel.unit
    usual = f"{_usual(symptom, unit)} is usual for this device"
    return f"{channel.label} {_seen(watch, symptom)}; {usual}, and it has been outside for {lasted}."


def _seen(watch: Watch, symptom: Symptom) -> str:
    """What was held against the device's habits, in words that follow the channel's label."""
    value, span = quantity(symptom.value, watch.channel.unit), duration(watch.parameters.get("span_ms", DAY_MS))
    match watch.detector:
        case "departure":
            return f"is {value} on average over {span}"
        case "variance":
            return f"varies by {value}"
        case "counter":
            return f"started again {symptom.value:.0f} times in {span}"
        case "flap":
            return f"went to and fro {symptom.value:.0f} times in {span}"
        case "rate" if "per_ms" not in watch.parameters:
            return f"came to {value} in {span}"
        case _:
            return f"is {value}"


def _of_sensor(symptom: Symptom, watch: Watch, value: str, lasted: str) -> str:
    label = watch.channel.label
    if watch.channel.how == "missing":
        span, usual = duration(watch.parameters["span_ms"]), f"up to {min(100 * symptom.high, 100):.0f} % is usual"
        share = f"{100 * symptom.value:.0f} % of the messages of {span}"
        return f"{label} was missing from {share}; {usual} for this device, and it has been so for {lasted}."
    if symptom.key == "stuck":
        return f"{label} has been exactly {value} for {lasted}; it never stood still for so long before."
    way = "down" if symptom.active < 0 else "up and down"
    return f"{label} has been jumping {way} and back within a few messages for {lasted}; it is {value} now."


def _of_event(symptom: Symptom, watch: Watch, scene: Scene) -> str:
    """The code that came last, and how many different ones came with it."""
    if watch.channel.signals == (TROUBLE_CODE,):
        return codes.of(int(symptom.value)).sentence(int(symptom.value), confirmed=PENDING not in watch.symptom)
    states, code = scene.device_type.signal(watch.channel.signals[0]).states, int(symptom.value)
    name = states[code] if 0 <= code < len(states) else str(code)
    text = f"{watch.channel.label}: {name}"
    if watch.parameters.get("need", 1) <= 1:
        return f"{text}."
    number = round(symptom.severity / watch.parameters["grave"])
    return f"{text}, the last of {number} different ones within {duration(watch.parameters['within_ms'])}."


def _of_connection(symptom: Symptom, scene: Scene) -> str:
    if symptom.key == "coupling":
        return _of_coupling(symptom, scene)
    if symptom.key == "unstable":
        holes = f"{symptom.first:.0f} interruptions in the last day"
        return f"It was heard with {holes}; {symptom.value:.0f} % of what it usually sends came late or not at all."
    usual = duration(1000.0 * scene.device_type.period_s)
    return f"Nothing heard since {from_ms(symptom.onset):%Y-%m-%d %H:%M} UTC; it usually reports every {usual}."


def _of_coupling(symptom: Symptom, scene: Scene) -> str:
    labels = {signal.number: signal.label for signal in scene.device_type.signals}
    worst = " and ".join(labels.get(int(number), "another signal") for number in (symptom.first, symptom.second))
    far = quantity(symptom.value, "")
    return (
        f"The signals of this device do not move together as they do on others of its type and did before; {worst} "
        f"stand out most ({far} times the limit)."
    )


def _usual(symptom: Symptom, unit: str) -> str:
    """The expected range in words; it may be open to one side."""
    low, high = quantity(symptom.low, unit), quantity(symptom.high, unit)
    if math.isinf(symptom.low):
        return f"up to {high}"
    return f"{low} or more" if math.isinf(symptom.high) else f"{low} to {high}"
