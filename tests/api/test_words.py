"""What staff read: the next step, how far a value is out, what was expected, how numbers and times look."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from api import words
from api.console.next_step import next_step
from api.reader import Reader
from ingest.wire.device_types import DEVICE_TYPES
from kit.db import transaction
from outreach.cases import actions, queries
from outreach.cases.views import Answer, CaseState, CaseView, Verdict
from outreach.contact import inbound
from outreach.contact.links import Purpose
from tests.api.world import World, evidence

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
COOLANT = evidence(NOW, "coolant_temp", "Coolant temperature", "Cel", 109, (86, 95), 9.1)
SIGNAL = DEVICE_TYPES.get("vehicle").signal("coolant_temp")
ENGLISH = Reader.of("en", "UTC")


def view_of(world: World, number: int) -> CaseView:
    with transaction(world.engine) as session:
        return queries.access_case(session, world.tenant, number)


def test_the_next_step_follows_the_case(world: World) -> None:
    number = world.coolant_case()
    fresh = view_of(world, number)
    assert next_step(fresh).action == "verdict"
    assert next_step(replace(fresh, notice_waits_for_person=True)).action == "send"
    with transaction(world.engine) as session:
        actions.give_verdict(session, world.clock, world.tenant, number, "kim", Verdict.TRUE, "")
    assert next_step(view_of(world, number)).action == "assign"
    with transaction(world.engine) as session:
        actions.assign(session, world.clock, world.tenant, number, "kim", "kim")
    assert next_step(view_of(world, number)).action == "close"


@pytest.mark.parametrize(
    ("answer", "title"),
    [
        ("call_me", "Call the customer"),
        ("fixed", "Check that it is fixed"),
        ("wrong_alert", "Say whether we were wrong"),
        ("not_me", "Correct the owner"),
    ],
)
def test_a_customers_answer_goes_first(world: World, answer: str, title: str) -> None:
    number = world.coolant_case()
    token = world.link(number, Purpose.CASE).rsplit("/", 1)[1]
    with transaction(world.engine) as session:
        inbound.answer(session, world.clock, token, Answer(answer))
    view = view_of(world, number)
    assert next_step(replace(view, row=replace(view.row, state=CaseState.OPEN))).title == title


def test_a_finished_case_asks_for_the_missing_verdict_only(world: World) -> None:
    view = view_of(world, world.coolant_case())
    closed = replace(view, row=replace(view.row, state=CaseState.CLOSED))
    assert next_step(closed).action == "verdict"
    assert next_step(replace(closed, row=replace(closed.row, verdict=Verdict.TRUE))).action == "wait"


@pytest.mark.parametrize(
    ("value", "severity", "word"),
    [
        (109, 9.1, "Far out"),
        (99, 4.5, "Out"),
        (96, 2.5, "Near the edge"),
        (90, 0.3, "As expected"),
        (90, 6.0, "In range, but off its course"),
    ],
)
def test_how_far_out_is_a_word_and_a_shape(value: float, severity: float, word: str) -> None:
    sign = words.farness(replace(COOLANT, value=value, severity=severity))
    assert sign.word == word
    assert sign.shape


def test_every_state_priority_verdict_and_notice_has_its_word_and_shape() -> None:
    assert set(words.STATES) == set(CaseState)
    assert set(words.VERDICTS) == set(words.VERDICT_HELP) == set(Verdict)
    assert set(words.PRIORITIES) == {1, 2, 3, 4}
    assert words.notice("of a later version").word == "Unknown"
    looks = [(sign.word, sign.shape) for sign in words.PRIORITIES.values()]
    assert len(set(looks)) == len({shape for _, shape in looks}) == 4, "told apart without colour"


def test_an_expectation_with_one_real_end_says_that_end() -> None:
    assert words.expected(COOLANT, SIGNAL, ENGLISH) == "86 to 95 °C"
    assert words.expected(replace(COOLANT, expected_low=SIGNAL.low), SIGNAL, ENGLISH) == "at most 95 °C"
    assert words.expected(replace(COOLANT, expected_high=SIGNAL.high), SIGNAL, ENGLISH) == "at least 86 °C"
    both = replace(COOLANT, expected_low=SIGNAL.low, expected_high=SIGNAL.high)
    assert words.expected(both, SIGNAL, ENGLISH) == "–"
    assert words.expected(COOLANT, None, ENGLISH) == "86 to 95 °C"


def test_a_reading_is_said_in_its_own_kind() -> None:
    pump, car = DEVICE_TYPES.get("heat_pump"), DEVICE_TYPES.get("vehicle")
    assert words.value(pump.signal("mode"), 2, ENGLISH) == "hot water"
    assert words.value(pump.signal("backup_heater"), 1, ENGLISH) == "yes"
    assert words.value(car.signal("trouble_code"), 0x0301, ENGLISH) == "P0301"
    assert words.value(car.signal("trouble_code"), 0, ENGLISH) == "none"
    assert words.value(car.signal("rpm"), 2100, ENGLISH) == "2,100 rpm"


def test_times_are_in_the_readers_zone_with_the_zone_shown() -> None:
    assert ENGLISH.moment(NOW) == "10 Mar 2026, 12:00 UTC"
    assert Reader.of("de", "Europe/Berlin").moment(NOW) == "10. März 2026, 13:00 CET"
    assert Reader.of("en", "Asia/Kathmandu").moment(NOW) == "10 Mar 2026, 17:45 UTC+05:45"
    assert Reader.of("xx", "Not/AZone") == ENGLISH


def test_languages_have_names() -> None:
    assert [ENGLISH.language_name(code) for code in ("de", "pt-BR", "xx-yy-zz-1", "")] == [
        "German",
        "Portuguese",
        "xx-yy-zz-1",
        "",
    ]


def test_ages_have_one_unit() -> None:
    ages = [timedelta(seconds=-5), timedelta(seconds=59), timedelta(minutes=5), timedelta(hours=30), timedelta(days=4)]
    assert [ENGLISH.ago(NOW - age, NOW) for age in ages] == ["now", "now", "5 min", "30 h", "4 d"]


@pytest.mark.parametrize(
    ("value", "said"),
    [(0, "0"), (0.523, "0.52"), (12.34, "12.3"), (-51.3, "-51.3"), (1234.5, "1,234"), (3e-9, "3e-09"), (2e15, "2e+15")],
)
def test_numbers_have_three_to_four_telling_digits(value: float, said: str) -> None:
    assert ENGLISH.number(value) == said


def test_both_ends_of_a_range_have_the_same_digits() -> None:
    assert ENGLISH.span(-51.3, 112, "Cel") == "-51 to 112 °C"
    assert Reader.of("de", "UTC").span(0.5, 2.59, "1") == "0,5 bis 2,59"


def test_a_link_in_a_mail_can_be_followed_and_nothing_else_becomes_markup() -> None:
    text = words.with_links('<b>"see" http://127.0.0.1/c/case/a.b-c_d</b> javascript:alert(1)')
    assert '<a href="http://127.0.0.1/c/case/a.b-c_d" rel="noreferrer">' in text
    assert "<b>" not in text
    assert text.count("<a ") == 1
