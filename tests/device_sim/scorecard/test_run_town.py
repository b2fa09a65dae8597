"""Customers at work on a real product: mails over SMTP, links that are followed, help buttons, repairs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from detectors import queries as findings
from detectors.finding import Evidence, Finding, FindingKind, finding_id
from device_sim.faults.fault import Occurrence
from device_sim.manifest import manifest
from device_sim.models.machine import DAY_MS, HOUR_MS
from device_sim.people import Ways
from device_sim.scenarios.scenario import FIRST_DAY, Birth, Customer, Handover, Scenario
from device_sim.scorecard.record import Record
from device_sim.scorecard.run.ahead import Mend, on_wire
from device_sim.scorecard.run.mailbox import Mailbox
from device_sim.scorecard.run.outcome import outcome
from device_sim.scorecard.run.place import laid_over
from device_sim.scorecard.run.product import Product
from device_sim.scorecard.run.town import Town
from device_sim.scorecard.run.whole import OF_A_RUN, mail_channels
from device_sim.stream import DeviceSpec
from kit.clock import VirtualClock, from_ms
from kit.db import transaction
from kit.settings import Settings

ZONE = "Europe/Berlin"
NOON = FIRST_DAY + 12 * HOUR_MS
LEAK = Occurrence("hp-1", "refrigerant_leak", FIRST_DAY - DAY_MS, FIRST_DAY + 5 * DAY_MS)


def scenario(people: Ways, *handovers: Handover, truth: tuple[Occurrence, ...] = (LEAK,)) -> Scenario:
    customers = tuple(
        Customer(name, name.title(), "en", ZONE, f"{name}@example.org", quiet_hours=None) for name in ("robin", "kim")
    )
    device = DeviceSpec("hp-1", "heat_pump", "Aero 8", "2.4.1", "Heat pump", "robin", ZONE)
    return Scenario(
        "hand", Birth(6, NOON + 10 * DAY_MS, 10), (device,), customers, truth, people=people, handovers=handovers
    )


class World:
    """A product with its customers, moved by hand."""

    def __init__(self, product: Product, town: Town, made: Scenario, mailbox: Mailbox) -> None:
        self.product, self.town, self.made, self.mailbox = product, town, made, mailbox

    def find(self, fault: str = "refrigerant_leak", kind: FindingKind = "raised", contact: bool = True) -> Finding:
        """Detection finds something now."""
        at = self.product.clock.now()
        seen = Evidence("Seen.", ("seen",), at - timedelta(hours=1), at, (), 10, 0.0)
        key = finding_id(self.product.tenant, "hp-1", fault, at, kind)
        one = Finding(key, self.product.tenant, "hp-1", fault, kind, at, at, 9.0, 4.0, 0.9, contact, "hand", "1", seen)
        with transaction(self.product.engine) as session:
            findings.write(session, [one])
        self.product.wake()
        return one

    def live(self, hours: float, tick_ms: int = HOUR_MS // 4) -> None:
        """Let that much time go by."""
        end_ms = self.product.clock.now_ms() + round(hours * HOUR_MS)
        while self.product.clock.now_ms() < end_ms:
            now_ms = self.product.clock.now_ms() + tick_ms
            self.product.clock.advance_to(now_ms)
            self.town.act(now_ms)
            arrived = on_wire(self.product.tenant, self.town.calls())
            self.product.append(self.product.take(arrived, now_ms))
            self.product.step()
            self.town.read_mail(now_ms)

    def record(self) -> Record:
        return outcome(self.made, self.product, self.town, {})

    def said(self) -> list[str]:
        return [one.what for one in self.town.said]


@contextmanager
def world(settings: Settings, made: Scenario) -> Iterator[World]:
    mine = laid_over(settings, OF_A_RUN)
    clock, mailbox = VirtualClock(NOON), Mailbox()
    with mail_channels(mine, clock, mailbox) as channels, closing(Product(mine, clock, channels)) as product:
        fleet = manifest(made)
        product.register(fleet["devices"], fleet["customers"])
        yield World(product, Town(made, product, mailbox), made, mailbox)


@pytest.mark.slow
def test_a_finding_becomes_a_mail_an_answer_and_a_repair_whose_end_is_in_the_truth(settings: Settings) -> None:
    everybody = Ways(answers=1, answer_h=1, repairs=1, repair_days=1, says_fixed=1)
    with world(settings, scenario(everybody)) as here:
        one = here.find()
        here.live(1)
        mend = here.town.mends()[0]
        assert (mend.device, mend.fault) == ("hp-1", "refrigerant_leak")
        here.town.mended(Mend(mend.device, mend.fault, mend.at_ms + HOUR_MS))
        here.live((mend.at_ms - NOON) / HOUR_MS + 48)
        record = here.record()
    assert here.said() == ["fixed"]
    assert [(n.state, n.customer, n.finding, n.stage) for n in record.notices] == [
        ("delivered", "robin", str(one.id), "gate")
    ]
    assert [c.findings for c in record.cases] == [(str(one.id),)]
    assert [(v.verdict, v.source) for v in record.verdicts] == [("true", "customer")]
    assert record.truth[0].end_ms == mend.at_ms + HOUR_MS
    assert [(f.at_ms, f.contact) for f in record.findings] == [(NOON + HOUR_MS // 4, True)]


def test_who_is_told_that_something_is_wrong_while_nothing_is_says_so_and_opts_out(settings: Settings) -> None:
    angry = Ways(answers=1, answer_h=1, opts_out_wrong=1)
    with world(settings, scenario(angry, truth=())) as here:
        here.find()
        here.live(48)
        here.find("sensor_stuck")
        here.live(24)
        record = here.record()
    assert sorted(here.said()) == ["unsubscribed", "wrong"]
    assert [(n.state, n.stage) for n in record.notices] == [("delivered", "gate"), ("withheld", "consent")]
    assert [(v.verdict, v.source) for v in record.verdicts] == [("false", "customer")]


def test_who_notices_before_being_told_presses_the_help_button_once(settings: Settings) -> None:
    with world(settings, scenario(Ways(complains=1, complain_h=1, repairs=1, repair_days=1))) as here:
        here.live(6 * 24)
        record = here.record()
        mends = here.town.mends()
    assert [(s.what, s.device, s.fault) for s in record.said] == [("complained", "hp-1", "refrigerant_leak")]
    assert [(f.fault, f.detector) for f in record.findings] == [("help_requested", "help")]
    assert [c.fault for c in record.cases] == ["help_requested"]
    assert [mend.fault for mend in mends] == ["refrigerant_leak"]


def test_who_was_told_before_noticing_does_not_complain(settings: Settings) -> None:
    with world(settings, scenario(Ways(complains=1, complain_h=1))) as here:
        here.find()
        here.live(6 * 24)
    assert here.said() == []


def test_mail_to_an_address_that_died_fails_and_the_record_says_so(settings: Settings) -> None:
    with world(settings, scenario(Ways(moves=1))) as here:
        here.mailbox.dead.add("robin@example.org")
        here.find()
        here.live(1)
        record = here.record()
    assert [(n.state, n.delivered_ms) for n in record.notices] == [("failed", None)]
    assert "Nobody has this address" in record.notices[0].reason
    assert here.said() == []


def test_a_new_address_that_was_told_is_written_to(settings: Settings) -> None:
    with world(settings, scenario(Ways(moves=1, tells_address=1))) as here:
        here.live(9 * 24, 6 * HOUR_MS)
        here.find()
        here.live(1)
        record = here.record()
        with transaction(here.product.engine) as session:
            address = session.scalar(text("SELECT address FROM outbox"))
    assert ("robin", "moved") in [(s.customer, s.what) for s in record.said]
    assert (record.notices[0].state, address) == ("delivered", "robin.new@example.org")


def test_what_happens_after_a_device_changed_hands_is_told_to_its_new_owner(settings: Settings) -> None:
    answering = Ways(answers=1, answer_h=1, calls=1)
    with world(settings, scenario(answering, Handover("hp-1", "kim", NOON + DAY_MS))) as here:
        here.live(25)
        here.find()
        here.live(30)
        record = here.record()
    assert [n.customer for n in record.notices] == ["kim"]
    assert [(s.customer, s.what) for s in record.said] == [("kim", "call_me")]


def test_a_link_that_no_longer_opens_its_page_is_no_answer(settings: Settings) -> None:
    answering = Ways(answers=1, answer_h=20, calls=1)
    with world(settings, scenario(answering)) as here:
        here.find()
        here.live(1)
        here.product.hand_over("hp-1", "kim")
        here.live(14 * 24, 6 * HOUR_MS)
    assert here.said() == []


def test_outreach_rests_until_something_is_due(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with world(settings, scenario(Ways())) as here:
        here.find()
        here.live(1)
        asked: list[int] = []
        monkeypatch.setattr(here.product, "_reach_out", lambda: asked.append(1))
        here.live(24)
        assert asked == []
        with transaction(here.product.engine) as session:
            assert session.scalars(select(text("state FROM cases"))).all() == ["awaiting_customer"]
        assert from_ms(here.product.clock.now_ms()).hour == 13
