"""When small segments of a day become one: a size-tiered merge of neighbouring generations.

Merged like this a reading is rewritten about once per level, and a day ends as a few large segments
(O'Neil et al., "The log-structured merge-tree", 1996; the naming follows ClickHouse's parts).
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

from ingest.store.parquet.segments import Segment

FAN_IN = 8  # fewer: readings are rewritten more often; more: a read of a day opens more files
MOST_ROWS = 4_000_000  # of one merge, 130 MB in memory; more: spills to disk and takes many seconds; fewer: more files
LEVELS = (16_384, 131_072, 524_288)  # rows; higher last: a write waits seconds for a merge; lower: more files a day
# A flush of more rows than the last level (the default of `flush_readings`, in a backlog) is written once and for all.


def due(segments: list[Segment]) -> list[Segment]:
    """The newest run of neighbouring live segments that should become one, empty when none should.

    A run ends at a segment of a higher level and is due when `FAN_IN` of its segments are of its own level: a large
    segment is not rewritten for a few small ones.
    """
    lowest = 0
    for limit in LEVELS:
        for run in reversed(_runs(segments, limit)):
            if sum(segment.rows >= lowest for segment in run) >= FAN_IN:
                return _bounded(run)
        lowest = limit
    return []


def merged(run: list[Segment]) -> Segment:
    """The segment that takes the place of a run."""
    return Segment(
        run[0].folder,
        run[0].first,
        run[-1].last,
        0,
        min(segment.low for segment in run),
        max(segment.high for segment in run),
        sum(segment.rows for segment in run),
    )


def _bounded(run: list[Segment]) -> list[Segment]:
    """The oldest of a run, as many as one merge takes: a backlog is merged in several."""
    rows = list(accumulate(segment.rows for segment in run))
    return run[: max(FAN_IN, bisect_right(rows, MOST_ROWS))]


def _runs(segments: list[Segment], limit: int) -> list[list[Segment]]:
    runs: list[list[Segment]] = [[]]
    for segment in segments:
        if segment.rows < limit:
            runs[-1].append(segment)
        else:
            runs.append([])
    return runs
