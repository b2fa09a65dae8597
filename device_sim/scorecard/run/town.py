"""The customers of a scenario at work: they read their mail, answer, complain, move, and have things repaired.

What they decide is `device_sim.people`'s; here it is done, through the doors that the product has for it: the links in
a mail, and the help button of the device.
"""

from __future__ import annotations

import heapq
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import cast

from sqlalchemy.orm import Session

from device_sim.faults.fault import Occurrence
from device_sim.payload import Packet
from device_sim.people import Person, Told, active
from device_sim.scenarios.scenario import Customer, Scenario
from device_sim.scorecard.record import Said
from device_sim.scorecard.run.ahead import Mend
from device_sim.scorecard.run.mailbox import Mail, Mailbox
from device_sim.scorecard.run.product import Product
from kit.db import transaction
from outreach.cases.views import Answer
from outreach.contact import inbound
from outreach.contact.links import Purpose
from outreach.customers import record
from outreach.customers.record import ContactPoint
from outreach.errors import LinkExpired, LinkInvalid
from outreach.tables import CaseRow, OutboxRow

HELP = "help"
COMPLAINT = json.dumps({"message": "Something is wrong with it."}).encode()

Deed = Callable[[], None]


@dataclass(frozen=True, slots=True)
class _Told:
    """A notice that arrived: to whom, about what, in which case, and the tokens of its links."""

    customer: str
    about: Told
    case: int
    links: dict[str, str]


class Town:
    """Belongs to the thread of the run. `said` is what customers did so far, `truth` what is wrong with what."""

    def __init__(self, scenario: Scenario, product: Product, mailbox: Mailbox) -> None:
        self.said: list[Said] = []
        self.truth: list[Occurrence] = list(scenario.truth)
        self._product = product
        self._mailbox = mailbox
        self._customers = {customer.id: customer for customer in scenario.customers}
        seed = scenario.birth.seed
        self._people = {name: Person(scenario.people, seed, one) for name, one in self._customers.items()}
        self._owners = _owners(scenario)
        self._due: list[tuple[int, int, Deed]] = []
        self._turn = itertools.count()
        self._calls: list[Packet] = []
        self._mends: list[Mend] = []
        self._repaired: set[tuple[str, str]] = set()
        self._told: list[_Told] = []
        self._expect(scenario)

    def act(self, now_ms: int) -> None:
        """Do everything that is due at `now_ms`, the oldest first."""
        while self._due and self._due[0][0] <= now_ms:
            heapq.heappop(self._due)[2]()

    def calls(self) -> list[Packet]:
        """Help buttons that were pressed since the last look."""
        calls, self._calls = self._calls, []
        return calls

    def mends(self) -> tuple[Mend, ...]:
        """Repairs that were decided on since the last look."""
        mends, self._mends = self._mends, []
        return tuple(mends)

    def mended(self, mend: Mend) -> None:
        """A repair has its final instant."""
        self.truth = [
            replace(one, end_ms=mend.at_ms)
            if (one.device, one.fault) == (mend.device, mend.fault)
            and one.onset_ms < mend.at_ms
            and (one.end_ms is None or one.end_ms > mend.at_ms)
            else one
            for one in self.truth
        ]

    def read_mail(self, now_ms: int) -> None:
        """Read what arrived, and make up one's mind about it."""
        for mail in self._mailbox.take():
            told = self._understood(mail, now_ms)
            if told is None:
                continue
            self._told.append(told)
            person = self._people[told.customer]
            wrong = [one for one in self.truth if one.device == told.about.device]
            for at_ms, what in person.reaction(told.about, wrong):
                self._plan(at_ms, partial(self._answer, told, what))
            self._repair(person, told.about)

    def _expect(self, scenario: Scenario) -> None:
        """Plan what people do by themselves: complaints, moves, and devices that change hands."""
        period = scenario.period
        for one in scenario.truth:
            owner = self._owner(one.device, one.onset_ms)
            at_ms = self._people[owner].complaint(one) if owner in self._people else None
            if at_ms is not None:
                self._plan(at_ms, partial(self._complain, one, owner))
        for name, person in self._people.items():
            move = person.move(period.start_ms, period.end_ms)
            if move is not None:
                customer = self._customers[name]
                self._plan(move.at_ms, partial(self._mailbox.dead.add, customer.email))
                if move.told_ms is not None:
                    self._plan(move.told_ms, partial(self._tell_address, customer))
        for handover in scenario.handovers:
            self._plan(handover.at_ms, partial(self._product.hand_over, handover.device, handover.owner))

    def _plan(self, at_ms: int, deed: Deed) -> None:
        heapq.heappush(self._due, (at_ms, next(self._turn), deed))

    def _owner(self, device: str, at_ms: int) -> str:
        return [owner for since, owner in self._owners[device] if since <= at_ms][-1]

    def _understood(self, mail: Mail, now_ms: int) -> _Told | None:
        """Whose mail it is and what it says; None for one that is no notice."""
        with transaction(self._product.engine) as session:
            notice = session.get(OutboxRow, mail.notice)
            if notice is None or notice.customer_id not in self._people:
                return None
            case = session.get_one(CaseRow, notice.case_number)
            about = Told(case.device, case.fault, now_ms)
            return _Told(notice.customer_id, about, case.number, mail.links)

    def _repair(self, person: Person, told: Told) -> None:
        """Have mended what the notice is about, or else the first thing that is wrong."""
        wrong = [one for one in self.truth if one.device == told.device and active(one, told.at_ms)]
        wrong.sort(key=lambda one: one.fault != told.fault)
        for one in wrong:
            at_ms = None if (one.device, one.fault) in self._repaired else person.repair(one, told.at_ms)
            if at_ms is not None:
                self._repaired.add((one.device, one.fault))
                self._mends.append(Mend(one.device, one.fault, at_ms))
                return

    def _complain(self, about: Occurrence, owner: str) -> None:
        """Press the help button, unless one was told since it began, or it is well or somebody else's by now."""
        now_ms = self._product.clock.now_ms()
        known = any(
            told.customer == owner and told.about.device == about.device and told.about.at_ms >= about.onset_ms
            for told in self._told
        )
        same = [one for one in self.truth if (one.device, one.fault) == (about.device, about.fault)]
        ended = not any(active(one, now_ms) for one in same)
        if known or ended or self._owner(about.device, now_ms) != owner:
            return
        self._calls.append(Packet(about.device, now_ms, HELP, COMPLAINT, 0))
        self.said.append(Said(owner, about.device, about.fault, "complained", 0, now_ms))
        self._repair(self._people[owner], Told(about.device, about.fault, now_ms))

    def _answer(self, told: _Told, what: str) -> None:
        try:
            with transaction(self._product.engine) as session:
                self._follow(session, told, what)
        except (LinkInvalid, LinkExpired):  # the device is somebody else's by now: the page says so
            return
        self._say(told.customer, told.about.device, told.about.fault, what, told.case)

    def _follow(self, session: Session, told: _Told, what: str) -> None:
        """Follow a link of the mail and press its button."""
        clock = self._product.clock
        if what == "unsubscribed":
            inbound.unsubscribe(session, clock, told.links.get(Purpose.UNSUBSCRIBE, ""))
        else:
            inbound.answer(session, clock, told.links.get(Purpose.CASE, ""), Answer[what.upper()])

    def _tell_address(self, customer: Customer) -> None:
        """Give the new address, which is verified as the old one was."""
        name, _, domain = customer.email.partition("@")
        with transaction(self._product.engine) as session:
            known = cast("record.Customer", record.find(session, self._product.tenant, customer.id))
            moved = (ContactPoint("email", f"{name}.new@{domain}", verified=True),)
            record.save(session, replace(known, contact_points=moved), self._product.clock.now())
        self._say(customer.id, "", "", "moved", 0)

    def _say(self, customer: str, device: str, fault: str, what: str, case: int) -> None:
        self.said.append(Said(customer, device, fault, what, case, self._product.clock.now_ms()))
        self._product.wake()


def _owners(scenario: Scenario) -> dict[str, list[tuple[int, str]]]:
    """Who has each device from when on."""
    owners = {spec.id: [(0, spec.owner)] for spec in scenario.devices}
    for handover in scenario.handovers:
        owners[handover.device].append((handover.at_ms, handover.owner))
    return owners
