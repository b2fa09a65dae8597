"""Whether there is still something to tell; asked again at the very moment of sending."""

from __future__ import annotations

from outreach.cases.lifecycle import IN_HANDS
from outreach.cases.views import Verdict
from outreach.contact.gate.question import Decision, Question, go, refuse


def decide(question: Question) -> Decision:
    """Refuse when the fault is gone, the case is over, or somebody has judged the finding wrong or harmless."""
    if not question.fault_present:
        return refuse("The fault cleared meanwhile, so there is nothing to tell any more.")
    if question.state not in IN_HANDS:
        return refuse(f"The case is {question.state.replace('_', ' ')}, so there is nothing to tell any more.")
    if question.verdict in {Verdict.FALSE, Verdict.BENIGN}:
        word = "wrong" if question.verdict is Verdict.FALSE else "harmless"
        return refuse(f"The finding was judged {word}.")
    return go("The fault is still there.")
