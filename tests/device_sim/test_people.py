"""Owners decide by their seed: shares hold, nights are quiet, two versions of the product meet the same people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device_sim.errors import WaysImpossible
from device_sim.faults import FAULTS
from device_sim.faults.fault import Occurrence
from device_sim.models.chance import generator
from device_sim.models.machine import DAY_MS, HOUR_MS, Instants
from device_sim.people import PASSIVE, USUAL, Person, Told, Ways, noticed_ms
from device_sim.scenarios.scenario import Customer
from kit.clock import from_ms

NOON = 1_768_215_600_000  # a Monday in January, 11:00 UTC
LEAK = Occurrence("car", "coolant_leak", NOON, NOON + 10 * DAY_MS)
TOLD = Told("car", "coolant_leak", NOON + DAY_MS)
HARMLESS = next(name for name, fault in FAULTS.items() if fault.expects == "nothing")


def customer(number: int = 1, zone: str = "Europe/Berlin") -> Customer:
    return Customer(f"c-{number}", "Robin Example", "en", zone, "robin@example.org")


def crowd(ways: Ways, many: int = 400) -> list[Person]:
    return [Person(ways, 7, customer(number)) for number in range(many)]


def said(ways: Ways, truth: Sequence[Occurrence] = (LEAK,)) -> list[str]:
    return [what for person in crowd(ways) for _, what in person.reaction(TOLD, truth)]


def test_with_all_numbers_zero_nobody_does_anything() -> None:
    for person in crowd(PASSIVE, 50):
        assert person.reaction(TOLD, [LEAK]) == person.reaction(TOLD, []) == []
        assert person.complaint(LEAK) is person.repair(LEAK, NOON) is person.move(NOON, NOON + 30 * DAY_MS) is None


def test_the_same_seed_gives_the_same_person_and_another_seed_another() -> None:
    def deeds(seed: int) -> list[object]:
        return [
            (person.reaction(TOLD, [LEAK]), person.complaint(LEAK), person.repair(LEAK, NOON))
            for person in (Person(USUAL, seed, customer(number)) for number in range(30))
        ]

    assert deeds(1) == deeds(1)
    assert deeds(1) != deeds(2)


def test_the_shares_are_those_of_the_ways() -> None:
    assert said(Ways(answers=0.5, disputes=1.0)).count("wrong") == pytest.approx(200, abs=40)
    assert said(Ways(opts_out=0.25)).count("unsubscribed") == pytest.approx(100, abs=30)
    complained = [person.complaint(LEAK) for person in crowd(Ways(complains=0.4))]
    assert sum(at is not None for at in complained) == pytest.approx(160, abs=40)


def test_who_ignores_notices_never_answers_one() -> None:
    half = Ways(answers=0.5, calls=1.0)
    for person in crowd(half, 60):
        answers = {
            bool(person.reaction(Told("car", fault, TOLD.at_ms), [LEAK]))
            for fault in ("coolant_leak", "charging_fault", "silent")
        }
        assert len(answers) == 1


def test_a_notice_about_nothing_is_called_wrong_and_a_right_one_is_mended_and_said_so() -> None:
    willing = Ways(answers=1.0, repairs=1.0, repair_days=1.0, says_fixed=1.0)
    assert set(said(willing, [])) == {"wrong"}
    assert set(said(willing, [replace(LEAK, fault=HARMLESS)])) == {"wrong"}
    for person in crowd(willing, 50):
        repaired = person.repair(LEAK, TOLD.at_ms)
        ((at_ms, what),) = person.reaction(TOLD, [LEAK])
        assert what == "fixed"
        assert repaired is not None
        assert TOLD.at_ms < repaired <= at_ms


def test_who_disputes_has_nothing_repaired() -> None:
    for person in crowd(Ways(answers=1.0, disputes=1.0, repairs=1.0), 30):
        assert person.repair(LEAK, TOLD.at_ms) is None


def test_more_opt_out_after_a_wrong_notice() -> None:
    ways = Ways(opts_out=0.1, opts_out_wrong=0.5)
    assert len(said(ways, [])) > len(said(ways)) > 0


def test_nobody_has_a_harmless_change_repaired_or_complains_of_it() -> None:
    change = replace(LEAK, fault=HARMLESS)
    for person in crowd(Ways(complains=1.0, repairs=1.0), 20):
        assert person.complaint(change) is person.repair(change, NOON) is None


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Denver", "Asia/Tokyo"])
def test_nobody_acts_at_night(zone: str) -> None:
    ways = Ways(answers=1.0, answer_h=3.0, disputes=1.0, complains=1.0, complain_h=5.0, repairs=1.0)
    for number in range(40):
        person = Person(ways, 7, customer(number, zone))
        instants = [at for at, _ in person.reaction(TOLD, [LEAK])]
        instants += [at for at in (person.complaint(LEAK), person.repair(LEAK, NOON)) if at is not None]
        assert instants
        assert all(7 <= from_ms(at).astimezone(ZoneInfo(zone)).hour < 22 for at in instants)


def test_an_address_changes_within_the_period_and_some_never_tell() -> None:
    moves = [person.move(NOON, NOON + 30 * DAY_MS) for person in crowd(Ways(moves=1.0, tells_address=0.5))]
    assert all(move is not None and NOON <= move.at_ms < NOON + 30 * DAY_MS for move in moves)
    told = [move.told_ms for move in moves if move is not None]
    assert 120 < sum(at is None for at in told) < 300
    assert all(at is None or at < NOON + 30 * DAY_MS for at in told)


def test_the_owner_notices_a_progressive_fault_at_its_own_severity() -> None:
    at_ms = noticed_ms(LEAK)
    assert at_ms is not None
    level = FAULTS.get("coolant_leak").noticed or 0.0
    assert at_ms == pytest.approx(NOON + level * 10 * DAY_MS, abs=2)
    later = noticed_ms(replace(LEAK, shape=2.0))
    assert later is not None
    assert later > at_ms
    assert noticed_ms(replace(LEAK, end_ms=at_ms)) is None


def test_an_intermittent_fault_is_noticed_in_its_first_bad_hours() -> None:
    bouts = replace(LEAK, failure_ms=NOON, bout_ms=6 * HOUR_MS, duty=0.2, pattern=99)
    at_ms = noticed_ms(bouts)
    assert at_ms is not None
    assert at_ms >= NOON
    assert bouts.severity(_instants(at_ms))[0] > 0
    assert not bouts.severity(_instants(*range(NOON, at_ms, HOUR_MS))).any()
    assert noticed_ms(replace(bouts, duty=0.0)) is None


def _instants(*at_ms: int) -> Instants:
    return np.array(at_ms, np.int64)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from([name for name, fault in FAULTS.items() if fault.device_types]), st.integers(0, 10_000))
def test_every_fault_is_noticed_within_its_life_or_never(name: str, seed: int) -> None:
    fault = FAULTS.get(name)
    one = fault.draw(generator(seed), "d", fault.device_types[0], NOON)
    at_ms = noticed_ms(one)
    assert at_ms is None or (one.onset_ms <= at_ms and (one.end_ms is None or at_ms < one.end_ms))


@pytest.mark.parametrize("name", [field.name for field in fields(Ways)])
@pytest.mark.parametrize("value", [-0.1, 61.0, float("nan"), float("inf"), True, "0.5", None])
def test_an_impossible_number_is_refused_by_its_name(name: str, value: object) -> None:
    with pytest.raises(WaysImpossible, match=name) as caught:
        Ways(**{name: value})  # type: ignore[arg-type]
    assert caught.value.key == name


def test_answers_of_one_kind_and_another_cannot_be_more_than_all() -> None:
    with pytest.raises(WaysImpossible):
        Ways(answers=1.0, disputes=0.6, calls=0.5)
