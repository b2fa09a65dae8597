"""From a case to the customer's inbox, over real SMTP into the built-in sink."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from kit.db import transaction
from outreach.cases import actions, monitoring, queries, timeline
from outreach.cases.views import Answer, CaseState, NoticeRow
from outreach.config import Config
from outreach.contact import asking, inbound, planner, sink
from outreach.contact.channels.channel import Fate, Receipt
from outreach.contact.channels.email import EmailChannel, Route
from outreach.contact.letter import Letter
from outreach.contact.sender import Sender, Terms
from outreach.customers import consent
from outreach.customers.record import ContactPoint
from outreach.errors import CaseFinished, LinkExpired, LinkInvalid, NothingToSend
from tests.outreach.conftest import NOON, TENANT, WATCH, World, make_customer, make_finding

CONFIG = Config()
STAFF = "staff@example.com"


class Mailer:
    """Planner and sender over the built-in sink."""

    def __init__(self, world: World, port: int) -> None:
        route = Route("127.0.0.1", port, "none", None, None, 5, 10, TENANT)
        channel = EmailChannel(route, CONFIG.sender, None, world.clock)
        self.world = world
        self.sender = Sender(world.engine, world.clock, {"email": channel}, Terms.of(CONFIG, "https://fw.example"))

    def work(self) -> None:
        """Triage, monitoring, planning and sending until nothing is left to do."""
        limits = asking.rules(CONFIG)
        self.world.triage()
        while monitoring.step(self.world.engine, self.world.clock, WATCH):
            pass
        while planner.step(self.world.engine, self.world.clock, limits) or self.sender.step():
            pass

    def notices(self) -> list[NoticeRow]:
        with transaction(self.world.engine) as session:
            return queries.outbox(session, TENANT)

    def only(self) -> NoticeRow:
        (notice,) = self.notices()
        return notice

    def events(self, number: int = 1001) -> list[str]:
        with transaction(self.world.engine) as session:
            return [event.kind for event in timeline.read(session, number)]

    def state(self, number: int = 1001) -> CaseState:
        with transaction(self.world.engine) as session:
            return queries.access_case(session, TENANT, number).row.state

    def links(self) -> tuple[str, str]:
        """The two tokens in the newest mail."""
        with transaction(self.world.engine) as session:
            newest = next(notice for notice in queries.outbox(session, TENANT) if notice.mail_id is not None)
            assert newest.mail_id is not None
            text = queries.sink_mail(session, TENANT, newest.mail_id).text
        found = dict(re.findall(r"https://fw\.example/c/(case|unsubscribe)/(\S+)", text))
        return found["case"], found["unsubscribe"]


@pytest.fixture
def mailer(world: World) -> Iterator[Mailer]:
    with sink.running(world.engine, world.clock, TENANT) as port:
        yield Mailer(world, port)


def test_a_fault_is_told_to_its_owner_once(world: World, mailer: Mailer) -> None:
    world.people()
    world.found(make_finding())
    mailer.work()
    mailer.work()
    notice = mailer.only()
    assert (notice.state, notice.address, notice.attempts) == ("delivered", "ada@example.com", 1)
    assert mailer.events() == ["opened", "notice_queued", "notice_delivered"]
    assert mailer.state() is CaseState.AWAITING_CUSTOMER
    assert notice.mail_id is not None
    with transaction(world.engine) as session:
        mail = queries.sink_mail(session, TENANT, notice.mail_id)
    headers = dict(mail.headers)
    assert mail.subject == "The engine runs hotter than it should: Van 12 (FW-1001)"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert re.fullmatch(r"<https://fw\.example/c/unsubscribe/[\w.-]+>", headers["List-Unsubscribe"])
    assert headers["Message-ID"] == f"<{notice.id}@forewarn.invalid>"
    for part in (mail.text, mail.html):
        assert "Ada Lind" in part
        assert "Van 12" in part
        assert "FW-1001" in part
        assert "https://fw.example/c/case/" in part


def test_a_german_customer_reads_german(world: World, mailer: Mailer) -> None:
    world.people(make_customer(language="de-AT", time_zone="Europe/Vienna", name="Jörg Öllinger"))
    world.found(make_finding())
    mailer.work()
    with transaction(world.engine) as session:
        mail = queries.sink_mail(session, TENANT, mailer.only().mail_id or 0)
    assert mail.subject.startswith("Der Motor wird heißer")
    assert "Guten Tag Jörg Öllinger" in mail.text
    assert "10. März, 11:00 (CET)" in mail.text


def test_without_consent_the_case_opens_and_nothing_is_sent(world: World, mailer: Mailer) -> None:
    world.people(consented=False)
    world.found(make_finding())
    mailer.work()
    assert mailer.only().state == "withheld"
    assert "not agreed" in mailer.only().reason
    assert mailer.events() == ["opened", "notice_withheld"]


def test_a_device_of_nobody_opens_a_case_and_says_why_nobody_is_told(world: World, mailer: Mailer) -> None:
    world.found(make_finding())
    mailer.work()
    assert mailer.only().reason == "Nobody is known to own this device."


def test_quiet_hours_hold_the_notice_until_they_end(world: World, mailer: Mailer) -> None:
    world.people(make_customer(time_zone="Asia/Tokyo"))  # noon UTC is 21:00 in Tokyo
    world.found(make_finding())
    mailer.work()
    assert (mailer.only().state, mailer.only().due_at) == ("held", NOON + timedelta(hours=11))
    world.later(hours=10, minutes=59)
    mailer.work()
    assert mailer.only().state == "held"
    world.later(minutes=1)
    mailer.work()
    assert mailer.only().state == "delivered"
    assert mailer.events() == ["opened", "notice_held", "notice_delivered"]


def test_a_held_notice_is_withdrawn_when_the_fault_clears_meanwhile(world: World, mailer: Mailer) -> None:
    world.people(make_customer(time_zone="Asia/Tokyo"))
    world.found(make_finding())
    mailer.work()
    world.found(make_finding(kind="cleared", detected=NOON + timedelta(hours=3)))
    world.later(hours=12)
    mailer.work()
    assert mailer.only().state == "withdrawn"
    assert mailer.only().reason == "The fault cleared meanwhile, so there is nothing to tell any more."
    assert mailer.events()[-1] == "notice_withdrawn"


def test_old_news_waits_for_a_person_who_may_send_it(world: World, mailer: Mailer) -> None:
    world.people()
    world.found(make_finding(onset=NOON - timedelta(hours=30)))
    mailer.work()
    with transaction(world.engine) as session:
        assert queries.access_case(session, TENANT, 1001).notice_waits_for_person
    assert (mailer.only().state, mailer.state()) == ("waiting", CaseState.NEW)
    with transaction(world.engine) as session:
        actions.send_notice(session, world.clock, TENANT, 1001, STAFF)
    mailer.work()
    assert mailer.only().state == "delivered"
    with transaction(world.engine) as session, pytest.raises(NothingToSend):
        actions.send_notice(session, world.clock, TENANT, 1001, STAFF)


def test_weak_evidence_waits_until_it_is_strong(world: World, mailer: Mailer) -> None:
    world.people()
    world.found(make_finding(contact=False))
    mailer.work()
    assert mailer.only().state == "waiting"
    world.found(make_finding(onset=NOON - timedelta(minutes=70)))
    mailer.work()
    assert mailer.only().state == "delivered"


def test_a_person_cannot_overrule_a_missing_consent(world: World, mailer: Mailer) -> None:
    world.people(consented=False)
    world.found(make_finding())
    mailer.work()
    with transaction(world.engine) as session:
        actions.send_notice(session, world.clock, TENANT, 1001, STAFF)
    mailer.work()
    assert mailer.only().state == "withdrawn"
    assert mailer.only().mail_id is None


def test_a_fault_that_flaps_is_told_once_a_day(world: World, mailer: Mailer) -> None:
    world.people()
    world.found(make_finding())
    mailer.work()
    world.found(make_finding(kind="cleared", detected=NOON), make_finding(onset=NOON))
    mailer.work()
    newest, first = mailer.notices()
    assert (first.state, newest.state) == ("delivered", "withheld")
    assert "told about this fault" in newest.reason


@pytest.mark.slow
@pytest.mark.parametrize(
    ("given", "state", "verdict"),
    [
        (Answer.FIXED, CaseState.MONITORING, "true"),
        (Answer.NOT_ME, CaseState.OPEN, "unknown"),
        (Answer.CALL_ME, CaseState.OPEN, None),
        (Answer.WRONG, CaseState.RESOLVED, "false"),
    ],
)
def test_an_answer_moves_the_case_and_judges_the_finding_once(
    world: World, mailer: Mailer, given: Answer, state: CaseState, verdict: str | None
) -> None:
    from sqlalchemy import select

    from detectors.tables import VerdictRow

    world.people()
    world.found(make_finding(fault="battery_wear"))
    mailer.work()
    token, _ = mailer.links()
    for _ in range(2):
        with transaction(world.engine) as session:
            page = inbound.answer(session, world.clock, token, given)
        assert (page.answered, page.state, page.answered_at) == (given, state, NOON)
    assert mailer.events().count("answered") == 1
    assert ("owner_check" in mailer.events()) == (given is Answer.NOT_ME)
    with transaction(world.engine) as session:
        row = queries.access_case(session, TENANT, 1001).row
        assert row.priority == (3 if given is Answer.CALL_ME else 4)
        kept = session.execute(select(VerdictRow.verdict, VerdictRow.source)).all()
    assert [tuple(one) for one in kept] == ([(verdict, "customer")] if verdict else [])


def test_opening_the_page_changes_nothing(world: World, mailer: Mailer) -> None:
    world.people(make_customer(language="de"))
    world.found(make_finding())
    mailer.work()
    before = mailer.events()
    with transaction(world.engine) as session:
        page = inbound.open_page(session, world.clock, mailer.links()[0])
    assert (page.reference, page.language, page.answered) == ("FW-1001", "de", None)
    assert page.advice.title == "Der Motor wird heißer, als er sollte"  # codespell:ignore
    assert mailer.events() == before


def test_unsubscribing_stops_the_next_notice_at_once(world: World, mailer: Mailer) -> None:
    world.people()
    world.found(make_finding())
    mailer.work()
    _, token = mailer.links()
    for _ in range(2):
        with transaction(world.engine) as session:
            inbound.unsubscribe(session, world.clock, token)
    assert mailer.events().count("unsubscribed") == 1
    world.found(make_finding(fault="charging_fault"))
    mailer.work()
    assert {notice.case_number: notice.state for notice in mailer.notices()} == {1001: "delivered", 1002: "withheld"}
    with transaction(world.engine) as session:
        assert not consent.grant_first(session, TENANT, "c-1", "service", source="again", at=NOON)


@pytest.mark.slow
def test_a_link_is_good_for_one_purpose_and_a_while(world: World, mailer: Mailer) -> None:
    world.people()
    world.found(make_finding())
    mailer.work()
    case, unsubscribe = mailer.links()
    for bad in (unsubscribe, case[:-1], case + "x", "", "é" * 50, "x" * 5000, "a.b.c"):
        with transaction(world.engine) as session, pytest.raises(LinkInvalid):
            inbound.open_page(session, world.clock, bad)
    with transaction(world.engine) as session, pytest.raises(LinkInvalid):
        inbound.unsubscribe(session, world.clock, case)
    world.later(days=30)
    with transaction(world.engine) as session, pytest.raises(LinkExpired):
        inbound.open_page(session, world.clock, case)


def test_a_well_device_resolves_its_case_after_the_watch(world: World, mailer: Mailer) -> None:
    world.people()
    world.found(make_finding(), make_finding(kind="cleared", detected=NOON))
    mailer.work()
    world.later(hours=23)
    mailer.work()
    assert mailer.state() is CaseState.MONITORING
    world.later(hours=2)
    mailer.work()
    assert mailer.state() is CaseState.RESOLVED
    with transaction(world.engine) as session:
        assert timeline.read(session, 1001)[-1].text == (
            "Resolved: the device has shown no sign of the fault for 24 hours."
        )
        assert queries.counts(session, TENANT)["cases"] == {"open": 0, "closed": 1}


def test_said_fixed_but_still_seen_goes_back_to_people(world: World, mailer: Mailer) -> None:
    world.people()
    world.found(make_finding())
    mailer.work()
    with transaction(world.engine) as session:
        inbound.answer(session, world.clock, mailer.links()[0], Answer.FIXED)
    world.later(hours=25)
    mailer.work()
    assert (mailer.state(), mailer.events()[-1]) == (CaseState.OPEN, "still_seen")


def test_a_silent_device_cannot_prove_that_it_is_well(world: World, mailer: Mailer) -> None:
    world.people()
    world.found(make_finding(), make_finding(kind="cleared", detected=NOON), make_finding(fault="silent"))
    mailer.work()
    world.later(hours=25)
    mailer.work()
    assert (mailer.state(), mailer.events()[-1]) == (CaseState.MONITORING, "watched_on")


def test_after_a_wrong_alert_the_same_claim_needs_a_person(world: World, mailer: Mailer) -> None:
    world.people()
    world.found(make_finding())
    mailer.work()
    with transaction(world.engine) as session:
        inbound.answer(session, world.clock, mailer.links()[0], Answer.WRONG)
    world.later(days=2)
    world.found(make_finding(onset=NOON + timedelta(hours=47)))
    mailer.work()
    assert mailer.notices()[0].state == "waiting"
    assert "was not there" in mailer.notices()[0].reason


def test_a_call_wished_for_after_the_end_is_seen_by_somebody(world: World, mailer: Mailer) -> None:
    world.people()
    world.found(make_finding())
    mailer.work()
    token, _ = mailer.links()
    with transaction(world.engine) as session:
        actions.close(session, world.clock, TENANT, 1001, STAFF, "done")
        inbound.answer(session, world.clock, token, Answer.CALL_ME)
    assert mailer.state() is CaseState.OPEN


def test_a_closed_case_stays_closed(world: World, mailer: Mailer) -> None:
    world.people()
    world.found(make_finding())
    world.triage()
    with transaction(world.engine) as session:
        actions.close(session, world.clock, TENANT, 1001, STAFF, "sold the car")
    for act in (
        lambda session: actions.close(session, world.clock, TENANT, 1001, STAFF, "again"),
        lambda session: actions.send_notice(session, world.clock, TENANT, 1001, STAFF),
    ):
        with transaction(world.engine) as session, pytest.raises(CaseFinished):
            act(session)
    mailer.work()
    assert mailer.only().state == "withheld"


def test_after_a_device_changed_hands_the_old_link_shows_nothing(world: World, mailer: Mailer) -> None:
    world.people()
    world.found(make_finding())
    mailer.work()
    case, unsubscribe = mailer.links()
    world.people(make_customer("c-2", name="Bo Ek"))
    with transaction(world.engine) as session:
        with pytest.raises(LinkInvalid):
            inbound.open_page(session, world.clock, case)
        with pytest.raises(LinkInvalid):
            inbound.answer(session, world.clock, case, Answer.FIXED)
        inbound.unsubscribe(session, world.clock, unsubscribe)


def test_what_comes_back_is_told_to_who_owns_the_device_now(world: World, mailer: Mailer) -> None:
    world.people()
    world.found(make_finding())
    mailer.work()
    world.found(make_finding(kind="cleared", detected=NOON))
    world.triage()
    bo = ContactPoint("email", "bo@example.com", verified=True)
    world.people(make_customer("c-2", name="Bo Ek", contact_points=(bo,)))
    world.found(make_finding(onset=NOON))
    mailer.work()
    newest, first = mailer.notices()
    assert (first.address, newest.address, newest.state) == ("ada@example.com", "bo@example.com", "delivered")
    with transaction(world.engine) as session:
        assert queries.access_case(session, TENANT, 1001).row.customer_name == "Bo Ek"
        assert inbound.open_page(session, world.clock, mailer.links()[0]).customer_name == "Bo Ek"


def test_a_fault_that_is_still_seen_may_be_answered_again(world: World, mailer: Mailer) -> None:
    world.people()
    world.found(make_finding())
    mailer.work()
    token, _ = mailer.links()
    for _ in range(2):
        with transaction(world.engine) as session:
            assert inbound.answer(session, world.clock, token, Answer.FIXED).state is CaseState.MONITORING
        world.later(hours=25)
        mailer.work()
        assert mailer.state() is CaseState.OPEN
    assert mailer.events().count("answered") == 2


def test_two_taps_at_once_are_one_answer(world: World, mailer: Mailer) -> None:
    world.people()
    world.found(make_finding())
    mailer.work()
    token, _ = mailer.links()
    barrier = threading.Barrier(4)

    def tap() -> None:
        barrier.wait()
        with transaction(world.engine) as session:
            inbound.answer(session, world.clock, token, Answer.CALL_ME)

    taps = [threading.Thread(target=tap) for _ in range(4)]
    for one in taps:
        one.start()
    for one in taps:
        one.join()
    assert mailer.events().count("answered") == 1


def test_an_outcome_is_written_down_once_the_database_is_back(world: World, mailer: Mailer) -> None:
    """The mail is out, the database is not there: the sender remembers, and nothing is sent twice."""
    world.people()
    world.found(make_finding())
    world.triage()
    planner.step(world.engine, world.clock, asking.rules(CONFIG))
    channel = mailer.sender._channels["email"]

    class Unplugs:
        name = "email"
        proof = channel.proof

        def deliver(self, letter: Letter) -> Receipt:
            receipt = channel.deliver(letter)
            with world.engine.begin() as connection:
                connection.execute(text("ALTER TABLE case_event RENAME TO gone"))
            return receipt

    sender = Sender(world.engine, world.clock, {"email": Unplugs()}, Terms.of(CONFIG, "https://fw.example"))
    for _ in range(2):
        with pytest.raises(ProgrammingError):
            sender.step()
    with world.engine.begin() as connection:
        connection.execute(text("ALTER TABLE gone RENAME TO case_event"))
        assert connection.execute(text("SELECT state FROM outbox")).scalar() == "sending"
    assert sender.step() is False
    assert (mailer.only().state, mailer.events()[-1]) == ("delivered", "notice_delivered")
    with world.engine.connect() as connection:
        assert connection.execute(text("SELECT sum(copies) FROM sink_mail")).scalar() == 1


def test_no_answer_of_a_server_is_too_odd_to_be_written_down(world: World, mailer: Mailer) -> None:
    world.people()
    world.found(make_finding())
    world.triage()
    planner.step(world.engine, world.clock, asking.rules(CONFIG))

    class Odd:
        name = "email"
        proof = mailer.sender._channels["email"].proof

        def deliver(self, letter: Letter) -> Receipt:
            return Receipt(Fate.PERMANENT, "550 \ud800\x00\x1b[31m" + "odd " * 2000)

    sender = Sender(world.engine, world.clock, {"email": Odd()}, Terms.of(CONFIG, "https://fw.example"))
    assert sender.step()
    assert (mailer.only().state, mailer.events()[-1]) == ("failed", "notice_failed")
    assert mailer.only().reason.startswith("It could not be delivered: 550 [31modd")
