"""The console as one application: its routes, and how failures look to staff."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import FastAPI, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from api.console import access, cases, commands, detectors, devices, events, ledger, outbox, queue, signin
from api.errors import NotSignedIn
from api.failures import install
from api.pages import page
from api.reader import Reader
from api.security import csrf
from api.site import Site


def build(site: Site) -> FastAPI:
    """The console for one site."""
    app = FastAPI(title="Forewarn console", openapi_url=None, docs_url=None, redoc_url=None)
    app.state.site = site
    for part in (signin, queue, events, cases, outbox, devices, detectors, ledger):
        app.include_router(part.router)
    app.include_router(cases.posts)
    app.include_router(commands.posts)
    install(app, _failure)
    app.add_exception_handler(NotSignedIn, _to_sign_in)
    return app


def _failure(_request: Request, status: int, problem: str, fix: str) -> Response:
    return page(
        "console/failure.html", Reader.of("en", "UTC"), status, {"code": status, "problem": problem, "fix": fix}
    )


def _to_sign_in(request: Request, error: Exception) -> Response:
    if request.url.path in access.QUIET:
        return PlainTextResponse("Not signed in.\n", 401)
    wanted = csrf.safe_path(error.wanted if isinstance(error, NotSignedIn) else "", default="")
    query = "?" + urlencode({"wanted": wanted}) if wanted else ""
    return RedirectResponse("/console/sign-in" + query, 303)
