"""Forged requests: every form carries a token made from the reader's own cookie, and other sites are turned away.

The token is HMAC-SHA256 over the cookie with the installation's key (the "HMAC-based token" of the OWASP cheat
sheet): nothing is stored, and a token of another session, or of the time before the sign-in, does not fit.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import urlsplit


def token(key: bytes, cookie: str) -> str:
    """The token that forms for the holder of `cookie` carry."""
    return hmac.new(key, b"form|" + cookie.encode(), hashlib.sha256).hexdigest()


def fits(key: bytes, cookie: str, given: str) -> bool:
    """Whether `given` is the token for `cookie`; never for an empty cookie."""
    return bool(cookie) and hmac.compare_digest(token(key, cookie).encode(), given.encode())


def from_elsewhere(headers: Mapping[str, str]) -> bool:
    """Whether the browser says that another site sent this request (Fetch Metadata, else the Origin header)."""
    if site := headers.get("sec-fetch-site"):
        return site not in {"same-origin", "none"}
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc.lower() != headers.get("host", "").lower()


def safe_path(wanted: str, default: str = "/console/queue") -> str:
    """`wanted` when it is a path inside the console, else `default`: a sign-in never leads to another site."""
    parts = urlsplit(wanted)
    inside = not parts.scheme and not parts.netloc and wanted.startswith("/console/")
    plain = wanted.isprintable() and "\\" not in wanted and "//" not in wanted and ".." not in wanted
    return wanted if inside and plain else default
