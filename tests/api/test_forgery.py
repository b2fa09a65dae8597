"""Requests that pretend, pages of others, and what every answer carries."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fastapi.routing import APIRoute

from api.console import access, cases, commands, devices, events, outbox, queue, signin
from api.security.headers import ALWAYS, POLICY
from kit.db import transaction
from outreach.cases import queries
from outreach.contact.links import Purpose
from tests.api.conftest import Running
from tests.api.world import World

DECISIONS = {
    "verdict": {"verdict": "true"},
    "note": {"text": "hello"},
    "assign": {"owner": ""},
    "close": {"resolution": "done"},
    "send": {},
}


def timeline_length(world: World, number: int) -> int:
    with transaction(world.engine) as session:
        return len(queries.access_case(session, world.tenant, number).timeline)


@pytest.mark.parametrize("token", [None, "", "0" * 64])
def test_a_form_without_its_token_changes_nothing(world: World, running: Running, token: str | None) -> None:
    world.staff()
    number = world.coolant_case()
    before = timeline_length(world, number)
    browser = running.signed_in()
    for action, fields in DECISIONS.items():
        data = fields if token is None else {"csrf": token, **fields}
        assert browser.http.post(f"/console/cases/{number}/{action}", data=data).status_code == 403, action
    assert browser.http.post("/console/sign-out", data={}).status_code == 403
    assert timeline_length(world, number) == before


def test_the_token_of_another_session_does_not_fit(world: World, running: Running) -> None:
    world.staff()
    number = world.coolant_case()
    one, other = running.signed_in(), running.signed_in()
    token = one.get("/console/queue").text.split('name="csrf" value="')[1][:64]
    answer = other.http.post(f"/console/cases/{number}/note", data={"csrf": token, "text": "hello"})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ],
)
def test_a_form_sent_by_another_site_is_refused(world: World, running: Running, headers: dict[str, str]) -> None:
    world.staff()
    number = world.coolant_case()
    browser = running.signed_in()
    token = browser.get("/console/queue").text.split('name="csrf" value="')[1][:64]
    answer = browser.http.post(f"/console/cases/{number}/note", data={"csrf": token, "text": "hello"}, headers=headers)
    assert answer.status_code == 403


def test_a_sign_in_form_needs_its_token_too(world: World, running: Running) -> None:
    world.staff()
    answer = running.client().post("/console/sign-in", data={"address": "kim@example.com", "password": "x"})
    assert answer.status_code == 403


def test_every_post_of_the_console_checks_its_token() -> None:
    routes = [
        route
        for part in (
            signin.router,
            queue.router,
            events.router,
            cases.router,
            cases.posts,
            commands.posts,
            outbox.router,
            devices.router,
        )
        for route in part.routes
        if isinstance(route, APIRoute) and "POST" in (route.methods or ())
    ]
    assert len(routes) >= 8
    for route in routes:
        checks = {dependency.call for dependency in route.dependant.dependencies}
        assert access.genuine in checks or route.endpoint is signin.sign_in, route.path


def test_every_page_of_the_console_needs_a_sign_in(world: World, running: Running) -> None:
    number = world.coolant_case()
    stranger = running.client()
    for path in (
        "/console/",
        "/console/queue",
        "/console/outbox",
        "/console/outbox/mail/1",
        "/console/devices",
        "/console/devices/car-0417",
        f"/console/cases/{number}",
    ):
        answer = stranger.get(path, follow_redirects=True)
        assert answer.url.path == "/console/sign-in", path
    for path in ("/console/events", "/console/queue/fragment"):
        assert stranger.get(path).status_code == 401
    for path in ("/api/v1/status", "/api/v1/cases", f"/api/v1/cases/{number}"):
        answer = stranger.get(path)
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_case_of_another_tenant_does_not_exist(world: World, running: Running) -> None:
    world.staff()
    theirs = replace(world, tenant="another")
    number = theirs.coolant_case()
    browser = running.signed_in()
    assert browser.get(f"/console/cases/{number}").status_code == 404
    assert browser.get(f"/api/v1/cases/{number}").status_code == 404
    assert browser.get("/console/devices/car-0417").status_code == 404
    assert f"/console/cases/{number}" not in browser.get("/console/queue?group=all").text
    for action, fields in DECISIONS.items():
        answer = browser.post(f"/console/cases/{number}/{action}", on="/console/queue", **fields)
        assert answer.status_code == 404, action
    assert timeline_length(theirs, number) == 1


def test_every_answer_carries_the_headers(world: World, running: Running) -> None:
    world.staff()
    number = world.coolant_case()
    browser = running.signed_in()
    paths = [
        "/",
        "/healthz",
        "/nothing",
        "/static/app.css",
        "/static/live.js",
        "/static/none",
        "/console/sign-in",
        "/console/queue",
        "/console/queue/fragment",
        f"/console/cases/{number}",
        "/console/cases/999999999",
        "/console/cases/x",
        "/console/outbox",
        "/console/outbox/mail/77",
        "/console/devices",
        "/console/none",
        "/console/devices/none",
        "/c/none",
        "/c/case/none",
        "/c/unsubscribe/none",
        "/api/none",
        "/api/v1/cases",
        "/api/openapi.json",
        world.link(number, Purpose.CASE),
        world.link(number, Purpose.UNSUBSCRIBE),
    ]
    answers = [browser.get(path) for path in paths]
    answers.append(browser.http.post("/console/queue", data={"a": "b"}))
    answers.append(browser.http.post("/console/sign-out", content=b"x" * 100_000))
    answers.append(browser.http.request("TRACE", "/console/queue"))
    for answer in answers:
        for name, value in ALWAYS.items():
            assert answer.headers[name] == value, (answer.url, name)
        assert answer.headers["cache-control"], answer.url
        assert "server" not in answer.headers
        assert answer.status_code < 500, answer.url


def test_the_policy_allows_nothing_inline() -> None:
    assert "unsafe" not in POLICY
    assert "*" not in POLICY
    assert POLICY.startswith("default-src 'none'")


def test_pages_hold_no_inline_script_or_style(world: World, running: Running) -> None:
    world.staff()
    number = world.coolant_case()
    browser = running.signed_in()
    for path in ("/console/queue", f"/console/cases/{number}", "/console/devices/car-0417", "/console/outbox"):
        text = browser.get(path).text
        assert " style=" not in text
        assert " onclick=" not in text
        assert "<script>" not in text
        assert "<style" not in text
