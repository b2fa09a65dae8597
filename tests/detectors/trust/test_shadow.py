"""A draft in shadow: it sees what the live detector sees, opens nothing, and is told apart from it."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import Engine, func, select

from detectors import queries
from detectors.config import Config
from detectors.engine.engine import HEARTBEAT_MS
from detectors.engine.program import Program, compile_profiles
from detectors.engine.worker import Worker
from detectors.tables import FindingRow, ShadowCheckpointRow, ShadowFindingRow
from detectors.trust.compare import Compared, Side, compare
from detectors.trust.shadow import Shadow, laid_over
from ingest.log import PartitionLog
from ingest.log.frames import encode
from ingest.log.protocol import partition_of
from ingest.reading import Frame
from ingest.registry.devices import DeviceSpec, register
from kit.clock import from_ms
from kit.db import transaction
from tests.detectors.detector_feed import MINUTE, START, drive

CONFIG = Config(checkpoint_s=0.1)
TOLERANT = {"vehicle": {"coolant_hot": {"limit": 130.0}}}


@pytest.fixture
def hot_cars(engine: Engine, log: PartitionLog) -> int:
    """Three cars that overheat after twenty minutes; how many they are."""
    coolant = np.r_[np.full(20, 90.0), np.full(40, 121.0)]
    for at in range(3):
        with transaction(engine) as session:
            no = register(session, DeviceSpec("demo", f"car-{at}", "vehicle")).no
        whole = drive(no, 60, coolant=coolant)
        for minute in range(60):
            frame = Frame(START + minute * MINUTE, whole.take(np.arange(minute * 5, minute * 5 + 5)))
            log.append(partition_of("demo", f"car-{at}", log.partitions), encode(frame), f"{at}/{minute}")
    return 3


def shadow(engine: Engine, log: PartitionLog, program: Program, config: Config = CONFIG) -> Shadow:
    return Shadow(engine, log, config, program, "demo", HEARTBEAT_MS)


def drain(loop: Shadow | Worker) -> None:
    while loop.step():
        pass


def found(engine: Engine) -> set[tuple[str, str, str]]:
    with transaction(engine) as session:
        columns = (ShadowFindingRow.device, ShadowFindingRow.fault, ShadowFindingRow.kind)
        return {(row[0], row[1], row[2]) for row in session.execute(select(*columns))}


def compared(engine: Engine) -> Compared:
    with transaction(engine) as session:
        both = compare(session, "demo")
    assert both is not None
    return both


def test_the_same_program_in_shadow_finds_the_same_and_opens_nothing(
    engine: Engine, log: PartitionLog, hot_cars: int, program: Program
) -> None:
    beside = shadow(engine, log, program)
    drain(beside)
    beside.close()
    assert found(engine) == {(f"car-{at}", "coolant_leak", "raised") for at in range(hot_cars)}
    with transaction(engine) as session:
        assert queries.count(session) == 0
    live = Worker(engine, log, CONFIG, program, "demo")
    drain(live)
    live.close()
    with transaction(engine) as session:
        ids = set(session.scalars(select(FindingRow.id)))
        assert ids == set(session.scalars(select(ShadowFindingRow.id)))
    both = compared(engine)
    assert both.live == both.shadow == Side(hot_cars, hot_cars, 0, 0)
    assert (both.only_live, both.only_shadow) == (0, 0)
    assert both.since <= from_ms(START + MINUTE)


def test_a_draft_is_told_apart_from_what_is_live_and_shares_its_verdicts(
    engine: Engine, log: PartitionLog, hot_cars: int, program: Program
) -> None:
    live, draft = Worker(engine, log, CONFIG, program, "demo"), shadow(engine, log, compile_profiles(TOLERANT))
    drain(live)
    drain(draft)
    live.close()
    draft.close()
    with transaction(engine) as session:
        first = session.scalars(select(FindingRow.id).order_by(FindingRow.device)).first()
        assert first is not None
        queries.record_verdict(session, first, "false", source="staff", actor="kim", note="", at=from_ms(START))
    both = compared(engine)
    assert both.live == Side(hot_cars, hot_cars, 0, 1)
    assert both.shadow.contacts < hot_cars
    assert both.only_live == hot_cars - both.shadow.contacts


@pytest.mark.slow
@pytest.mark.parametrize("steps", [1, 4])
def test_a_shadow_that_dies_anywhere_goes_on_to_the_same_findings(
    engine: Engine, log: PartitionLog, hot_cars: int, program: Program, steps: int
) -> None:
    dying = shadow(engine, log, program, Config(checkpoint_s=0.1, frames_per_step=7, lease_s=2))
    for _ in range(steps):
        dying.step()
    survivor = shadow(engine, log, program, Config(checkpoint_s=0.1, frames_per_step=500, lease_s=2))
    while found(engine) != {(f"car-{at}", "coolant_leak", "raised") for at in range(hot_cars)}:
        survivor.step()  # takes the partitions over as the leases run out
    with transaction(engine) as session:
        assert session.scalar(select(func.count()).select_from(ShadowFindingRow)) == hot_cars


def test_a_changed_draft_begins_anew_under_its_own_version(
    engine: Engine, log: PartitionLog, hot_cars: int, program: Program
) -> None:
    first = shadow(engine, log, program)
    drain(first)
    first.close()
    second = shadow(engine, log, compile_profiles(TOLERANT))
    drain(second)
    second.close()
    with transaction(engine) as session:
        versions = set(session.scalars(select(ShadowCheckpointRow.version)))
    assert versions == {compile_profiles(TOLERANT).version}
    assert compared(engine).version in versions


def test_two_shadows_share_the_partitions(engine: Engine, log: PartitionLog, hot_cars: int, program: Program) -> None:
    one, two = shadow(engine, log, program), shadow(engine, log, program)
    while one.step() or two.step():
        pass
    one.close()
    two.close()
    assert len(found(engine)) == hot_cars


def test_nothing_is_compared_before_a_draft_ran(engine: Engine) -> None:
    with transaction(engine) as session:
        assert compare(session, "demo") is None


def test_a_draft_lies_over_what_is_live() -> None:
    live = {"vehicle": {"a": {"limit": 1.0, "hold": 2.0}, "b": {"limit": 3.0}}}
    draft = {"vehicle": {"a": {"limit": 9.0}}, "freezer": {"c": {"limit": 4.0}}}
    assert laid_over(live, draft) == {
        "vehicle": {"a": {"limit": 9.0, "hold": 2.0}, "b": {"limit": 3.0}},
        "freezer": {"c": {"limit": 4.0}},
    }
