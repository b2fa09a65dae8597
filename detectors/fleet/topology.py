"""Topology: while a hub cannot be heard, the silence of the devices behind it is not theirs.

A device's silence is explained when its hub was last heard at about the time at which the device was: neither long
before (then the device spoke without it) nor after (then it was alone). That the hub is silent is known by its open
finding or, before there is one, by when it was last heard. Pure: instants in, verdict out.
"""

from __future__ import annotations

from dataclasses import dataclass

from ingest.wire.device_types import DEVICE_TYPES

GRACE_MS = 900_000  # on top of three periods; shorter blames the device for a slow hub, longer the hub for the device
PERIODS = 3  # messages that must be missing before anybody counts as unheard
RETURN_MS = 7_200_000  # after the hub is back; shorter opens cases of devices that are about to speak again
UNKNOWN_PERIOD_S = 600  # of a device type that is not in the catalogue


@dataclass(frozen=True, slots=True)
class Hub:
    """What is known of the hub's voice, in epoch milliseconds: 0 for never.

    `silent_since` is the onset of its silence that began with the child's, `back` the end of that; `heard` is when it
    was last heard by the books of the writer, which may be behind.
    """

    silent_since: int = 0
    back: int = 0
    heard: int = 0


@dataclass(frozen=True, slots=True)
class Child:
    """A silent device: of which type, and since when."""

    type: str
    since: int


def together(hub_type: str, child: Child) -> tuple[int, int]:
    """From when to when the hub was last heard if its silence is the child's."""
    return child.since - slack(hub_type), child.since + slack(child.type)


def explains(hub: Hub, hub_type: str, child: Child) -> bool:
    """Whether the hub's silence is the child's."""
    first, last = together(hub_type, child)
    return first <= (hub.silent_since or hub.heard) <= last


def is_over(hub: Hub, child: Child) -> bool:
    """Whether the hub has been heard again for so long that the child, if it is silent still, is so by itself."""
    if hub.silent_since and not hub.back:
        return False
    return hub.heard >= max(hub.back, child.since + slack(child.type)) + RETURN_MS


def slack(device_type: str) -> int:
    """How long a device of this type may be unheard without being silent."""
    period_s = DEVICE_TYPES.get(device_type).period_s if device_type in DEVICE_TYPES else UNKNOWN_PERIOD_S
    return GRACE_MS + PERIODS * 1000 * round(period_s)
