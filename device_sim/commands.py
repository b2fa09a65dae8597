"""How a simulated device answers a command: it shows itself when asked to, and says honestly that it can no more."""

from __future__ import annotations

import json

ACK = "/ack"


def answer(payload: bytes, now_ms: int) -> bytes | None:
    """The answer for ``cmd/ack``; None for what is no command, or one whose time is over."""
    try:
        command = json.loads(payload)
        asked, name, expires = str(command["id"]), str(command["name"]), int(command["expires"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if expires < now_ms:
        return None
    known = name == "identify"
    said = "It showed itself." if known else f"A simulated device cannot {name[:80].replace('_', ' ')}."
    return json.dumps({"id": asked, "ok": known, "message": said}).encode()
