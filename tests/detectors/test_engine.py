from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detectors.engine import checkpoint
from detectors.engine.engine import Engine
from detectors.engine.program import Program, compile_profiles
from detectors.errors import StateUnreadable
from detectors.faults.catalogue import FAULTS
from detectors.faults.profile import TWO_SIDED
from detectors.faults.profiles import PROFILES
from detectors.finding import Finding
from ingest.reading import Frame, Quality, ReadingBatch, Refusal
from ingest.wire.device_types import DEVICE_TYPES
from kit.plugins import Registry
from tests.detectors.detector_feed import MINUTE, START, device, drive, engine_of, frames, messages

HOUR = 60 * MINUTE


def run(engine: Engine, parts: list[Frame]) -> list[Finding]:
    return [finding for part in parts for finding in engine.process(part)]


def hot_drive(no: int = 1) -> ReadingBatch:
    """Two hours of driving: well, ten minutes far too hot, well again."""
    coolant = np.r_[np.full(20, 90.0), np.full(10, 121.0), np.full(100, 91.0)]
    return drive(no, 130, coolant=coolant)


def unwell_fleet() -> tuple[list[int], ReadingBatch]:
    parts = [hot_drive(1), drive(2, 40, voltage=np.r_[np.full(10, 14.1), np.full(30, 12.2)]), drive(3, 50)]
    merged = ReadingBatch.concat(parts)
    return [1, 2, 3], merged.take(np.argsort(merged.ts, kind="stable"))


def test_an_overheating_car_is_one_fault_raised_and_cleared_with_its_evidence(program: Program) -> None:
    raised, cleared = run(engine_of(program, [device(1, "vehicle")]), frames(hot_drive(), []))
    assert (raised.fault, raised.kind, raised.contact) == ("coolant_leak", "raised", True)
    assert (cleared.fault, cleared.kind, cleared.contact) == ("coolant_leak", "cleared", False)
    assert raised.onset == cleared.onset
    assert raised.onset.timestamp() * 1000 == START + 20 * MINUTE
    assert raised.detected.timestamp() * 1000 == START + 23 * MINUTE
    (signal,) = raised.evidence.signals
    assert (signal.signal, signal.value, signal.expected_high, signal.role) == ("coolant_temp", 121.0, 110.0, "cause")
    assert "121 °C" in raised.evidence.summary
    assert 0.6 < raised.confidence < 1
    assert len(signal.band) <= 200


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.integers(1, 780), unique=True, max_size=12))
def test_any_cut_of_the_log_gives_the_same_findings(program: Program, cuts: list[int]) -> None:
    numbers, batch = unwell_fleet()
    fleet = [device(no, "vehicle") for no in numbers]
    whole = run(engine_of(program, fleet), frames(batch, []))
    assert {finding.fault for finding in whole} == {"coolant_leak", "charging_fault"}
    assert run(engine_of(program, fleet), frames(batch, [cut for cut in cuts if cut < len(batch)])) == whole


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.integers(1, 40), min_size=1, max_size=12))
def test_frames_taken_together_give_what_they_give_one_by_one(program: Program, sizes: list[int]) -> None:
    numbers, batch = unwell_fleet()
    fleet = [device(no, "vehicle") for no in numbers] + [device(4, "heat_pump")]
    back = START + 30 * HOUR
    speaks = [messages(4, "heat_pump", [at, at + MINUTE], {"outdoor_temp": 3.0}) for at in (START, back, back + HOUR)]
    parts = [
        Frame(START + 2 * MINUTE, speaks[0]),
        *frames(batch, range(50, 750, 9)),
        *(Frame(START + 3 * HOUR + 10_000 * at, ReadingBatch.empty()) for at in range(9000)),  # a day of nothing
        *(Frame(back + 60_000 * at, speaks[1 + at // 60]) for at in range(120)),
        Frame(back + 3 * HOUR, ReadingBatch.empty(), (Refusal("vehicle-1", "throttled", "", 500, b""),)),
    ]
    straight, together = engine_of(program, fleet), engine_of(program, fleet)
    expected = run(straight, parts)
    assert {finding.fault for finding in expected} == {"coolant_leak", "charging_fault", "silent", "flooding"}
    found, rest, size = [], parts, itertools.cycle(sizes)
    while rest:
        many = next(size)
        found += together.process(*rest[:many])
        rest = rest[many:]
    assert found == expected
    assert checkpoint.dump(together) == checkpoint.dump(straight)


def test_the_order_of_devices_and_of_signals_changes_nothing(program: Program) -> None:
    numbers, batch = unwell_fleet()
    fleet = [device(no, "vehicle") for no in numbers]
    whole = run(engine_of(program, fleet), frames(batch, []))
    turned = batch.take(np.lexsort((-batch.series, batch.ts)))
    findings = run(engine_of(program, fleet[::-1]), frames(turned, [100, 333]))
    key = lambda finding: (finding.device, finding.detected)  # noqa: E731
    assert sorted(findings, key=key) == sorted(whole, key=key)


@pytest.mark.parametrize("stop", [1, 200, 333, 500])
def test_an_engine_restored_from_its_checkpoint_goes_on_as_if_nothing_had_happened(program: Program, stop: int) -> None:
    numbers, batch = unwell_fleet()
    fleet = [device(no, "vehicle") for no in numbers]
    first, second = frames(batch, [stop])
    straight = engine_of(program, fleet)
    expected = run(straight, [first, second])
    before = engine_of(program, fleet)
    found = run(before, [first])
    after = engine_of(program, fleet)
    checkpoint.load(after, checkpoint.dump(before))
    assert found + run(after, [second]) == expected
    assert checkpoint.dump(after) == checkpoint.dump(straight)


def test_a_checkpoint_that_is_damaged_or_of_another_version_is_refused(program: Program) -> None:
    engine = engine_of(program, [device(1, "vehicle")])
    run(engine, frames(hot_drive(), []))
    saved = checkpoint.dump(engine)
    turned = [saved[:at] + bytes([saved[at] ^ 1]) + saved[at + 1 :] for at in range(0, len(saved), 397)]
    for bad in (b"", b"x", saved[:-3], saved[4:], b"x" * 50, *turned):
        with pytest.raises(StateUnreadable):
            checkpoint.load(engine_of(program, []), bad)
    with pytest.raises(StateUnreadable, match=program.version):
        checkpoint.load(engine_of(replace(program, version="other"), []), saved)


def test_late_double_unknown_and_foreign_readings_change_no_finding(program: Program) -> None:
    clean = run(engine_of(program, [device(1, "vehicle")]), frames(hot_drive(), []))
    dirty = ReadingBatch.concat(
        [
            hot_drive(),
            hot_drive(),
            drive(77, 20, coolant=150.0),
            drive(1, 15, coolant=150.0, start=START - HOUR),
            ReadingBatch.of([1 << 8 | 200, 1 << 8 | 2], [START + 3 * HOUR, START + 3 * HOUR], [1.0, float("nan")]),
        ]
    )
    engine = engine_of(program, [device(1, "vehicle")])
    assert run(engine, frames(dirty, [351])) == clean
    assert engine.skipped >= len(hot_drive()) + 20 * 5 + 15 * 5


def test_a_short_transient_and_a_cold_engine_raise_nothing(program: Program) -> None:
    coolant = np.r_[np.linspace(-20, 95, 30), 118.0, 119.0, np.full(40, 92.0)]
    assert run(engine_of(program, [device(1, "vehicle")]), frames(drive(1, 72, coolant=coolant), [])) == []


def heartbeats(start: int, minutes: float) -> list[Frame]:
    return [Frame(start + 5000 * beat, ReadingBatch.empty()) for beat in range(1, int(minutes * 12) + 1)]


def warm_house(minutes: int, start: int = START) -> list[Frame]:
    stamps = range(start, start + minutes * MINUTE, 5 * MINUTE)
    indoor = 21.0
    return [Frame(ts, messages(1, "heat_pump", [ts], {"indoor_temp": indoor})) for ts in stamps]


def with_beats(parts: list[Frame]) -> list[Frame]:
    """Frames with a heartbeat each five seconds between them."""
    full: list[Frame] = []
    for part, after in itertools.pairwise(parts):
        full += [part, *heartbeats(part.received_ms, (after.received_ms - part.received_ms) / MINUTE)[:-1]]
    return [*full, parts[-1]]


def test_a_device_that_stops_talking_is_silent_since_it_was_last_heard_and_cleared_when_it_is_back(
    program: Program,
) -> None:
    engine = engine_of(program, [device(1, "heat_pump")])
    talk = with_beats(warm_house(60))
    last = talk[-1].received_ms
    assert run(engine, talk + heartbeats(last, 705)) == []
    (raised,) = run(engine, heartbeats(last + 705 * MINUTE, 15))
    assert (raised.fault, raised.kind, raised.detector) == ("silent", "raised", "silence")
    assert raised.onset.timestamp() * 1000 == last
    back = with_beats(warm_house(40, start=last + 725 * MINUTE))
    (cleared,) = run(engine, back)
    assert (cleared.fault, cleared.kind, cleared.onset) == ("silent", "cleared", raised.onset)


def test_an_outage_of_the_gateway_is_nobodys_silence(program: Program) -> None:
    engine = engine_of(program, [device(1, "heat_pump")])
    before = with_beats(warm_house(60))
    after = with_beats(warm_house(60, start=before[-1].received_ms + 9 * HOUR))
    assert run(engine, before + after) == []


def test_a_device_that_delivered_only_old_readings_is_silent_since_its_newest(program: Program) -> None:
    engine = engine_of(program, [device(1, "heat_pump")])
    old = START - 13 * HOUR
    kept = messages(1, "heat_pump", range(old - HOUR, old + 1, 5 * MINUTE), {"indoor_temp": 21.0}, Quality.HISTORICAL)
    assert run(engine, [Frame(START, kept), *heartbeats(START, 14)]) == []
    (raised,) = run(engine, heartbeats(START + 14 * MINUTE, 3))
    assert raised.onset.timestamp() * 1000 == old


def test_a_parked_car_is_never_silent(program: Program) -> None:
    engine = engine_of(program, [device(1, "vehicle")])
    assert run(engine, frames(drive(1, 30), []) + heartbeats(START, 60 * 24)) == []


def test_every_signature_is_within_reach_of_its_device_types_and_every_symptom_is_watched(program: Program) -> None:
    for name, fault in FAULTS.items():
        if name in {"silent", "unstable_connection", "unusual_behaviour", "flooding", "help_requested"}:
            continue  # told by what is no reading
        anywhere: set[str] = set()
        for kind in fault.device_types or PROFILES:
            watched = {
                watch.symptom + side
                for watch in PROFILES.get(kind).watches
                for side in ((":high", ":low") if watch.detector in TWO_SIDED else ("",))
            }
            speaking = [weight for key, weight in fault.signature.items() if key in watched and weight > 0]
            assert sum(speaking) >= 1, (name, kind)
            anywhere |= watched
        assert set(fault.signature) <= anywhere, name
    assert set(program.types) == set(DEVICE_TYPES)


@pytest.mark.parametrize("fault", ["unusual_behaviour", "flooding", "help_requested"])
def test_what_is_for_staff_never_contacts_anybody(fault: str) -> None:
    assert not FAULTS.get(fault).contact


def test_readings_of_a_clock_that_runs_ahead_are_left_out_and_disturb_nothing(program: Program) -> None:
    calm = hot_drive()
    whole = run(engine_of(program, [device(1, "vehicle")]), frames(calm, []))
    ahead = ReadingBatch(calm.series, calm.ts + 24 * HOUR, calm.value + 900, calm.quality, calm.seq)
    engine = engine_of(program, [device(1, "vehicle")])
    first, rest = frames(calm, [200])
    disturbed = [first, Frame(first.received_ms, ahead), rest]
    assert run(engine, disturbed) == whole
    assert engine.skipped >= len(ahead)


def test_a_device_type_without_a_profile_is_missed_when_it_falls_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    without = {name: PROFILES.get(name) for name in PROFILES if name != "heat_pump"}
    monkeypatch.setattr("detectors.engine.program.PROFILES", Registry("profile", without))
    pump = compile_profiles().types["heat_pump"]
    assert pump.profile.watches == ()
    assert pump.profile.silent_after_s == 2 * 3600
