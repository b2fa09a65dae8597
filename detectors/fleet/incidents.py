"""Incident candidates: one cause that shows on many devices, as people read, judge and dismiss it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from detectors.errors import IncidentNotFound
from detectors.faults.catalogue import FAULTS
from detectors.faults.words import duration
from detectors.fleet.excess import Lift
from detectors.tables import FindingRow, IncidentFindingRow, IncidentRow

WINDOW = timedelta(hours=36)  # weather takes a day over a country; longer makes one cause of one week's bad luck


@dataclass(frozen=True, slots=True)
class Incident:
    """A candidate. `dimension` and `value` say which devices it strikes: ``firmware 3.1``, or ``all`` of the type.

    `struck` of `devices` showed it within `WINDOW`, where `expected` are usual. `dismissed_by` is the person who said
    that its findings stand for themselves.
    """

    id: uuid.UUID
    number: int
    tenant: str
    fault: str
    what: str
    device_type: str
    onset: datetime
    last_at: datetime
    dimension: str
    value: str
    devices: int
    struck: int
    expected: float
    lifts: tuple[Lift, ...]
    dismissed_by: str

    @property
    def group(self) -> tuple[str, str]:
        """Which group of the type it strikes: dimension and value."""
        return self.dimension, self.value

    @property
    def fault_label(self) -> str:
        """The fault in words."""
        return FAULTS.get(self.fault).label if self.fault in FAULTS else self.fault

    @property
    def label(self) -> str:
        """What is seen, in words."""
        return f"{self.fault_label} ({self.what})" if self.what else self.fault_label

    @property
    def whom(self) -> str:
        """Whom it strikes, in words: ``9 of 12 devices of type freezer with firmware 1.5``."""
        of_type = f" of type {self.device_type}" if self.device_type else ""
        among = {"all": "", "region": f" in {self.value}"}.get(self.dimension, f" with {self.dimension} {self.value}")
        return f"{self.struck} of {self.devices} devices{of_type}{among}"

    @property
    def words(self) -> str:
        """The claim in a sentence."""
        return f"{self.whom} showed the same within {duration(WINDOW / timedelta(milliseconds=1))}."


def of_finding(session: Session, finding_id: uuid.UUID) -> Incident | None:
    """The incident that accounts for the finding, if there is one; a dismissed one as well."""
    query = select(IncidentRow).join(IncidentFindingRow, IncidentFindingRow.incident_id == IncidentRow.id)
    row = session.scalars(query.where(IncidentFindingRow.finding_id == finding_id)).one_or_none()
    return incident_of(row) if row else None


def newest(session: Session, tenant: str, limit: int = 50) -> list[Incident]:
    """The newest incidents, newest first."""
    query = select(IncidentRow).where(IncidentRow.tenant == tenant).order_by(IncidentRow.last_at.desc())
    return [incident_of(row) for row in session.scalars(query.order_by(IncidentRow.number.desc()).limit(limit))]


def present(session: Session, tenant: str, now: datetime) -> list[Incident]:
    """Those that still grow, as far as is known at `now`, and that nobody has dismissed; newest first."""
    grows = [one for one in newest(session, tenant) if one.last_at > now - WINDOW]
    return [one for one in grows if not one.dismissed_by]


def findings_of(session: Session, number: int) -> list[tuple[uuid.UUID, str, datetime]]:
    """The findings that the incident accounts for: id, device, when it was detected; the oldest first."""
    rows = session.execute(
        select(FindingRow.id, FindingRow.device, FindingRow.detected)
        .join(IncidentFindingRow, IncidentFindingRow.finding_id == FindingRow.id)
        .join(IncidentRow, IncidentRow.id == IncidentFindingRow.incident_id)
        .where(IncidentRow.number == number)
        .order_by(FindingRow.detected, FindingRow.number)
    )
    return [(row.id, row.device, row.detected) for row in rows]


def dismiss(session: Session, tenant: str, number: int, actor: str) -> Incident:
    """Say that its findings stand for themselves. Raises IncidentNotFound."""
    changed = update(IncidentRow).where(IncidentRow.tenant == tenant, IncidentRow.number == number)
    row = session.scalars(changed.values(dismissed_by=actor).returning(IncidentRow)).one_or_none()
    if row is None:
        raise IncidentNotFound(number)
    return incident_of(row)


def incident_of(row: IncidentRow) -> Incident:
    """The row as others see it."""
    values = {name: getattr(row, name) for name in Incident.__dataclass_fields__ if name != "lifts"}
    return Incident(**values, lifts=msgspec.convert(row.lifts, tuple[Lift, ...]))
