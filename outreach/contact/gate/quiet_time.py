"""Whether it is a decent hour for them."""

from __future__ import annotations

from outreach.contact.gate.question import Decision, Question, go, hold


def decide(question: Question) -> Decision:
    """Hold during the quiet hours of the customer (else of the house) in the customer's own zone."""
    if question.customer is None:
        return go("There is no customer to disturb.")
    quiet, zone = question.customer.quiet_hours or question.rules.quiet_hours, question.customer.zone
    until = quiet.held_until(question.now, zone)
    if until is None:
        return go(f"It is {question.now.astimezone(zone):%H:%M} for the customer.")
    local = question.now.astimezone(zone)
    reason = f"It is {local:%H:%M} for the customer ({zone.key}), whose quiet hours are {quiet}; held until they end."
    return hold(until, reason)
