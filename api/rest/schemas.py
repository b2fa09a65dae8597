"""What the REST application says, as schemas."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from ingest.gateway.intake import Outcome
from outreach.cases.views import CaseRow, CaseState, Verdict


class Problem(BaseModel):
    """A failure (RFC 9457): `title` is what is wrong, `detail` what to do."""

    type: str
    title: str
    status: int
    detail: str
    instance: str


class CaseOut(BaseModel):
    """A case in a list."""

    number: int
    reference: str
    title: str
    state: CaseState
    priority: int
    device: str
    fault: str
    owner: str
    opened_at: datetime
    updated_at: datetime
    verdict: Verdict | None

    @staticmethod
    def of(row: CaseRow) -> CaseOut:
        """The case as others see it: without the customer's name."""
        return CaseOut(
            number=row.number,
            reference=row.reference,
            title=row.title,
            state=row.state,
            priority=row.priority,
            device=row.device,
            fault=row.fault,
            owner=row.owner,
            opened_at=row.opened_at,
            updated_at=row.updated_at,
            verdict=row.verdict,
        )


class CasePage(BaseModel):
    """Some cases, and the `before` of the next page, null at the end."""

    items: list[CaseOut]
    next: int | None


class Refused(BaseModel):
    """Readings of a request that were not taken, for one reason."""

    reason: str
    detail: str
    count: int


class Taken(BaseModel):
    """What became of a telemetry request: `received` readings, so many `accepted`, the others `refused`."""

    received: int
    accepted: int
    refused: list[Refused]

    @staticmethod
    def of(outcome: Outcome, most: int) -> Taken:
        """The outcome with its first `most` reasons."""
        refused = [
            Refused(reason=refusal.reason, detail=refusal.detail, count=refusal.count)
            for refusal in outcome.refusals[:most]
        ]
        return Taken(received=outcome.received, accepted=outcome.accepted, refused=refused)
