"""Trouble codes: what each means, when one names a fault, and that neither order nor cut of messages matters."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import numpy as np
import pytest

from detectors.algorithms.detector import new_state
from detectors.algorithms.event import Event
from detectors.engine.program import Program
from detectors.faults import codes
from detectors.finding import Finding
from ingest.reading import Frame, ReadingBatch
from ingest.wire.codes import to_number
from tests.detectors.detector_feed import MINUTE, START, device, drive, engine_of, frames, messages

DAY = 86_400_000
PENDING, CONFIRMED = 0, 1


def reported(code: str, status: int, minute: int, start: int = START) -> ReadingBatch:
    columns = {"trouble_code": to_number(code), "trouble_status": status}
    return messages(1, "vehicle", [start + minute * MINUTE], columns)


def joined(*batches: ReadingBatch) -> ReadingBatch:
    """The batches as one, by time."""
    whole = ReadingBatch.concat(list(batches))
    return whole.take(np.argsort(whole.ts, kind="stable"))


def found(program: Program, *batches: ReadingBatch, cuts: Iterable[int] = ()) -> list[Finding]:
    engine = engine_of(program, [device(1, "vehicle")])
    return [finding for frame in frames(joined(*batches), cuts) for finding in engine.process(frame)]


def test_a_confirmed_code_names_its_fault_and_says_what_it_means_and_what_to_do(program: Program) -> None:
    (finding,) = found(program, drive(1, 30), reported("P0303", CONFIRMED, 10))
    assert (finding.fault, finding.kind, finding.contact) == ("misfire", "raised", True)
    assert "P0303 is confirmed: misfires" in finding.evidence.summary
    assert "Avoid full throttle" in finding.evidence.summary
    assert [(shown.signal, shown.value) for shown in finding.evidence.signals] == [("trouble_code", 0x0303)]


def test_a_pending_code_alone_names_nothing(program: Program) -> None:
    assert found(program, drive(1, 30), reported("P0303", PENDING, 10)) == []


def test_a_pending_code_that_is_confirmed_on_the_next_drive_is_escalated(program: Program) -> None:
    later = START + DAY
    drives = drive(1, 30), drive(1, 30, start=later)
    (finding,) = found(program, *drives, reported("P0128", PENDING, 10), reported("P0128", CONFIRMED, 10, later))
    assert finding.fault == "thermostat_stuck"
    assert finding.detected.timestamp() * 1000 >= later


def test_a_code_that_no_fault_of_ours_knows_is_told_as_the_car_tells_it(program: Program) -> None:
    (finding,) = found(program, drive(1, 30), reported("P0741", CONFIRMED, 10))
    assert finding.fault == "trouble_code"
    assert "transmission" in finding.evidence.summary


def test_it_is_over_after_hours_of_driving_without_the_code_and_not_by_standing_still(program: Program) -> None:
    begun = drive(1, 30), reported("P0303", CONFIRMED, 10)
    parked = drive(1, 30, start=START + 20 * DAY)
    driven = drive(1, 200, start=START + 21 * DAY)
    assert [finding.kind for finding in found(program, *begun, parked)] == ["raised"]
    assert [finding.kind for finding in found(program, *begun, parked, driven)] == ["raised", "cleared"]


def test_neither_the_order_within_a_message_nor_the_cut_of_the_stream_matters(program: Program) -> None:
    whole = joined(drive(1, 12), reported("P0303", PENDING, 5), reported("P0303", CONFIRMED, 8))
    expected = engine_of(program, [device(1, "vehicle")]).process(Frame(START + DAY, whole))
    assert [finding.fault for finding in expected] == ["misfire"]
    random = np.random.default_rng(1)
    for _ in range(20):
        order = np.lexsort((random.random(len(whole)), whole.ts))
        engine = engine_of(program, [device(1, "vehicle")])
        mixed, cuts = whole.take(order), sorted(random.integers(0, len(whole), 5).tolist())
        parts = itertools.pairwise([0, *cuts, len(whole)])
        got = [finding for a, b in parts for finding in engine.process(Frame(START + DAY, mixed.take(np.arange(a, b))))]
        assert got == expected


def test_no_two_entries_of_the_catalogue_overlap_and_every_code_is_known_by_something() -> None:
    entries = codes.catalogue()
    assert all(after.first > before.last for before, after in itertools.pairwise(entries))
    assert all(code.meaning and code.advice.endswith(".") for code in entries)
    for number in range(0, 0x10000, 7):
        assert codes.of(number).sentence(number, confirmed=True)


def test_every_code_but_none_is_watched_exactly_once_when_it_is_confirmed() -> None:
    gates = [watch.channel.when for watch in codes.watches("rpm", ["code_misfire", "code_lean"])]
    ranges = sorted((code.low, code.high) for code, *status in gates if status)
    assert ranges[0][0] == 1
    assert ranges[-1][1] == 0xFFFF
    assert all(after[0] == before[1] + 1 for before, after in itertools.pairwise(ranges))


@pytest.mark.parametrize(("hours", "shows"), [(3, 1), (30, 0)])
def test_two_different_codes_show_when_they_share_a_window(hours: int, shows: int) -> None:
    detector = Event()
    state = new_state(detector, 1)
    state.set(0, need=2)
    ts = START + 3_600_000 * np.array([0, 0, hours]) + np.array([0, 1, 0])
    scores = detector.update(state, np.zeros(3, np.int64), ts, np.array([4.0, 4.0, 2.0]))
    assert scores.active.tolist() == [0, 0, shows]
    assert scores.severity[2] == (2.0 if shows else 1.0)
