from __future__ import annotations

import numpy as np
import pytest

from detectors.fleet.excess import EXCESS, LEAST, Make, common
from detectors.fleet.rates import at_least, risk_ratio

BERLIN, TOKYO = "Europe/Berlin", "Asia/Tokyo"
OLD, NEW = Make("Eisblock", "1.4", BERLIN), Make("Eisblock", "1.5", BERLIN)
FAR = Make("Eisblock", "1.4", TOKYO)
FLEET = {OLD: 40, NEW: 20, FAR: 40}
RATE = 0.005


@pytest.mark.parametrize(("count", "exact"), [(3, 0.6187), (5, 1.6235), (10, 4.7954), (40, 28.577)])
def test_the_lower_bound_of_a_count_is_that_of_the_poisson_law(count: int, exact: float) -> None:
    assert at_least(count) == pytest.approx(exact, rel=0.04)


def test_the_interval_of_a_risk_ratio_covers_the_truth_nineteen_times_in_twenty() -> None:
    chance = np.random.default_rng(1)
    ratios = [risk_ratio(int(chance.binomial(60, 0.3)), 60, int(chance.binomial(200, 0.06)), 200) for _ in range(1000)]
    assert 0.93 <= np.mean([ratio.low <= 5.0 <= ratio.high for ratio in ratios]) <= 0.98


def test_no_cell_of_a_ratio_may_be_too_empty() -> None:
    for cells in [(0, 0, 0, 0), (3, 3, 0, 0), (0, 5, 5, 5), (3, 3, 0, 97)]:
        ratio = risk_ratio(*cells)
        assert 0 < ratio.low <= ratio.value <= ratio.high < float("inf")


def test_a_firmware_that_goes_wrong_is_told_from_its_type_and_its_region() -> None:
    found = common({NEW: 9}, FLEET, RATE)
    assert found is not None
    assert (found.group.dimension, found.group.value, found.group.struck, found.group.devices) == (
        "firmware", "1.5", 9, 20,
    )  # fmt: skip
    assert found.lifts[0].value == "1.5"
    assert found.lifts[0].ratio.low > 4
    assert not found.group.holds(OLD)


def test_the_weather_of_a_region_strikes_every_firmware_there() -> None:
    found = common({OLD: 12, NEW: 6}, FLEET, RATE)
    assert found is not None
    assert (found.group.dimension, found.group.value) == ("region", BERLIN)


def test_what_strikes_all_alike_is_the_type_s() -> None:
    found = common({OLD: 8, NEW: 4, FAR: 8}, FLEET, RATE)
    assert found is not None
    assert found.group.dimension == "all"


def test_two_devices_are_a_coincidence_and_a_usual_week_is_no_incident() -> None:
    assert common({NEW: LEAST - 1}, FLEET, 1e-6) is None
    assert common({OLD: 3, NEW: 2, FAR: 3}, FLEET, 0.05) is None
    assert common({}, {}, RATE) is None


def test_devices_that_come_to_it_by_themselves_hardly_ever_look_like_one_cause() -> None:
    chance = np.random.default_rng(7)
    wrong = 0
    for _ in range(2000):
        struck = {make: int(chance.binomial(count, RATE)) for make, count in FLEET.items()}
        wrong += common(struck, FLEET, RATE) is not None
    assert wrong / 2000 < 0.002
    assert EXCESS > 1
