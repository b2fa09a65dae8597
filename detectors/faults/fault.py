"""What a fault is to detection: a cause with the symptoms that give it away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Level = Literal["low", "medium", "high"]
RAISE_AT = 1.0  # weight of the symptoms that raises a fault


@dataclass(frozen=True, slots=True)
class Fault:
    """A cause on a device.

    `device_types` are the types that can have it, () all. `impact` and `urgency` make a case's priority;
    `text_key` names the texts for people. `signature` gives each symptom its weight: the fault is raised when the
    weights of the symptoms that show together reach 1, so 1 means "proof enough alone" and 0.5 "needs another";
    the weight of a symptom that speaks against it is negative. `contact` says that the customer may be told, as soon
    as the evidence is strong enough for it; with `once_lasting` not before a symptom lasts (±2 in `Scores.active`).
    """

    name: str
    label: str
    device_types: tuple[str, ...]
    impact: Level
    urgency: Level
    text_key: str
    contact: bool
    signature: Mapping[str, float] = field(default_factory=dict)
    once_lasting: bool = False
