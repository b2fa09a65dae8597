"""Where we would write to."""

from __future__ import annotations

from outreach.contact.gate.question import Decision, Question, go, refuse


def decide(question: Question) -> Decision:
    """Refuse when there is no verified contact point on the channel."""
    if question.address is None:
        return refuse(f"The customer has no verified address for {question.channel}.")
    return go(f"{question.address} is a verified address.")
