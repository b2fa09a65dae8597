"""Counts and times every request by area: console, customer, api, static or other."""

from __future__ import annotations

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import metrics

_AREAS = {"console": "console", "c": "customer", "api": "api", "static": "static"}


class Measure:
    """ASGI middleware; a live stream is counted but not timed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        area = _AREAS.get(scope["path"].split("/")[1], "other")
        stream = False

        async def counted(message: Message) -> None:
            nonlocal stream
            if message["type"] == "http.response.start":
                metrics.requests.labels(area, f"{message['status'] // 100}xx").inc()
                stream = any(value.startswith(b"text/event-stream") for _, value in message["headers"])
            await send(message)

        await self._app(scope, receive, counted)
        if not stream:
            metrics.request_seconds.labels(area).observe(time.perf_counter() - began)
