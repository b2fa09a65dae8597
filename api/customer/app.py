"""Customer pages. The link is the authority: it names one case, expires, and a GET never changes anything."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Form, Path, Request
from sqlalchemy.orm import Session
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from api.failures import install
from api.pages import page
from api.reader import LANGUAGES, Reader
from api.site import Db, Here, Site
from outreach.cases.views import Answer
from outreach.contact import inbound, links
from outreach.contact.links import Purpose
from outreach.customers import record

Token = Annotated[str, Path(max_length=2000)]


def build(site: Site) -> FastAPI:
    """The customer's pages for one site."""
    app = FastAPI(title="Forewarn customer pages", openapi_url=None, docs_url=None, redoc_url=None)
    app.state.site = site
    app.get("/case/{token}")(show)
    app.post("/case/{token}/answer")(answer)
    app.get("/unsubscribe/{token}")(ask_unsubscribe)
    app.post("/unsubscribe/{token}")(unsubscribe)
    install(app, _failure)
    return app


def show(site: Here, db: Db, token: Token) -> Response:
    """What we saw, what to do, and the four answers."""
    view = inbound.open_page(db, site.clock, token)
    reader = Reader.of(view.language, view.time_zone)
    return page("customer/case.html", reader, view=view, token=token, now=site.clock.now())


def answer(site: Here, db: Db, token: Token, answer: Annotated[Answer, Form()]) -> Response:
    """Take the customer's answer; the same one again changes nothing."""
    inbound.answer(db, site.clock, token, answer)
    return RedirectResponse(f"/c/case/{token}#answer", 303)


def ask_unsubscribe(request: Request, site: Here, db: Db, token: Token) -> Response:
    """The page with the button: mail scanners follow links, so following one ends nothing."""
    return page("customer/unsubscribe.html", _addressee(request, site, db, token), token=token, done=False)


def unsubscribe(request: Request, site: Here, db: Db, token: Token) -> Response:
    """End the mails: from the button, or by a mail program's one click (RFC 8058, no cookie and no form token)."""
    inbound.unsubscribe(db, site.clock, token)
    if "text/html" not in request.headers.get("accept", ""):
        return PlainTextResponse("You will get no more of these mails.\n")
    return page("customer/unsubscribe.html", _addressee(request, site, db, token), token=token, done=True)


def _addressee(request: Request, site: Site, db: Session, token: str) -> Reader:
    """Whom the link was written to, as a reader. Raises LinkInvalid, LinkExpired."""
    claim = links.read(db, site.clock, Purpose.UNSUBSCRIBE, token)
    customer = record.find(db, claim.tenant, claim.customer_id)
    return Reader.of(customer.language, customer.time_zone) if customer else _stranger(request)


def _failure(request: Request, status: int, _problem: str, _fix: str) -> Response:
    return page("customer/failure.html", _stranger(request), status, {"code": status})


def _stranger(request: Request) -> Reader:
    """A reader of whom only the browser's languages are known."""
    wanted = request.headers.get("accept-language", "").lower().replace(";", ",").split(",")
    known = (tag.strip().split("-")[0] for tag in wanted)
    return Reader.of(next((tag for tag in known if tag in LANGUAGES), "en"), "UTC")
