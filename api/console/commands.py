"""Commands from the device page: who may send them, what becomes of the wish, and how both are kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form
from starlette.responses import RedirectResponse, Response

from api.console.access import Staff, genuine
from api.site import Db, Here
from ingest import commands
from ingest.registry.devices import access_device

GIVE_UP = {1: "1 minute", 10: "10 minutes", 60: "1 hour", 1440: "1 day"}  # minutes, in words
USUAL = 10
DONE = {
    "queued": "The command is on its way. Its answer appears here; reload the page to see it.",
    "refused": "You may not send commands. The wish is on record, and nothing was sent.",
}

posts = APIRouter(dependencies=[Depends(genuine)])


@posts.post("/devices/{identifier}/commands")
def send(
    site: Here,
    staff: Staff,
    db: Db,
    identifier: str,
    *,
    command: Annotated[str, Form(max_length=80)],
    reason: Annotated[str, Form(max_length=500)] = "",
    minutes: Annotated[int, Form(ge=1, le=1440)] = USUAL,
) -> Response:
    """Queue a command, or keep the wish of somebody who may not. Raises UnknownDevice and CommandImpossible."""
    device, now = access_device(db, staff.tenant, identifier), site.clock.now()
    if not staff.account.commands:
        why = f"{staff.actor} may not send commands."
        commands.refuse(db, device, command, by=staff.actor, reason=reason, now=now, why=why)
        return _back(identifier, "refused")
    timeout = timedelta(minutes=minutes)
    commands.request(db, device, command, by=staff.actor, reason=reason, now=now, timeout=timeout)
    return _back(identifier, "queued")


def _back(identifier: str, done: str) -> Response:
    return RedirectResponse(f"/console/devices/{quote(identifier, safe='')}?done={done}#commands", 303)
