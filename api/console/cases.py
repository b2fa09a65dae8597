"""One case: everything about it on one page, and the forms by which staff decide."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from api.charts.data import Chart
from api.console.access import SignedIn, Staff, genuine
from api.console.next_step import next_step
from api.console.pictures import case_charts, telling
from api.errors import NoSuchAccount
from api.pages import page
from api.security import accounts
from api.site import Db, Here, Site
from api.telemetry import Latest, kind_of
from detectors.faults import explain
from detectors.finding import Finding
from detectors.fleet import peers
from ingest.errors import UnknownDevice
from ingest.registry.devices import Device, access_device
from ingest.store.errors import StoreError
from ingest.wire.catalogue import Signal
from outreach.cases import actions, queries
from outreach.cases.views import Verdict

Number = Annotated[int, Path(ge=1, le=2**62)]
Note = Annotated[str, Form(max_length=4000)]

DONE = {
    "verdict": "Your verdict is in.",
    "note": "The note is on the timeline.",
    "assign": "The case has a new owner.",
    "close": "The case is closed.",
    "send": "The notice is on its way.",
}

router = APIRouter()
posts = APIRouter(dependencies=[Depends(genuine)])


@router.get("/cases/{number}")
def show(site: Here, staff: Staff, db: Db, number: Number, done: str = "") -> Response:
    """The case page."""
    view = queries.access_case(db, staff.tenant, number)
    device = _device(db, staff.tenant, view.row.device)
    charts, latest, problem = _telemetry(site, staff, device, view.finding)
    return page(
        "console/case.html",
        staff.reader,
        staff=staff,
        section="queue",
        now=site.clock.now(),
        view=view,
        row=view.row,
        finding=view.finding,
        evidence=sorted(view.finding.evidence.signals, key=telling),
        pack=_pack(db, view.finding),
        signals=_signals(device),
        device=device,
        charts=charts,
        latest=latest,
        store_problem=problem,
        step=next_step(view),
        colleagues=[person for person in accounts.everybody(db, staff.tenant) if not person.disabled],
        done=DONE.get(done, ""),
    )


@posts.post("/cases/{number}/verdict")
def verdict(
    site: Here, staff: Staff, db: Db, number: Number, *, verdict: Annotated[Verdict, Form()], note: Note = ""
) -> Response:
    """Say whether the finding was right."""
    actions.give_verdict(db, site.clock, staff.tenant, number, staff.actor, verdict, note.strip())
    return _back(number, "verdict")


@posts.post("/cases/{number}/note")
def note(site: Here, staff: Staff, db: Db, number: Number, text: Note = "") -> Response:
    """Write on the timeline; an empty note changes nothing."""
    if not text.strip():
        return _back(number)
    actions.add_note(db, site.clock, staff.tenant, number, staff.actor, text.strip())
    return _back(number, "note")


@posts.post("/cases/{number}/assign")
def assign(
    site: Here, staff: Staff, db: Db, number: Number, owner: Annotated[str, Form(max_length=254)] = ""
) -> Response:
    """Give the case to a member of staff, or to nobody. Raises NoSuchAccount for a stranger."""
    if owner and owner not in {
        person.address for person in accounts.everybody(db, staff.tenant) if not person.disabled
    }:
        raise NoSuchAccount(owner)
    actions.assign(db, site.clock, staff.tenant, number, staff.actor, owner)
    return _back(number, "assign")


@posts.post("/cases/{number}/close")
def close(site: Here, staff: Staff, db: Db, number: Number, resolution: Note = "") -> Response:
    """Close the case with what resolved it."""
    actions.close(db, site.clock, staff.tenant, number, staff.actor, resolution.strip())
    return _back(number, "close")


@posts.post("/cases/{number}/send")
def send(site: Here, staff: Staff, db: Db, number: Number) -> Response:
    """Release the notice that waits for a person."""
    actions.send_notice(db, site.clock, staff.tenant, number, staff.actor)
    return _back(number, "send")


def _back(number: int, done: str = "") -> Response:
    return RedirectResponse(f"/console/cases/{number}" + (f"?done={done}" if done else ""), 303)


def _device(db: Session, tenant: str, identifier: str) -> Device | None:
    try:
        return access_device(db, tenant, identifier)
    except UnknownDevice:
        return None


def _signals(device: Device | None) -> dict[str, Signal]:
    kind = kind_of(device) if device else None
    return {signal.name: signal for signal in kind.signals} if kind else {}


def _pack(db: Session, finding: Finding) -> list[tuple[str, list[str]]]:
    """All that speaks for a finding, and what other devices say of it."""
    others = peers.about(db, finding)
    return explain.parts(finding) + ([("Other devices", others)] if others else [])


def _telemetry(
    site: Site, staff: SignedIn, device: Device | None, finding: Finding
) -> tuple[list[Chart], list[Latest], str]:
    """Charts and latest values; while the store is away the page comes without them and says so."""
    if device is None:
        return [], [], ""
    try:
        charts = case_charts(site.telemetry, device, finding, staff.reader, site.clock.now())
        return charts, site.telemetry.latest(device), ""
    except StoreError as error:
        return [], [], error.problem
