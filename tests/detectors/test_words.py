from __future__ import annotations

import pytest

from detectors.faults.words import duration, quantity


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (112.46, "Cel", "112.5 °C"),
        (12.34, "V", "12.34 V"),
        (-6.0, "K", "−6 K"),
        (-0.001, "K", "0 K"),
        (12345.6, "{rpm}", "12,346 rpm"),
        (0.5, "1", "0.5"),
        (3.0, "%/h", "3 % an hour"),
        (100.0, "Cel", "100 °C"),
        (1000.0, "W", "1,000 W"),
        (0.000_321_9, "mm/s/{rpm}", "0.000322 mm/s per rpm"),
        (0.021_34, "1", "0.0213"),
        (0.074, "Pa/W", "0.074 Pa per W"),
        (0.0, "K/Hz", "0 K per Hz"),
    ],
)
def test_a_quantity_reads_as_people_write_it(value: float, unit: str, text: str) -> None:
    assert quantity(value, unit) == text


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (20_000, "20 s"),
        (180_000, "3 min"),
        (3_600_000, "1 h"),
        (7_500_000, "2 h 5 min"),
        (86_400_000, "1 d"),
        (100_800_000, "1 d 4 h"),
    ],
)
def test_a_length_of_time_has_at_most_two_units(ms: float, text: str) -> None:
    assert duration(ms) == text
