from __future__ import annotations

from detectors.engine import checkpoint
from detectors.engine.engine import Engine
from detectors.engine.flood import CALM_MS, MESSAGES, THROTTLED
from detectors.engine.program import Program
from detectors.finding import Finding
from ingest.gateway.judge import REASONS
from ingest.reading import Frame, ReadingBatch, Refusal
from tests.detectors.detector_feed import START, device, drive

BEAT_MS = 5_000


def engine_of(program: Program) -> Engine:
    return Engine(program, lambda numbers: {no: device(no, "vehicle") for no in numbers}, "demo")


def throttled(name: str, count: int, at: int, readings: ReadingBatch | None = None) -> Frame:
    refusals = (Refusal(name, "throttled", "", count, b""), Refusal(name, "out_of_range", "", 500, b""))
    return Frame(at, readings or ReadingBatch.empty(), refusals)


def quiet(engine: Engine, start: int, ms: int) -> list[Finding]:
    beats = [Frame(at, ReadingBatch.empty()) for at in range(start, start + ms, BEAT_MS)]
    return [finding for beat in beats for finding in engine.process(beat)]


def test_a_flood_is_one_fault_for_staff_raised_once_and_cleared_when_it_is_calm(program: Program) -> None:
    engine = engine_of(program)
    found = [
        finding
        for second in range(10)
        for finding in engine.process(throttled("car-1", MESSAGES // 2, START + 1000 * second))
    ]
    (raised,) = found
    assert (raised.device, raised.tenant, raised.fault, raised.kind) == ("car-1", "demo", "flooding", "raised")
    assert not raised.contact
    assert f"{MESSAGES} messages" in raised.evidence.summary
    (cleared,) = quiet(engine, START + 10_000, CALM_MS + 120_000)
    assert (cleared.fault, cleared.kind, cleared.onset) == ("flooding", "cleared", raised.onset)
    assert engine.floods == {}


def test_a_few_throttled_messages_are_no_flood_and_are_forgotten(program: Program) -> None:
    engine = engine_of(program)
    assert engine.process(throttled("car-1", MESSAGES - 1, START)) == []
    assert quiet(engine, START, CALM_MS + 120_000) == []
    assert engine.process(throttled("car-1", MESSAGES - 1, START + 2 * CALM_MS)) == []


def test_a_flood_of_one_device_says_nothing_of_others_and_readings_are_still_judged(program: Program) -> None:
    engine = engine_of(program)
    (raised,) = engine.process(throttled("car-9", MESSAGES, START, drive(1, 5)))
    assert raised.device == "car-9"
    assert engine.readings == 25


def test_the_gateway_says_throttled_by_the_word_that_is_listened_for() -> None:
    assert THROTTLED in REASONS


def test_a_flood_goes_on_over_a_checkpoint(program: Program) -> None:
    before = engine_of(program)
    assert before.process(throttled("car-1", MESSAGES - 1, START)) == []
    after = engine_of(program)
    checkpoint.load(after, checkpoint.dump(before))
    (raised,) = after.process(throttled("car-1", 1, START + 1000))
    assert raised.onset.timestamp() * 1000 == START
