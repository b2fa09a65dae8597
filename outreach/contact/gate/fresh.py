"""Whether it is still news."""

from __future__ import annotations

from outreach.contact.gate.question import Decision, Question, ask, go


def decide(question: Question) -> Decision:
    """Ask a person when the news was old already when we learned of it, as after a long outage."""
    age = question.planned_at - question.detected
    if age <= question.rules.fresh:
        return go("The finding is fresh.")
    if question.approved_by:
        return go(f"The finding is old, but {question.approved_by} decided to tell the customer.")
    hours = int(age.total_seconds() // 3600)
    return ask(f"The finding was {hours} hours old when it reached us; a person decides whether it is still news.")
