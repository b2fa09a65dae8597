"""The queue: open cases first, searched and paged by the address alone, refreshed in place by the page's script."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from api.console.access import SignedIn, Staff
from api.pages import page
from api.site import Db, Here, Site
from detectors.fleet import incidents
from outreach.cases import queries

ROWS = 50  # more makes a slow page on a phone, fewer hides a busy morning

router = APIRouter()


class Wanted(BaseModel):
    """Which cases the reader wants to see; all of it is in the page's address."""

    group: Literal["open", "closed", "all"] = "open"
    q: str = Field("", max_length=200)
    before: int | None = Field(None, ge=1, le=2**62)


Shown = Annotated[Wanted, Query()]


@router.get("/")
def home() -> Response:
    """The console starts at its queue."""
    return RedirectResponse("/console/queue", 303)


@router.get("/queue")
def show(site: Here, staff: Staff, db: Db, wanted: Shown) -> Response:
    """The whole page, with what shows on many devices at once above it."""
    facts = _facts(site, staff, db, wanted)
    facts["incidents"] = incidents.present(db, staff.tenant, site.clock.now())
    return page("console/queue.html", staff.reader, facts=facts)


@router.get("/queue/fragment")
def fragment(site: Here, staff: Staff, db: Db, wanted: Shown) -> Response:
    """The rows alone, for the page's script."""
    return page("console/queue_rows.html", staff.reader, facts=_facts(site, staff, db, wanted))


def _facts(site: Site, staff: SignedIn, db: Session, wanted: Wanted) -> dict[str, object]:
    """What the templates show; one row more is read than shown, to know whether there is a next page."""
    search = wanted.q.strip()
    rows = queries.queue(db, staff.tenant, group=wanted.group, search=search, limit=ROWS + 1, before=wanted.before)
    return {
        "staff": staff,
        "section": "queue",
        "now": site.clock.now(),
        "rows": rows[:ROWS],
        "more": len(rows) > ROWS,
        "group": wanted.group,
        "search": search,
        "before": wanted.before,
    }
