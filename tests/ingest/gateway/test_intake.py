"""Requests share appends: each is told its own fate, nobody waits for ever, and who has gone away is left out."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing

import pytest
from sqlalchemy import Engine

from ingest.build import open_log
from ingest.config import Config
from ingest.errors import IntakeBusy
from ingest.gateway.intake import WAITING_MOST, Intake
from ingest.gateway.known import KnownDevices
from ingest.gateway.validate import validator_of
from ingest.log import PartitionLog
from ingest.log.frames import decode
from ingest.registry.devices import Device
from kit.clock import SystemClock
from kit.settings import Settings

TOPIC = "fw/v1/demo/car-0/telemetry"


class Slow:
    """A log whose appends wait for the test."""

    def __init__(self, log: PartitionLog) -> None:
        self.log, self.partitions = log, log.partitions
        self.at_work, self.go_on, self.appends = threading.Event(), threading.Event(), 0

    def append_many(self, entries: Sequence[tuple[int, bytes, str]]) -> list[int]:
        self.at_work.set()
        assert self.go_on.wait(30)
        self.appends += 1
        return self.log.append_many(entries)

    def values(self) -> list[float]:
        rows = [data for at in range(self.partitions) for _, data in self.log.read(at, 0, 1000)]
        return [value for data in rows for value in decode(data).readings.value.tolist()]


@pytest.fixture
def slow(settings: Settings) -> Iterator[Slow]:
    with closing(open_log(settings)) as log:
        yield Slow(log)


@pytest.fixture
def intake(engine: Engine, settings: Settings, fleet: list[Device], slow: Slow) -> Iterator[Intake]:
    known = KnownDevices(engine, "demo", slow.partitions)
    known.refresh()
    validator = validator_of(settings.of(Config), "demo", known, slow.partitions)
    intake = Intake(validator, slow, SystemClock(), ExitStack())  # type: ignore[arg-type]
    yield intake
    slow.go_on.set()
    intake.close()


def speed(value: float) -> bytes:
    return json.dumps({"ts": SystemClock().now_ms() + int(value), "signals": {"speed": value}}).encode()


def test_what_waits_together_is_appended_together_and_each_is_told_its_own(intake: Intake, slow: Slow) -> None:
    first = intake.submit(TOPIC, speed(1))
    assert slow.at_work.wait(60)
    others = [intake.submit(TOPIC, speed(n)) for n in (2, 3)]
    bad = intake.submit(TOPIC, b"{")
    slow.go_on.set()
    assert [future.result(30).accepted for future in (first, *others)] == [1, 1, 1]
    assert [refusal.reason for refusal in bad.result(30).refusals] == ["undecodable"]
    assert slow.appends == 2
    assert slow.values() == [1.0, 2.0, 3.0]


def test_who_has_gone_away_before_their_turn_is_left_out(intake: Intake, slow: Slow) -> None:
    first = intake.submit(TOPIC, speed(1))
    assert slow.at_work.wait(60)
    gone, stays = intake.submit(TOPIC, speed(2)), intake.submit(TOPIC, speed(3))
    assert gone.cancel()
    assert not first.cancel()
    slow.go_on.set()
    assert stays.result(30).accepted == first.result(30).accepted == 1
    assert slow.values() == [1.0, 3.0]


def test_more_than_may_wait_is_turned_away_at_once(intake: Intake, slow: Slow) -> None:
    first = intake.submit(TOPIC, speed(1))
    assert slow.at_work.wait(60)
    waiting = [intake.submit(TOPIC, speed(2)) for _ in range(WAITING_MOST)]
    with pytest.raises(IntakeBusy):
        intake.submit(TOPIC, speed(3))
    slow.go_on.set()
    assert {future.result(30).accepted for future in (first, *waiting)} == {1}
