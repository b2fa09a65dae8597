"""Channels: each file is one way to reach people. Out-of-tree ones come by the entry point ``forewarn.channel``."""

from __future__ import annotations

from collections.abc import Callable

from kit.plugins import Registry
from kit.settings import Settings
from outreach.contact.channels import email
from outreach.contact.channels.channel import Channel

Opener = Callable[[Settings, int | None], Channel]  # settings, port of the built-in mail sink when it runs here

CHANNELS: Registry[Opener] = Registry("channel", {"email": email.open_channel})


def open_all(settings: Settings, sink_port: int | None) -> dict[str, Channel]:
    """Every registered channel, ready to deliver."""
    return {name: opener(settings, sink_port) for name, opener in CHANNELS.items()}
