"""Requests that are too large or too slow: refused before any page sees them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_TOO_LARGE = PlainTextResponse("The request's body is larger than any page takes.\n", 413)
_TOO_SLOW = PlainTextResponse("The request's body took too long to arrive.\n", 408)


class BodyLimits:
    """ASGI middleware that reads the whole body first, within `seconds`, else 408.

    A body of more than ``most_bytes(path)`` is answered with 413.
    """

    def __init__(self, app: ASGIApp, *, most_bytes: Callable[[str], int], seconds: float) -> None:
        self._app = app
        self._most_bytes = most_bytes
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in {"GET", "HEAD"}:
            await self._app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self._seconds):
                body = await self._read(receive, self._most_bytes(scope["path"]))
        except TimeoutError:
            await _TOO_SLOW(scope, receive, send)
            return
        if body is None:
            await _TOO_LARGE(scope, receive, send)
            return
        await self._app(scope, _replay(body, receive), send)

    async def _read(self, receive: Receive, most: int) -> bytes | None:
        """The body; None when it is too large, or the client left before its end."""
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return None
            body += message.get("body", b"")
            if len(body) > most:
                return None
            if not message.get("more_body", False):
                return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay
