"""A small fleet with its readings, faults and customers, put in through the same functions that the product uses."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import numpy as np
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from api.security import accounts
from detectors import queries as findings
from detectors.finding import Evidence, Finding, FindingKind, SignalEvidence, finding_id
from ingest import commands
from ingest.build import open_store
from ingest.reading import DeviceEvent, EventKind, ReadingBatch, series_id
from ingest.registry.devices import Device, DeviceSpec, register
from ingest.store.protocol import TelemetryStore, keep
from ingest.tables import DeviceEventRow, DeviceStatusRow
from ingest.wire.device_types import DEVICE_TYPES
from kit.clock import Clock, to_ms
from kit.db import transaction
from kit.settings import Settings
from outreach.build import loops
from outreach.cases import calls, queries, triage
from outreach.contact import links, sink
from outreach.contact.channels import open_all
from outreach.customers import consent, record
from outreach.customers.quiet_hours import QuietHours
from outreach.customers.record import ContactPoint, Customer

ADDRESS = "kim@example.com"
PASSWORD = "correct horse battery"
WATCH = triage.Watch(timedelta(hours=24), timedelta(minutes=5))
Shape = Callable[[float], float]  # hours since the window's start to a value

PEOPLE = (
    ("c-lind", "Ada Lind", "en", "Europe/London"),
    ("c-brandt", "Jonas Brandt", "de", "Europe/Berlin"),
    ("c-rao", "Meera Rao", "en", "Asia/Kolkata"),
    ("c-silva", "Inês Silva", "en", "America/Sao_Paulo"),
)
FLEET = (
    ("car-0417", "vehicle", "Volvo V60 2019", "Ada’s Volvo", "c-lind"),
    ("hp-2203", "heat_pump", "Aerotherm 8", "Heat pump, Lindenweg 4", "c-brandt"),
    ("band-118", "wearable", "Pulse 3", "Meera’s band", "c-rao"),
    ("car-0592", "vehicle", "Fiat 500 2016", "Inês’s Fiat", "c-silva"),
    ("hp-1871", "heat_pump", "Aerotherm 12", "Heat pump, school", None),
)


@dataclass
class World:
    """What a test holds: where everything is kept, and short ways to fill it."""

    settings: Settings
    engine: Engine
    clock: Clock
    tenant: str = "demo"

    def staff(
        self, address: str = ADDRESS, name: str = "Kim Lee", tenant: str | None = None, commands: bool = True
    ) -> None:
        """A staff account with the password `PASSWORD`."""
        with transaction(self.engine) as session:
            accounts.add(
                session,
                self.clock,
                tenant or self.tenant,
                address,
                name=name,
                password=PASSWORD,
                time_zone="Europe/Berlin",
                commands=commands,
            )

    def fleet(self) -> dict[str, Device]:
        """Every customer with consent, every device with its owner."""
        with transaction(self.engine) as session:
            for key, name, language, zone in PEOPLE:
                point = ContactPoint("email", f"{key[2:]}@example.com", verified=True)
                hours = QuietHours(time(21), time(8))
                customer = Customer(self.tenant, key, name, language, zone, "metric", hours, (point,), ())
                record.save(session, customer, self.clock.now())
                consent.grant(session, self.tenant, key, record.SERVICE, source="test", at=self.clock.now())
            return {
                key: register(session, DeviceSpec(self.tenant, key, kind, model, "4.2.1", label, owner=owner))
                for key, kind, model, label, owner in FLEET
            }

    def readings(self, device: Device, hours: float, shapes: dict[str, Shape], step_s: int = 300) -> None:
        """Readings of the last `hours`; NaN leaves a gap."""
        kind = DEVICE_TYPES.get(device.type)
        end = to_ms(self.clock.now())
        ts = np.arange(end - int(hours * 3_600_000), end, step_s * 1000, dtype=np.int64)
        at = (ts - ts[0]) / 3_600_000
        batches = []
        for name, shape in shapes.items():
            value = np.array([shape(hour) for hour in at.tolist()])
            kept = np.isfinite(value)
            count = int(kept.sum())
            series = np.full(count, series_id(device.no, kind.signal(name).number), np.int64)
            quality, seq = np.zeros(count, np.uint8), np.full(count, -1, np.int64)
            batches.append(ReadingBatch(series, ts[kept], value[kept], quality, seq))
        store = open_store(self.settings)
        keep(store, ReadingBatch.concat(batches))
        store.close()

    def found(self, *given: Finding) -> list[int]:
        """Hand findings to triage; the numbers of all open cases then, newest first."""
        with transaction(self.engine) as session:
            findings.write(session, given)
        while triage.step(self.engine, self.clock, WATCH):
            pass
        with transaction(self.engine) as session:
            return sorted((row.number for row in queries.queue(session, self.tenant)), reverse=True)

    def contacted(self) -> None:
        """Let outreach decide about notices and deliver them to the built-in mail sink.

        In a thread, as in service: a browser under test has an event loop in this one.
        """

        def work() -> None:
            with sink.running(self.engine, self.clock, self.tenant) as port:
                steps = loops(self.settings, self.engine, open_all(self.settings, port), Past())
                while any([steps["planner"](), steps["sender-0"]()]):
                    pass

        with ThreadPoolExecutor(1) as thread:
            thread.submit(work).result()

    def finding(
        self,
        device: str,
        fault: str,
        signals: Sequence[SignalEvidence],
        *,
        summary: str,
        reasons: Sequence[str] = (),
        onset_h: float = 9,
        kind: FindingKind = "raised",
        confidence: float = 0.93,
    ) -> Finding:
        """A finding whose fault began `onset_h` hours ago and was noticed an hour later."""
        onset = self.clock.now() - timedelta(hours=onset_h)
        evidence = Evidence(summary, tuple(reasons), onset, self.clock.now(), tuple(signals), 2304, 0.012)
        return Finding(
            id=finding_id(self.tenant, device, fault, onset, kind),
            tenant=self.tenant,
            device=device,
            fault=fault,
            kind=kind,
            onset=onset,
            detected=onset + timedelta(hours=1),
            surprise=21.0,
            severity=9.1,
            confidence=confidence,
            contact=True,
            detector="seasonal",
            version="1",
            evidence=evidence,
        )

    def link(self, number: int, purpose: links.Purpose, days: float = 30) -> str:
        """The path of a customer's page for a case."""
        with transaction(self.engine) as session:
            row = queries.access_case(session, self.tenant, number)
            assert row.customer is not None
            claim = links.Claim(self.tenant, number, row.customer.id)
            made = links.urls(session, "http://x", claim, self.clock.now(), timedelta(days=days))
        return made[purpose].removeprefix("http://x")

    def help_case(self) -> int:
        """Somebody at the school's heat pump asks for help, which said that it is online and was told things."""
        device = self.fleet()["hp-1871"]
        now = self.clock.now()
        self.readings(device, 0.2, {"supply_temp": lambda h: 34 + 20 * h, "outdoor_temp": lambda _h: 3.5}, step_s=30)
        with transaction(self.engine) as session:
            session.add(DeviceStatusRow(device_no=device.no, online=True, since=now - timedelta(hours=7)))
            said = {"kind": "help", "at": now, "received_at": now, "body": b'{"message": "It is cold in room 12"}'}
            session.add(DeviceEventRow(device_no=device.no, digest="", **said))
            for name, answer in (("identify", {"ok": True, "message": "blinked"}), ("restart", {"ok": False})):
                asked = commands.request(
                    session, device, name, by=ADDRESS, reason="Is it the one in the cellar?", now=now,
                    timeout=timedelta(minutes=10),
                )  # fmt: skip
                body = json.dumps({"id": str(asked.id), **answer}).encode()
                event = DeviceEvent(device.identifier, EventKind.COMMAND_ANSWER, 0, body)
                commands.answered(session, self.tenant, [event])
            commands.refuse(session, device, "restart", by="eve@example.com", reason="", now=now, why="Not allowed.")
        with closing(open_store(self.settings, read_only=True)) as store:
            calls.step(self.engine, self.clock, Past(store))
        return self.found()[0]

    def coolant_case(self) -> int:
        """Ada's Volvo runs hot; its number."""
        device = self.fleet()["car-0417"]
        self.readings(
            device, 60, {"coolant_temp": hot_engine, "engine_load": load, "rpm": lambda h: 900 + 45 * load(h)}
        )
        signals = (
            evidence(
                self.clock.now(), "coolant_temp", "Coolant temperature", "Cel", 109.4, (86.0, 95.5), 9.1, band=True
            ),
            evidence(self.clock.now(), "engine_load", "Engine load", "%", 31.0, (12.0, 46.0), 0.4, role="context"),
        )
        summary = "The coolant has been up to 14 °C hotter than expected at the same load since this morning."
        reasons = ("Coolant temperature above its expected range for 52 minutes", "Engine load as usual")
        return self.found(self.finding("car-0417", "coolant_leak", signals, summary=summary, reasons=reasons))[0]


@dataclass
class Past:
    """A store that is complete; without one nothing was ever measured."""

    store: TelemetryStore | None = None

    def complete(self, _session: Session, _device: Device, _at: datetime) -> bool:
        return True

    def read(self, device: Device, start: datetime, end: datetime) -> ReadingBatch:
        if self.store is None:
            return ReadingBatch.empty()
        series = [series_id(device.no, signal.number) for signal in DEVICE_TYPES.get(device.type).signals]
        return self.store.read(series, to_ms(start), to_ms(end))


def evidence(
    now: datetime,
    signal: str,
    label: str,
    unit: str,
    value: float,
    expected: tuple[float, float],
    severity: float,
    *,
    role: str = "cause",
    band: bool = False,
    hours: float = 57,
) -> SignalEvidence:
    """What one signal showed an hour ago, with a band of 100 points when asked for."""
    low, high = expected
    start = to_ms(now - timedelta(hours=hours))
    step = int(hours * 3_600_000 / 99)
    wave = [1.2 * math.sin(n / 99 * hours / 24 * 2 * math.pi) for n in range(100)]
    points = tuple((start + n * step, low + wave[n], high + wave[n]) for n in range(100)) if band else ()
    return SignalEvidence(
        signal=signal,
        label=label,
        unit=unit,
        role="cause" if role == "cause" else "context",
        at=now - timedelta(hours=1),
        value=value,
        expected_low=low,
        expected_high=high,
        surprise=severity * 2,
        severity=severity,
        band=points,
    )


def load(hour: float) -> float:
    """Engine load: two drives a day, parked (no reading) in between."""
    of_day = (hour + 4) % 24
    driving = 7 <= of_day < 8.6 or 16.5 <= of_day < 18.4 or 20 <= of_day < 20.5
    return 28 + 9 * math.sin(hour * 17) + 4 * math.sin(hour * 61) if driving else math.nan


def hot_engine(hour: float) -> float:
    """Coolant around 90 °C while driving, drifting up over the last hours."""
    return load(hour) * 0.06 + 89 + 1.1 * math.sin(hour * 23) + max(0.0, hour - 50.5) * 4.5
