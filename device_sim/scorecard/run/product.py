"""The whole product in one process, on a clock that its owner moves: what goes in as packets comes out as notices.

Every part is the product's own: validation, frames, the detector's partitions, the writer with its ledger and store,
the booker of events, and the loops of outreach. Only what joins them is different. The log is in memory, nothing runs
beside anything, and each part is called when there is something for it, in one order: so that the same input gives the
same outcome.
"""

from __future__ import annotations

import itertools
import json
import math
import time
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

from sqlalchemy import func, select

from detectors.config import Config as DetectorsConfig
from detectors.engine.engine import ContactRule, Engine
from detectors.engine.partition import Partition
from detectors.engine.program import Program, compile_profiles
from detectors.engine.saver import Saver
from detectors.tables import FindingRow
from device_sim.scorecard.run.memory_log import MemoryLog
from ingest.build import open_store
from ingest.config import Config
from ingest.gateway.known import KnownDevices
from ingest.gateway.packets import Packets
from ingest.gateway.validate import validator_of
from ingest.log.frames import encode
from ingest.quarantine import Bounds as QuarantineBounds
from ingest.reading import Frame, ReadingBatch
from ingest.registry import devices as registry
from ingest.registry.manifest import import_devices
from ingest.writer.events import EventBooker
from ingest.writer.flush import Bounds, Flusher
from kit import leases
from kit.clock import VirtualClock
from kit.db import connect, transaction
from kit.settings import Core, Settings
from outreach.build import loops
from outreach.cases.history import History
from outreach.contact.channels.channel import Channel
from outreach.customers import manifest
from outreach.tables import CaseRow, EpisodeRow, OutboxRow

FLUSH_MS = 2 * 3_600_000  # between two flushes of the store; oftener makes small files, seldomer notices late that a
# device's clock began to go wrong
SETTLING_MS = 1_800_000  # at first every step ends in a flush: clocks are judged by eight of them; shorter leaves
# clocks that always were wrong uncorrected for much longer than the product would
LEASE_S = 7 * 86_400.0  # of real time: no run takes longer
FRAMES = 4_096  # read from the log at once
_NEVER_MS = 2**62


class Product:
    """Belongs to one thread. `settings` name a database and a data folder of its own (see `place.private`).

    `channels` are where notices go; nothing leaves by any other. `found_ms` says when, by the clock, each finding was
    committed, `seconds` what each stage took.
    """

    def __init__(
        self,
        settings: Settings,
        clock: VirtualClock,
        channels: Mapping[str, Channel],
        program: Program | None = None,
    ) -> None:
        """`program` is what is watched; by default what the settings say."""
        config, detectors = settings.of(Config), settings.of(DetectorsConfig)
        self.tenant = settings.of(Core).tenant
        self.clock = clock
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.found_ms: dict[uuid.UUID, int] = {}
        self._closing = ExitStack()
        self.engine = connect(settings)
        self._closing.callback(self.engine.dispose)
        self._folder = settings.data_path("x").parent
        self._log = MemoryLog(config.partitions)
        self._known = KnownDevices(self.engine, self.tenant, config.partitions)
        self._validator = validator_of(config, self.tenant, self._known, config.partitions)
        self._ids = map(str, itertools.count())
        self._open_writer(settings, config)
        self._open_detector(detectors, program, round(1000 * config.heartbeat_s))
        history = History(partial(open_store, settings, read_only=True), config.partitions)
        self._closing.callback(history.close)
        self._loops = loops(settings, self.engine, channels, history, clock)
        self._settled_ms = clock.now_ms() + SETTLING_MS
        self._flush_ms = 0
        self._due_ms = _NEVER_MS
        self._said = False
        self._last_finding = 0

    def register(self, devices: Iterable[Mapping[str, Any]], customers: Iterable[Mapping[str, Any]]) -> None:
        """Take in devices and customers as a manifest names them. Raises what the imports of the product raise."""
        path = self._folder / "fleet.json"
        path.write_text(json.dumps({"devices": list(devices), "customers": list(customers)}), "utf-8")
        with transaction(self.engine) as session:
            import_devices(session, path, self.tenant)
            manifest.load(session, path, self.tenant, self.clock.now())
        self._known.refresh()

    def hand_over(self, device: str, owner: str) -> None:
        """From now on the device is `owner`'s. Raises UnknownDevice."""
        with transaction(self.engine) as session:
            known = registry.access_device(session, self.tenant, device)
            registry.hand_over(session, known.no, owner, self.clock.now())

    def take(self, packets: Packets, now_ms: int) -> dict[int, Frame]:
        """What arrived up to `now_ms` as frames by partition, validated; a heartbeat where nothing came."""
        with self._timed("validate"):
            frames = self._validator.frames(packets, now_ms) if len(packets) else {}
        beat = Frame(now_ms, ReadingBatch.empty())
        return {partition: frames.get(partition, beat) for partition in range(self._log.partitions)}

    def append(self, frames: Mapping[int, Frame]) -> None:
        """Put frames into the log; the next `step` takes them from there."""
        with self._timed("log"):
            name = next(self._ids)
            self._log.append_many([(at, encode(frame), name) for at, frame in frames.items()])
        self._said |= any(frame.events for frame in frames.values())

    def wake(self) -> None:
        """Let outreach look at its work at the next `step`: somebody changed something from outside."""
        self._due_ms = 0

    def step(self) -> None:
        """Detect what the log holds, store it when it is time, and let outreach do all that is due by the clock."""
        with self._timed("detect"):
            self._detect()
        if self._said or self.clock.now_ms() >= self._flush_ms:
            self.flush()
        if self.clock.now_ms() >= self._due_ms:
            with self._timed("outreach"):
                self._reach_out()

    def flush(self) -> None:
        """Store and book all that the log holds, and drop it there."""
        with self._timed("store"):
            while self._booker.step():
                pass
            while self._flusher.flush(self._writer_lease):
                pass
            for partition in range(self._log.partitions):
                self._log.trim(partition, self._log.bounds(partition)[1])
            self._known.refresh()  # a decision about a device's clock counts from here on
        now_ms = self.clock.now_ms()
        self._flush_ms = now_ms + (FLUSH_MS if now_ms >= self._settled_ms else 0)
        if self._said:
            self._said = False
            self.wake()

    def close(self) -> None:
        """Commit what is not committed, and give files and connections back."""
        self._closing.close()

    def _open_writer(self, settings: Settings, config: Config) -> None:
        store = open_store(settings)
        self._closing.callback(store.close)
        quarantine = QuarantineBounds(config.quarantine_samples, config.quarantine_rows, config.quarantine_mb * 10**6)
        self._flusher = Flusher(self.engine, self._log, store, self.tenant, Bounds(config.flush_readings, quarantine))
        self._booker = EventBooker(self.engine, self._log, self.tenant)
        self._writer_lease = self._lease("writer")

    def _open_detector(self, config: DetectorsConfig, program: Program | None, heartbeat_ms: int) -> None:
        watched = program or compile_profiles(config.watch)
        rule = ContactRule(config.contact_severity, config.contact_confidence)
        self._saver = Saver()
        self._closing.callback(self._saver.close)
        self._partitions = [
            Partition(
                self._lease(f"detector/{number}"),
                number,
                Engine(watched, self._lookup, self.tenant, rule, heartbeat_ms),
                log=self._log,
                database=self.engine,
                saver=self._saver,
                every_s=math.inf,
            )
            for number in range(self._log.partitions)
        ]

    def _lookup(self, numbers: Iterable[int]) -> Mapping[int, registry.Device]:
        with transaction(self.engine) as session:
            return registry.by_numbers(session, numbers)

    def _lease(self, name: str) -> leases.Lease:
        with transaction(self.engine) as session:
            lease = leases.acquire(session, name, "run", LEASE_S)
        if lease is None:
            raise leases.LeaseLost(leases.Lease(name, "run", 0))
        return lease

    def _detect(self) -> None:
        before = sum(partition.found for partition in self._partitions)
        for partition in self._partitions:
            while partition.advance(FRAMES):
                self._saver.settle()  # the first checkpoint; there is no second
        if sum(partition.found for partition in self._partitions) != before:
            self.wake()

    def _reach_out(self) -> None:
        self._note_findings()
        while any(step() for step in self._loops.values()):  # each until it is idle, the first of them first
            self._note_findings()
        self._due_ms = self._next_due()

    def _note_findings(self) -> None:
        query = select(FindingRow.number, FindingRow.id).where(FindingRow.number > self._last_finding)
        with transaction(self.engine) as session:
            for number, finding in session.execute(query.order_by(FindingRow.number)):
                self.found_ms[finding], self._last_finding = self.clock.now_ms(), number

    def _next_due(self) -> int:
        """When there is work for outreach again, though nothing happens."""
        notices = select(func.min(OutboxRow.due_at)).where(OutboxRow.state.in_(["queued", "held"]))
        watches = select(func.min(CaseRow.monitoring_until)).where(CaseRow.state == "monitoring")
        judged = select(func.min(EpisodeRow.judge_at))
        with transaction(self.engine) as session:
            due = [moment for query in (notices, watches, judged) if (moment := session.scalar(query)) is not None]
        return min((math.ceil(moment.timestamp() * 1000) for moment in due), default=_NEVER_MS)

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] += time.perf_counter() - began
