"""A mapping file is either right, or its error names what is wrong and what there is instead."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_sim.errors import MappingInvalid
from device_sim.replay.mapping import Base, load, packaged, parse
from ingest.wire.device_types import DEVICE_TYPES

GOOD = """
device_type = "heat_pump"
[time]
column = " When "
[signals]
outdoor_temp = { column = "Out ", unit = "F->C" }
mode = { column = "M", values = { "1" = "heating" } }
backup_heater = { column = "P", above = 2.5 }
power = { column = "P", factor = 1000, offset = -1 }
"""


def test_a_good_mapping_is_read_with_its_defaults() -> None:
    mapping = parse(GOOD, "good")
    assert mapping.time.column == "When"
    assert mapping.time.base is Base.WHOLE_DAYS
    sources = {source.signal: source for source in mapping.sources}
    assert sources["outdoor_temp"].column == "Out"
    assert sources["outdoor_temp"].factor * 212 + sources["outdoor_temp"].offset == pytest.approx(100)
    assert sources["backup_heater"].above == 2.5
    assert mapping.missing == {"", "#VALUE!"}


@pytest.mark.parametrize("name", packaged())
def test_packaged_mappings_are_good_and_give_signals_that_exist(name: str) -> None:
    mapping = load(name)
    known = {signal.name for signal in DEVICE_TYPES.get(mapping.device_type).signals}
    assert {source.signal for source in mapping.sources} <= known
    assert mapping.description


@pytest.mark.parametrize(
    ("old", "new", "says", "offers"),
    [
        ("heat_pump", "toaster", "no device type 'toaster'", "vehicle"),
        ("outdoor_temp", "outside", "no signal 'outside'", "outdoor_temp"),
        ("F->C", "furlong", "no unit 'furlong'", "F->C"),
        ('"heating"', '"boiling"', "no state 'boiling'", "defrost"),
        ("above = 2.5", 'above = "2.5"', "'above' of 'backup_heater' is not a number", "above = 1.0"),
        ("factor = 1000", "factor = true", "'factor' of 'power' is not a number", "factor"),
        ("offset = -1", 'unit = "kW->W"', "a unit and a factor", "one of them"),
        ("above = 2.5", "over = 1", "unknown key 'over'", "above"),
        ('column = " When "', "", "either a column or a period", "period_s"),
        ('column = " When "', 'column = "a"\nperiod_s = 1', "either a column or a period", "period_s"),
        ('column = " When "', "period_s = 0", "period_s is not between", "period_s"),
        ('column = " When "', 'column = "a"\nzone = "Mars/Base"', "no time zone 'Mars/Base'", "Europe/Berlin"),
        ('column = " When "', 'column = "a"\nbase = "someday"', "no time base 'someday'", "whole_days"),
        ("[signals]", "[signal]", "unknown key 'signal'", "signals"),
        ('{ column = "Out ", unit = "F->C" }', '""', "'outdoor_temp' names no column", "COLUMN"),
        ('{ column = "Out ", unit = "F->C" }', "7", "'outdoor_temp' names no column", "COLUMN"),
        ('device_type = "heat_pump"', 'device_type = "heat_pump"\nmissing = "x"', "'missing' is not a list", "missing"),
        ('device_type = "heat_pump"', "device_type = ", "not valid TOML", "Correct"),
    ],
)
def test_a_wrong_mapping_names_the_mistake_and_what_there_is(old: str, new: str, says: str, offers: str) -> None:
    assert old in GOOD
    with pytest.raises(MappingInvalid) as caught:
        parse(GOOD.replace(old, new), "bad.toml")
    assert "bad.toml" in caught.value.problem
    assert says in caught.value.problem
    assert offers in caught.value.fix


@pytest.mark.parametrize("name", ["nowhere", "nowhere.toml"])
def test_a_mapping_that_is_not_there_offers_the_packaged_ones(name: str) -> None:
    with pytest.raises(MappingInvalid) as caught:
        load(name)
    assert "carobd" in caught.value.fix


def test_a_mapping_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "binary.toml"
    path.write_bytes(b"\xff\x00\xfe")
    with pytest.raises(MappingInvalid):
        load(str(path))


@given(st.text(max_size=200))
def test_no_text_at_all_gets_past_as_anything_but_a_mapping_or_its_error(text: str) -> None:
    with pytest.raises(MappingInvalid):
        parse(text, "fuzz")
