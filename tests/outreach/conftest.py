"""A fleet of one car and its owner, and a way to have findings about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from detectors import queries as findings
from detectors.finding import Evidence, Finding, FindingKind, SignalEvidence, finding_id
from ingest.registry.devices import DeviceSpec, register
from kit.clock import VirtualClock, to_ms
from kit.db import transaction
from outreach.cases import triage
from outreach.customers import consent, record
from outreach.customers.quiet_hours import QuietHours
from outreach.customers.record import ContactPoint, Customer

TENANT = "demo"
NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
WATCH = triage.Watch(timedelta(hours=24), timedelta(minutes=5))


def make_finding(
    device: str = "car-1",
    fault: str = "coolant_leak",
    onset: datetime = NOON - timedelta(hours=2),
    kind: FindingKind = "raised",
    detected: datetime | None = None,
    contact: bool = True,
    confidence: float = 0.93,
) -> Finding:
    seen = detected or onset + timedelta(hours=1)
    signal = SignalEvidence(
        signal="coolant_temp",
        label="Coolant temperature",
        unit="Cel",
        role="cause",
        at=seen,
        value=112.0,
        expected_low=82.0,
        expected_high=98.0,
        surprise=14.0,
        severity=7.5,
        band=((to_ms(onset), 82.0, 98.0),),
    )
    evidence = Evidence(
        summary="Coolant temperature 112 °C, expected 82 to 98 °C.",
        reasons=("coolant hotter than usual",),
        window_start=onset,
        window_end=seen,
        signals=(signal,),
        readings_seen=120,
        readings_missing_share=0.0,
    )
    return Finding(
        id=finding_id(TENANT, device, fault, onset, kind),
        tenant=TENANT,
        device=device,
        fault=fault,
        kind=kind,
        onset=onset,
        detected=seen,
        surprise=14.0,
        severity=7.5,
        confidence=confidence,
        contact=contact,
        detector="fusion",
        version="1",
        evidence=evidence,
    )


def make_customer(customer_id: str = "c-1", **changes: object) -> Customer:
    customer = Customer(
        tenant=TENANT,
        id=customer_id,
        name="Ada Lind",
        language="en",
        time_zone="UTC",
        unit_system="metric",
        quiet_hours=QuietHours(time(21), time(8)),
        contact_points=(ContactPoint("email", "ada@example.com", verified=True),),
        consents=(),
    )
    return replace(customer, **changes)  # type: ignore[arg-type]


@dataclass
class World:
    """What a test holds: the engine, a clock that it moves, and short ways to the first steps."""

    engine: Engine
    clock: VirtualClock

    def people(self, customer: Customer | None = None, device: str = "car-1", consented: bool = True) -> Customer:
        customer = customer or make_customer()
        with transaction(self.engine) as session:
            record.save(session, customer, NOON)
            if consented:
                consent.grant(session, TENANT, customer.id, record.SERVICE, source="test", at=NOON)
            register(session, DeviceSpec(TENANT, device, "vehicle", label="Van 12", owner=customer.id))
        return customer

    def found(self, *given: Finding) -> None:
        with transaction(self.engine) as session:
            findings.write(session, given)

    def triage(self) -> int:
        """Take every waiting finding; returns how many there were."""
        taken = 0
        while triage.step(self.engine, self.clock, WATCH):
            taken += 1
        return taken

    def later(self, **span: float) -> None:
        self.clock.advance(int(timedelta(**span).total_seconds() * 1000))

    def read(self, question: Callable[[Session], object]) -> object:
        with transaction(self.engine) as session:
            return question(session)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Outreach needs the database alone, so no broker is started."""
    engine = create_engine(database_url, pool_size=10, connect_args={"options": "-c timezone=UTC"})
    yield engine
    engine.dispose()


@pytest.fixture
def world(engine: Engine) -> World:
    return World(engine, VirtualClock(to_ms(NOON)))
