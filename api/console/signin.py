"""Sign-in and sign-out."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from api import metrics
from api.console.access import cookie_name, genuine, set_cookie
from api.errors import ForgedRequest, SignInRefused, TooManyTries
from api.failures import status_of
from api.pages import page
from api.reader import Reader
from api.security import accounts, csrf, limits, sessions
from api.site import Db, Here, Site
from kit.db import transaction
from kit.errors import ForewarnError

BEFORE = "fw_before"  # cookie of a browser that is not signed in yet; its form token is made from it
router = APIRouter()


@router.get("/sign-in")
def form(request: Request, site: Here, wanted: str = "") -> Response:
    """The sign-in page."""
    return _page(request, site, wanted=csrf.safe_path(wanted, default=""))


@router.post("/sign-in")
def sign_in(
    request: Request,
    site: Here,
    *,
    address: Annotated[str, Form(max_length=254)] = "",
    password: Annotated[str, Form(max_length=1024)] = "",
    wanted: Annotated[str, Form(max_length=2000)] = "",
    token: Annotated[str, Form(alias="csrf")] = "",
) -> Response:
    """Check address and password, open a new session, and go on to where the reader wanted to be."""
    if csrf.from_elsewhere(request.headers) or not csrf.fits(
        site.settings.secret_key(), request.cookies.get(BEFORE, ""), token
    ):
        raise ForgedRequest
    peer = request.client.host if request.client else ""
    with transaction(site.engine) as db:
        wait_s = limits.count(db, site.clock, address, peer, site.config.sign_in_tries)
    if wait_s:
        metrics.sign_ins.labels("paused").inc()
        answer = _page(request, site, wanted, address, TooManyTries(wait_s))
        answer.headers["retry-after"] = str(wait_s)
        return answer
    old = request.cookies.get(cookie_name(site), "")
    with transaction(site.engine) as db:
        account = accounts.authenticate(db, site.tenant, address, password)
        if account is not None:
            limits.forget(db, address, peer)
            session = sessions.start(db, site.clock, account, site.lifetime, replaces=old)
    if account is None:
        metrics.sign_ins.labels("refused").inc()
        return _page(request, site, wanted, address, SignInRefused())
    metrics.sign_ins.labels("ok").inc()
    answer = RedirectResponse(csrf.safe_path(wanted), 303)
    set_cookie(site, answer, cookie_name(site), session, int(site.lifetime.absolute.total_seconds()))
    answer.delete_cookie(BEFORE, path="/")
    return answer


@router.post("/sign-out", dependencies=[Depends(genuine)])
def sign_out(request: Request, site: Here, db: Db) -> Response:
    """End the session here and in the database."""
    sessions.end(db, request.cookies.get(cookie_name(site), ""))
    answer = RedirectResponse("/console/sign-in", 303)
    answer.delete_cookie(cookie_name(site), path="/", secure=site.https, httponly=True, samesite="lax")
    return answer


def _page(
    request: Request, site: Site, wanted: str = "", address: str = "", error: ForewarnError | None = None
) -> Response:
    before = request.cookies.get(BEFORE) or secrets.token_urlsafe(24)
    facts = {
        "token": csrf.token(site.settings.secret_key(), before),
        "wanted": wanted,
        "address": address,
        "error": error,
    }
    answer = page("console/sign_in.html", Reader.of("en", "UTC"), status_of(error) if error else 200, facts)
    set_cookie(site, answer, BEFORE, before)
    return answer
