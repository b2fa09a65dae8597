"""What is in the product's database at the end, as a record."""

from __future__ import annotations

from collections import defaultdict
from importlib.metadata import version
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from detectors import queries
from detectors.faults.explain import lines
from detectors.tables import FindingRow, VerdictRow
from device_sim.faults.fault import Occurrence
from device_sim.scenarios.scenario import Scenario
from device_sim.scorecard.record import Case, Found, Notice, Record, Said, Verdict
from device_sim.scorecard.run.product import Product
from ingest import ledger
from kit.clock import to_ms
from kit.db import transaction
from outreach.cases.lifecycle import EventKind
from outreach.tables import CaseEventRow, CaseFindingRow, CaseRow, OutboxRow

_ENDS = (EventKind.RESOLVED, EventKind.CLOSED)
_DONE = frozenset({"resolved", "closed"})


class People(Protocol):
    """What became of the faults, and what customers did."""

    truth: list[Occurrence]
    said: list[Said]


def outcome(scenario: Scenario, product: Product, town: People, network: dict[str, int]) -> Record:
    """The record of a run that has come to its end; `network` is what the network did."""
    with transaction(product.engine) as session:
        return Record(
            scenario=scenario.name,
            seed=scenario.birth.seed,
            start_ms=scenario.period.start_ms,
            end_ms=scenario.period.end_ms,
            version=version("forewarn"),
            devices=scenario.devices,
            customers=scenario.customers,
            truth=tuple(town.truth),
            findings=_findings(session, product),
            cases=_cases(session),
            notices=_notices(session),
            said=tuple(town.said),
            verdicts=_verdicts(session),
            counts=_counts(session, product.tenant, network),
        )


def _findings(session: Session, product: Product) -> tuple[Found, ...]:
    rows = session.scalars(select(FindingRow).order_by(FindingRow.number))
    return tuple(
        Found(
            id=str(row.id),
            device=row.device,
            fault=row.fault,
            kind=row.kind,
            onset_ms=to_ms(row.onset),
            detected_ms=to_ms(row.detected),
            at_ms=product.found_ms[row.id],
            surprise=row.surprise,
            severity=row.severity,
            confidence=row.confidence,
            contact=row.contact,
            detector=row.detector,
            version=row.version,
            words=tuple(lines(queries.of_row(row))),
        )
        for row in rows
    )


def _cases(session: Session) -> tuple[Case, ...]:
    held: defaultdict[int, list[str]] = defaultdict(list)
    query = (
        select(CaseFindingRow.case_number, CaseFindingRow.finding_id)
        .join(FindingRow, FindingRow.id == CaseFindingRow.finding_id)
        .order_by(FindingRow.number)
    )
    for number, finding in session.execute(query):
        held[number].append(str(finding))
    ends = select(CaseEventRow.case_number, CaseEventRow.at).where(CaseEventRow.kind.in_(_ENDS))
    ended = {number: at for number, at in session.execute(ends.order_by(CaseEventRow.id))}  # noqa: C416 - rows are no pairs
    return tuple(
        Case(
            number=row.number,
            device=row.device,
            fault=row.fault,
            state=row.state,
            opened_ms=to_ms(row.opened_at),
            closed_ms=to_ms(ended[row.number]) if row.state in _DONE and row.number in ended else None,
            findings=tuple(held[row.number]),
        )
        for row in session.scalars(select(CaseRow).order_by(CaseRow.number))
    )


def _notices(session: Session) -> tuple[Notice, ...]:
    stages = _stages(session)
    query = select(OutboxRow, CaseRow).join(CaseRow, CaseRow.number == OutboxRow.case_number)
    return tuple(
        Notice(
            id=str(row.id),
            case=case.number,
            device=case.device,
            fault=case.fault,
            finding=str(row.episode_id),
            customer=row.customer_id or "",
            channel=row.channel,
            state=row.state,
            stage=stages.get(str(row.id), ""),
            reason=row.reason,
            created_ms=to_ms(row.created_at),
            delivered_ms=to_ms(row.delivered_at) if row.delivered_at else None,
        )
        for row, case in session.execute(query.order_by(OutboxRow.created_at, OutboxRow.case_number, OutboxRow.id))
    )


def _stages(session: Session) -> dict[str, str]:
    """The stage of the gate that spoke last about each notice."""
    stages: dict[str, str] = {}
    details = select(CaseEventRow.detail).where(CaseEventRow.detail.has_key("stage")).order_by(CaseEventRow.id)
    for detail in session.scalars(details):
        said: dict[str, Any] = detail
        stages[str(said["notice"])] = str(said["stage"])
    return stages


def _verdicts(session: Session) -> tuple[Verdict, ...]:
    rows = session.scalars(select(VerdictRow).order_by(VerdictRow.id))
    return tuple(Verdict(str(row.finding_id), row.verdict, row.source, to_ms(row.at)) for row in rows)


def _counts(session: Session, tenant: str, network: dict[str, int]) -> dict[str, int]:
    """The ledger's totals under their own names, the network's with `line_` before them."""
    account = ledger.totals(session, tenant)
    counts = {name: getattr(account, name) for name in ledger.FIELDS}
    return counts | {f"line_{name}": number for name, number in sorted(network.items())}
