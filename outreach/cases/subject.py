"""What a case is about: the device, its owner and the fault, looked up where they live."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from detectors.faults.catalogue import FAULTS
from ingest.errors import UnknownDevice
from ingest.registry import devices
from outreach.articles.texts import FALLBACK_KEY
from outreach.cases.priority import priority
from outreach.customers import record
from outreach.customers.record import Customer


@dataclass(frozen=True, slots=True)
class FaultWords:
    """What outreach needs of a fault; a fault that this version does not know is shown by its name."""

    label: str
    text_key: str
    priority: int


@dataclass(frozen=True, slots=True)
class Subject:
    """A device as its case shows it. A device that is not registered (any more) is shown by its identifier."""

    label: str
    type: str
    owner_id: str | None
    customer: Customer | None


def fault_words(fault: str) -> FaultWords:
    """The words and the priority of the fault of that name."""
    if fault not in FAULTS:
        return FaultWords(fault.replace("_", " ").capitalize(), FALLBACK_KEY, priority("low", "low"))
    known = FAULTS.get(fault)
    return FaultWords(known.label, known.text_key, priority(known.impact, known.urgency))


def subject(session: Session, tenant: str, identifier: str) -> Subject:
    """The device and its present owner."""
    try:
        device = devices.access_device(session, tenant, identifier)
    except UnknownDevice:
        return Subject(identifier, "", None, None)
    customer = record.find(session, tenant, device.owner) if device.owner else None
    return Subject(device.label or identifier, device.type, device.owner, customer)
