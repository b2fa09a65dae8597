"""What a channel is: it takes a letter and says exactly what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from sqlalchemy.orm import Session

from outreach.contact.letter import Letter


class Fate(StrEnum):
    """What became of one attempt."""

    DELIVERED = "delivered"  # the provider has taken it
    TEMPORARY = "temporary"  # it was certainly not taken; a later attempt may be
    PERMANENT = "permanent"  # it was refused, and will be again
    UNKNOWN = "unknown"  # the provider had it in hands when we lost sight: never sent again by itself


@dataclass(frozen=True, slots=True)
class Receipt:
    """The fate of an attempt, with the provider's words or ours."""

    fate: Fate
    words: str


class Proof(StrEnum):
    """What can be found out later about an attempt whose fate is unknown."""

    DELIVERED = "delivered"
    NOT_DELIVERED = "not_delivered"
    NONE = "none"


class Channel(Protocol):
    """A way to reach people. One instance serves several threads."""

    name: str

    def deliver(self, letter: Letter) -> Receipt:
        """Try once; never raises for anything that the provider or the network does."""
        ...

    def proof(self, session: Session, message_id: str) -> Proof:
        """Look for the letter at the provider; NONE when the provider cannot be asked."""
        ...
