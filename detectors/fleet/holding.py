"""What triage gets: findings that stand for themselves. The silence of a device behind a silent hub waits.

Judged when triage claims a finding, by one process at a time and in the order in which findings were committed, over
what every partition has reported until then: a hub and its devices are mostly in different partitions. A finding that
waits keeps its row and gets no case; it is let go when its device stays away although the hub is back.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from detectors import queries
from detectors.faults.known.general import SILENT
from detectors.finding import Finding
from detectors.fleet import topology
from detectors.fleet.recognise import recognise
from detectors.fleet.topology import Child, Hub
from detectors.tables import FindingHoldRow, FindingRow
from ingest.registry.devices import Device, by_identifiers, children
from ingest.writer import seen
from ingest.writer.seen import Seen
from kit.clock import from_ms, to_ms

LEVELS = 4  # of hubs behind hubs that are looked at; more than anybody builds, and a circle ends there
NAMED = 8  # devices behind a hub that its finding names


def claim(session: Session) -> list[Finding]:
    """The oldest finding that waits for triage and stands for itself, locked until this transaction ends; or none.

    Findings before it that wait for a hub are put aside on the way. Call `queries.mark_triaged` for the one returned.
    """
    let_go(session)
    while claimed := queries.claim_new(session, 1):
        finding = claimed[0]
        if finding.fault != SILENT.name or not _is_shared(session, finding):
            recognise(session, finding)
            return [_with_children(session, finding)]
        queries.mark_triaged(session, [finding.id])
    return []


def let_go(session: Session) -> int:
    """Give findings back to triage whose hub has been back for long enough; how many."""
    rows = session.execute(
        select(FindingRow, FindingHoldRow.hub)
        .join(FindingHoldRow, FindingHoldRow.finding_id == FindingRow.id)
        .where(FindingHoldRow.ended_at.is_(None), ~_end_waits())
    ).all()
    if not rows:
        return 0
    tenants = {row.tenant for row, _ in rows}
    known = {
        (tenant, device.identifier): device
        for tenant in tenants
        for device in by_identifiers(session, tenant, {name for row, hub in rows for name in (row.device, hub)})
    }
    heard = seen.of_devices(session, {device.no for device in known.values()})
    free = [row.id for row, hub in rows if _stands_alone(session, row, (known.get((row.tenant, hub)), known), heard)]
    _end(session, FindingHoldRow.finding_id.in_(free))
    again = update(FindingRow).where(FindingRow.id.in_(free)).values(triaged_at=None)
    session.execute(again, execution_options={"synchronize_session": False})
    return len(free)


def _end_waits() -> ColumnElement[bool]:
    """Whether the end of the silence waits for triage already, as when a worker catches up: it ends the hold."""
    end = aliased(FindingRow)
    return (
        select(end.id)
        .where(
            end.tenant == FindingRow.tenant,
            end.device == FindingRow.device,
            end.fault == FindingRow.fault,
            end.onset == FindingRow.onset,
            end.kind == "cleared",
        )
        .exists()
    )


def _stands_alone(
    session: Session,
    row: FindingRow,
    place: tuple[Device | None, Mapping[tuple[str, str], Device]],
    heard: Mapping[int, Seen],
) -> bool:
    """Whether a silence that waits for a hub need not wait any more; also when either is not registered any more.

    `place` is the hub, and the devices by tenant and identifier. While nothing was heard of the hub no more is asked.
    """
    hub, known = place
    device = known.get((row.tenant, row.device))
    if hub is None or device is None or not device.parent:
        return True
    child = Child(device.type, to_ms(row.onset))
    last = heard.get(hub.no)
    if last is None or last.received_ms < child.since:
        return False
    return topology.is_over(_voice(session, hub, child), child)


def _is_shared(session: Session, finding: Finding) -> bool:
    """Whether this end or beginning of a silence is to be put aside."""
    if finding.kind == "cleared":
        return _end_of_held(session, finding)
    hub = _silent_hub(session, finding)
    if hub is None:
        return False
    held = insert(FindingHoldRow).values(
        finding_id=finding.id, tenant=finding.tenant, hub=hub.identifier, device=finding.device
    )
    # One that was let go before stands for itself for good.
    return session.execute(held.on_conflict_do_nothing().returning(FindingHoldRow.finding_id)).scalar() is not None


def _end_of_held(session: Session, finding: Finding) -> bool:
    """Nobody heard of the beginning of a silence that waits; so nobody needs to hear of its end."""
    waiting = (
        (FindingHoldRow.tenant == finding.tenant)
        & (FindingHoldRow.device == finding.device)
        & FindingHoldRow.ended_at.is_(None)
    )
    return bool(_end(session, waiting))


def _end(session: Session, condition: ColumnElement[bool]) -> list[uuid.UUID]:
    statement = update(FindingHoldRow).where(condition).values(ended_at=func.clock_timestamp())
    ended = statement.returning(FindingHoldRow.finding_id).execution_options(synchronize_session=False)
    return list(session.execute(ended).scalars())


def _silent_hub(session: Session, finding: Finding) -> Device | None:
    """The nearest hub above the device whose silence explains this one."""
    device = _find(session, finding.tenant, finding.device)
    if device is None:
        return None
    child = Child(device.type, to_ms(finding.onset))
    above = device
    for _ in range(LEVELS):
        hub = _find(session, finding.tenant, above.parent) if above.parent else None
        if hub is None or hub.no == device.no:
            return None
        if topology.explains(_voice(session, hub, child), hub.type, child):
            return hub
        above = hub
    return None


def _find(session: Session, tenant: str, identifier: str) -> Device | None:
    return next(iter(by_identifiers(session, tenant, [identifier])), None)


def _voice(session: Session, hub: Device, child: Child) -> Hub:
    """What is known of a hub's silence around the child's: by its findings, whether triage has taken them or not."""
    begin, end = (from_ms(bound) for bound in topology.together(hub.type, child))
    of_hub = (FindingRow.tenant == hub.tenant) & (FindingRow.device == hub.identifier)
    ended = func.max(FindingRow.detected).filter(FindingRow.kind == "cleared")
    row = session.execute(
        select(FindingRow.onset, ended)
        .where(of_hub, FindingRow.fault == SILENT.name, FindingRow.onset.between(begin, end))
        .group_by(FindingRow.onset)
        .order_by(FindingRow.onset.desc())
        .limit(1)
    ).one_or_none()
    heard = seen.of_devices(session, [hub.no]).get(hub.no)
    onset, back = row or (None, None)
    return Hub(to_ms(onset) if onset else 0, to_ms(back) if back else 0, heard.received_ms if heard else 0)


def _with_children(session: Session, finding: Finding) -> Finding:
    """The finding of a silent hub names the devices that cannot be heard because of it."""
    if finding.fault != SILENT.name or finding.kind != "raised":
        return finding
    behind = children(session, finding.tenant, finding.device)
    return queries.add_reason(session, finding, _behind(behind)) if behind else finding


def _behind(devices: Iterable[Device]) -> str:
    names = [device.label or device.identifier for device in devices]
    rest = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    number = "1 device speaks" if len(names) == 1 else f"{len(names)} devices speak"
    return f"{number} through it and cannot be heard while it is silent: {', '.join(names[:NAMED])}{rest}."
