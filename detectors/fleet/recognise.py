"""Finds incident candidates: findings of many devices that one cause explains, raised once.

Looked for when triage claims a finding, among the findings of the same fault (of the same signal, where the fault has
no name) on devices of the same type in the `WINDOW` before; a fall into silence is compared over all types, because
networks do not ask for the type. How often a device comes to it by itself is what the fleet did before, shrunk to one
in `PRIOR_DAYS`.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from detectors.faults.known.general import HELP_REQUESTED, SILENT, UNUSUAL_BEHAVIOUR
from detectors.finding import NAMESPACE, Finding
from detectors.fleet.excess import LEAST, Common, Make, common
from detectors.fleet.incidents import WINDOW, Incident, incident_of
from detectors.tables import FindingHoldRow, FindingRow, IncidentFindingRow, IncidentRow
from ingest.registry.census import census
from ingest.registry.devices import by_identifiers

PAST = timedelta(days=60)  # how far back the usual rate is looked up; shorter forgets, longer outlives the season
PRIOR_DAYS = 200.0  # device-days in which one finding of a fault is taken to be usual; fewer hides real incidents of
# a young fleet, more calls the first three findings of a noisy watch an incident
MOST = 20_000  # findings looked at; a larger incident is as clear
_signal = FindingRow.evidence["signals"][0]["signal"].astext


def recognise(session: Session, finding: Finding) -> Incident | None:
    """The incident that accounts for a finding, raised or widened by it; None when it stands for itself."""
    if finding.kind != "raised" or finding.fault == HELP_REQUESTED.name:
        return None
    what = _what(finding)
    begin = finding.detected - WINDOW
    lately = _same(session, finding, what, begin, finding.detected)
    if len({device for _, device in lately}) < LEAST:
        return None
    makes, device_type = _makes(session, finding, {device for _, device in lately})
    struck = Counter(makes.values())
    everyone = {Make(*make): count for make, count in census(session, finding.tenant, device_type).items()}
    rate = _rate(session, finding, what, begin, sum(everyone.values()))
    found = common(struck, everyone, rate)
    if found is None or finding.device not in makes or not found.group.holds(makes[finding.device]):
        return None
    members = [(key, device) for key, device in lately if device in makes and found.group.holds(makes[device])]
    return _keep(session, finding, (what, device_type), found, [key for key, _ in members])


def others(session: Session, finding: Finding) -> tuple[int, int, str]:
    """How many other devices showed the same in the `WINDOW` before, of how many, of which type ("": of any)."""
    same = _same(session, finding, _what(finding), finding.detected - WINDOW, finding.detected)
    makes, device_type = _makes(session, finding, {device for _, device in same} | {finding.device})
    if finding.device not in makes:
        return 0, 0, device_type
    everyone = sum(census(session, finding.tenant, device_type).values())
    return len(makes) - 1, max(everyone, len(makes)) - 1, device_type


def _what(finding: Finding) -> str:
    signals = finding.evidence.signals
    return signals[0].signal if finding.fault == UNUSUAL_BEHAVIOUR.name and signals else ""


def _same(session: Session, finding: Finding, what: str, begin: datetime, end: datetime) -> list[tuple[uuid.UUID, str]]:
    """Findings of the same in (begin, end], each with its device; without those that wait for a hub."""
    query = select(FindingRow.id, FindingRow.device).where(*_like(finding, what, begin, end))
    waits = select(FindingHoldRow.finding_id).where(
        FindingHoldRow.finding_id == FindingRow.id, FindingHoldRow.ended_at.is_(None)
    )
    rows = session.execute(query.where(~waits.exists()).order_by(FindingRow.number.desc()).limit(MOST))
    return [(row.id, row.device) for row in rows]


def _like(finding: Finding, what: str, begin: datetime, end: datetime) -> list[ColumnElement[bool]]:
    """Conditions: the same fault (and signal) on any device, detected in (begin, end]."""
    same: list[ColumnElement[bool]] = [
        FindingRow.tenant == finding.tenant,
        FindingRow.fault == finding.fault,
        FindingRow.kind == "raised",
        FindingRow.detected > begin,
        FindingRow.detected <= end,
    ]
    return [*same, _signal == what] if what else same


def _makes(session: Session, finding: Finding, devices: Iterable[str]) -> tuple[Mapping[str, Make], str]:
    """The makes of those devices that are compared with the finding's, and their type ("": all types)."""
    known = {device.identifier: device for device in by_identifiers(session, finding.tenant, devices)}
    if finding.fault == SILENT.name:
        return {name: Make("", "", device.time_zone) for name, device in known.items()}, ""
    kind = known[finding.device].type if finding.device in known else ""
    alike = {name: device for name, device in known.items() if device.type == kind}
    return {name: Make(device.model, device.firmware, device.time_zone) for name, device in alike.items()}, kind


def _rate(session: Session, finding: Finding, what: str, begin: datetime, devices: int) -> float:
    """How many findings of the same one device has in a `WINDOW`, by the time before and `PRIOR_DAYS`."""
    start = begin - PAST
    struck = select(func.count(FindingRow.device.distinct())).where(*_like(finding, what, start, begin))
    first = session.scalar(
        select(func.min(FindingRow.detected)).where(FindingRow.tenant == finding.tenant, FindingRow.detected > start)
    )
    days = max((begin - first) / timedelta(days=1), 0.0) if first else 0.0
    return ((session.scalar(struck) or 0) + 1) / (devices * days + PRIOR_DAYS) * (WINDOW / timedelta(days=1))


def _keep(
    session: Session, finding: Finding, kind: tuple[str, str], found: Common, members: list[uuid.UUID]
) -> Incident:
    what, device_type = kind
    row = _open(session, finding, what, device_type)
    if row is None:
        name = f"{finding.tenant}|incident|{finding.fault}|{what}|{device_type}|{finding.detected.isoformat()}"
        onset = session.scalar(select(func.min(FindingRow.onset)).where(FindingRow.id.in_(members)))
        row = IncidentRow(
            id=uuid.uuid5(NAMESPACE, name), tenant=finding.tenant, fault=finding.fault, what=what,
            device_type=device_type, onset=onset, struck=0,
        )  # fmt: skip
        session.add(row)
    row.last_at = max(finding.detected, row.last_at or finding.detected)
    if found.group.struck >= row.struck:  # at its height it shows best whom it strikes
        row.dimension, row.value = found.group.dimension, found.group.value
        row.devices, row.struck, row.expected = found.group.devices, found.group.struck, found.group.expected
        row.lifts = [asdict(lift) for lift in found.lifts]
    session.flush()
    session.refresh(row)
    session.execute(
        insert(IncidentFindingRow)
        .values([{"finding_id": member, "incident_id": row.id} for member in members])
        .on_conflict_do_nothing()
    )
    return incident_of(row)


def _open(session: Session, finding: Finding, what: str, device_type: str) -> IncidentRow | None:
    """The incident that this one goes on, whoever it struck until now."""
    return session.scalars(
        select(IncidentRow)
        .where(
            IncidentRow.tenant == finding.tenant,
            IncidentRow.fault == finding.fault,
            IncidentRow.what == what,
            IncidentRow.device_type == device_type,
            IncidentRow.last_at > finding.detected - WINDOW,
            IncidentRow.last_at < finding.detected + WINDOW,
        )
        .order_by(IncidentRow.last_at.desc())
        .limit(1)
    ).one_or_none()
