from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest
from sqlalchemy import Engine, text, update
from sqlalchemy.exc import ProgrammingError

from detectors import queries
from detectors.config import Config
from detectors.engine.program import Program
from detectors.engine.worker import Worker
from detectors.tables import CheckpointRow, FindingRow
from ingest.log import PartitionLog
from ingest.log.frames import encode
from ingest.log.protocol import partition_of
from ingest.reading import Frame, ReadingBatch
from ingest.registry.devices import DeviceSpec, register
from kit.db import transaction
from kit.leases import LeaseLost
from tests.detectors.detector_feed import MINUTE, START, drive

CONFIG = Config(checkpoint_s=600)


@pytest.fixture
def cars(engine: Engine) -> list[int]:
    with transaction(engine) as session:
        return [register(session, DeviceSpec("demo", f"car-{at}", "vehicle")).no for at in range(6)]


def say(log: PartitionLog, identifier: str, frame: Frame, entry: str) -> None:
    log.append(partition_of("demo", identifier, log.partitions), encode(frame), entry)


def hot_fleet(log: PartitionLog, cars: list[int]) -> None:
    """Every car drives an hour, a minute a frame, and overheats after twenty minutes."""
    coolant = np.r_[np.full(20, 90.0), np.full(40, 121.0)]
    for at, no in enumerate(cars):
        whole = drive(no, 60, coolant=coolant)
        for minute in range(60):
            part = whole.take(np.arange(minute * 5, minute * 5 + 5))
            say(log, f"car-{at}", Frame(START + minute * MINUTE, part), f"{at}/{minute}")


def worker(engine: Engine, log: PartitionLog, program: Program) -> Worker:
    return Worker(engine, log, CONFIG, program, "demo")


def drain(engine: Engine, busy: Worker) -> None:
    while busy.step():
        pass


def facts(engine: Engine) -> list[tuple[object, ...]]:
    with transaction(engine) as session:
        rows = session.query(FindingRow).order_by(FindingRow.device, FindingRow.kind).all()
        return [(row.id, row.device, row.fault, row.kind, row.detected, row.evidence) for row in rows]


def test_a_worker_turns_the_log_into_findings_and_saves_its_place(
    engine: Engine, log: PartitionLog, cars: list[int], program: Program
) -> None:
    hot_fleet(log, cars)
    one = worker(engine, log, program)
    drain(engine, one)
    assert {(fact[1], fact[2], fact[3]) for fact in facts(engine)} == {
        (f"car-{at}", "coolant_leak", "raised") for at in range(6)
    }
    one.close()
    with transaction(engine) as session:
        saved = queries.saved_offsets(session)
        assert queries.count(session) == 6
    assert all(saved.get(number, 0) == log.bounds(number)[1] for number in range(log.partitions))


@pytest.mark.parametrize("steps", [1, 3, 10])
def test_a_worker_that_dies_anywhere_leaves_the_same_findings_as_one_that_lives(
    engine: Engine, log: PartitionLog, cars: list[int], program: Program, steps: int
) -> None:
    hot_fleet(log, cars)
    short = Config(checkpoint_s=0.1, frames_per_step=7)
    doomed = Worker(engine, log, short, program, "demo")
    for _ in range(steps):
        doomed.step()
    with transaction(engine) as session:  # it is gone, its leases run out
        session.execute(text("UPDATE lease SET expires_at = clock_timestamp() - interval '1 second'"))
    drain(engine, worker(engine, log, program))
    survived = facts(engine)
    with transaction(engine) as session:
        session.execute(text("TRUNCATE finding, checkpoint, verdict, log_offset, lease CASCADE"))
    drain(engine, worker(engine, log, program))
    assert facts(engine) == survived
    assert len(survived) == 6


def test_a_worker_that_was_replaced_can_write_nothing(
    engine: Engine, log: PartitionLog, cars: list[int], program: Program
) -> None:
    zombie = worker(engine, log, program)
    zombie.step()
    with transaction(engine) as session:
        session.execute(text("UPDATE lease SET expires_at = clock_timestamp() - interval '1 second'"))
    heir = worker(engine, log, program)
    heir.step()
    hot_fleet(log, cars)
    with pytest.raises(LeaseLost):
        zombie.step()
    assert facts(engine) == []
    drain(engine, heir)
    assert len(facts(engine)) == 6


def test_a_damaged_frame_and_a_broken_database_stop_nothing_for_good(
    engine: Engine, log: PartitionLog, cars: list[int], program: Program
) -> None:
    for number in range(log.partitions):
        log.append(number, b"not a frame", f"bad/{number}")
    hot_fleet(log, cars)
    one = worker(engine, log, program)
    with transaction(engine) as session:
        session.execute(text("ALTER TABLE finding RENAME TO hidden"))
    for _ in range(3):
        with pytest.raises(Exception, match="finding"):
            one.step()
    with transaction(engine) as session:
        session.execute(text("ALTER TABLE hidden RENAME TO finding"))
    drain(engine, one)
    assert len(facts(engine)) == 6


def go_on(one: Worker, log: PartitionLog) -> None:
    for more in range(1000):
        say(log, "car-0", Frame(START + 60 * MINUTE, ReadingBatch.empty()), f"more/{more}")
        one.step()


def test_a_checkpoint_that_cannot_be_saved_is_said_and_saved_later(
    engine: Engine, log: PartitionLog, cars: list[int], program: Program
) -> None:
    for at, no in enumerate(cars):
        say(log, f"car-{at}", Frame(START + 60 * MINUTE, drive(no, 60)), f"{at}")
    one = Worker(engine, log, Config(checkpoint_s=0.1), program, "demo")
    with transaction(engine) as session:
        session.execute(text("ALTER TABLE log_offset RENAME TO hidden"))
    with pytest.raises(ProgrammingError, match="log_offset"):  # from the thread beside the loop
        go_on(one, log)
    with transaction(engine) as session:
        assert queries.saved_offsets(session) == {}
        session.execute(text("ALTER TABLE hidden RENAME TO log_offset"))
    for _ in range(log.partitions):  # each may have a failed save to tell of yet
        with suppress(ProgrammingError):
            drain(engine, one)
    drain(engine, one)
    one.close()
    with transaction(engine) as session:
        saved = queries.saved_offsets(session)
    assert all(saved.get(number, 0) == log.bounds(number)[1] for number in range(log.partitions))


def test_a_saved_copy_says_no_less_than_the_findings_before_it(
    engine: Engine, log: PartitionLog, cars: list[int], program: Program
) -> None:
    hot_fleet(log, cars)
    one = worker(engine, log, program)
    drain(engine, one)
    late = START + 10_000 * MINUTE
    with transaction(engine) as session:  # a finding was reported while an older copy was being saved
        session.execute(update(CheckpointRow).values(log_ms=late))
    one.close()
    with transaction(engine) as session:
        assert {row.log_ms for row in session.query(CheckpointRow)} == {late}


def test_a_checkpoint_of_another_version_is_learned_anew_and_raises_nothing_twice(
    engine: Engine, log: PartitionLog, cars: list[int], program: Program
) -> None:
    hot_fleet(log, cars)
    first = worker(engine, log, program)
    drain(engine, first)
    first.close()
    with transaction(engine) as session:
        session.execute(update(CheckpointRow).values(state=b"of an older program", version="0/old"))
        session.execute(text("TRUNCATE finding CASCADE"))
    second = worker(engine, log, program)
    drain(engine, second)
    assert facts(engine) == []
    for at, no in enumerate(cars):
        later = drive(no, 100, coolant=85.0, start=START + 120 * MINUTE)
        say(log, f"car-{at}", Frame(START + 300 * MINUTE, later), f"later/{at}")
    drain(engine, second)
    assert {(fact[2], fact[3]) for fact in facts(engine)} == {("coolant_leak", "cleared")}


def test_two_workers_share_the_partitions_without_stepping_on_each_other(
    engine: Engine, log: PartitionLog, cars: list[int], program: Program
) -> None:
    first, second = worker(engine, log, program), worker(engine, log, program)
    first.step()
    assert not second.step()
    hot_fleet(log, cars)
    drain(engine, second)
    drain(engine, first)
    assert len(facts(engine)) == 6
    first.close()
    second.close()


def test_readings_of_a_device_that_is_not_registered_are_left_out(
    engine: Engine, log: PartitionLog, program: Program
) -> None:
    log.append(0, encode(Frame(START, drive(4242, 60, coolant=130.0))), "x")
    log.append(0, encode(Frame(START, ReadingBatch.empty())), "y")
    one = worker(engine, log, program)
    drain(engine, one)
    one.close()
    assert facts(engine) == []
