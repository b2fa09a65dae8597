"""Devices and findings for the tests of what findings share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from detectors import queries
from detectors.finding import Evidence, Finding, FindingKind, SignalEvidence, finding_id
from detectors.fleet import holding
from ingest.registry.devices import DeviceSpec, access_device, register
from ingest.writer import seen
from kit.clock import to_ms
from kit.db import transaction

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def finding(
    device: str, fault: str = "silent", onset: datetime = NOON, kind: FindingKind = "raised", after: timedelta = HOUR,
    signal: str = "",
) -> Finding:  # fmt: skip
    at = onset + after
    shown = (SignalEvidence(signal, signal, "1", "cause", at, 1.0, 2.0, 3.0, 9.0, 6.0),) if signal else ()
    evidence = Evidence("Nothing heard.", ("Nothing heard since noon.",), onset, at, shown, 0, 0.0)
    name = finding_id("demo", device, fault, onset, kind)
    return Finding(name, "demo", device, fault, kind, onset, at, 1.0, 6.0, 0.9, True, "silence", "1", evidence)


def home(engine: Engine, *children: str) -> None:
    """A hub with room sensors behind it."""
    with transaction(engine) as session:
        register(session, DeviceSpec("demo", "hub-1", "hub"))
        for child in children:
            register(session, DeviceSpec("demo", child, "room_sensor", label=child.title(), parent="hub-1"))


def hears(engine: Engine, device: str, at: datetime) -> None:
    """The writer's books say when a device was last heard."""
    with transaction(engine) as session:
        no = access_device(session, "demo", device).no
        seen.heard(session, [(no, seen.Seen(to_ms(at), to_ms(at)))])


def triage(engine: Engine, *found: Finding) -> list[Finding]:
    """Commit findings one by one, and what triage then claims."""
    for one in found:
        with transaction(engine) as session:
            queries.write(session, [one])
    got: list[Finding] = []
    while True:
        with transaction(engine) as session:
            claimed = holding.claim(session)
            queries.mark_triaged(session, [one.id for one in claimed])
        if not claimed:
            return got
        got += claimed
