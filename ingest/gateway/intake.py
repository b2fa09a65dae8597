"""The second door: messages that come one by one in requests, taken through the same judge into the same log.

Requests that wait at the same time share one append: one thread takes all that are waiting, judges each by itself, so
that its sender can be told what became of it, and answers them when the log has them durably.
"""

from __future__ import annotations

import itertools
import uuid
from collections import defaultdict
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass
from queue import Empty, Full, Queue

from ingest import metrics
from ingest.config import Config
from ingest.errors import IntakeBusy
from ingest.gateway.known import REFRESH_S, KnownDevices
from ingest.gateway.packets import Packets
from ingest.gateway.validate import Validator, validator_of
from ingest.log.frames import encode
from ingest.log.protocol import PartitionLog
from ingest.reading import Frame, ReadingBatch, Refusal
from kit.clock import Clock, SystemClock
from kit.db import connect
from kit.errors import ForewarnError
from kit.settings import Core, Settings
from kit.supervise import Stop, in_thread

WAITING_MOST = 512  # requests; more wait longer than their senders do, fewer turn a burst away
TOGETHER_MOST = 256  # requests in one append; more makes the first of them wait for the last
LOOK_S = 0.2  # how soon a stop is noticed


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one message; it is in the log, its refusals too. `received` = `accepted` + what is refused."""

    received: int
    accepted: int
    refusals: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class _Waiting:
    topic: bytes
    payload: bytes
    answer: Future[Outcome]


class Intake:
    """`submit` may be called from any thread. `resources` are closed with it: the log and what the validator needs."""

    def __init__(self, validator: Validator, log: PartitionLog, clock: Clock, resources: ExitStack) -> None:
        self._validator = validator
        self._log = log
        self._clock = clock
        self._resources = resources
        self._queue: Queue[_Waiting] = Queue(WAITING_MOST)
        self._boot = uuid.uuid4().hex[:12]
        self._count = itertools.count()
        self._received_ms = 0
        self._stop = Stop()
        self._thread = in_thread("intake", self.step, self._stop, idle_s=0)

    def submit(self, topic: str, payload: bytes) -> Future[Outcome]:
        """What will have become of a message once it is durable.

        The future raises LogFull or LogUnavailable: nothing was kept, it may be sent again. One that is cancelled
        before its turn is left out. Raises IntakeBusy at once when too many wait.
        """
        waiting = _Waiting(topic.encode(), payload, Future())
        try:
            self._queue.put_nowait(waiting)
        except Full:
            raise IntakeBusy from None
        return waiting.answer

    def step(self) -> bool:
        """Answer all that wait, or return False after a short wait for nothing. A step for `kit.supervise`."""
        waiting = [one for one in self._next() if one.answer.set_running_or_notify_cancel()]
        if not waiting:
            return False
        try:
            outcomes = self._append(waiting)
        except BaseException as error:
            _turn_away(waiting, error if isinstance(error, ForewarnError) else IntakeBusy())
            raise
        for one, outcome in zip(waiting, outcomes, strict=True):
            one.answer.set_result(outcome)
        return True

    def close(self) -> None:
        """Answer what is at work, turn away what still waits, and give up the log."""
        self._stop.set()
        self._thread.join(timeout=10)
        _turn_away([one for one in self._next() if one.answer.set_running_or_notify_cancel()], IntakeBusy())
        self._resources.close()

    def _next(self) -> list[_Waiting]:
        found: list[_Waiting] = []
        try:
            found.append(self._queue.get(timeout=LOOK_S))
            while len(found) < TOGETHER_MOST:
                found.append(self._queue.get_nowait())
        except Empty:
            pass
        return found

    def _append(self, waiting: list[_Waiting]) -> list[Outcome]:
        self._received_ms = max(self._received_ms, self._clock.now_ms())
        together: dict[int, list[Frame]] = defaultdict(list)
        outcomes = []
        for one in waiting:
            frames = self._validator.frames(Packets.of([(one.topic, one.payload)]), self._received_ms)
            for partition, frame in frames.items():
                together[partition].append(frame)
            outcomes.append(_outcome(list(frames.values())))
        entry_id = f"{self._boot}-{next(self._count)}"
        self._log.append_many([(at, encode(joined(frames)), entry_id) for at, frames in together.items()])
        _measure(outcomes)
        return outcomes


def joined(frames: list[Frame]) -> Frame:
    """Several frames of one partition as one, in order."""
    if len(frames) == 1:
        return frames[0]
    return Frame(
        max(frame.received_ms for frame in frames),
        ReadingBatch.concat([frame.readings for frame in frames]),
        tuple(refusal for frame in frames for refusal in frame.refusals),
        tuple(event for frame in frames for event in frame.events),
        sum(frame.received for frame in frames),
    )


def opened(settings: Settings, log: PartitionLog) -> Intake:
    """The intake of this installation, with the registry in memory as the gateway has it. Closes `log` at its end."""
    config, tenant = settings.of(Config), settings.of(Core).tenant
    resources, stop = ExitStack(), Stop()
    resources.callback(log.close)
    engine = connect(settings)
    resources.callback(engine.dispose)
    known = KnownDevices(engine, tenant, log.partitions)
    refresher = in_thread("intake registry", known.refresh, stop, idle_s=REFRESH_S)
    resources.callback(refresher.join, 10)
    resources.callback(stop.set)
    validator = validator_of(config, tenant, known, log.partitions)
    return Intake(validator, log, SystemClock(), resources)


def _turn_away(waiting: list[_Waiting], error: ForewarnError) -> None:
    for one in waiting:
        one.answer.set_exception(error)


def _outcome(frames: list[Frame]) -> Outcome:
    refusals = tuple(refusal for frame in frames for refusal in frame.refusals)
    return Outcome(sum(frame.received for frame in frames), sum(len(frame.readings) for frame in frames), refusals)


def _measure(outcomes: list[Outcome]) -> None:
    metrics.intake_messages.inc(len(outcomes))
    for outcome in outcomes:
        metrics.readings_accepted.inc(outcome.accepted)
        for refusal in outcome.refusals:
            metrics.readings_refused.labels(refusal.reason).inc(refusal.count)
