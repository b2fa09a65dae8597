"""Plans of recorded lives, on small made-up pieces."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest

from device_sim.faults.fault import Occurrence
from device_sim.models.machine import DAY_MS, HOUR_MS, Identity, Rows
from device_sim.recorded.machine import Recorded
from device_sim.recorded.tape import Life, Outings, Piece, Plan, Sequence, Stage, Tape
from device_sim.stream import DeviceSpec, DeviceStream
from kit.clock import to_ms

START = to_ms(datetime(2026, 1, 12, 10, tzinfo=UTC))
SPEC = DeviceSpec("rig-1", "hydraulic_rig", "m", "1", "l", "o", "Europe/Berlin", recording="made/up")
MIDNIGHT = START - 11 * HOUR_MS  # 10:00 UTC is 11:00 in Berlin


def piece(value: float, hours: int, labels: tuple[Occurrence, ...] = ()) -> Piece:
    ts = np.arange(hours * 4, dtype=np.int64) * (HOUR_MS // 4)
    return Piece(Rows(ts, {"oil_temp_1": value + np.arange(len(ts))}), hours * HOUR_MS, labels)


def stream(plan: Plan, start_ms: int = START) -> DeviceStream:
    tape = Tape("hydraulic_rig", ("oil_temp_1",), plan)
    machine = Recorded(Identity(1, SPEC.id, SPEC.time_zone), tape, start_ms)
    return DeviceStream(SPEC, 1, start_ms, machine=machine)


def test_a_sequence_goes_from_stage_to_stage_and_repeats_each_for_its_time() -> None:
    plan = Sequence((Stage(piece(0, 5), 12 * HOUR_MS), Stage(piece(1000, 30), 0)))
    rows = stream(plan, MIDNIGHT).window(MIDNIGHT, MIDNIGHT + 3 * DAY_MS)
    assert (np.diff(rows.ts) == HOUR_MS // 4).all()
    hour = (rows.ts - MIDNIGHT) / HOUR_MS
    values = rows.columns["oil_temp_1"]
    assert values[hour == 5.0] == values[hour == 10.0] == 0.0  # the second and the third time around
    assert values[hour == 12.0] == 1000.0  # the third was cut short
    assert values[hour == 42.0] == 1000.0  # over a midnight


def test_after_the_last_stage_nothing_more_is_heard() -> None:
    rows = stream(Sequence((Stage(piece(0, 5), 5 * HOUR_MS),)), MIDNIGHT).window(MIDNIGHT, MIDNIGHT + DAY_MS)
    assert len(rows) == 20


def test_nothing_is_heard_before_the_start_and_days_keep_their_time_of_day() -> None:
    rows = stream(Sequence((Stage(piece(0, 24), 0),))).window(0, START + DAY_MS)
    assert rows.ts[0] == START
    assert rows.columns["oil_temp_1"][0] == 44.0  # what was recorded 11 hours after midnight


@pytest.mark.parametrize("cuts", [[7], [1, 2, 3, 50], [23, 24, 25]])
def test_any_cut_of_a_recorded_life_gives_the_same_rows(cuts: list[int]) -> None:
    plan = Outings((piece(0, 2), piece(100, 1)), 1, 3)
    whole = stream(plan).window(START, START + 4 * DAY_MS)
    edges = [START, *(START + hours * HOUR_MS for hours in cuts), START + 4 * DAY_MS]
    living = stream(plan)
    parts = [living.window(one, other) for one, other in pairwise(edges)]
    joined = Rows.join(parts, ("oil_temp_1",))
    assert joined.ts.tobytes() == whole.ts.tobytes()
    assert joined.columns["oil_temp_1"].tobytes() == whole.columns["oil_temp_1"].tobytes()
    assert (np.diff(whole.ts) > 0).all()


def test_what_the_labels_say_gets_the_times_and_the_name_of_the_device() -> None:
    life = Life(Identity(1, "rig-1", "Europe/Berlin"), START)
    ill = Occurrence("", "cooler_wear", 8 * DAY_MS, 14 * DAY_MS)
    sequence = Sequence((Stage(piece(0, 5), 0),), (ill,))
    (truth,) = sequence.truth(life, START + 30 * DAY_MS)
    assert (truth.device, truth.onset_ms, truth.failure_ms) == ("rig-1", MIDNIGHT + 8 * DAY_MS, MIDNIGHT + 14 * DAY_MS)
    assert sequence.truth(life, START + 5 * DAY_MS) == []


def test_a_label_of_an_outing_comes_with_every_outing() -> None:
    ill = Occurrence("", "freezing_of_gait", HOUR_MS, HOUR_MS, HOUR_MS + 5000)
    plan, life = Outings((piece(0, 2, (ill,)),), 1, 1), Life(Identity(1, "rig-1", "Europe/Berlin"), MIDNIGHT)
    truth = plan.truth(life, MIDNIGHT + 5 * DAY_MS)
    assert len(truth) == 5
    ts = stream(plan, MIDNIGHT).window(MIDNIGHT, MIDNIGHT + 5 * DAY_MS).ts
    assert all(one.onset_ms - HOUR_MS in ts for one in truth)
