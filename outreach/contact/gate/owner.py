"""Whom we would tell."""

from __future__ import annotations

from outreach.contact.gate.question import Decision, Question, go, refuse


def decide(question: Question) -> Decision:
    """Refuse when nobody is known to own the device, or when it has changed hands since the case opened."""
    if question.owner_id is None:
        return refuse("Nobody is known to own this device.")
    if question.customer is None:
        return refuse(f"The owner '{question.owner_id}' has no customer record.")
    if question.case_customer_id not in {None, question.customer.id}:
        return refuse("The device has changed hands since the case opened.")
    return go(f"{question.customer.name} owns the device.")
