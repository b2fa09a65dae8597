"""Charts as pure functions: nothing extreme is lost, gaps stay open, axes read well, text cannot break out."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.charts.axes import time_ticks, value_ticks
from api.charts.data import SMALL, WIDE, Chart, Mark, Size
from api.charts.reduce import reduce, split_at_gaps
from api.charts.svg import draw
from api.charts.table import rows
from api.reader import Reader
from kit.clock import to_ms

START = to_ms(datetime(2026, 3, 10, tzinfo=UTC))
HOUR = 3_600_000
BERLIN = Reader.of("en", "Europe/Berlin")
SVG = "{http://www.w3.org/2000/svg}"


def chart(count: int = 100, step_ms: int = 60_000) -> Chart:
    ts = START + np.arange(count, dtype=np.int64) * step_ms
    return Chart(
        key="coolant",
        title="Coolant temperature",
        description="From cold to warm.",
        unit="Cel",
        start_ms=START,
        end_ms=START + count * step_ms,
        ts=ts,
        value=np.linspace(20, 90, count),
        reader=BERLIN,
        gap_ms=4 * step_ms,
        band=tuple((int(ms), 80.0, 95.0) for ms in ts[:: max(1, count // 10)]),
        marks=(Mark(START + count * step_ms // 2, "began", "onset"),),
    )


def parsed(one: Chart, size: Size = WIDE) -> ET.Element:
    return ET.fromstring(str(draw(one, size)).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def test_a_chart_is_whole_xml_with_title_and_description() -> None:
    svg = parsed(chart())
    assert svg.findtext(f"{SVG}title") == "Coolant temperature"
    assert svg.findtext(f"{SVG}desc") == "From cold to warm."
    ids = {svg.find(f"{SVG}title").get("id"), svg.find(f"{SVG}desc").get("id")}  # type: ignore[union-attr]
    assert set(svg.get("aria-labelledby", "").split()) == ids
    texts = [text.text for text in svg.iter(f"{SVG}text")]
    assert {"°C", "CET", "began"} <= set(texts)


def test_nothing_in_a_chart_breaks_the_policy_or_the_page() -> None:
    evil = '"><script>alert(1)</script>'
    text = draw(
        replace(chart(), title=evil, description=evil, unit=evil, key=evil, marks=(Mark(START + HOUR, evil, "onset"),))
    )
    assert "<script" not in text
    assert "style=" not in text


def test_two_moments_close_together_keep_both_shapes_and_words() -> None:
    one = chart()
    for at in (0, 1, 50, 97, 99):
        moment = START + at * 60_000
        marks = (Mark(moment, "began", "onset"), Mark(moment + 60_000, "noticed", "detected"))
        svg = parsed(replace(one, marks=marks))
        shapes = [e.get("points", "") for e in svg.iter(f"{SVG}polygon") if "mark-shape" in e.get("class", "")]
        centres = [float(points.split(",")[0]) for points in shapes]
        assert centres[1] - centres[0] >= 11.9
        labels = [text for text in svg.iter(f"{SVG}text") if text.get("class") == "mark-label"]
        assert len({(text.get("y"), text.get("text-anchor")) for text in labels}) == 2


def test_a_gap_is_left_open_and_a_lonely_reading_is_a_dot() -> None:
    one = chart(30)
    kept = np.r_[0:10, 15, 20:30]
    svg = parsed(replace(one, ts=one.ts[kept], value=one.value[kept]))
    assert len(svg.findall(f"{SVG}polyline")) == 2
    assert len(svg.findall(f"{SVG}circle")) == 1


@pytest.mark.parametrize(
    "value",
    [np.zeros(0), np.array([5.0]), np.full(3, 7.0), np.array([-1e300, 1e300]), np.array([1e-12, 2e-12]), np.zeros(2)],
    ids=["none", "one", "flat", "huge", "tiny", "zeros"],
)
def test_odd_values_still_make_a_chart(value: np.ndarray) -> None:
    ts = START + np.arange(len(value), dtype=np.int64) * 60_000
    svg = parsed(replace(chart(), ts=ts, value=value.astype(np.float64), band=()))
    for element in svg.iter():
        for number in (element.get(name) for name in ("x", "y", "x1", "y1", "x2", "y2", "cx", "cy")):
            assert number is None or np.isfinite(float(number))


def test_states_are_drawn_in_steps_with_their_names() -> None:
    one = replace(
        chart(4), value=np.array([0.0, 1, 1, 3]), unit="1", states=("off", "heating", "hot_water", "defrost"), band=()
    )
    svg = parsed(one, size=SMALL)
    assert {"off", "heating", "hot water", "defrost"} <= {text.text for text in svg.iter(f"{SVG}text")}
    points = (svg.find(f"{SVG}polyline").get("points") or "").split()  # type: ignore[union-attr]
    assert len(points) == 6, "two changes, each with its own corner"


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=3000), st.integers(1, 50))
def test_thinning_keeps_ends_and_extremes_of_every_column(values: list[float], columns: int) -> None:
    value = np.array(values)
    ts = START + np.arange(len(value), dtype=np.int64) * 1000
    end = START + len(value) * 1000
    thin_ts, thin = reduce(ts, value, START, end, columns)
    assert len(thin) <= max(4 * columns, len(value) if len(value) <= 4 * columns else 0)
    assert np.all(np.diff(thin_ts) > 0)
    column, thin_column = (ts - START) * columns // (end - START), (thin_ts - START) * columns // (end - START)
    for number in np.unique(column):
        here, kept = value[column == number], thin[thin_column == number]
        assert (here.min(), here.max(), here[0], here[-1]) == (kept.min(), kept.max(), kept[0], kept[-1])


def test_gaps_split_only_where_it_is_silent() -> None:
    ts = np.array([0, 10, 20, 100, 110, 300], np.int64)
    assert split_at_gaps(ts, 50) == [slice(0, 3), slice(3, 5), slice(5, 6)]
    assert split_at_gaps(ts[:0], 50) == []


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_value_ticks_are_round_and_inside(low: float, span: float) -> None:
    ticks = value_ticks(low, low + span)
    assert 2 <= len(ticks) <= 21
    assert low - span * 1e-6 <= ticks[0] <= ticks[-1] <= low + span * (1 + 1e-6)


def test_time_ticks_stand_at_round_hours_of_the_reader() -> None:
    ticks = time_ticks(START, START + 48 * HOUR, BERLIN)
    assert [label for _, label in ticks] == ["12:00", "11 Mar", "12:00", "12 Mar"][: len(ticks)] or len(ticks) >= 4
    assert all(label.endswith(":00") or "Mar" in label for _, label in ticks)


def test_time_ticks_stay_at_noon_when_summer_time_begins() -> None:
    start = to_ms(datetime(2026, 3, 28, 11, tzinfo=UTC))
    ticks = dict(time_ticks(start, start + 48 * HOUR, BERLIN, about=4))
    noons = [ms for ms, label in ticks.items() if label == "12:00"]
    assert [noon - noons[0] for noon in noons] == [0, 23 * HOUR, 47 * HOUR]


def test_the_table_says_what_the_picture_says() -> None:
    table = rows(chart(), count=10)
    assert len(table) == 10
    assert (table[0].low, table[-1].high) == (20.0, 90.0)
    assert (table[0].expected_low, table[0].expected_high) == (80.0, 95.0)
    assert rows(replace(chart(), ts=chart().ts[:0], value=chart().value[:0], band=())) == []


def test_the_wide_and_the_small_chart_share_no_id() -> None:
    assert parsed(chart(), size=WIDE).get("aria-labelledby") != parsed(chart(), size=SMALL).get("aria-labelledby")
