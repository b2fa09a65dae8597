"""The customer's pages: the link is the authority, looking changes nothing, and nothing of the staff leaks."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from api.pages import HERE
from api.translations import FOLDER
from kit.clock import VirtualClock
from kit.db import transaction
from outreach.cases import actions, queries
from outreach.cases.views import Verdict
from outreach.contact.links import Purpose
from tests.api.conftest import Running, later
from tests.api.world import World, evidence


def heat_pump_case(world: World) -> int:
    """A case of a customer who reads German."""
    world.fleet()
    signals = (evidence(world.clock.now(), "low_pressure", "Suction pressure", "bar", 6.3, (7.9, 9.1), 8.4),)
    return world.found(world.finding("hp-2203", "refrigerant_leak", signals, summary="Suction pressure is low."))[0]


def snapshot(world: World, number: int) -> object:
    with transaction(world.engine) as session:
        view = queries.access_case(session, world.tenant, number)
        return view.row, view.timeline, view.customer


def test_the_page_speaks_the_customers_language_and_zone(world: World, running: Running) -> None:
    text = running.client().get(world.link(heat_pump_case(world), Purpose.CASE)).text
    assert '<html lang="de">' in text
    assert "Was wir gesehen haben" in text
    assert "Europe/Berlin" in text
    english = running.client().get(world.link(world.coolant_case(), Purpose.CASE)).text
    assert "What we saw" in english
    assert "Europe/London" in english


def test_nothing_of_the_staff_leaks(world: World, running: Running) -> None:
    world.staff()
    number = world.coolant_case()
    with transaction(world.engine) as session:
        actions.assign(session, world.clock, world.tenant, number, "kim@example.com", "kim@example.com")
        actions.add_note(session, world.clock, world.tenant, number, "kim@example.com", "a difficult customer")
        actions.give_verdict(session, world.clock, world.tenant, number, "kim@example.com", Verdict.BENIGN, "secret")
    text = running.client().get(world.link(number, Purpose.CASE)).text
    for word in ("kim@example.com", "difficult", "secret", "/console", "Harmless", "lind@example.com"):
        assert word not in text


@pytest.mark.parametrize(
    ("answer", "thanks"),
    [
        ("fixed", "We keep an eye on it"),
        ("call_me", "Somebody will call you"),
        ("wrong_alert", "We learn from it"),
        ("not_me", "We will find out whose it is"),
    ],
)
def test_an_answer_is_taken_once_and_shown(world: World, running: Running, answer: str, thanks: str) -> None:
    number = world.coolant_case()
    link = world.link(number, Purpose.CASE)
    http = running.client()
    for _ in range(2):
        done = http.post(f"{link}/answer", data={"answer": answer})
        assert (done.status_code, done.headers["location"]) == (303, f"{link}#answer")
    assert thanks in http.get(link).text
    with transaction(world.engine) as session:
        timeline = queries.access_case(session, world.tenant, number).timeline
    assert [event.detail["answer"] for event in timeline if event.kind == "answered"] == [answer]


def test_an_answer_that_is_none_changes_nothing(world: World, running: Running) -> None:
    number = world.coolant_case()
    before = snapshot(world, number)
    http, link = running.client(), world.link(number, Purpose.CASE)
    assert http.post(f"{link}/answer", data={"answer": "burn it"}).status_code == 400
    assert http.post(f"{link}/answer", data={}).status_code == 400
    assert snapshot(world, number) == before


def test_looking_changes_nothing(world: World, running: Running) -> None:
    number = world.coolant_case()
    before = snapshot(world, number)
    http = running.client()
    for purpose in Purpose:
        link = world.link(number, purpose)
        for method in ("GET", "HEAD", "OPTIONS"):
            http.request(method, link)
        http.get(f"{link}/answer?answer=fixed")
        http.get(f"{link}?List-Unsubscribe=One-Click")
    assert snapshot(world, number) == before


def tampered(link: str) -> Iterator[str]:
    head, token = link.rsplit("/", 1)
    # Not the last sign of the signature: two of its six bits are padding and may differ.
    yield f"{head}/{token[:-2]}{'A' if token[-2] != 'A' else 'B'}{token[-1]}"
    yield f"{head}/{token[1:]}"
    yield f"{head}/{token.split('.')[0]}.{'x' * 27}"
    yield f"{head}/{'x' * 900}"
    yield f"{head}/%00"


@pytest.mark.slow
def test_a_damaged_link_opens_nothing_and_says_what_to_do(world: World, running: Running) -> None:
    number = world.coolant_case()
    before = snapshot(world, number)
    for purpose in Purpose:
        for link in tampered(world.link(number, purpose)):
            asked = running.client().get(link)
            assert asked.status_code == 404, link
            assert "This link does not work" in asked.text
            action = f"{link}/answer" if purpose is Purpose.CASE else link
            assert running.client().post(action, data={"answer": "fixed"}).status_code == 404, link
    page = running.client().get("/c/case/nonsense", headers={"accept-language": "de-AT,de;q=0.9"}).text
    assert "Dieser Link geht nicht" in page
    assert snapshot(world, number) == before


def test_a_link_for_one_purpose_does_not_open_the_other(world: World, running: Running) -> None:
    number = world.coolant_case()
    token = world.link(number, Purpose.UNSUBSCRIBE).rsplit("/", 1)[1]
    assert running.client().get(f"/c/case/{token}").status_code == 404
    token = world.link(number, Purpose.CASE).rsplit("/", 1)[1]
    assert running.client().post(f"/c/unsubscribe/{token}").status_code == 404


def test_an_old_link_says_so(world: World, running: Running, clock: VirtualClock) -> None:
    link = world.link(world.coolant_case(), Purpose.CASE, days=1)
    later(clock, hours=24, seconds=1)
    answer = running.client().get(link)
    assert answer.status_code == 410
    assert "This link is too old" in answer.text
    assert running.client().post(f"{link}/answer", data={"answer": "fixed"}).status_code == 410


def test_a_mail_program_unsubscribes_with_one_click(world: World, running: Running) -> None:
    """RFC 8058: a POST with that body, without cookies, form token or a page in between."""
    number = world.coolant_case()
    link = world.link(number, Purpose.UNSUBSCRIBE)
    answer = running.client().post(
        link, data={"List-Unsubscribe": "One-Click"}, headers={"accept": "*/*", "origin": "https://mail.example"}
    )
    assert answer.status_code == 200
    with transaction(world.engine) as session:
        customer = queries.access_case(session, world.tenant, number).customer
    assert customer is not None
    assert customer.consents == ()


def test_a_person_unsubscribes_with_a_button(world: World, running: Running) -> None:
    german = world.link(heat_pump_case(world), Purpose.UNSUBSCRIBE)
    assert "Diese E-Mails abbestellen?" in running.client().get(german).text
    link = world.link(world.coolant_case(), Purpose.UNSUBSCRIBE)
    http = running.client()
    asked = http.get(link).text
    assert f'action="{link}"' in asked
    done = http.post(link, data={"List-Unsubscribe": "One-Click"})
    assert "You will get no more of these mails" in done.text
    assert http.post(link).status_code == 200, "a second time is as good as once"


def test_every_text_of_the_customer_pages_is_translated() -> None:
    used = Catalog()
    method = [("**.html", "jinja2")]
    for _file, _line, message, _comments, _context in extract_from_dir(
        HERE / "templates" / "customer", method, {"**.html": {"newstyle_gettext": "true"}}
    ):
        used.add(message)
    texts = {message.id for message in used if message.id}
    assert len(texts) > 20
    for file in FOLDER.glob("*.po"):
        with file.open("rb") as source:
            known = read_po(source)
        translated = {entry.id: entry.string for entry in known if entry.id}
        assert set(translated) == texts, file.name
        for source_text, text in translated.items():
            assert text, source_text
            assert _holes(source_text) == _holes(text), source_text


def _holes(text: object) -> list[str]:
    return sorted(re.findall(r"%\(\w+\)s", str(text)))
