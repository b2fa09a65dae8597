"""The role `detector`: leases partitions, drives their engines, gives them up cleanly."""

from __future__ import annotations

import gc
import os
import socket
import sys
import time
import uuid
from collections.abc import Iterable, Mapping

import numpy as np
from sqlalchemy import Engine as Database
from sqlalchemy.exc import SQLAlchemyError

from detectors.config import Config
from detectors.engine.engine import HEARTBEAT_MS, ContactRule, Engine
from detectors.engine.partition import Partition
from detectors.engine.program import Program, compile_profiles
from detectors.engine.saver import Saver
from ingest.config import Config as IngestConfig
from ingest.log import PartitionLog
from ingest.reading import Frame, ReadingBatch, series_id
from ingest.registry.devices import Device, by_numbers
from kit import leases
from kit.db import connect, transaction
from kit.errors import ForewarnError
from kit.leases import Lease, LeaseLost
from kit.logs import get
from kit.settings import Core, Settings
from kit.supervise import Stop, run_loop

IDLE_S = 0.005  # between two looks at a quiet log; longer delays a finding, shorter burns the processor
TAKE_EVERY_S = 2.0  # how often partitions that nobody holds are looked for

SWITCH_S = 0.001  # how long the thread that saves may keep the interpreter; longer delays a finding, shorter costs CPU

_log = get("detector")


class Worker:
    """Holds partitions and advances them in turn; `step` is for `kit.supervise`."""

    def __init__(  # noqa: PLR0917
        self,
        database: Database,
        log: PartitionLog,
        config: Config,
        program: Program,
        tenant: str,
        heartbeat_ms: int = HEARTBEAT_MS,
    ) -> None:
        self._database = database
        self._log = log
        self._config = config
        self._contact = ContactRule(config.contact_severity, config.contact_confidence)
        self._program = program
        self._tenant = tenant
        self._heartbeat_ms = heartbeat_ms
        self._holder = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._held: dict[int, Partition] = {}
        self._saver = Saver()
        self._take_at = 0.0
        self._renew_at: dict[int, float] = {}

    def step(self) -> bool:
        """Take free partitions, renew leases when due, and advance every partition once."""
        self._renew()
        self._take_free()
        busy = False
        for number, partition in list(self._held.items()):
            sound = partition if partition.sound else self._open(partition.lease, number)
            busy |= sound.advance(self._config.frames_per_step)
        return busy

    def close(self) -> None:
        """Commit and give every partition up, so that another worker goes on at once."""
        for partition in self._held.values():
            try:
                partition.finish()
                with transaction(self._database) as session:
                    leases.release(session, partition.lease)
            except (ForewarnError, SQLAlchemyError) as error:
                _log.warning("partition not given up cleanly", partition=partition.number, reason=str(error)[:200])
        self._held.clear()
        self._saver.close()

    def _take_free(self) -> None:
        now = time.monotonic()
        if now < self._take_at:
            return
        self._take_at = now + TAKE_EVERY_S
        for number in range(self._log.partitions):
            if number in self._held:
                continue
            with transaction(self._database) as session:
                lease = leases.acquire(session, f"detector/{number}", self._holder, self._config.lease_s)
            if lease is not None:
                self._renew_at[number] = time.monotonic() + self._config.lease_s / 3
                self._open(lease, number)

    def _renew(self) -> None:
        """Renew one lease that is due: all at once would hold up a finding by a commit each."""
        now = time.monotonic()
        number = next((number for number in self._held if now >= self._renew_at[number]), None)
        if number is None:
            return
        self._renew_at[number] = now + self._config.lease_s / 3
        try:
            with transaction(self._database) as session:
                leases.renew(session, self._held[number].lease, self._config.lease_s)
        except LeaseLost as lost:
            del self._held[number]
            _log.warning("partition taken over by another worker", partition=number, reason=lost.problem)

    def _open(self, lease: Lease, number: int) -> Partition:
        """The partition as of its last commit, in place of one that stopped in the middle of a frame."""
        self._saver.settle()  # the last save of the partition that this one follows must not overtake it
        partition = Partition(
            lease,
            number,
            Engine(self._program, self._lookup, self._tenant, self._contact, self._heartbeat_ms),
            log=self._log,
            database=self._database,
            saver=self._saver,
            every_s=self._config.checkpoint_s,
        )
        self._held[number] = partition
        return partition

    def _lookup(self, numbers: Iterable[int]) -> Mapping[int, Device]:
        with transaction(self._database) as session:
            return by_numbers(session, numbers)


def run(settings: Settings, stop: Stop, log: PartitionLog) -> None:
    """Detect until `stop`: the role's main function. Closes the log."""
    config = settings.of(Config)
    program = compile_profiles(config.watch)
    warm(program)
    sys.setswitchinterval(SWITCH_S)
    gc.collect()
    gc.freeze()  # it all stays: a full collection would look through it while a finding waits, a tenth of a second
    heartbeat_ms = round(1000 * settings.of(IngestConfig).heartbeat_s)
    worker = Worker(connect(settings), log, config, program, settings.of(Core).tenant, heartbeat_ms)
    try:
        run_loop("detector", worker.step, stop, idle_s=IDLE_S)
    finally:
        worker.close()
        log.close()


def warm(program: Program) -> None:
    """Load or compile every kernel before the first reading waits for it."""
    kinds = list(program.types.values())
    devices = {
        number: Device(number, "warm", str(number), kind.device_type.name, "", "", "", "UTC", None)
        for number, kind in enumerate(kinds, 1)
    }
    engine = Engine(program, lambda numbers: {number: devices[number] for number in numbers})
    for minute in range(2):
        series = [
            series_id(no, signal.number) for no, kind in enumerate(kinds, 1) for signal in kind.device_type.signals
        ]
        ts = np.full(len(series), 60_000 * (minute + 1), np.int64)
        batch = ReadingBatch.of(series, ts.tolist(), [50.0] * len(series))
        engine.process(Frame(60_000 * (minute + 1), batch))
