"""Settings of the detectors."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from kit.settings import Section


class Config(Section):
    """How the detector worker runs. What it looks for is in the fault catalogue and the profiles."""

    name: ClassVar[str] = "detectors"
    checkpoint_s: float = Field(
        5.0, ge=0.1, le=600, description="Seconds between two checkpoints; longer means a longer replay after a crash."
    )
    lease_s: float = Field(
        15.0, ge=2, le=600, description="Seconds after which another worker may take a partition from a dead one."
    )
    frames_per_step: int = Field(
        500, ge=1, le=100_000, description="Log frames read at once; more is faster in a replay and uses more memory."
    )
    contact_severity: float = Field(
        0.5,
        ge=0,
        le=1000,
        description="Severity from which a finding may be told to the customer; lower tells of limits only just "
        "passed, higher tells late.",
    )
    contact_confidence: float = Field(
        0.0, ge=0, le=1, description="Confidence from which a finding may be told to the customer; higher tells fewer."
    )
    false_contacts_per_1000_device_days: float = Field(
        1.0,
        ge=0,
        le=1000,
        description="The promise: so many contacts per 1,000 device-days may be wrong; beyond that a person decides. "
        "0: nobody is told anything without a person.",
    )
    least_precision: float = Field(
        0.8,
        ge=0,
        lt=1,
        description="Share of contacts that must be right; what verdicts show to be worse waits for a person. "
        "Higher sends more cases to staff.",
    )
    watch: dict[str, dict[str, dict[str, float]]] = Field(
        {},
        description="Parameters of what is watched, as tables `[detectors.watch.<device type>.<symptom>]`; "
        "`forewarn detectors list` names the symptoms.",
    )
    shadow: dict[str, dict[str, dict[str, float]]] = Field(
        {},
        description="A draft of `watch`, laid over it and run beside it: it opens nothing and is reported by "
        "`forewarn detectors trust`. Costs as much as the live detector.",
    )
    attention_threshold: float = Field(
        8.65, gt=0, description="Surprise (nats) at which `detectors score` raises attention; lower shows more."
    )
    trip_days: float = Field(
        90.0, ge=1, le=3650, description="Days for which trips are kept for those who agreed to be coached."
    )
