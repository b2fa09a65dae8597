"""Topics: ``fw/v1/<tenant>/<device>/<channel>``; building, parsing, and what may stand in one."""

from __future__ import annotations

import re
from typing import Final

from ingest.errors import InvalidIdentifier

PREFIX: Final = "fw/v1"
TELEMETRY: Final = "telemetry"
COMMAND: Final = "cmd"
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}", re.ASCII)


def is_identifier(text: str) -> bool:
    """Whether `text` may name a tenant or a device: 1 to 128 ASCII letters, digits or ``._:@-``, not ``-`` first."""
    return _IDENTIFIER.fullmatch(text) is not None


def checked(identifier: str) -> str:
    """`identifier` itself. Raises InvalidIdentifier when it cannot stand in a topic."""
    if not is_identifier(identifier):
        raise InvalidIdentifier(identifier)
    return identifier


def telemetry(tenant: str, device: str) -> str:
    """The topic on which `device` publishes its readings. Raises InvalidIdentifier."""
    return f"{PREFIX}/{checked(tenant)}/{checked(device)}/{TELEMETRY}"


def command(tenant: str, device: str) -> str:
    """The topic on which `device` is told what to do. Raises InvalidIdentifier."""
    return f"{PREFIX}/{checked(tenant)}/{checked(device)}/{COMMAND}"


def device_of(topic: str, tenant: str) -> str | None:
    """The device that a telemetry topic of `tenant` names; None for every other topic."""
    parts = topic.split("/")
    if len(parts) != 5 or parts[0] != "fw" or parts[1] != "v1" or parts[2] != tenant or parts[4] != TELEMETRY:
        return None
    return parts[3] if is_identifier(parts[3]) else None


def split(topic: str, tenant: str) -> tuple[str, str] | None:
    """Device and channel of one of `tenant`'s own topics; None for every other topic. Channels may hold a slash."""
    parts = topic.split("/", 4)
    if len(parts) != 5 or parts[0] != "fw" or parts[1] != "v1" or parts[2] != tenant:
        return None
    return (parts[3], parts[4]) if is_identifier(parts[3]) else None


def matches(topic_filter: str, topic: str) -> bool:
    """Whether an MQTT topic filter covers a topic; ``$`` topics are not covered by a leading wildcard."""
    wanted, given = topic_filter.split("/"), topic.split("/")
    if topic[:1] == "$" and wanted[0] in {"+", "#"}:
        return False
    for at, level in enumerate(wanted):
        if level == "#":
            return True
        if at >= len(given) or level not in {"+", given[at]}:
            return False
    return len(wanted) == len(given)


def covers(wider: str, narrower: str) -> bool:
    """Whether every topic that one filter covers is covered by another."""
    return (wider.endswith("#") or not narrower.endswith("#")) and matches(wider, narrower)
