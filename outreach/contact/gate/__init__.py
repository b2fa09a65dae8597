"""The contact gate: one question, answered by small stages in a readable order; the first objection decides.

Order matters for the reason that people read: first whether there is anything to say, then whether we may say it to
this person, then whether we should, last when. Out-of-tree stages (entry point ``forewarn.gate_stage``) come after.
"""

from __future__ import annotations

from kit.plugins import Registry
from outreach import metrics
from outreach.contact.gate import (
    address,
    consent,
    disputed,
    duplicate,
    evidence,
    fresh,
    mended,
    owner,
    quiet_time,
    right_to_contact,
    shared,
    still_true,
)
from outreach.contact.gate.question import Question, Ruling, Stage, Verb, go

STAGES: Registry[Stage] = Registry(
    "gate_stage",
    {
        "still_true": still_true.decide,
        "owner": owner.decide,
        "consent": consent.decide,
        "address": address.decide,
        "evidence": evidence.decide,
        "fresh": fresh.decide,
        "duplicate": duplicate.decide,
        "disputed": disputed.decide,
        "mended": mended.decide,
        "right_to_contact": right_to_contact.decide,
        "shared": shared.decide,
        "quiet_time": quiet_time.decide,
    },
)


def decide(question: Question) -> Ruling:
    """Ask every stage in order until one objects; a notice that none objects to may go now."""
    passed: list[tuple[str, str]] = []
    for name, stage in STAGES.items():
        decision = stage(question)
        metrics.gate_decisions.labels(name, decision.verb).inc()
        if decision.verb is not Verb.SEND:
            return Ruling(name, decision, tuple(passed))
        passed.append((name, decision.reason))
    return Ruling("gate", go("Every condition for writing to the customer is met."), tuple(passed))
