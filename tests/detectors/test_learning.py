"""Frozen while in trouble, and learned anew when a change is what the device does now."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.engine.engine import Engine
from detectors.engine.program import Program, compile_profiles
from detectors.faults.profile import Profile, plain, seasonal
from detectors.faults.profiles import PROFILES
from detectors.finding import Finding
from ingest.reading import Frame, ReadingBatch
from kit.plugins import Registry
from tests.detectors.detector_feed import MINUTE, START, device, drive, engine_of, messages

HOUR = 60 * MINUTE
DAY = 24 * HOUR


def house(days: int, indoor: object, start_day: int = 0) -> list[Frame]:
    """A heat pump that says how warm the house is, every five minutes; a frame an hour."""
    rng = np.random.default_rng(start_day)
    steps = np.arange(days * 288)
    value = np.broadcast_to(np.asarray(indoor, float), steps.shape) + rng.normal(0, 0.2, len(steps))
    ts = START + start_day * DAY + 5 * MINUTE * steps
    parts = range(0, len(steps), 12)
    return [
        Frame(
            int(ts[at + 11]), messages(1, "heat_pump", ts[at : at + 12].tolist(), {"indoor_temp": value[at : at + 12]})
        )
        for at in parts
    ]


@pytest.fixture
def plain_program(monkeypatch: pytest.MonkeyPatch) -> Program:
    """One watch on the indoor temperature of a heat pump, whatever its own profile watches."""
    indoor = plain("Indoor temperature", "Cel", "indoor_temp")
    watch = seasonal("indoor_temp", indoor, period_ms=5 * MINUTE, min_age_ms=5 * DAY, floor_sd=0.5, hold_ms=HOUR,
                     lasting_ms=6 * HOUR)  # fmt: skip
    profiles = {name: PROFILES.get(name) for name in PROFILES}
    profiles["heat_pump"] = Profile("heat_pump", (watch,), silent_after_s=7200)
    monkeypatch.setattr("detectors.engine.program.PROFILES", Registry("profile", profiles))
    return compile_profiles()


def patient(program: Program, kind: str = "heat_pump") -> Engine:
    engine = engine_of(program, [device(1, kind)])
    engine._step_most_ms = 2 * HOUR  # frames come once an hour here
    return engine


def run(engine: Engine, frames: list[Frame]) -> list[Finding]:
    return engine.process(*frames)


def frozen(engine: Engine, detector: str) -> set[int]:
    return set(engine.states[detector]["frozen"].tolist())


def test_a_change_that_stays_as_it_is_becomes_the_new_normal_after_a_week_and_is_said_to_have(
    plain_program: Program,
) -> None:
    engine = patient(plain_program)
    found = run(engine, [*house(14, 21.0), *house(20, 26.0, 14)])
    raised, cleared = (one for one in found if one.fault == "unusual_behaviour")
    assert (raised.kind, cleared.kind) == ("raised", "cleared")
    assert raised.onset == cleared.onset
    assert 7 <= (cleared.detected - raised.onset).total_seconds() / 86_400 < 9
    assert "new normal" in cleared.evidence.summary
    assert "Indoor temperature has been so for 7 d" in cleared.evidence.reasons[0]
    again = run(engine, house(6, 36.0, 34))
    assert [one.kind for one in again if one.fault == "unusual_behaviour"] == ["raised"]


def test_a_change_that_goes_on_growing_is_never_taken_for_normal(plain_program: Program) -> None:
    engine = patient(plain_program)
    slowly = 24.0 + 3.0 * np.arange(20 * 288) / 288
    found = run(engine, [*house(14, 21.0), *house(20, slowly, 14)])
    assert [(one.fault, one.kind) for one in found] == [("unusual_behaviour", "raised")]


@pytest.mark.parametrize("fault_days", [1])
def test_nothing_is_learned_while_an_episode_is_open_and_everything_after_it(program: Program, fault_days: int) -> None:
    engine = patient(program, "vehicle")
    hot, well = drive(1, 60, coolant=121.0), drive(1, 200, coolant=90.0, start=START + DAY)
    (raised,) = run(engine, [Frame(START + HOUR, hot)])
    assert raised.kind == "raised"
    assert run(engine, [Frame(START + HOUR + at * MINUTE, ReadingBatch.empty()) for at in (1, 2)]) == []
    assert frozen(engine, "seasonal") == {1}
    assert frozen(engine, "limit") == {0}
    before = engine.states["seasonal"]["learned"].sum()
    (cleared,) = run(engine, [Frame(START + DAY + 200 * MINUTE, well)])
    assert cleared.kind == "cleared"
    assert engine.states["seasonal"]["learned"].sum() == before
    run(engine, [Frame(START + DAY + 210 * MINUTE, ReadingBatch.empty())])
    assert frozen(engine, "seasonal") == {0}


def test_a_device_that_is_only_silent_or_badly_heard_goes_on_learning(plain_program: Program) -> None:
    engine = patient(plain_program)
    run(engine, house(2, 21.0))
    still = [Frame(START + 2 * DAY + at * HOUR, ReadingBatch.empty()) for at in range(1, 30)]
    assert {one.fault for one in run(engine, still)} == {"silent"}
    assert frozen(engine, "seasonal") == {0}
