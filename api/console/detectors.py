"""The detectors' page: which findings may reach customers by themselves, how often they were right, and why."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.console.access import Staff
from api.pages import page
from api.site import Db, Here
from detectors.config import Config
from detectors.trust.promise import Promise
from detectors.trust.report import report
from outreach.cases.evidence import RULES

router = APIRouter()


@router.get("/detectors")
def show(site: Here, staff: Staff, db: Db) -> Response:
    """The promise, every fault's standing, and the newest decisions."""
    promise, now = Promise.of(site.settings.of(Config)), site.clock.now()
    return page(
        "console/detectors.html",
        staff.reader,
        staff=staff,
        section="detectors",
        now=now,
        trust=report(db, staff.tenant, promise, now),
        rules=RULES,
    )
