"""Whether it is this device's own trouble, or one that many share."""

from __future__ import annotations

from outreach.contact.gate.question import Decision, Question, ask, go


def decide(question: Question) -> Decision:
    """Ask a person while the finding counts to an incident: one cause is told in one way, or not to each customer."""
    if not question.shared:
        return go("No other cause accounts for it.")
    if question.approved_by:
        return go(f"Others show the same, but {question.approved_by} decided to tell the customer.")
    return ask(f"{question.shared} A person decides whether each customer is told.")
