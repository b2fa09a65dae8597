"""Remaining life: the interval is as wide as it says, and only a trend towards the limit speaks."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import msgspec
import numpy as np
import pytest

from detectors.algorithms.detector import Scores, new_state
from detectors.algorithms.drift import Drift
from detectors.engine.claims import ORDINARY, Teller
from detectors.engine.program import Program
from detectors.faults import horizon
from detectors.faults.evidence import Scene
from detectors.faults.fusion import Claim, Episode, Patient, Symptom
from detectors.faults.profile import Channel, Profile, drift
from detectors.finding import Evidence, Finding, Horizon, finding_id
from device_sim.faults import FAULTS as SIMULATED
from device_sim.faults.fault import Occurrence
from device_sim.stream import DeviceSpec, DeviceStream
from ingest.reading import Frame, Quality, ReadingBatch, series_id
from ingest.wire.device_types import DEVICE_TYPES
from kit.clock import from_ms
from tests.detectors.detector_feed import device, engine_of

HALF_HOUR = 1_800_000
HOUR = 2 * HALF_HOUR
DAY_MS = 48 * HALF_HOUR
DAY = 48  # readings
MONDAY = 1_767_571_200_000  # 2026-01-05 00:00 UTC
LIMIT = 10.0
SERIES, DAYS = 300, 70


def run(values: Any, **parameters: float) -> Scores:
    """One series for each row of `values`, a reading every half hour in blocks of six hours."""
    rows = np.atleast_2d(values)
    state = new_state(Drift(), len(rows))
    for slot in range(len(rows)):
        state.set(slot, **({"period_ms": HALF_HOUR, "span_ms": 6 * HOUR, "limit": LIMIT} | parameters))
    ts = np.tile(MONDAY + HALF_HOUR * np.arange(rows.shape[1]), len(rows))
    slots = np.repeat(np.arange(len(rows)), rows.shape[1])
    return Drift().update(state, slots, ts, rows.reshape(-1).astype(float))


def worn(kind: str, seed: int = 5) -> Any:
    """Health indices of many devices, as they truly are, with slopes of which nobody told the detector."""
    chance, step = np.random.default_rng(seed), 1 / DAY
    slope, time = chance.uniform(0.15, 0.6, (SERIES, 1)), np.arange(DAYS * DAY) * step
    shape = (SERIES, DAYS * DAY)
    if kind == "line":
        return slope * time
    if kind == "wiener":
        return np.cumsum(slope * step + 0.3 * math.sqrt(step) * chance.normal(size=shape), axis=1)
    if kind == "gamma":
        return np.cumsum(chance.gamma(slope * step / 0.2, 0.2, shape), axis=1)
    if kind == "rested":  # now and then it jumps back; half of that lasts, half is gone after a day
        jumps = np.where(chance.random(shape) < step / 5, chance.uniform(0.5, 2, shape), 0.0)
        fading = np.exp(-np.arange(6 * DAY) / DAY)
        rests = np.stack([np.convolve(row, fading)[: DAYS * DAY] for row in jumps])
        return 1.6 * slope * time - 0.5 * (np.cumsum(jumps, axis=1) + rests)
    begins = chance.uniform(10, 20, (SERIES, 1))
    if kind == "late":
        return 2 * slope * np.maximum(time - begins, 0)
    return 10 * (np.maximum(time - begins, 0) / chance.uniform(8, 25, (SERIES, 1))) ** 2  # "growing"


def test_the_level_that_is_told_keeps_up_with_a_trend_that_begins_late() -> None:
    still = np.random.default_rng(3).normal(1.0, 0.05, 20 * DAY)
    values = still + np.maximum(np.arange(20 * DAY) - 17 * DAY, 0) * 2.0 / DAY
    assert run(values).judged[-1] == pytest.approx(values[-DAY // 4 :].mean(), abs=0.6)


@cache
def asked(kind: str, seed: int = 5) -> tuple[Any, Any, Any, Any]:
    """When the symptom begins: the true days to the limit, and what was foreseen: low, high, the chance of a week."""
    truth = worn(kind, seed)
    scores = run(truth + np.random.default_rng(9).normal(0, 0.5, truth.shape))
    active = scores.active.reshape(truth.shape) != 0
    assert scores.ahead is not None
    ahead = scores.ahead.reshape(*truth.shape, 3)
    reached, first = (truth >= LIMIT).argmax(axis=1), active.argmax(axis=1)
    fair = (truth >= LIMIT).any(axis=1) & active.any(axis=1) & (reached > first)
    assert fair.sum() > 200
    foreseen = ahead[np.flatnonzero(fair), first[fair]]
    return (reached[fair] - first[fair]) / DAY, foreseen[:, 0], foreseen[:, 1], foreseen[:, 2]


@pytest.mark.parametrize(
    ("kind", "least"),
    [("line", 0.8), ("wiener", 0.75), ("gamma", 0.72), ("rested", 0.7), ("late", 0.8), ("growing", 0.6)],
)
@pytest.mark.slow
def test_the_interval_of_eighty_percent_covers_eighty_percent(kind: str, least: float) -> None:
    left, low, high, _ = asked(kind)
    assert ((low <= left) & (left <= high)).mean() >= least
    assert (left > high).mean() <= 0.25
    assert np.isfinite(high).mean() > 0.9


@pytest.mark.slow
def test_over_all_kinds_of_wear_it_covers_eighty_percent_and_no_more_than_it_must() -> None:
    parts = [asked(kind) for kind in ("wiener", "gamma")]
    left, low, high, chance = (np.concatenate(column) for column in zip(*parts, strict=True))
    assert ((low <= left) & (left <= high)).mean() == pytest.approx(0.8, abs=0.05)
    assert chance.mean() == pytest.approx((left <= 7).mean(), abs=0.05)


def test_wear_at_an_even_pace_is_foreseen_most_of_a_week_ahead() -> None:
    left, low, high, _ = asked("line")
    assert np.median(left) > 5
    assert np.median(high / low) < 1.8


@pytest.mark.parametrize("span_ms", [6 * HOUR, DAY_MS])
def test_what_is_restless_or_has_a_day_but_no_trend_says_nothing(span_ms: int) -> None:
    chance = np.random.default_rng(1)
    noise = chance.normal(0, 1, (60, 60 * DAY))
    wave = 3 * np.sin(2 * np.pi * np.arange(60 * DAY) / DAY)
    days = np.repeat(chance.normal(0, 2, (60, 60)), DAY, axis=1)
    for values in (noise, wave + 0.5 * noise, days + 0.5 * noise):
        assert not run(values, span_ms=span_ms).active.any()


def test_a_trend_away_from_the_limit_or_too_slow_for_it_says_nothing() -> None:
    noise = np.random.default_rng(2).normal(0, 0.3, 60 * DAY)
    time = np.arange(60 * DAY) / DAY
    assert not run(noise - 0.2 * time).active.any()
    assert not run(noise + 0.02 * time).active.any()


def test_a_limit_below_is_as_good_as_one_above() -> None:
    values = 0.3 * np.arange(30 * DAY) / DAY + np.random.default_rng(2).normal(0, 0.3, 30 * DAY)
    up, down = run(values), run(-values, limit=-LIMIT, side=-1)
    assert up.active.any()
    assert (down.active == -up.active).all()
    assert up.ahead is not None and np.array_equal(up.ahead, down.ahead)  # noqa: PT018


def test_rests_do_not_widen_the_interval_as_noise_would() -> None:
    left, low, high, _ = asked("rested")
    assert np.median((high - low) / left) < 1.6
    assert ((low <= left) & (left <= high)).mean() <= 0.95


def test_a_limit_may_be_a_share_of_the_series_own_beginning() -> None:
    values = 40 - 0.4 * np.arange(40 * DAY) / DAY + np.random.default_rng(2).normal(0, 0.2, 40 * DAY)
    own = run(values, limit=math.inf, share=0.75, side=-1)
    known = run(values, limit=0.75 * float(values[: 3 * DAY].mean()), side=-1)
    assert own.active.any()
    assert np.array_equal(own.active, known.active)
    assert own.low[-1] == pytest.approx(30, abs=0.6)


def test_a_limit_that_nobody_knows_exactly_widens_the_interval_and_is_no_promise_once_passed() -> None:
    values = 0.4 * np.arange(30 * DAY) / DAY + np.random.default_rng(2).normal(0, 0.2, 30 * DAY)
    sure, unsure = run(values).ahead, run(values, doubt=0.2).ahead
    assert sure is not None
    assert unsure is not None
    assert np.ptp(unsure[20 * DAY, :2]) > 2 * np.ptp(sure[20 * DAY, :2])
    assert sure[26 * DAY, 1] == 0
    assert unsure[26 * DAY, 1] > 1


def test_it_ends_after_the_repair() -> None:
    time = np.arange(60 * DAY) / DAY
    values = np.where(time < 28, 0.34 * time, 0) + np.random.default_rng(2).normal(0, 0.3, 60 * DAY)
    active = run(values).active
    assert active[27 * DAY] != 0
    assert not active[40 * DAY :].any()


def lived(program: Program, kind: str, start: int, days: int, truth: Occurrence) -> list[Finding]:
    """What detection says of a simulated device with that fault."""
    end = start + days * DAY_MS
    rows = DeviceStream(DeviceSpec("car", kind, "m", "1", "l", "o", "UTC"), 4, start, (truth,)).window(start, end)
    signals = [series_id(1, DEVICE_TYPES.get(kind).signal(name).number) for name in rows.columns]
    value = np.stack(list(rows.columns.values()), axis=1).reshape(-1)
    there = np.isfinite(value)
    series, ts = np.tile(np.array(signals, np.int64), len(rows.ts)), np.repeat(rows.ts, len(signals))
    kept = np.full(int(there.sum()), Quality.HISTORICAL, np.uint8), np.full(int(there.sum()), -1, np.int64)
    batch = ReadingBatch(series[there], ts[there], value[there], *kept)
    return engine_of(program, [device(1, kind)]).process(Frame(end, batch))


def symptom(ahead: tuple[float, float, float] | None, ts: int = MONDAY) -> Symptom:
    return Symptom("wear", 0, 1, ts, ts, 9, 3.0, 2.0, 7.0, -math.inf, LIMIT, 7.0, 0.0, ahead=ahead)


def claim(*symptoms: Symptom, at: int = MONDAY) -> Claim:
    return Claim("worn", "raised", MONDAY, at, 1.0, symptoms)


def test_a_claim_foresees_the_soonest_of_its_symptoms_counted_from_itself() -> None:
    seen = horizon.of(claim(symptom((4.0, 9.0, 0.7)), symptom((2.0, 5.0, 0.95)), symptom(None), at=MONDAY + DAY_MS))
    assert seen == Horizon(
        from_ms(MONDAY + DAY_MS), from_ms(MONDAY + 2 * DAY_MS), from_ms(MONDAY + 5 * DAY_MS), 0.95
    )  # fmt: skip
    assert horizon.of(claim(symptom(None), symptom((math.inf, math.inf, 0.0)))) is None


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (3.2, 5.1, "likely to reach the limit in 3 to 6 days"),
        (0.4, 2.5, "likely to reach the limit within 3 days"),
        (0.0, 0.0, "likely to reach the limit within a day"),
        (3.0, None, "likely to reach the limit in 3 or more days"),
    ],
)
def test_words_are_rounded_outwards(low: float, high: float | None, words: str) -> None:
    now = datetime(2026, 1, 5, tzinfo=UTC)
    later = None if high is None else now + timedelta(days=high)
    assert Horizon(now, now + timedelta(days=low), later, 0.8).words() == words


def test_evidence_keeps_its_horizon_through_the_table_and_older_evidence_has_none() -> None:
    now = datetime(2026, 1, 5, tzinfo=UTC)
    pack = Evidence("s", (), now, now, (), 1, 0.0, Horizon(now, now, None, 0.5))
    kept = msgspec.json.decode(msgspec.json.encode(msgspec.to_builtins(pack)))
    assert msgspec.convert(kept, Evidence) == pack
    del kept["horizon"]
    assert msgspec.convert(kept, Evidence).horizon is None


def test_worn_brakes_are_told_with_the_days_that_are_left(program: Program) -> None:
    onset, failure = MONDAY + 12 * DAY_MS, MONDAY + 24 * DAY_MS
    truth = SIMULATED.get("brake_wear").draw(np.random.default_rng(4), "car", "vehicle", onset, failure)
    found = [finding for finding in lived(program, "vehicle", MONDAY, 26, truth) if finding.kind == "raised"]
    assert [(finding.fault, finding.contact) for finding in found] == [("brake_wear", True)]
    coming = found[0].evidence.horizon
    assert coming is not None
    assert coming.words() in found[0].evidence.summary
    assert coming.high is not None
    assert coming.low < from_ms(failure) < coming.high + timedelta(days=2)
    assert coming.low - coming.at > timedelta(days=2)


def test_a_trouble_that_was_told_is_claimed_once_more_when_its_end_can_be_foreseen() -> None:
    pads = Channel("Pad wear", "%", ("pad_wear_front",))
    scene = Scene(DEVICE_TYPES.get("vehicle"), Profile("vehicle", (drift("pads", pads),)), lambda *_: ())
    patient = Patient(open={"brake_wear": Episode(MONDAY, 1.0, frozenset({"pads"}), told=True)})
    blind = replace(claim(symptom(None)), fault="brake_wear", again=True, told=True)
    seeing = replace(blind, symptoms=(symptom((3.0, 6.0, 0.9)),))
    teller = Teller(ORDINARY, "1")
    found = [teller.tell([one], patient, device(1, "vehicle"), scene) for one in (blind, seeing, seeing, blind)]
    assert [len(findings) for findings in found] == [0, 1, 0, 0]
    (told,) = found[1]
    assert not told.contact
    assert told.id != finding_id("demo", told.device, "brake_wear", told.onset, "raised")
    assert told.evidence.reasons[0] == (
        "Pad wear is 7 % and moves towards 10 %: likely to reach the limit in 3 to 6 days."
    )
