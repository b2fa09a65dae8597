"""Who gets in, for how long, and how guessing is slowed down."""

from __future__ import annotations

from sqlalchemy import select

from api.security import accounts, passwords, sessions
from api.tables import StaffSession
from kit.clock import VirtualClock
from kit.db import transaction
from tests.api.conftest import Browser, Running, later
from tests.api.world import ADDRESS, PASSWORD, World

COOKIE = "fw_session"


def stored_sessions(world: World) -> list[bytes]:
    with transaction(world.engine) as session:
        return list(session.scalars(select(StaffSession.token_hash)))


def test_a_sign_in_opens_the_queue(world: World, running: Running) -> None:
    world.staff()
    browser = Browser(running.client())
    answer = browser.sign_in()
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/queue")
    cookie = next(value for value in answer.headers.get_list("set-cookie") if value.startswith(COOKIE))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert browser.get("/console/queue").status_code == 200


def test_wrong_password_and_unknown_address_look_the_same(world: World, running: Running) -> None:
    world.staff()
    wrong = Browser(running.client()).sign_in(password="not the password")
    unknown = Browser(running.client()).sign_in(address="nobody@example.com")
    assert wrong.status_code == unknown.status_code == 401
    sentence = "The address or the password is not right."
    assert sentence in wrong.text
    assert sentence in unknown.text
    assert COOKIE not in wrong.headers.get("set-cookie", "")


def test_an_unknown_address_costs_the_same_work() -> None:
    calls: list[str] = []
    original = passwords._hasher.verify

    class Counting:
        def verify(self, password: str, password_hash: str) -> bool:
            calls.append(password_hash)
            return original(password, password_hash)

        hash = staticmethod(passwords._hasher.hash)

    known = passwords.make_hash(PASSWORD)
    before, passwords._hasher = passwords._hasher, Counting()  # type: ignore[assignment]
    try:
        assert not passwords.matches(PASSWORD, None)
        assert passwords.matches(PASSWORD, known)
    finally:
        passwords._hasher = before
    assert len(calls) == 2
    parameters = {call.split("$")[3] for call in calls}
    assert len(parameters) == 1, "the hash for nobody is as heavy as a real one"


def test_a_session_planted_before_the_sign_in_is_worth_nothing(world: World, running: Running) -> None:
    world.staff()
    browser = Browser(running.client())
    browser.http.cookies.set(COOKIE, "planted-by-somebody-else", domain="127.0.0.1")
    answer = browser.sign_in()
    new = answer.cookies[COOKIE]
    assert new != "planted-by-somebody-else"
    other = running.client()
    other.cookies.set(COOKIE, "planted-by-somebody-else")
    assert other.get("/console/queue").headers["location"].startswith("/console/sign-in")


def test_signing_in_again_ends_the_session_before(world: World, running: Running) -> None:
    world.staff()
    browser = running.signed_in()
    old = browser.http.cookies[COOKIE]
    assert browser.sign_in().status_code == 303
    assert browser.http.cookies[COOKIE] != old
    assert len(stored_sessions(world)) == 1


def test_the_database_keeps_no_cookie(world: World, running: Running) -> None:
    world.staff()
    cookie = running.signed_in().http.cookies[COOKIE]
    (kept,) = stored_sessions(world)
    assert cookie.encode() not in kept
    assert kept == sessions._hash(cookie)


def test_signing_out_ends_the_session_on_the_server_too(world: World, running: Running) -> None:
    world.staff()
    browser = running.signed_in()
    cookie = browser.http.cookies[COOKIE]
    assert browser.post("/console/sign-out", on="/console/queue").status_code == 303
    assert stored_sessions(world) == []
    stolen = running.client()
    stolen.cookies.set(COOKIE, cookie)
    assert stolen.get("/console/queue").status_code == 303


def test_an_idle_session_ends(world: World, running: Running, clock: VirtualClock) -> None:
    world.staff()
    browser = running.signed_in()
    later(clock, minutes=119)
    assert browser.get("/console/queue").status_code == 200
    later(clock, minutes=119)
    assert browser.get("/console/queue").status_code == 200, "each request keeps it alive"
    later(clock, minutes=121)
    assert browser.get("/console/queue").status_code == 303


def test_a_page_that_refreshes_itself_keeps_no_session_alive(
    world: World, running: Running, clock: VirtualClock
) -> None:
    world.staff()
    browser = running.signed_in()
    for _ in range(2):
        later(clock, minutes=61)
        last = browser.get("/console/queue/fragment")
    assert last.status_code == 401


def test_a_busy_session_ends_too(world: World, running: Running, clock: VirtualClock) -> None:
    world.staff()
    browser = running.signed_in()
    for _ in range(11):
        later(clock, hours=1)
        assert browser.get("/console/queue").status_code == 200
    later(clock, hours=1, milliseconds=1)
    assert browser.get("/console/queue").status_code == 303


def test_guessing_is_paused_and_the_pause_ends(world: World, running: Running, clock: VirtualClock) -> None:
    world.staff()
    browser = Browser(running.client())
    for _ in range(8):
        assert browser.sign_in(password="a wrong password").status_code == 401
    paused = browser.sign_in()
    assert paused.status_code == 429
    assert 0 < int(paused.headers["retry-after"]) <= 900
    assert browser.sign_in(address="other@example.com").status_code == 401, "others may still try"
    later(clock, minutes=15, milliseconds=1)
    assert browser.sign_in().status_code == 303


def test_a_success_clears_the_count(world: World, running: Running) -> None:
    world.staff()
    for _ in range(3):
        browser = Browser(running.client())
        for _ in range(5):
            assert browser.sign_in(password="a wrong password").status_code == 401
        assert browser.sign_in().status_code == 303


def test_a_list_of_accounts_from_one_place_is_paused(world: World, running: Running) -> None:
    browser = Browser(running.client())
    answers = [browser.sign_in(address=f"person{n}@example.com").status_code for n in range(41)]
    assert answers[:40] == [401] * 40
    assert answers[40] == 429


def test_the_page_that_was_wanted_opens_after_the_sign_in(world: World, running: Running) -> None:
    world.staff()
    browser = Browser(running.client())
    asked = browser.get("/console/queue?group=all&q=pump")
    assert asked.headers["location"] == "/console/sign-in?wanted=%2Fconsole%2Fqueue%3Fgroup%3Dall%26q%3Dpump"
    assert "/console/queue?group=all&amp;q=pump" in browser.get(asked.headers["location"]).text
    answer = browser.sign_in(wanted="/console/queue?group=all&q=pump")
    assert answer.headers["location"] == "/console/queue?group=all&q=pump"


def test_no_sign_in_leads_to_another_site(world: World, running: Running) -> None:
    world.staff()
    for wanted in (
        "https://evil.example/console/",
        "//evil.example/console/",
        "/\\evil.example",
        "/console/../../evil",
        "/console//evil.example",
        "javascript:alert(1)",
        "/console/\r\nset-cookie: a=b",
        "/c/case/x",
    ):
        answer = Browser(running.client()).sign_in(wanted=wanted)
        assert answer.headers["location"] == "/console/queue", wanted


def test_a_new_password_ends_every_session(world: World, running: Running) -> None:
    world.staff()
    browser = running.signed_in()
    with transaction(world.engine) as session:
        accounts.reset_password(session, world.tenant, ADDRESS, "another long password")
    assert browser.get("/console/queue").status_code == 303
    assert Browser(running.client()).sign_in(password="another long password").status_code == 303


def test_staff_of_another_tenant_cannot_sign_in(world: World, running: Running) -> None:
    world.staff(tenant="another")
    assert Browser(running.client()).sign_in().status_code == 401
