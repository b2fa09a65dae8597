"""How often against how often: intervals for counts that happen to many devices. Pure arithmetic."""

from __future__ import annotations

import math
from dataclasses import dataclass

Z = 1.96  # both intervals cover 95 %


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio of two rates with its 95 % interval."""

    value: float
    low: float
    high: float


def at_least(count: int) -> float:
    """The lower 95 % bound of the mean behind a Poisson count.

    Byar's approximation (Breslow & Day 1987, section 2.3): n (1 - 1/9n - z/3√n)³; off by under 4 % from n = 3 on.
    """
    if count <= 0:
        return 0.0
    return float(count * max(0.0, 1 - 1 / (9 * count) - Z / (3 * math.sqrt(count))) ** 3)


def risk_ratio(struck: int, of: int, struck_else: int, of_else: int) -> Ratio:
    """How much oftener it happens among `of` than among `of_else` others.

    Log interval of Katz (1978) with half a case added to every cell (Haldane), so that an empty cell has a ratio too.
    """
    here, there = struck + 0.5, struck_else + 0.5
    all_here, all_there = max(of, struck) + 1.0, max(of_else, struck_else) + 1.0
    value = (here / all_here) / (there / all_there)
    spread = math.exp(Z * math.sqrt(max(1 / here - 1 / all_here + 1 / there - 1 / all_there, 0.0)))
    return Ratio(value, value / spread, value * spread)
