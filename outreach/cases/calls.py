"""A call for help becomes a finding, with the readings of the ten minutes before attached, and so a case of its own.

The device makes the claim instead of a detector; everything after that (one open case a device, the priority from the
catalogue, the gate) is as for any finding. Who asks again soon is heard, but does not fill the case.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from detectors import queries as findings
from detectors.faults.known.general import HELP_REQUESTED
from detectors.finding import Evidence, Finding, SignalEvidence, finding_id
from ingest import events
from ingest.events import Claimed, Event
from ingest.reading import EventKind, ReadingBatch, signal_no
from ingest.registry.devices import Device
from ingest.store.errors import StoreError
from ingest.wire.catalogue import Signal
from ingest.wire.device_types import DEVICE_TYPES
from kit.clock import Clock, from_ms
from kit.db import transaction
from kit.logs import get
from outreach.cases.lifecycle import EventKind as CaseEvent
from outreach.cases.timeline import record
from outreach.tables import OPEN_CASE, CaseEventRow, CaseRow

BEFORE = timedelta(minutes=10)  # of readings that are attached, and for which one call for help is enough
CLOCKS = timedelta(minutes=5)  # a device's clock may be ahead of the moment at which its call was received
POINTS = 200  # readings kept of one signal; more makes the case heavy, fewer hides what a fast signal did
DETECTOR, VERSION = "help", "1"

PATIENCE = timedelta(seconds=20)  # for readings on their way into the store; longer leaves a caller waiting


class Past(Protocol):
    """What devices measured; `outreach.cases.history.History` is the one in use."""

    def complete(self, session: Session, device: Device, at: datetime) -> bool:
        """Whether everything is stored that was received from the device by `at`."""
        ...

    def read(self, device: Device, start: datetime, end: datetime) -> ReadingBatch:
        """The readings with ``start <= time < end``. Raises StoreError."""
        ...


_log = get("help")


def step(engine: Engine, clock: Clock, past: Past) -> bool:
    """Bring the oldest call for help that nobody has taken to its case; False: there is none yet.

    A call may be booked before the readings that came with it are stored: those are waited for a little.
    """
    with transaction(engine) as session:
        claimed = events.claim(session, EventKind.HELP)
        if claimed is None:
            return False
        received = claimed.events[0].received_at
        if clock.now() < received + PATIENCE and not past.complete(session, claimed.device, received):
            session.rollback()
            return False
        if _asked_before(session, claimed):
            _note(session, claimed, clock.now())
        else:
            findings.write(session, [finding_of(claimed, past)])
        _log.info("help asked for", device=claimed.device.identifier, times=len(claimed.events))
    return True


def finding_of(claimed: Claimed, past: Past) -> Finding:
    """The claim that the device makes, with its evidence; without readings, and saying so, while the store is away."""
    device, at = claimed.device, claimed.events[0].at
    start = at - BEFORE
    try:
        attached, problem = past.read(device, start, at + CLOCKS), ""
    except StoreError as error:
        attached, problem = ReadingBatch.empty(), error.problem
    said = said_in(claimed.events)
    summary = f"{HELP_REQUESTED.label}" + (f": “{said[0]}”" if said else ".")
    return Finding(
        id=finding_id(device.tenant, device.identifier, HELP_REQUESTED.name, at, "raised"),
        tenant=device.tenant,
        device=device.identifier,
        fault=HELP_REQUESTED.name,
        kind="raised",
        onset=at,
        detected=at,
        surprise=0.0,
        severity=0.0,
        confidence=1.0,
        contact=False,
        detector=DETECTOR,
        version=VERSION,
        evidence=Evidence(
            summary=summary,
            reasons=(*(f"“{words}”" for words in said[1:]), _attached_words(attached, problem)),
            window_start=start,
            window_end=at,
            signals=_signals(device, attached),
            readings_seen=len(attached),
            readings_missing_share=0.0,
        ),
    )


def said_in(heard: tuple[Event, ...]) -> list[str]:
    """The different words that came with calls, in order: ``{"message": …}`` or plain text; no words is usual."""
    return list(dict.fromkeys(words for event in heard if (words := event.words)))


def _attached_words(attached: ReadingBatch, problem: str) -> str:
    if problem:
        return f"The readings of the ten minutes before could not be read: {problem}"
    return f"The readings of the ten minutes before are attached: {len(attached):,}."


def _signals(device: Device, attached: ReadingBatch) -> tuple[SignalEvidence, ...]:
    """Each signal that was heard, as it last was; nobody expected anything of it."""
    kind = DEVICE_TYPES.get(device.type) if device.type in DEVICE_TYPES else None
    points: dict[int, list[tuple[int, float]]] = defaultdict(list)
    rows = zip(attached.series.tolist(), attached.ts.tolist(), attached.value.tolist(), strict=True)
    for series, ts, value in rows:
        points[signal_no(series)].append((ts, value))
    signals = kind.signals if kind else ()
    return tuple(_of(signal, sorted(points[signal.number])) for signal in signals if signal.number in points)


def _of(signal: Signal, points: list[tuple[int, float]]) -> SignalEvidence:
    ts, value = points[-1]
    return SignalEvidence(
        signal=signal.name,
        label=signal.label,
        unit=signal.unit,
        role="context",
        at=from_ms(ts),
        value=value,
        expected_low=signal.low,
        expected_high=signal.high,
        surprise=0.0,
        severity=0.0,
        attached=tuple(thinned(points, POINTS)),
    )


def thinned(points: list[tuple[int, float]], most: int) -> list[tuple[int, float]]:
    """At most `most` of these points in time order: of each stretch the lowest and the highest, and the newest."""
    if len(points) <= most:
        return points
    stretches = most // 2 - 1
    edges = [len(points) * n // stretches for n in range(stretches + 1)]
    kept = {points[-1]}
    for start, end in itertools.pairwise(edges):
        stretch = points[start:end]
        kept |= {min(stretch, key=lambda point: point[1]), max(stretch, key=lambda point: point[1])}
    return sorted(kept)


def _asked_before(session: Session, claimed: Claimed) -> bool:
    """Whether a call of the last ten minutes has a finding already."""
    device, since = claimed.device, claimed.events[0].at - BEFORE
    known = findings.of_device(session, device.tenant, device.identifier, limit=20)
    return any(finding.fault == HELP_REQUESTED.name and finding.detected > since for finding in known)


def _note(session: Session, claimed: Claimed, now: datetime) -> None:
    """What was said when help was asked for again goes on the open case, each word once."""
    case = session.scalar(
        select(CaseRow)
        .where(
            CaseRow.tenant == claimed.device.tenant,
            CaseRow.device == claimed.device.identifier,
            CaseRow.fault == HELP_REQUESTED.name,
            text(OPEN_CASE),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if case is None:
        return
    for words in said_in(claimed.events):
        note = f"Asked again: “{words}”"
        known = select(CaseEventRow.id).where(CaseEventRow.case_number == case.number, CaseEventRow.text == note)
        if session.scalar(known.limit(1)) is None:
            record(session, case, CaseEvent.NOTE, note, at=now)
