"""How often contacts of one kind are right, with how much doubt: a beta-binomial posterior.

Of `right + wrong` judged contacts the share that is right is Beta(prior_right + right, prior_wrong + wrong)
distributed when the prior is Beta(prior_right, prior_wrong): Gelman et al., Bayesian Data Analysis, section 2.4.
Counts may be fractions, because some opinions count for less than one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

COVERS = 0.9  # of the interval, as much outside on either side; wider tells people less, narrower misleads them
_TINY = 1e-300


@dataclass(frozen=True, slots=True)
class Precision:
    """What is believed of a precision; both counts are above 0."""

    right: float
    wrong: float

    @property
    def mean(self) -> float:
        """The chance that the next contact is right."""
        return self.right / (self.right + self.wrong)

    @property
    def interval(self) -> tuple[float, float]:
        """The credible interval that covers `COVERS`."""
        outside = (1 - COVERS) / 2
        return quantile(self.right, self.wrong, outside), quantile(self.right, self.wrong, 1 - outside)

    def at_least(self, share: float) -> float:
        """How likely it is that the precision is `share` or better."""
        return 1.0 - cumulative(self.right, self.wrong, share)

    def and_judged(self, right: float, wrong: float) -> Precision:
        """After further verdicts."""
        return Precision(self.right + right, self.wrong + wrong)


def cumulative(a: float, b: float, x: float) -> float:
    """P(X <= x) for X ~ Beta(a, b): the regularised incomplete beta function I_x(a, b).

    By its continued fraction (Abramowitz & Stegun 26.5.8), evaluated by Lentz's method, on the side where it converges
    fast; to about 1e-14.
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    logs = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    if x < (a + 1) / (a + b + 2):
        return math.exp(logs) * _fraction(a, b, x) / a
    return 1.0 - math.exp(logs) * _fraction(b, a, 1 - x) / b


def quantile(a: float, b: float, share: float) -> float:
    """The x with P(X <= x) = share, by bisection to a millionth: it is shown in percent."""
    low, high = 0.0, 1.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if cumulative(a, b, middle) < share else (low, middle)
    return (low + high) / 2


def _fraction(a: float, b: float, x: float) -> float:
    c, d = 1.0, 1.0 / _away_from_zero(1.0 - (a + b) * x / (a + 1))
    total = d
    for m in range(1, 10_000):
        for step in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1.0 / _away_from_zero(1.0 + step * d)
            c = _away_from_zero(1.0 + step / c)
            total *= c * d
        if abs(c * d - 1.0) < 1e-15:
            break
    return total


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
