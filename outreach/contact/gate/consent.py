"""Whether they agreed to be told, and to what would be told."""

from __future__ import annotations

from ingest.registry.permissions import VITALS
from outreach.contact.gate.question import Decision, Question, go, refuse


def decide(question: Question) -> Decision:
    """Refuse without a consent in force; nobody can approve that away.

    What rests on vital signs needs the consent to those as well: detection sees none without it, but one may have
    been withdrawn since, or the device may have come to another owner.
    """
    agreed = question.customer.consents if question.customer is not None else ()
    for purpose in (question.purpose, *((VITALS,) if question.vitals else ())):
        if purpose not in agreed:
            about = "messages for" if purpose == question.purpose else "what this finding rests on:"
            return refuse(f"The customer has not agreed to {about} the purpose '{purpose}'.")
    return go(f"The customer has agreed to messages for the purpose '{question.purpose}'.")
