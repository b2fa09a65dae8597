"""Whether we are sure enough to tell a customer."""

from __future__ import annotations

from outreach.contact.gate.question import Decision, Question, ask, go


def decide(question: Question) -> Decision:
    """Ask a person when no finding of the episode is strong enough for a customer."""
    if question.strong:
        return go("The evidence is strong enough to tell the customer.")
    if question.approved_by:
        return go(f"The evidence is weak, but {question.approved_by} decided to tell the customer.")
    return ask("The evidence is not strong enough to write to the customer unless a person decides so.")
