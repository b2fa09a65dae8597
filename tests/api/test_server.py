"""The web process: its port, slow and greedy clients, live news, and services that go away."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import create_engine, text

from api.build import FIRST_ADDRESS, banner, first_account
from api.config import Config
from api.errors import PortTaken
from api.feed import CHANNEL
from api.protocol import impatient
from api.server import listen
from api.telemetry import Telemetry
from api.web import build
from ingest.store.errors import StoreUnavailable
from ingest.store.protocol import TelemetryStore
from kit.db import transaction
from kit.settings import Settings, load
from outreach.cases import actions
from tests.api.conftest import Browser, Running, until
from tests.api.world import World


def test_a_taken_port_is_a_sentence_with_the_fix() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken) as raised:
            listen("127.0.0.1", port)
    assert str(port) in raised.value.problem
    assert "FOREWARN__API__PORT" in raised.value.fix
    assert "--port" in raised.value.fix


class TestSlowClients:
    """With one second for a request's head, and one for its body."""

    @pytest.fixture
    def settings(self, database_url: str, tmp_path: Path) -> Settings:
        return load(
            environ={
                "FOREWARN__CORE__DATA_DIR": str(tmp_path / "data"),
                "FOREWARN__DATABASE__URL": database_url.replace("+psycopg", ""),
                "FOREWARN__API__REQUEST_SECONDS": "1",
            }
        )

    @pytest.mark.slow
    def test_half_a_head_is_hung_up_on(self, running: Running) -> None:
        with socket.create_connection(("127.0.0.1", running.port), timeout=20) as half:
            half.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ")
            assert half.recv(100) == b""

    @pytest.mark.slow
    def test_half_a_second_head_on_a_kept_connection_too(self, running: Running) -> None:
        with socket.create_connection(("127.0.0.1", running.port), timeout=20) as half:
            half.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert half.recv(4096).startswith(b"HTTP/1.1 200")
            half.sendall(b"GET /healthz HT")
            while half.recv(4096):
                pass

    @pytest.mark.slow
    def test_half_a_body_is_answered_and_not_waited_for(self, running: Running) -> None:
        with socket.create_connection(("127.0.0.1", running.port), timeout=20) as half:
            half.sendall(b"POST /console/sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nabc")
            assert half.recv(100).startswith(b"HTTP/1.1 408")


def test_a_body_that_is_too_large_is_refused_before_it_is_read(running: Running) -> None:
    answer = running.client().post("/c/unsubscribe/x", content=b"x" * (64 * 1024 + 1))
    assert answer.status_code == 413


def test_a_large_body_in_chunks_is_refused_too(running: Running) -> None:
    answer = running.client().post("/c/unsubscribe/x", content=(b"x" * 1024 for _ in range(100)))
    assert answer.status_code == 413


def test_garbage_is_answered_with_400_and_the_next_one_is_served(running: Running) -> None:
    for garbage in (b"\x16\x03\x01\x02\x00\x01\x00", b"GET\r\n\r\n", b"\x00" * 100, b"GET / HTTP/9.9\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", running.port), timeout=20) as odd:
            odd.sendall(garbage)
            odd.shutdown(socket.SHUT_WR)
            while odd.recv(4096):
                pass
    assert running.client().get("/healthz").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/console/queue?q=%00",
        "/console/queue?q=%25%27%22--",
        "/console/queue?before=-1",
        "/console/queue?group=x",
        "/console/queue?before=99999999999999999999",
        "/console/cases/99999999999999999999",
        "/console/cases/0",
        "/console/devices/%00",
        "/console/devices?q=%00",
        "/console/devices/%F0%9F%90%9F",
        "/c/case/%00",
        "/c/unsubscribe/%FF",
        "/console/outbox/mail/0",
        "/console/queue?q=" + "x" * 201,
    ],
)
def test_odd_addresses_are_answered_politely(world: World, running: Running, path: str) -> None:
    world.staff()
    assert 200 <= running.signed_in().get(path).status_code < 500


def test_news_of_a_case_reaches_an_open_page_and_names_only_its_number(world: World, running: Running) -> None:
    world.staff()
    number = world.coolant_case()
    browser = running.signed_in()
    lines: list[str] = []
    ready = threading.Event()

    def listen_in() -> None:
        with browser.http.stream("GET", "/console/events") as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            for line in stream.iter_lines():
                lines.append(line)
                ready.set()
                if line == f"data: {number}":
                    return

    reader = threading.Thread(target=listen_in)
    reader.start()
    assert ready.wait(10)
    until(lambda: running.site.feed.listening)
    with transaction(world.engine) as session:
        actions.add_note(session, world.clock, world.tenant, number, "sam@example.com", "secret words")
    reader.join(10)
    assert not reader.is_alive()
    assert "event: case" in lines
    assert not any("secret" in line for line in lines)


def test_news_goes_on_after_the_database_cut_the_line(world: World, running: Running) -> None:
    until(lambda: running.site.feed.listening)
    with world.engine.begin() as connection:
        cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'forewarn feed'"
        assert connection.execute(text(cut + " AND datname = current_database()")).rowcount == 1
    until(lambda: not running.site.feed.listening)
    until(lambda: running.site.feed.listening, seconds=20)


def test_the_case_page_comes_without_its_picture_while_the_store_is_away(world: World, running: Running) -> None:
    world.staff()
    number = world.coolant_case()

    def away() -> TelemetryStore:
        raise StoreUnavailable("The telemetry store does not answer.")

    object.__setattr__(running.site, "telemetry", Telemetry(away))
    text_ = running.signed_in().get(f"/console/cases/{number}").text
    assert "The telemetry store does not answer." in text_
    assert "Expected and seen" in text_


def test_a_case_whose_device_was_never_registered_still_has_its_page(world: World, running: Running) -> None:
    world.staff()
    (number,) = world.found(world.finding("ghost-1", "silent", (), summary="It fell silent."))
    answer = running.signed_in().get(f"/console/cases/{number}")
    assert answer.status_code == 200
    assert "It fell silent." in answer.text


def test_a_case_is_given_to_colleagues_only(world: World, running: Running) -> None:
    world.staff()
    world.staff("sam@example.com", "Sam")
    number = world.coolant_case()
    browser, path = running.signed_in(), f"/console/cases/{number}"
    assert browser.post(f"{path}/assign", on=path, owner="sam@example.com").status_code == 303
    refused = browser.post(f"{path}/assign", on=path, owner="stranger@example.com")
    assert refused.status_code == 409
    assert "There is no staff account stranger@example.com." in refused.text
    assert browser.get(f"/api/v1/cases/{number}").json()["owner"] == "sam@example.com"


@pytest.mark.slow
def test_what_cannot_be_done_any_more_is_said(world: World, running: Running) -> None:
    world.staff()
    number = world.coolant_case()
    browser, path = running.signed_in(), f"/console/cases/{number}"
    assert browser.post(f"{path}/close", on=path, resolution="done").status_code == 303
    again = browser.post(f"{path}/close", on=path, resolution="done")
    assert again.status_code == 409
    assert "closed already" in again.text
    assert browser.post(f"{path}/verdict", on=path, verdict="perhaps").status_code == 400


def test_a_database_that_is_away_is_a_page_that_says_so(world: World, running: Running) -> None:
    world.staff()
    browser = running.signed_in()
    gone = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none", connect_args={"connect_timeout": 1})
    object.__setattr__(running.site, "engine", gone)
    for path, words in (("/console/queue", "The database does not answer"), ("/c/case/x", "We cannot show this page")):
        answer = browser.get(path)
        assert answer.status_code == 503
        assert words in answer.text
    assert browser.get("/healthz").status_code == 503
    assert browser.get("/api/v1/cases").json()["status"] == 503


def test_the_rest_api_pages_through_the_cases(world: World, running: Running) -> None:
    world.staff()
    world.fleet()
    findings = [
        world.finding(device, fault, (), summary="Something.")
        for device, fault in (("car-0417", "coolant_leak"), ("hp-2203", "refrigerant_leak"), ("band-118", "silent"))
    ]
    numbers = world.found(*findings)
    browser = running.signed_in()
    seen: list[int] = []
    query = "/api/v1/cases?limit=2"
    while query:
        page = browser.get(query).json()
        seen += [item["number"] for item in page["items"]]
        query = f"/api/v1/cases?limit=2&before={page['next']}" if page["next"] else ""
    assert sorted(seen) == sorted(numbers)
    assert len(seen) == 3
    one = browser.get(f"/api/v1/cases/{numbers[0]}").json()
    assert one["number"] == numbers[0]
    problem = browser.get("/api/v1/cases/777")
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json()["status"] == 404
    assert browser.get("/api/v1/cases?limit=0").json()["status"] == 400


def test_the_description_is_openapi_3_1_and_loads_nothing_from_others(world: World, running: Running) -> None:
    description = running.client().get("/api/openapi.json").json()
    assert description["openapi"].startswith("3.1")
    assert "https://" not in json.dumps(description)
    for path in ("/api/docs", "/api/redoc", "/console/docs", "/c/docs"):
        assert running.client().get(path).status_code in {303, 404}


def test_the_pulse_is_for_staff(world: World, running: Running) -> None:
    world.staff()
    world.coolant_case()
    pulse = running.signed_in().get("/api/v1/status").json()
    assert pulse["cases"] == {"open": 1, "closed": 0}


def test_the_first_account_is_made_once_and_its_password_opens_the_console(
    settings: Settings, running: Running
) -> None:
    first_account(settings)
    path = settings.data_path("console-password")
    password = path.read_text("utf-8").strip()
    first_account(settings)
    assert path.read_text("utf-8").strip() == password
    assert path.stat().st_mode & 0o777 == 0o600
    assert any(password in line for line in banner(settings))
    assert Browser(running.client()).sign_in(FIRST_ADDRESS, password).status_code == 303


def test_over_https_cookies_are_secure_and_the_browser_is_told_to_stay(
    settings: Settings, database_url: str, world: World, running: Running
) -> None:
    secure = load(
        environ={
            "FOREWARN__CORE__DATA_DIR": str(settings.data_path("x").parent),
            "FOREWARN__CORE__PUBLIC_URL": "https://care.example",
            "FOREWARN__DATABASE__URL": database_url.replace("+psycopg", ""),
        }
    )
    site = replace(running.site, settings=secure)
    assert site.https
    transport = httpx2.ASGITransport(app=build(site))

    async def ask() -> httpx2.Response:
        async with httpx2.AsyncClient(transport=transport, base_url="https://care.example") as http:
            return await http.get("/console/sign-in")

    answer = asyncio.run(ask())
    assert "Secure" in answer.headers["set-cookie"]
    assert answer.headers["strict-transport-security"].startswith("max-age=")


def test_limits_have_documented_bounds() -> None:
    for name, given in Config.model_fields.items():
        assert given.description, name
    assert impatient(3).head_seconds == 3
    assert CHANNEL == "forewarn_cases"
