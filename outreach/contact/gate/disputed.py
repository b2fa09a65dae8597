"""Whether they told us that we were wrong."""

from __future__ import annotations

from outreach.contact.gate.question import Decision, Question, ask, go


def decide(question: Question) -> Decision:
    """Ask a person when the customer said of the last such notice that nothing was wrong."""
    if question.disputed_at is None or question.approved_by:
        return go("The customer has not disputed this fault.")
    when = f"{question.disputed_at:%-d %B}"
    return ask(f"The customer said on {when} that this fault was not there; a person decides before we say so again.")
