"""Scenario files: what they say comes to life, and what they get wrong is told with the line and the fix."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device_sim.errors import ScenarioFileInvalid, ScenarioUnknown
from device_sim.faults import FAULTS
from device_sim.models import MODELS
from device_sim.models.machine import DAY_MS
from device_sim.network import NetworkSpec
from device_sim.people import Ways
from device_sim.scenarios import SCENARIOS
from device_sim.scenarios.files import make, packaged
from device_sim.scenarios.lines import line_of, lines_of
from device_sim.scenarios.plan import TABLES, Plan
from device_sim.scenarios.scenario import Birth, Scenario
from device_sim.scenarios.source import parse
from ingest.wire.topics import is_identifier

GOOD = """
summary = "For tests."
days = 20
seed = 3
places = { ber = 2, tyo = 1 }
people = "usual"

[network]
loss = 0.01

[customers]
devices_each = 2
consent = 0.5

[[devices]]
type = "heat_pump"
count = 20
models = { "Aero 6" = 3, "Aero 8" = 1 }
firmware = { "2.4.1" = 1, "2.3.7" = 1 }

[[devices]]
type = "wearable"
name = "band"
count = 10
rows_each = 5

[[rates]]
fault = "refrigerant_leak"
share = 0.25

[[faults]]
fault = "battery_wear"
device = "band-2"
day = 9.5
fails_day = 15
ends_day = 18.0
depth = 0.75

[[events]]
fault = "silent"
day = 12
types = ["heat_pump"]
firmware = "2.3.7"

[[owners]]
device = "band-3"
customer = "c-ber-1"
to_day = 10

[[owners]]
device = "band-3"
customer = "c-tyo-1"
from_day = 10
"""


def made(text: str, seed: int = 3, days: int = 20) -> Scenario:
    plan, source = parse(text, "test.toml")
    return make(plan, source, "test", Birth(seed, plan.start_ms + days * DAY_MS, days))


def refused(text: str) -> ScenarioFileInvalid:
    with pytest.raises(ScenarioFileInvalid) as caught:
        made(text)
    return caught.value


def test_a_file_becomes_a_fleet_with_its_owners_network_and_ways() -> None:
    scenario = made(GOOD)
    assert len(scenario.devices) == 30
    assert len(scenario.customers) == 15
    assert Counter(customer.time_zone for customer in scenario.customers) == {"Europe/Berlin": 10, "Asia/Tokyo": 5}
    assert {spec.owner for spec in scenario.devices} == {customer.id for customer in scenario.customers}
    zones = {customer.id: customer.time_zone for customer in scenario.customers}
    assert all(spec.time_zone == zones[spec.owner] for spec in scenario.devices if spec.id != "band-3")
    assert {spec.model for spec in scenario.devices if spec.type == "heat_pump"} == {"Aero 6", "Aero 8"}
    assert 0 < sum(not customer.consents for customer in scenario.customers) < 15
    assert scenario.network.loss == 0.01
    assert scenario.people.answers > 0
    assert {spec.habit.rows_each for spec in scenario.devices if spec.type == "wearable"} == {5}
    assert scenario.period.days == 20


def test_a_fault_by_hand_strikes_as_the_file_says() -> None:
    scenario = made(GOOD)
    start = scenario.period.start_ms
    (found,) = (one for one in scenario.truth if one.fault == "battery_wear")
    assert (found.device, found.depth) == ("band-2", 0.75)
    days = [(instant - start) / DAY_MS for instant in (found.onset_ms, found.failure_ms, found.end_ms or 0)]
    assert days == [9.5, 15.0, 18.0]


def test_an_event_strikes_all_that_fit_at_once_and_joins_them_in_a_group() -> None:
    scenario = made(GOOD)
    struck = [one for one in scenario.truth if one.fault == "silent"]
    fitting = {spec.id for spec in scenario.devices if spec.firmware == "2.3.7"}
    assert {one.device for one in struck} == fitting
    assert len({(one.group, one.onset_ms, one.depth, one.pattern) for one in struck}) == 1


def test_an_event_for_a_firmware_that_nobody_happened_to_get_strikes_nobody() -> None:
    text = GOOD.replace('"2.3.7" = 1 }', '"2.3.7" = 1e-9 }', 1)
    assert text != GOOD
    assert not [one for one in made(text).truth if one.fault == "silent"]


def test_a_rate_strikes_its_share_after_the_learning_time_and_no_device_twice() -> None:
    struck = []
    for seed in range(20):
        scenario = made(GOOD, seed)
        leaks = [one for one in scenario.truth if one.fault == "refrigerant_leak"]
        struck.append(len(leaks))
        start = scenario.period.start_ms
        assert all(one.onset_ms >= start + 8 * DAY_MS for one in leaks)
        assert max(Counter(one.device for one in scenario.truth).values()) == 1
    assert 3.5 <= sum(struck) / len(struck) <= 5.5


def test_most_drawn_progressive_faults_come_to_their_end_within_the_period() -> None:
    text = GOOD.replace("days = 20", "days = 30")
    ends = [
        one.failure_ms <= scenario.period.end_ms
        for seed in range(10)
        for scenario in [made(text, seed, days=30)]
        for one in scenario.truth
        if one.fault == "refrigerant_leak"
    ]
    assert sum(ends) / len(ends) > 0.7


def test_a_device_changes_hands_on_the_day_that_the_file_says() -> None:
    scenario = made(GOOD)
    assert next(spec.owner for spec in scenario.devices if spec.id == "band-3") == "c-ber-1"
    (handover,) = scenario.handovers
    assert (handover.device, handover.owner) == ("band-3", "c-tyo-1")
    assert handover.at_ms == scenario.period.start_ms + 10 * DAY_MS


def test_the_same_seed_makes_the_same_scenario_and_another_seed_another() -> None:
    assert made(GOOD, 5) == made(GOOD, 5)
    assert made(GOOD, 5).truth != made(GOOD, 6).truth


def test_a_shorter_life_leaves_out_what_would_begin_after_it() -> None:
    scenario = made(GOOD, days=11)
    assert all(one.onset_ms < scenario.period.end_ms for one in scenario.truth)
    assert not any(one.fault == "silent" for one in scenario.truth)
    assert made(GOOD, days=9).handovers == ()


def test_customers_of_one_seed_stay_who_they_are_when_faults_are_added() -> None:
    more = GOOD + '[[rates]]\nfault = "sensor_stuck"\ncount = 3\n'
    assert made(more).customers == made(GOOD).customers
    assert set(made(more).truth) > set(made(GOOD).truth)


WRONG = {  # what is wrong: the text to change, what it becomes, a part of the line that is told, words of the answer
    "unknown fault": ('"refrigerant_leak"', '"refrigerant_leek"', "leek", "Did you mean 'refrigerant_leak'?"),
    "unknown type": ('type = "heat_pump"\ncount', 'type = "heatpump"\ncount', "heatpump", "'heat_pump'"),
    "unknown key": ("share = 0.25", "shar = 0.25", "shar =", "Did you mean 'share'?"),
    "unknown key at the top": ("seed = 3", "sead = 3", "sead", "Did you mean 'seed'?"),
    "unknown place": ("ber = 2", "bre = 2", "places", "'ber'"),
    "unknown network key": ("loss = 0.01", "lost = 0.01", "lost", "'loss'"),
    "impossible network": ("loss = 0.01", "loss = 1.5", "loss", "0 to 1"),
    "text for a number": ("loss = 0.01", 'loss = "much"', "loss", "without quotes"),
    "impossible share": ("share = 0.25", "share = 1.25", "share = 1.25", "<= 1.0"),
    "no share": ("share = 0.25", "share = 0", "share = 0", "> 0.0"),
    "impossible rate": ("share = 0.25", "per_1000_device_days = 80", "per_1000_device_days", "At most 50"),
    "rate twice": ("share = 0.25", "share = 0.25\ncount = 2", "[[rates]]", "Give one of"),
    "no rate": ("share = 0.25", "", "[[rates]]", "Give one of"),
    "count too high": ("share = 0.25", "count = 21", "count = 21", "Lower the count"),
    "wrong type for fault": (
        "share = 0.25",
        'share = 0.25\ntypes = ["wearable"]',
        "refrigerant",
        "It strikes: heat_pump",
    ),
    "type without device": ("share = 0.25", 'share = 0.25\ntypes = ["vehicle"]', "types", "heat_pump"),
    "too late to begin": ("share = 0.25", "share = 0.25\nfrom_day = 25", "from_day", "to_day <= 20"),
    "unknown device": ('device = "band-2"', 'device = "band-22"', "band-22", "Did you mean"),
    "begins after the end": ("day = 9.5", "day = 30", "day = 30", "days is 20"),
    "fails before it begins": ("fails_day = 15", "fails_day = 5", "fails_day", "fail later"),
    "ends before it begins": ("ends_day = 18.0", "ends_day = 8", "ends_day", "end later"),
    "event for nobody": ('types = ["heat_pump"]', 'types = ["wearable"]', "[[events]]", "Widen"),
    "unknown firmware": ('firmware = "2.3.7"', 'firmware = "2.3.9"', '"2.3.9"', "2.3.7"),
    "no devices": ("count = 20", "count = 0", "count = 0", ">= 1"),
    "negative count": ("count = 20", "count = -1", "count = -1", ">= 1"),
    "overlapping owners": ("to_day = 10", "to_day = 12", "from_day = 10", "end by day 10"),
    "owner for good, then another": ("to_day = 10", "", "from_day = 10", "for good"),
    "gap between owners": ("to_day = 10", "to_day = 9", "from_day = 10", "from_day = 9"),
    "unknown customer": ('"c-tyo-1"', '"c-tyo-99"', "c-tyo-99", "c-tyo"),
    "unknown codec": ("rows_each = 5", 'codec = "jsno"', "jsno", "There"),
    "hub that is not there": ("rows_each = 5", 'behind = "hub"', "behind", "none to choose"),
    "bad id": ('name = "band"', 'name = "my band"', "my band", "ASCII"),
    "days of the wrong kind": ("days = 20", 'days = "20"', "days", "expected"),
    "no such season": ("seed = 3", "start = 0001-01-01", "start", "2000 to 2100"),
    "no TOML": ("days = 20", "days = = 20", "days", "TOML"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told_with_its_line_and_the_fix(name: str) -> None:
    before, after, on_line, words = WRONG[name]
    assert GOOD.count(before) >= 1
    text = GOOD.replace(before, after, 1)
    error = refused(text)
    assert error.line is not None
    assert on_line in text.splitlines()[error.line - 1], (error.line, error.problem)
    told = f"{error.problem} {error.fix}"
    assert words.lower().replace("there", "", 1) in told.lower()
    assert error.problem.startswith("The scenario file test.toml, line ")
    assert error.fix


@pytest.mark.parametrize("text", ["", "summary = 'x'\ndays = 3\ndevices = []", "summary = 'x'\ndays = 3\ndevices = 4"])
def test_a_fleet_without_devices_is_refused(text: str) -> None:
    assert "devices" in f"{refused(text)} {refused(text).fix}"


@pytest.mark.parametrize("content", [b"\xff\xfe", b"", b"\x00", b"[" * 5000, b"a = [" + b"[" * 3000, b"days = nan"])
def test_no_file_however_broken_crashes(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_bytes(content)
    with pytest.raises(ScenarioFileInvalid):
        SCENARIOS.get(str(path))


def test_a_missing_file_and_an_unknown_name_say_what_to_do() -> None:
    with pytest.raises(ScenarioFileInvalid, match="no such file"):
        SCENARIOS.get("nowhere/s.toml")
    with pytest.raises(ScenarioUnknown) as caught:
        SCENARIOS.get("small_mixd")
    assert "small_mixed" in caught.value.fix


def test_a_file_of_ones_own_is_played_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD, "utf-8")
    recipe = SCENARIOS.get(str(path))
    assert (recipe.name, recipe.seed, recipe.days) == ("mine", 3, 20)
    assert len(recipe.make(recipe.birth()).devices) == 30


SIMULATED = sorted(name for name in packaged() if not SCENARIOS.get(name).recorded)


@pytest.mark.parametrize("name", SIMULATED)
@pytest.mark.parametrize("seed", [1, 20])
def test_every_file_that_comes_along_can_be_played(name: str, seed: int) -> None:
    recipe = SCENARIOS.get(name)
    assert recipe.summary.endswith(".")
    scenario = recipe.make(recipe.birth(seed))
    ids = [spec.id for spec in scenario.devices]
    assert len(set(ids)) == len(ids)
    assert all(is_identifier(name) for name in ids)
    types = {spec.id: spec.type for spec in scenario.devices}
    assert all(FAULTS.get(one.fault).strikes(types[one.device]) for one in scenario.truth)
    harmful = Counter(one.device for one in scenario.truth if FAULTS.get(one.fault).expects != "nothing")
    assert sum(harmful.values()) <= len(ids)


def test_every_registered_fault_occurs_once_in_every_fault() -> None:
    recipe = SCENARIOS.get("every_fault")
    scenario = recipe.make(recipe.birth())
    possible = {name for name, fault in FAULTS.items() if any(fault.strikes(kind) for kind in MODELS)}
    assert Counter(one.fault for one in scenario.truth) == dict.fromkeys(possible, 1)
    assert set(MODELS) == {spec.type for spec in scenario.devices if spec.id.endswith("-well-1")}


def test_one_of_each_has_every_type_that_can_be_simulated() -> None:
    recipe = SCENARIOS.get("one_of_each")
    assert Counter(spec.type for spec in recipe.make(recipe.birth()).devices) == dict.fromkeys(MODELS, 1)


def test_the_line_of_a_key_is_found_past_comments_arrays_and_texts_of_many_lines() -> None:
    text = 'a = """\n[x]\nb = 1\n"""\n# [y]\nc = [\n  "]",\n  1,\n]\n[[t]]\nk = 1\n[[t]]\n"k" = 2\n[t.sub]\nd.e = 3\n'
    lines = lines_of(text)
    assert lines["a",] == 1
    assert lines["c",] == 6
    assert (lines["t", 0, "k"], lines["t", 1, "k"]) == (11, 13)
    assert lines["t", 1, "sub", "d", "e"] == 15
    assert ("x",) not in lines
    assert ("b",) not in lines
    assert line_of(lines, ("t", 1, "nothing")) == 12
    assert line_of(lines, ("nothing",)) is None


PAGE = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text("utf-8")


def test_the_file_in_the_page_can_be_played_and_shows_every_key() -> None:
    text = PAGE.split("```toml\n")[1].split("```")[0]
    scenario = made(text, days=30)
    assert {one.fault for one in scenario.truth} >= {"door_seal", "cold_spell"}
    assert {spec.habit.codec for spec in scenario.devices} == {"forewarn_json", "senml_json"}
    parents = {spec.parent for spec in scenario.devices if spec.type == "room_sensor"}
    assert parents == {"hub-1", "hub-2", "hub-3"}
    owner = {spec.id: spec.owner for spec in scenario.devices}
    assert all(owner[spec.parent] == spec.owner for spec in scenario.devices if spec.parent)
    keys = [key for kind in (Plan, *TABLES.values()) for key in kind.__struct_fields__]
    keys += [*Ways.__dataclass_fields__, *NetworkSpec.__dataclass_fields__]
    unexplained = [key for key in keys if not re.search(rf"\b{key}\b", PAGE)]
    assert not unexplained


@given(st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_mutilated_file_does_anything_but_play_or_be_refused(data: st.DataObject) -> None:
    lines = GOOD.splitlines()
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(lines) - 1))
        key, equals, _ = lines[place].partition("=")
        values = st.sampled_from(["-1", "nan", "inf", "1e300", '""', "[]", "{}", "true", "2026-01-01", '"x"', "[[1]]"])
        lines[place] = data.draw(st.sampled_from([f"{key}{equals} {data.draw(values)}", "", "[x]", lines[place] * 2]))
    told: list[ScenarioFileInvalid] = []
    try:
        made("\n".join(lines))
    except ScenarioFileInvalid as error:
        told.append(error)
    assert all(error.fix and (error.line is None or 1 <= error.line <= len(lines)) for error in told)


def test_weather_for_all_leaves_room_for_what_happens_to_one() -> None:
    weather = '[[events]]\nfault = "cold_spell"\nday = 10\n[[rates]]\nfault = "setpoint_changed"\nshare = 0.5\n'
    scenario = made(GOOD + weather)
    changed = {one.device for one in scenario.truth if one.fault == "setpoint_changed"}
    assert len(changed) >= 9
    assert changed <= {one.device for one in scenario.truth if one.fault == "cold_spell"}
