"""The pages in a real browser: accessible in every look, quiet in its console, live, and usable without a script."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from ingest import ledger
from ingest.ledger import Counts
from kit.db import transaction
from outreach.cases import actions, queries
from outreach.cases.views import CaseState, Verdict
from outreach.contact.links import Purpose
from tests.api.conftest import Running
from tests.api.world import ADDRESS, PASSWORD, World, evidence

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for this file. In CI it must be there."""
    if CHROMIUM is None and not os.environ.get("CI"):
        pytest.skip("Chromium is not installed on this machine")
    assert CHROMIUM is not None, "install Chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Window:
    """A page that remembers everything its browser complained about."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        self.page.goto(self.url + path)
        return self.page

    def sign_in(self) -> Page:
        page = self.open("/console/sign-in")
        page.get_by_label("E-mail address").fill(ADDRESS)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/console/queue")
        return page


def window(context: BrowserContext, running: Running) -> Window:
    """A new page in the context."""
    made = Window(context.new_page(), running.url)
    made.page.on("console", lambda message: _note(made, message.type, message.text))
    made.page.on("pageerror", lambda error: made.complaints.append(str(error)))
    return made


def _note(made: Window, kind: str, text: str) -> None:
    if kind in {"error", "warning"}:
        made.complaints.append(f"{kind}: {text}")


@pytest.fixture
def full(world: World) -> int:
    """A world with something on every page; the number of a case."""
    world.staff()
    number = world.coolant_case()
    signals = (evidence(world.clock.now(), "voltage", "12 V system voltage", "V", 12.1, (13.7, 14.6), 6.0),)
    world.found(world.finding("car-0592", "charging_fault", signals, summary="It is not being charged.", onset_h=30))
    world.help_case()
    world.contacted()
    hour = world.clock.now_ms() // ledger.HOUR_MS
    with transaction(world.engine) as session:
        books = {("car-0417", hour): Counts(1500, 1200, 200, 70, 30, 15, 40, 3), ("", hour - 2): Counts(12)}
        ledger.book(session, world.tenant, books)
    return number


@pytest.mark.parametrize(
    ("scheme", "size"),
    [
        pytest.param("light", WIDE, id="wide-light"),
        pytest.param("dark", PHONE, id="phone-dark", marks=pytest.mark.slow),
        pytest.param("dark", WIDE, id="wide-dark", marks=pytest.mark.slow),
        pytest.param("light", PHONE, id="phone-light", marks=pytest.mark.slow),
    ],
)
def test_every_page_is_accessible_and_breaks_no_rule(
    chromium: Browser, running: Running, world: World, full: int, scheme: str, size: dict[str, int]
) -> None:
    context = chromium.new_context(
        viewport={"width": size["width"], "height": size["height"]},
        color_scheme="dark" if scheme == "dark" else "light",
        has_touch=size is PHONE,
    )
    made = window(context, running)
    _inspect(made, "/console/sign-in")
    made.sign_in()
    for path in (
        "/console/queue",
        "/console/queue?group=closed",
        "/console/queue?q=nothing-like-it",
        f"/console/cases/{full}",
        "/console/outbox",
        "/console/detectors",
        *_mails(made),
        "/console/devices",
        "/console/devices/car-0417",
        "/console/devices/hp-1871",
        "/console/ledger?period=week",
        "/console/ledger?q=nothing-like-it",
        "/console/ledger/car-0417",
        "/console/ledger/hp-1871",
        f"/console/cases/{full + 2}",
        world.link(full, Purpose.CASE),
        world.link(full, Purpose.UNSUBSCRIBE),
    ):
        _inspect(made, path)
    assert made.complaints == []
    for path in ("/console/cases/999", "/c/case/none"):
        _inspect(made, path)
    assert all("404" in complaint for complaint in made.complaints), made.complaints
    context.close()


def _mails(made: Window) -> list[str]:
    found = re.findall(r"/console/outbox/mail/\d+", made.open("/console/outbox").content())
    return found[:1]


def _inspect(made: Window, path: str) -> None:
    page = made.open(path)
    for summary in page.locator("summary:visible").all():
        summary.click()
    found = Axe().run(page)
    assert found.violations_count == 0, f"{path}\n{found.generate_report()}"
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0, f"{path} is {overflow} px too wide"
    if page.viewport_size and page.viewport_size["width"] < 500:
        small = page.evaluate(_SMALL_TARGETS)
        assert small == [], path


_SMALL_TARGETS = """
[...document.querySelectorAll("button, summary, select, input:not([type=hidden]):not([type=checkbox]), nav a")]
  .filter(e => e.checkVisibility())
  .filter(e => { const box = e.getBoundingClientRect(); return box.height < 44 && box.width > 0; })
  .map(e => e.outerHTML.slice(0, 80))
"""


def test_sign_in_to_verdict_works_without_javascript(
    chromium: Browser, running: Running, world: World, full: int
) -> None:
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, java_script_enabled=False)
    made = window(context, running)
    page = made.sign_in()
    page.get_by_role("link", name=re.compile("Coolant loss")).click()
    page.get_by_role("button", name="Right").click()
    expect(page.get_by_text("Your verdict is in.")).to_be_visible()
    page.get_by_label("Note").fill("Hose replaced.")
    page.get_by_role("button", name="Add note").click()
    page.get_by_role("button", name="Assign to me").click()
    expect(page.get_by_label("Owner")).to_have_value(ADDRESS)
    if not page.get_by_label("What resolved it?").is_visible():
        page.get_by_text("Close the case").click()
    page.get_by_label("What resolved it?").fill("New hose, pressure test passed.")
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.get_by_text("The case is closed.")).to_be_visible()
    with transaction(world.engine) as session:
        view = queries.access_case(session, world.tenant, full)
    assert (view.row.state, view.row.verdict, view.row.owner) == (CaseState.CLOSED, Verdict.TRUE, ADDRESS)
    texts = [event.text for event in view.timeline]
    assert any("Hose replaced." in text for text in texts)
    context.close()


@pytest.mark.slow
def test_a_new_case_appears_by_itself(chromium: Browser, running: Running, world: World) -> None:
    world.staff()
    context = chromium.new_context()
    made = window(context, running)
    page = made.sign_in()
    expect(page.get_by_text("No open case")).to_be_visible()
    expect(page.locator("#live")).to_have_text("Live")
    number = world.coolant_case()
    row = page.locator(f'tr[data-case="{number}"]')
    expect(row).to_be_visible()
    page.keyboard.press("j")
    expect(row.get_by_role("link")).to_be_focused()
    with transaction(world.engine) as session:
        actions.assign(session, world.clock, world.tenant, number, "sam@example.com", "sam@example.com")
    expect(row.get_by_text("sam")).to_be_visible()
    expect(row.get_by_role("link")).to_be_focused()
    assert made.complaints == []
    context.close()


def test_a_case_can_be_worked_by_keyboard_alone(chromium: Browser, running: Running, world: World, full: int) -> None:
    context = chromium.new_context()
    made = window(context, running)
    page = made.sign_in()
    page.keyboard.press("/")
    expect(page.get_by_label("Search cases")).to_be_focused()
    page.keyboard.type("coolant")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=coolant*")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/console/cases/{full}")
    page.keyboard.press("n")
    expect(page.get_by_label("Note")).to_be_focused()
    page.keyboard.type("q is a letter here")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The note is on the timeline.")).to_be_visible()
    page.keyboard.press("e")
    expect(page.get_by_text("Made by")).to_be_visible()
    page.keyboard.press("v")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your verdict is in.")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.get_by_label("Use these keys").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("q")
    expect(page).to_have_url(re.compile(r"/console/cases/"))
    assert made.complaints == []
    context.close()


@pytest.mark.slow
def test_a_customer_answers_on_a_phone(chromium: Browser, running: Running, world: World, full: int) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    made = window(context, running)
    page = made.open(world.link(full, Purpose.CASE))
    page.get_by_role("button", name="Please call me").click()
    expect(page.get_by_text("Somebody will call you.")).to_be_visible()
    with transaction(world.engine) as session:
        timeline = queries.access_case(session, world.tenant, full).timeline
    assert "answered" in [event.kind for event in timeline]
    context.close()
