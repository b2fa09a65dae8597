from __future__ import annotations

from dataclasses import replace

import pytest

from detectors.trips.score import score
from tests.detectors.trips.test_worker import a_trip

CALM = replace(a_trip(), braking=0, acceleration=0, cornering=0, judged_by="sensor")


def test_a_trip_without_anything_harsh_has_all_points() -> None:
    assert score(CALM).points == 100
    assert score(CALM).costs == ()


@pytest.mark.parametrize("what", ["braking", "acceleration", "cornering", "fast_s"])
def test_more_of_anything_harsh_costs_more_and_is_said(what: str) -> None:
    points = [score(replace(CALM, **{what: number})).points or 0 for number in (0, 1, 3, 10, 100, 10_000)]
    assert points == sorted(points, reverse=True)
    assert points[0] > points[3] >= 0
    (cost,) = score(replace(CALM, **{what: 10})).costs
    assert cost.words


def test_the_worst_trip_has_no_less_than_no_points() -> None:
    worst = replace(CALM, braking=10**6, acceleration=10**6, cornering=10**6, fast_s=1e9)
    assert 0 <= (score(worst).points or 0) <= 1


def test_one_event_on_a_short_way_is_not_twenty_in_a_hundred_kilometres() -> None:
    once = score(replace(CALM, braking=1, distance_km=2.0)).points or 0
    assert once > 80


def test_what_was_not_measured_costs_nothing_and_is_said() -> None:
    blind = score(replace(CALM, cornering=None))
    assert (blind.points, blind.notes) == (100, ("Not judged: bends.",))
    assert score(replace(CALM, judged_by="")).points is None
