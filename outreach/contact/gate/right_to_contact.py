"""Whether what found it may speak to customers by itself: verdicts and the budget of false contacts say so."""

from __future__ import annotations

from outreach.contact.gate.question import Decision, Question, ask, go


def decide(question: Question) -> Decision:
    """Ask a person when such findings were wrong too often, or the budget of the device or the fleet is used up."""
    if question.right.granted:
        return go(question.right.reason)
    if question.approved_by:
        return go(f"{question.right.reason} {question.approved_by} decided to tell the customer.")
    return ask(question.right.reason)
