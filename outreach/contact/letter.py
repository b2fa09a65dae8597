"""A letter: what a channel carries, in the customer's language, made from the case and its article."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from detectors.finding import Finding
from outreach.articles import texts
from outreach.cases import queries
from outreach.customers.record import Customer
from outreach.tables import CaseRow

TEMPLATES = Path(__file__).parent / "templates"
LONGEST_SUBJECT = 180  # longer ones are cut by mail programs anyway


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to one person. `message_id` (without angle brackets) is the same for every attempt."""

    message_id: str
    recipient_name: str
    address: str
    language: str
    subject: str
    text: str
    html: str
    unsubscribe_url: str
    reference: str


@dataclass(frozen=True, slots=True)
class Pages:
    """Absolute addresses that the letter points at."""

    case_url: str
    unsubscribe_url: str


def write(
    template: str, case: CaseRow, finding: Finding, customer: Customer, pages: Pages, *, address: str, message_id: str
) -> Letter:
    """The letter of the template `template` about the case."""
    language = texts.language_for(customer.language)
    words = texts.words_for(language)
    advice = queries.advice_for(case, finding, language, customer.time_zone)
    reference = queries.reference(case.number)
    subject = words.subject.format(title=advice.title, device=case.device_label, reference=reference)
    facts = {
        "language": language,
        "words": words,
        "advice": advice,
        "greeting": words.greeting.format(name=customer.name),
        "confidence": texts.confidence_words(language, finding.confidence),
        "reference": words.reference.format(reference=reference),
        "pages": pages,
        "subject": one_line(subject),
    }
    return Letter(
        message_id=message_id,
        recipient_name=customer.name,
        address=address,
        language=language,
        subject=one_line(subject),
        text=_templates().get_template(f"{template}.txt.j2").render(facts),
        html=_templates().get_template(f"{template}.html.j2").render(facts),
        unsubscribe_url=pages.unsubscribe_url,
        reference=reference,
    )


def one_line(text: str) -> str:
    """Text for a header: no line break and no control sign gets through, however the device is named."""
    kept = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return kept if len(kept) <= LONGEST_SUBJECT else kept[: LONGEST_SUBJECT - 1] + "…"


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html.j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
