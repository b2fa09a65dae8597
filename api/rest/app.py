"""The REST application: the state of the product and the cases for signed-in staff, telemetry from devices."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, Path, Query, Request
from starlette.responses import JSONResponse, Response

from api.console.access import SignedIn, signed_in
from api.failures import install
from api.rest import telemetry
from api.rest.schemas import CaseOut, CasePage, Problem
from api.site import Db, Here, Site
from kit.plugins import hooks
from outreach.cases import queries

Staff = Annotated[SignedIn, Depends(signed_in)]
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    401: {"model": Problem, "description": "No live sign-in."},
    404: {"model": Problem, "description": "No such thing for this reader."},
    503: {"model": Problem, "description": "A service behind the API does not answer."},
}


def build(site: Site) -> FastAPI:
    """The REST application for one site; its description is at ``/api/openapi.json``, without pages of others."""
    app = FastAPI(title="Forewarn", version="1", docs_url=None, redoc_url=None, responses=_PROBLEMS)
    app.state.site = site
    app.get("/v1/status", summary="The pulse of the product", dependencies=[Depends(signed_in)])(status)
    app.get("/v1/cases", summary="Cases, most urgent first")(cases)
    app.get("/v1/cases/{number}", summary="One case")(case)
    app.include_router(telemetry.router)
    install(app, _problem)
    return app


def status(site: Here) -> dict[str, Any]:
    """What ``forewarn status --json`` prints."""
    merged: dict[str, Any] = {}
    for part in hooks("pulse"):
        merged.update(part(site.engine, site.settings))
    return merged


def cases(
    staff: Staff,
    db: Db,
    *,
    group: Literal["open", "closed", "all"] = "open",
    search: Annotated[str, Query(max_length=200)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
) -> CasePage:
    """A page of cases; `before` takes the `next` of the page before."""
    rows = queries.queue(db, staff.tenant, group=group, search=search, limit=limit + 1, before=before)
    more = rows[limit - 1].number if len(rows) > limit else None
    return CasePage(items=[CaseOut.of(row) for row in rows[:limit]], next=more)


def case(staff: Staff, db: Db, number: Annotated[int, Path(ge=1, le=2**62)]) -> CaseOut:
    """One case by its number."""
    return CaseOut.of(queries.access_case(db, staff.tenant, number).row)


def _problem(request: Request, status: int, problem: str, fix: str) -> Response:
    body = {"type": "about:blank", "title": problem, "status": status, "detail": fix, "instance": request.url.path}
    return JSONResponse(body, status, media_type="application/problem+json")
