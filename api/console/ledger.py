"""The ledger: is every reading that came in accounted for, hour by hour and device by device."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.console.access import Staff
from api.pages import page
from api.site import Db, Here
from ingest import ledger
from ingest.ledger import Counts, LedgerLine
from ingest.registry.devices import access_device

PERIODS = {"day": ("Last 24 hours", timedelta(hours=24)), "week": ("Last 7 days", timedelta(days=7))}
ROWS = 200  # devices or accounts shown; more is found by searching

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour as a bar, in parts of the height of the highest: stored, duplicate and the rest, from the ground up."""

    line: LedgerLine
    stored: float
    duplicate: float
    other: float


@router.get("/ledger")
def show(
    site: Here,
    staff: Staff,
    db: Db,
    period: Annotated[str, Query(max_length=20)] = "day",
    search: Annotated[str, Query(alias="q", max_length=200)] = "",
) -> Response:
    """The account of all devices together, what does not balance, and each device."""
    known = period if period in PERIODS else "day"
    since = _since(site.clock.now(), known)
    hours = ledger.by_hour(db, staff.tenant, since)
    wanted = search.strip().lower()
    devices = [line for line in ledger.by_device(db, staff.tenant, since) if wanted in (line.device or "").lower()]
    return page(
        "console/ledger.html",
        staff.reader,
        staff=staff,
        section="ledger",
        now=site.clock.now(),
        period=known,
        periods={key: label for key, (label, _span) in PERIODS.items()},
        search=search.strip(),
        total=_sum(hours),
        hours=hours,
        bars=_bars(hours, since, site.clock.now()),
        unbalanced=ledger.unbalanced(db, staff.tenant, since=since, limit=ROWS),
        devices=sorted(devices, key=_trouble_first)[:ROWS],
        count=len(devices),
    )


@router.get("/ledger/{identifier}")
def device(site: Here, staff: Staff, db: Db, identifier: str) -> Response:
    """One device, hour by hour, over the last week."""
    found = access_device(db, staff.tenant, identifier)
    since = _since(site.clock.now(), "week")
    hours = ledger.of_device(db, staff.tenant, identifier, limit=7 * 24 + 1, since=since)
    return page(
        "console/ledger_device.html",
        staff.reader,
        staff=staff,
        section="ledger",
        now=site.clock.now(),
        device=found,
        total=_sum(hours),
        hours=hours,
        bars=_bars(hours, since, site.clock.now()),
    )


def _since(now: datetime, period: str) -> datetime:
    """The first whole hour of the period."""
    return (now - PERIODS[period][1]).replace(minute=0, second=0, microsecond=0)


def _sum(lines: list[LedgerLine]) -> Counts:
    total = Counts()
    for line in lines:
        for name in ledger.FIELDS:
            setattr(total, name, getattr(total, name) + getattr(line.counts, name))
    return total


def _bars(lines: list[LedgerLine], since: datetime, now: datetime) -> list[Bar]:
    """A bar for every hour of the period, in order; an hour without an account is empty."""
    by_hour = {line.hour: line for line in lines}
    highest = max((line.counts.received for line in lines), default=0) or 1
    bars: list[Bar] = []
    hour = since
    while hour <= now:
        line = by_hour.get(hour) or LedgerLine(None, hour, Counts())
        counts = line.counts
        other = counts.quarantined + counts.throttled
        bars.append(Bar(line, counts.stored / highest, counts.duplicate / highest, other / highest))
        hour += timedelta(hours=1)
    return bars


def _trouble_first(line: LedgerLine) -> tuple[bool, int, str]:
    """What does not balance, then who misses or is refused most, then by name."""
    counts = line.counts
    return counts.balances(), -(counts.missing + counts.quarantined + counts.throttled), line.device or ""
