"""The shadow beside the live detector: what each would have told customers, and what verdicts say of it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from detectors.tables import FindingRow, ShadowCheckpointRow, ShadowFindingRow, VerdictRow
from detectors.trust.labels import Opinion, label

SAME = timedelta(days=3)  # onsets so close of one fault on one device are one episode; drafts see it earlier or later


@dataclass(frozen=True, slots=True)
class Side:
    """Findings, those strong enough for a contact, and how many of the latter were judged right and wrong."""

    findings: int
    contacts: int
    right: int
    wrong: int


@dataclass(frozen=True, slots=True)
class Compared:
    """Both sides over the same time. `only_live` and `only_shadow` count contacts that the other would not make."""

    version: str
    since: datetime
    until: datetime
    live: Side
    shadow: Side
    only_live: int
    only_shadow: int


@dataclass(frozen=True, slots=True)
class _Claim:
    device: str
    fault: str
    onset: datetime
    contact: bool
    right: bool | None


def compare(session: Session, tenant: str) -> Compared | None:
    """The newest draft against the live detector since it began; None when none runs."""
    spans = session.execute(
        select(
            ShadowCheckpointRow.version, func.min(ShadowCheckpointRow.began_at), func.max(ShadowCheckpointRow.until_at)
        )
        .group_by(ShadowCheckpointRow.version)
        .order_by(func.max(ShadowCheckpointRow.until_at).desc())
        .limit(1)
    ).one_or_none()
    if spans is None:
        return None
    version, since, until = spans
    live = _live(session, tenant, since, until)
    shadow = _shadow(session, tenant, version, since, live)
    return Compared(version, since, until, _side(live), _side(shadow), _missing(live, shadow), _missing(shadow, live))


def _live(session: Session, tenant: str, since: datetime, until: datetime) -> list[_Claim]:
    rows = session.execute(
        select(FindingRow.id, FindingRow.device, FindingRow.fault, FindingRow.onset, FindingRow.contact).where(
            FindingRow.tenant == tenant, FindingRow.kind == "raised", FindingRow.detected.between(since, until)
        )
    ).all()
    opinions: dict[uuid.UUID, list[Opinion]] = {}
    judged = select(VerdictRow.finding_id, VerdictRow.verdict, VerdictRow.source, VerdictRow.id).join(
        FindingRow, FindingRow.id == VerdictRow.finding_id
    )
    within = judged.where(FindingRow.tenant == tenant, FindingRow.detected.between(since, until))
    for finding_id, verdict, source, number in session.execute(within):
        opinions.setdefault(finding_id, []).append(Opinion(verdict, source, number))
    return [_claim(row, opinions.get(row.id, ())) for row in rows]


def _claim(row: Any, opinions: Sequence[Opinion]) -> _Claim:
    known = label(opinions)
    return _Claim(row.device, row.fault, row.onset, row.contact, known.outcome == "right" if known else None)


def _shadow(session: Session, tenant: str, version: str, since: datetime, live: Sequence[_Claim]) -> list[_Claim]:
    """The draft's claims, each with the verdict on the live one that it agrees with."""
    columns = (ShadowFindingRow.device, ShadowFindingRow.fault, ShadowFindingRow.onset, ShadowFindingRow.contact)
    rows = session.execute(
        select(*columns).where(
            ShadowFindingRow.tenant == tenant,
            ShadowFindingRow.version == version,
            ShadowFindingRow.kind == "raised",
            ShadowFindingRow.detected >= since,
        )
    )
    claims = []
    for device, fault, onset, contact in rows:
        twin = next((one for one in live if _same(one, device, fault, onset)), None)
        claims.append(_Claim(device, fault, onset, contact, twin.right if twin else None))
    return claims


def _same(one: _Claim, device: str, fault: str, onset: datetime) -> bool:
    return one.device == device and one.fault == fault and abs(one.onset - onset) <= SAME


def _side(claims: Sequence[_Claim]) -> Side:
    told = [one for one in claims if one.contact]
    right, wrong = (sum(one.right is judged for one in told) for judged in (True, False))
    return Side(len(claims), len(told), right, wrong)


def _missing(mine: Sequence[_Claim], theirs: Sequence[_Claim]) -> int:
    """Contacts of mine that are none of theirs."""
    told = [one for one in theirs if one.contact]
    return sum(
        one.contact and not any(_same(other, one.device, one.fault, one.onset) for other in told) for one in mine
    )
