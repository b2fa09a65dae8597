"""The same numbers as rows: what a chart says to those who cannot, or would rather not, see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import numpy as np

from api.charts.data import Chart
from kit.clock import from_ms

ROWS = 24  # more is read by nobody, fewer hides the course of a day


@dataclass(frozen=True, slots=True)
class TableRow:
    """One stretch of time: the readings' lowest and highest value, and what was expected, None where nothing is."""

    start: datetime
    end: datetime
    low: float | None
    high: float | None
    expected_low: float | None
    expected_high: float | None


def rows(chart: Chart, count: int = ROWS) -> list[TableRow]:
    """The chart's window in `count` equal stretches; stretches with neither reading nor expectation are left out."""
    edges = np.linspace(chart.start_ms, chart.end_ms, count + 1).astype(np.int64)
    found = []
    for start, end in pairwise(edges.tolist()):
        value = chart.value[(chart.ts >= start) & (chart.ts < end)]
        band = [(low, high) for ms, low, high in chart.band if start <= ms < end]
        if len(value) == 0 and not band:
            continue
        found.append(
            TableRow(
                from_ms(start),
                from_ms(end),
                float(value.min()) if len(value) else None,
                float(value.max()) if len(value) else None,
                min(low for low, _ in band) if band else None,
                max(high for _, high in band) if band else None,
            )
        )
    return found
