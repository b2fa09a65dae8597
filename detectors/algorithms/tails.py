"""Tails of the normal law, far beyond where 1 − Φ is zero in double precision.

Sources: Abramowitz and Stegun, Handbook of Mathematical Functions (1964): 26.2.12 (far tail), 26.2.23 (quantile).
"""

from __future__ import annotations

import math

from detectors.algorithms.kernel import part

FAR = 30.0  # standard deviations up to which `math.erfc` is exact; it is zero from 38 on


@part
def log_tail(z: float) -> float:
    """Ln P(Z ≥ z) of a standard normal Z."""
    if z < FAR:
        return math.log(0.5 * math.erfc(z / math.sqrt(2.0)))
    square = z * z
    return -0.5 * square - math.log(z * math.sqrt(2.0 * math.pi)) + math.log1p(-1.0 / square + 3.0 / square**2)


@part
def deviations(log_p: float) -> float:
    """How many standard deviations out a tail of probability ``exp(log_p)`` begins; 0 from one half on."""
    if log_p >= math.log(0.5):
        return 0.0
    t = math.sqrt(-2.0 * log_p)
    if t > FAR:  # beyond the fit's range
        return t - math.log(t * math.sqrt(2.0 * math.pi)) / t
    above = 2.515517 + t * (0.802853 + t * 0.010328)
    below = 1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308))
    return max(t - above / below, 0.0)
