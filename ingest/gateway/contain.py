"""The boundary to codecs and dialects, which may be plug-ins: whatever one raises costs one payload, never a batch."""

from __future__ import annotations

from ingest.errors import Undecodable
from ingest.gateway.judge import Refused
from ingest.gateway.routes import Way
from ingest.wire.message import Heard
from kit.logs import get

_log = get("gateway.codec")


def hear(way: Way, topic: str, payload: bytes, received_ms: int) -> Heard:
    """What a payload means. Raises Refused, and nothing else: ``undecodable`` or ``codec_failed``."""
    try:
        return way.hear(topic, payload, received_ms)
    except Undecodable as error:
        raise Refused("undecodable", error.reason) from None
    except Exception as error:
        detail = f"{type(error).__name__}: {str(error)[:200]}"
        _log.error("a codec failed on a payload, which is kept in the quarantine", topic=topic[:200], error=detail)
        raise Refused("codec_failed", detail) from error
