"""How soon a case needs a person: from what the fault can do and how fast, never from a detector's numbers. Pure."""

from __future__ import annotations

from collections.abc import Mapping

MOST_URGENT = 1
LEAST_URGENT = 4

_MATRIX: Mapping[tuple[str, str], int] = {
    ("high", "high"): 1,
    ("high", "medium"): 2,
    ("medium", "high"): 2,
    ("high", "low"): 3,
    ("medium", "medium"): 3,
    ("low", "high"): 3,
}


def priority(impact: str, urgency: str) -> int:
    """P1 to P4 from impact × urgency (each low, medium or high), as in ITIL's matrix."""
    return _MATRIX.get((impact, urgency), LEAST_URGENT)


def raised(current: int) -> int:
    """One step more urgent, at most P1."""
    return max(MOST_URGENT, current - 1)
