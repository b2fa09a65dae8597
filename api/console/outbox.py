"""The outbox: every notice with its state and reason, and the mails that the built-in mail sink received."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from api.console.access import Staff
from api.pages import page
from api.site import Db, Here
from outreach.cases import queries

router = APIRouter()


@router.get("/outbox")
def show(site: Here, staff: Staff, db: Db) -> Response:
    """The newest notices."""
    notices = queries.outbox(db, staff.tenant, limit=100)
    return page(
        "console/outbox.html", staff.reader, staff=staff, section="outbox", now=site.clock.now(), notices=notices
    )


@router.get("/outbox/mail/{mail_id}")
def mail(site: Here, staff: Staff, db: Db, mail_id: Annotated[int, Path(ge=1, le=2**62)]) -> Response:
    """One mail as text. Its HTML is shown as source: the page's policy lets no foreign style or frame in."""
    message = queries.sink_mail(db, staff.tenant, mail_id)
    return page("console/mail.html", staff.reader, staff=staff, section="outbox", now=site.clock.now(), mail=message)
