"""Settings of the web pages: the table ``[api]``."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from kit.settings import Section


class Config(Section):
    """Where the web process listens, how long a sign-in lasts, and how much one request may bring."""

    name: ClassVar[str] = "api"
    host: str = Field("127.0.0.1", description="Address that the web process listens on.")
    port: int = Field(8080, ge=0, le=65535, description="Port that the web process listens on; 0 takes a free one.")
    proxies: str = Field(
        "", description="Reverse proxies whose X-Forwarded-For is believed, comma separated; empty: none."
    )
    session_idle_minutes: int = Field(
        120, ge=1, le=1440, description="A sign-in ends after this long without a request."
    )
    session_hours: int = Field(12, ge=1, le=168, description="A sign-in ends after this long in any case.")
    sign_in_tries: int = Field(
        8, ge=1, le=100, description="Failed sign-ins of one account from one address in 15 minutes before a pause."
    )
    body_kib: int = Field(64, ge=1, le=1024, description="Largest request body that is read, in KiB.")
    request_seconds: float = Field(
        15, ge=1, le=300, description="How long a client may take to send a request's head, and again its body."
    )
    connections: int = Field(512, ge=8, le=65536, description="Connections that are served at one time.")
