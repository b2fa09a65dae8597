"""Vital signs: judged for those who agreed, forgotten with those who no longer do, gated by motion and contact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
import pytest

from detectors.engine import checkpoint
from detectors.engine.engine import Engine
from detectors.engine.program import Program
from detectors.finding import Finding
from ingest.reading import Frame, ReadingBatch
from ingest.registry.devices import Device
from ingest.registry.permissions import VITALS
from tests.detectors.detector_feed import START, messages

DAY = 86_400_000
PERIOD = 300_000
EVE = Device(1, "demo", "band", "wearable", "", "", "", "UTC", "eve", permits=(VITALS,))
FEVER = "elevated_resting_heart_rate"


class Registry:
    """Who has the band now."""

    def __init__(self, device: Device) -> None:
        self.device = device

    def __call__(self, numbers: Iterable[int]) -> Mapping[int, Device]:
        return {no: replace(self.device, no=no) for no in numbers}


def nights(first: int, last: int, raised: float = 0.0, **other: float) -> ReadingBatch:
    """Days `first` to `last`: eight hours of sleep and sixteen of rest; pulse and breath `raised` at all hours."""
    ts = START + np.arange(first * DAY, last * DAY, PERIOD)
    asleep = ts % DAY < DAY / 3
    chance = np.random.default_rng(first)
    columns: dict[str, object] = {
        "heart_rate": np.where(asleep, 52.0, 66.0) + raised + chance.normal(0, 1.5, len(ts)),
        "respiration_rate": np.where(asleep, 14.0, 15.5) + 0.1 * raised + chance.normal(0, 0.5, len(ts)),
        "resting_heart_rate": 50.0 + raised,
        "skin_temp": 33.5 + chance.normal(0, 0.2, len(ts)),
        "activity": np.where(asleep, 0.0, 1.0),
        "skin_contact": 1.0,
        "signal_quality": 95.0,
        "contact_quality": 94.0,
    }
    return messages(1, "wearable", ts.tolist(), columns | other)


def heard(engine: Engine, *batches: ReadingBatch) -> list[Finding]:
    """Each batch in frames of six hours, received as it was measured."""
    found: list[Finding] = []
    for batch in batches:
        for start in range(int(batch.ts.min()), int(batch.ts.max()) + 1, DAY // 4):
            part = batch.take((batch.ts >= start) & (batch.ts < start + DAY // 4))
            found += engine.process(Frame(start + DAY // 4, part))
    return found


def worn_by(program: Program, device: Device) -> tuple[Engine, Registry]:
    registry = Registry(device)
    return Engine(program, registry, heartbeat_ms=DAY), registry


def names(found: Iterable[Finding], kind: str = "raised") -> set[str]:
    return {finding.fault for finding in found if finding.kind == kind}


def test_a_pulse_that_rises_in_sleep_is_told_with_what_is_usual_for_this_wearer(program: Program) -> None:
    engine, _ = worn_by(program, EVE)
    assert heard(engine, nights(0, 12)) == []
    (found,) = heard(engine, nights(12, 15, raised=12.0))
    assert (found.fault, found.contact) == (FEVER, True)
    assert any("Heart rate in sleep" in reason and "usual" in reason for reason in found.evidence.reasons)


@pytest.mark.parametrize("device", [replace(EVE, permits=()), replace(EVE, owner=None), replace(EVE, permits=("x",))])
def test_without_consent_nothing_is_judged_nor_learned(program: Program, device: Device) -> None:
    engine, registry = worn_by(program, device)
    assert heard(engine, nights(0, 12), nights(12, 16, raised=25.0)) == []
    registry.device = EVE
    assert heard(engine, nights(16, 20, raised=25.0)) == []  # it begins to learn only now: this is the first it knows


def test_with_the_consent_ends_the_finding_and_all_that_was_learned(program: Program) -> None:
    engine, registry = worn_by(program, EVE)
    heard(engine, nights(0, 12), nights(12, 15, raised=12.0))
    registry.device = replace(EVE, permits=())
    (ended,) = heard(engine, nights(15, 16, raised=12.0))
    assert (ended.fault, ended.kind) == (FEVER, "cleared")
    assert "agree" in ended.evidence.reasons[0]
    registry.device = EVE
    assert heard(engine, nights(16, 18, raised=12.0)) == []


def test_the_next_wearer_is_not_held_against_the_last_one(program: Program) -> None:
    engine, registry = worn_by(program, EVE)
    heard(engine, nights(0, 12))
    registry.device = replace(EVE, owner="adam")
    assert heard(engine, nights(12, 13, skin_contact=0.0), nights(13, 21, raised=15.0)) == []
    assert names(heard(engine, nights(21, 24, raised=30.0))) == {FEVER}


def test_what_was_agreed_outlives_a_restart(program: Program) -> None:
    engine, registry = worn_by(program, EVE)
    heard(engine, nights(0, 12))
    after = Engine(program, registry, heartbeat_ms=DAY)
    checkpoint.load(after, checkpoint.dump(engine))
    assert names(heard(after, nights(12, 15, raised=12.0))) == {FEVER}


@pytest.mark.parametrize(
    "why", [{"activity": 3.0}, {"skin_contact": 0.0}, {"signal_quality": 40.0}], ids=["running", "in a drawer", "poor"]
)
def test_a_fast_pulse_that_is_not_of_sleep_on_the_skin_and_clean_is_no_illness(
    program: Program, why: dict[str, float]
) -> None:
    engine, _ = worn_by(program, EVE)
    found = heard(engine, nights(0, 12), nights(12, 16, 40.0, resting_heart_rate=50.0, **why))
    assert FEVER not in names(found)
