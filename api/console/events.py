"""Live news for open pages, as server-sent events: only the number of the case that changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from fastapi import APIRouter, Depends
from fastapi.sse import EventSourceResponse, format_sse_event
from starlette.responses import Response

from api.console.access import signed_in
from api.feed import CaseFeed
from api.site import Here

PING_S = 15.0  # longer and proxies cut the line; shorter wakes sleeping laptops for nothing
STREAM_S = 300.0  # then the browser asks again, and the sign-in is checked again
RETRY_MS = 3000

router = APIRouter()


@router.get("/events", dependencies=[Depends(signed_in)])
async def events(site: Here) -> Response:
    """A stream of ``case`` events; the page fetches what it shows anew at each."""
    return EventSourceResponse(_stream(site.feed), headers={"x-accel-buffering": "no"})


async def _stream(feed: CaseFeed) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    ends = loop.time() + STREAM_S
    with feed.subscribe() as news:
        yield format_sse_event(event="hello", data_str="", retry=RETRY_MS)
        while (left := ends - loop.time()) > 0:
            try:
                number = await asyncio.wait_for(news.get(), min(PING_S, left))
            except TimeoutError:
                yield format_sse_event(comment="still here")
                continue
            if number is None:
                return
            yield format_sse_event(event="case", data_str=str(number))
