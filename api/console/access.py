"""Who is at the console: the cookie, the account behind it, and the token that their forms carry."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Form, Request
from starlette.responses import Response

from api.errors import ForgedRequest, NotSignedIn
from api.reader import Reader
from api.security import csrf, sessions
from api.security.accounts import Account
from api.site import Db, Here, Site
from ingest import ledger

LEDGER_DAYS = timedelta(days=7)  # that the warning looks back, as doctor does
QUIET = ("/console/events", "/console/queue/fragment")  # asked by the page itself: no sign of life of a person


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A member of staff at the console; `unbalanced` says that the ledger's last days have a fault of ours."""

    account: Account
    csrf: str
    reader: Reader
    unbalanced: bool = False

    @property
    def tenant(self) -> str:
        """The tenant whose cases this member of staff sees."""
        return self.account.tenant

    @property
    def actor(self) -> str:
        """The name under which the timeline keeps what they do."""
        return self.account.address


def cookie_name(site: Site) -> str:
    """The session cookie's name; over https the browser itself guards the prefix ``__Host-``."""
    return "__Host-fw_session" if site.https else "fw_session"


def set_cookie(site: Site, response: Response, name: str, value: str, seconds: int | None = None) -> None:
    """Set a cookie that no script reads and no other site sends; without `seconds` until the browser closes."""
    response.set_cookie(name, value, max_age=seconds, path="/", secure=site.https, httponly=True, samesite="lax")


def signed_in(request: Request, site: Here, db: Db) -> SignedIn:
    """The member of staff who asks. Raises NotSignedIn."""
    token = request.cookies.get(cookie_name(site), "")
    touch = request.url.path not in QUIET
    account = sessions.resume(db, site.clock, token, site.lifetime, touch=touch)
    if account is None or account.tenant != site.tenant:
        raise NotSignedIn(_wanted(request))
    reader = Reader.of("en", account.time_zone)
    since = site.clock.now() - LEDGER_DAYS
    unbalanced = touch and bool(ledger.unbalanced(db, account.tenant, ledger.NO_DEVICE, since, limit=1))
    return SignedIn(account, csrf.token(site.settings.secret_key(), token), reader, unbalanced)


def _wanted(request: Request) -> str:
    if request.method != "GET":
        return ""
    query = f"?{request.url.query}" if request.url.query else ""
    return request.url.path + query


Staff = Annotated[SignedIn, Depends(signed_in)]


def genuine(request: Request, staff: Staff, csrf_token: Annotated[str, Form(alias="csrf")] = "") -> None:
    """Every POST of the console depends on this. Raises ForgedRequest unless the form is the reader's own."""
    if csrf.from_elsewhere(request.headers) or not _equal(staff.csrf, csrf_token):
        raise ForgedRequest


def _equal(left: str, right: str) -> bool:

    return hmac.compare_digest(left.encode(), right.encode())
