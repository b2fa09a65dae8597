"""Whether we have told them already."""

from __future__ import annotations

from outreach.contact.gate.question import Decision, Question, go, refuse


def decide(question: Question) -> Decision:
    """Refuse when the customer was told about this fault of this device a short while ago."""
    if question.told_at is None or question.now - question.told_at >= question.rules.repeat:
        return go("The customer has not been told about this lately.")
    if question.approved_by:
        return go(f"The customer was told already, but {question.approved_by} decided to tell them again.")
    when = f"{question.told_at:%-d %B %H:%M} UTC"
    return refuse(f"The customer was told about this fault on {when} already.")
