"""Whether they agreed to be told."""

from __future__ import annotations

from outreach.contact.gate.question import Decision, Question, go, refuse


def decide(question: Question) -> Decision:
    """Refuse without a consent in force; nobody can approve that away."""
    if question.customer is None or question.purpose not in question.customer.consents:
        return refuse(f"The customer has not agreed to messages for the purpose '{question.purpose}'.")
    return go(f"The customer has agreed to messages for the purpose '{question.purpose}'.")
