"""Settings of outreach."""

from __future__ import annotations

from datetime import time
from email.utils import parseaddr
from typing import ClassVar, Literal

from pydantic import Field, SecretStr, field_validator

from kit.settings import Section


class Config(Section):
    """How customers are reached and how long a repaired device is watched."""

    name: ClassVar[str] = "outreach"
    smtp_host: str | None = Field(
        None, description="Mail server; empty: mails stay on this machine and are read at /console/outbox."
    )
    smtp_port: int = Field(587, ge=1, le=65535, description="Port of the mail server.")
    smtp_user: str | None = Field(None, description="User name at the mail server; empty: no sign-in.")
    smtp_password: SecretStr | None = Field(None, description="Password at the mail server.")
    smtp_tls: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="starttls (must succeed), tls from the first byte, or none (trusted networks only)."
    )
    smtp_timeout_s: float = Field(
        20.0, ge=0.2, le=120, description="Seconds that one step of a delivery may take before it counts as failed."
    )
    sender: str = Field("Forewarn <care@forewarn.invalid>", description="From address of every mail.")
    reply_to: str | None = Field(None, description="Where a customer's reply goes; empty: the sender.")
    sender_threads: int = Field(
        2, ge=1, le=32, description="Mails under way at once; more loads the mail server, fewer waits on slow answers."
    )
    retries: int = Field(
        6, ge=0, le=20, description="Further attempts after a temporary failure; then the notice has failed."
    )
    retry_first_s: float = Field(
        60.0, ge=0.1, le=3600, description="Seconds before the first further attempt; each next one waits four times."
    )
    lease_s: float = Field(
        180.0, ge=1, le=3600, description="Seconds a delivery may take before another process looks into its fate."
    )
    monitoring_hours: float = Field(
        24.0, gt=0, le=24 * 90, description="Hours a device must stay healthy before its case resolves by itself."
    )
    settle_minutes: float = Field(
        5.0, ge=0, le=24 * 60, description="Least minutes in monitoring, also when the recovery is long ago already."
    )
    fresh_hours: float = Field(
        24.0, gt=0, le=24 * 30, description="A notice about a finding older than this waits for a person."
    )
    repeat_hours: float = Field(
        24.0, ge=0, le=24 * 30, description="Hours in which a customer is not told again about one fault of one device."
    )
    quiet_from: time = Field(time(21, 0), description="Quiet hours begin, for customers who set none (their zone).")
    quiet_until: time = Field(time(8, 0), description="Quiet hours end; the same time twice means none.")
    link_days: float = Field(30.0, gt=0, le=365, description="Days for which a link in a mail opens its page.")

    @field_validator("sender")
    @classmethod
    def _sender_has_an_address(cls, value: str) -> str:
        address = parseaddr(value)[1]
        if "@" not in address or any(sign in value for sign in "\r\n"):
            raise ValueError("write it as 'Name <name@example.com>'")
        return value
