"""``POST /api/v1/telemetry``: the way in for devices that cannot hold an MQTT connection.

The same formats, the same judge, the same log and ledger as over MQTT. 202 means what PUBACK means: it is on disk.
Everything that a device sends and that is refused is counted and quarantined; the answer says so for each reason.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import math
from typing import Annotated, Any, NamedTuple

import anyio
from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse, Response

from api import metrics
from api.errors import KeyRefused, NotThisDevice, UnknownFormat
from api.rest.schemas import Problem, Taken
from api.site import Here, Site
from ingest.config import Config
from ingest.errors import IntakeBusy
from ingest.gateway.intake import Outcome
from ingest.identity import credentials
from ingest.registry.devices import Device
from ingest.wire import topics
from ingest.wire.codecs import CODECS
from kit.db import transaction

AT_ONCE = 8  # threads that check keys: more takes connections to the database from the pages, fewer slows a burst
ANSWER_S = 20.0  # the longest wait for the log; longer keeps dead connections, shorter sends twice for nothing
DETAILS = 20  # reasons in one answer; more is a device that reads none of them

router = APIRouter()
_threads = anyio.CapacityLimiter(AT_ONCE)


class Caller(NamedTuple):
    """Who a request says that it is; `device` is None where it says only the key."""

    device: str | None
    key: str


_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "One message or a batch of them, in the format that the content type (or `format`) says.",
        "content": {
            "application/json": {
                "example": {"ts": 1763750000000, "signals": {"coolant_temp": 91.2, "rpm": 2100}},
                "schema": {"oneOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}}]},
            }
        },
    },
    "security": [{"device_basic": []}, {"device_bearer": []}],
}
_REFUSALS: dict[int | str, dict[str, Any]] = {
    202: {"model": Taken, "description": "Durable: what was accepted, and what was refused and why."},
    401: {"model": Problem, "description": "No live key of this device."},
    403: {"model": Problem, "description": "The key is another device's."},
    413: {"description": "The body is larger than [ingest] max_payload_kb."},
    415: {"model": Problem, "description": "No format goes by this content type."},
    422: {"model": Taken, "description": "Nothing was accepted; all of it is counted and quarantined."},
    429: {"model": Problem, "description": "This device sends too much; `Retry-After` says when to go on."},
    503: {"model": Problem, "description": "Nothing was kept: send the same again after `Retry-After`."},
}

Format = Annotated[str, Query(alias="format", max_length=80, description="A format by its name, such as senml_json.")]


@router.post(
    "/v1/telemetry",
    status_code=202,
    response_model=Taken,
    responses=_REFUSALS,
    openapi_extra=_BODY,
    summary="Telemetry of the device that asks",
)
async def of_caller(request: Request, site: Here, wanted: Format = "") -> Response:
    """Take readings; HTTP Basic, with the device as the user name and its key as the password."""
    caller = _caller(request)
    if caller.device is None:
        raise KeyRefused
    return await _take(request, site, caller.device, caller.key, wanted)


@router.post(
    "/v1/devices/{identifier}/telemetry",
    status_code=202,
    response_model=Taken,
    responses=_REFUSALS,
    openapi_extra=_BODY,
    summary="Telemetry of one device",
)
async def of_device(request: Request, site: Here, identifier: str, wanted: Format = "") -> Response:
    """Take readings; the device's key as a Bearer token, or HTTP Basic as above."""
    caller = _caller(request)
    if caller.device is not None and caller.device != identifier:
        raise NotThisDevice(identifier)
    return await _take(request, site, identifier, caller.key, wanted)


async def _take(request: Request, site: Site, identifier: str, key: str, wanted: str) -> Response:
    device = await anyio.to_thread.run_sync(_verified, site, identifier, key, limiter=_threads)
    topic = _topic(request, site, device, wanted)
    body = await request.body()
    try:
        async with asyncio.timeout(ANSWER_S):
            intake = await asyncio.shield(asyncio.wrap_future(site.door.ready()))
            outcome = await asyncio.wrap_future(intake.submit(topic, body))
    except TimeoutError:
        raise IntakeBusy from None
    return _answer(request, site, outcome)


def _caller(request: Request) -> Caller:
    """Who asks, by the header ``Authorization``. Raises KeyRefused for one that cannot be read."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and given.strip():
        return Caller(None, given.strip())
    if scheme.lower() == "basic":
        try:
            device, colon, key = base64.b64decode(given.strip(), validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            raise KeyRefused from None
        if colon and topics.is_identifier(device):
            return Caller(device, key)
    raise KeyRefused


def _verified(site: Site, identifier: str, key: str) -> Device:
    with transaction(site.engine) as session:
        device = credentials.verify_key(session, site.tenant, identifier, key)
    if device is None:
        metrics.keys_refused.inc()
        raise KeyRefused
    return device


def _topic(request: Request, site: Site, device: Device, wanted: str) -> str:
    """The topic on which the device would have said this. Raises UnknownFormat."""
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnknownFormat(f"content encoding {request.headers['content-encoding'][:80]}")
    usual: str = site.settings.of(Config).codec
    name = wanted or _format_of(request.headers.get("content-type", ""), usual)
    if name not in CODECS:
        raise UnknownFormat(f"format {name[:80]}")
    topic = topics.telemetry(site.tenant, device.identifier)
    return topic if name == usual else f"{topic}/{name}"


def _format_of(content_type: str, usual: str) -> str:
    """The format that goes by this content type; the installation's usual one first. Raises UnknownFormat."""
    media = content_type.partition(";")[0].strip().lower()
    formats = dict(CODECS.items())
    for name in (usual, *formats):
        if media in formats[name].content_types:
            return name
    raise UnknownFormat(f"content type {media[:80] or '(none)'}")


def _answer(request: Request, site: Site, outcome: Outcome) -> Response:
    reasons = {refusal.reason for refusal in outcome.refusals}
    if reasons == {"throttled"} and not outcome.accepted:
        return _throttled(request, site)
    taken = Taken.of(outcome, DETAILS)
    nothing = not outcome.accepted and outcome.refusals
    return JSONResponse(taken.model_dump(), 422 if nothing else 202)


def _throttled(request: Request, site: Site) -> Response:
    wait = max(1, math.ceil(1 / site.settings.of(Config).device_rate))
    body = {
        "type": "about:blank",
        "title": "This device sends more than it may.",
        "status": 429,
        "detail": "Send fewer and larger messages; what is throttled is counted, not kept.",
        "instance": request.url.path,
    }
    return JSONResponse(body, 429, {"retry-after": str(wait)}, media_type="application/problem+json")
