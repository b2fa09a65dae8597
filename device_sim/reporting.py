"""How a device goes about reporting: each row at once, several in one message, or only what changed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Habit:
    """`rows_each` rows travel in one message, sent at the time of the last; `on_change` leaves out what did not change.

    `codec` is the payload format, one of the wire contract's.
    """

    rows_each: int = 1
    on_change: bool = False
    codec: str = "forewarn_json"


AT_ONCE = Habit()
