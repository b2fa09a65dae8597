"""The posterior of a precision: exact where it can be computed by hand, and covering what it says."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from detectors.trust.precision import COVERS, Precision, cumulative, quantile


@pytest.mark.parametrize("x", [0.001, 0.2, 0.5, 0.8, 0.999])
def test_the_distribution_is_exact_where_it_has_a_formula(x: float) -> None:
    assert cumulative(1, 1, x) == pytest.approx(x, abs=1e-12)
    assert cumulative(7.5, 1, x) == pytest.approx(x**7.5, abs=1e-12)
    assert cumulative(1, 4, x) == pytest.approx(1 - (1 - x) ** 4, abs=1e-12)
    binomial = sum(math.comb(11, k) * x**k * (1 - x) ** (11 - k) for k in range(3, 12))
    assert cumulative(3, 9, x) == pytest.approx(binomial, abs=1e-12)


@pytest.mark.parametrize(("a", "b"), [(0.4, 3.6), (5.4, 0.6), (40, 2), (3, 700), (9_000, 1_000), (1e5, 1e5)])
def test_it_is_symmetric_monotone_and_inverted_by_its_quantile(a: float, b: float) -> None:
    xs = np.linspace(0.0, 1.0, 101)
    values = [cumulative(a, b, float(x)) for x in xs]
    assert values[0] == 0
    assert values[-1] == 1
    assert all(before <= after + 1e-12 for before, after in itertools.pairwise(values))
    assert values == pytest.approx([1 - cumulative(b, a, float(1 - x)) for x in xs], abs=1e-9)
    for share in (0.05, 0.5, 0.95):
        x = quantile(a, b, share)
        assert cumulative(a, b, x - 2e-6) - 1e-9 <= share <= cumulative(a, b, x + 2e-6) + 1e-9


def test_the_interval_covers_as_often_as_it_says_when_the_prior_is_true() -> None:
    draw = np.random.default_rng(5)
    covered = 0
    for _ in range(600):
        true = draw.beta(5.4, 0.6)
        right = int(draw.binomial(12, true))
        low, high = Precision(5.4, 0.6).and_judged(right, 12 - right).interval
        covered += low <= true <= high
    assert covered / 600 == pytest.approx(COVERS, abs=0.04)  # three standard errors
