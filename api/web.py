"""The whole site: three applications under one roof, each with its own sign-in, and limits and headers around all."""

from __future__ import annotations

from functools import partial

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Scope

from api.console import app as console
from api.customer import app as customer
from api.measure import Measure
from api.pages import STATIC
from api.rest import app as rest
from api.security.bodies import BodyLimits
from api.security.headers import SecurityHeaders
from api.site import Site
from ingest.config import Config as IngestConfig
from kit.db import check
from kit.errors import ForewarnError


class _Static(StaticFiles):
    """Static files whose address changes with their content, so that browsers may keep them."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        versioned = b"v=" in scope["query_string"]
        answer.headers["cache-control"] = "public, max-age=31536000, immutable" if versioned else "public, max-age=3600"
        return answer


def build(site: Site) -> ASGIApp:
    """The ASGI application of one web process."""
    root = Starlette(
        routes=[
            Route("/", _home),
            Route("/healthz", _health),
            Mount("/static", _Static(directory=STATIC)),
            Mount("/console", console.build(site)),
            Mount("/c", customer.build(site)),
            Mount("/api", rest.build(site)),
        ]
    )
    root.state.site = site
    limited = BodyLimits(root, most_bytes=partial(_most_bytes, site), seconds=site.config.request_seconds)
    return SecurityHeaders(Measure(limited), https=site.https)


def _most_bytes(site: Site, path: str) -> int:
    """Devices may send as much over HTTP as over MQTT."""
    if path.startswith("/api/v1/") and path.endswith("/telemetry"):
        return site.settings.of(IngestConfig).max_payload_kb * 1024
    return site.config.body_kib * 1024


async def _home(_request: Request) -> Response:
    return RedirectResponse("/console/queue", 303)


def _health(request: Request) -> Response:
    """200 while this process can serve pages, 503 while the database is away. Says nothing else to strangers."""
    try:
        check(request.app.state.site.engine)
    except ForewarnError:
        return JSONResponse({"status": "database away"}, 503)
    return JSONResponse({"status": "ok"})
