"""A sensor that says the same for ever: a run of equal values, far longer than any that the series had before.

surprise = −n · ln(share of readings that repeat the one before), n the length of the run (geometric law);
severity = observed time of the run over the time that is called stuck: ``max(min_ms, 4 · longest earlier run)``.
Only for signals that vary while the device works: a set point or a closed valve stands still in good health.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from detectors.algorithms.detector import Floats, Ints, Scores, scored
from detectors.algorithms.kernel import kernel, part
from detectors.algorithms.persistence import GAP_PERIODS
from detectors.algorithms.state import Field, SlotState

FACTOR = 4.0  # times the longest earlier run; 2 calls a calm night stuck, 10 waits for days
MOVES_TO_LEAVE = 3  # changes in a row that show the sensor alive again

FIELDS = (
    Field("frozen", "u1"),
    Field("active", "i1"),
    Field("onset", "i8"),
    Field("count", "i8"),
    Field("period_ms", "f8", fill=60_000.0),
    Field("tolerance", "f8"),  # values this close are equal
    Field("min_ms", "f8", fill=7_200_000.0),  # shortest observed time that is called stuck
    Field("min_moves", "f8", fill=100.0),  # changes seen before anything is called stuck
    Field("last_ts", "i8"),
    Field("held", "f8"),  # the value of the run
    Field("seen", "f8"),
    Field("repeats", "f8"),
    Field("moves", "f8"),
    Field("run", "f8"),
    Field("run_ms", "f8"),
    Field("longest_ms", "f8"),
    Field("alive", "i8"),
)


@dataclass(frozen=True, slots=True)
class Stuck:
    """See the module. Parameters of a series are the columns that `FIELDS` gives a comment."""

    name: str = "stuck"
    version: str = "1"
    fields: tuple[Field, ...] = FIELDS

    def update(self, state: SlotState, slot: Ints, ts: Ints, value: Floats) -> Scores:
        return scored(_update, state, slot, ts, value)


@part
def _judge(c, run, run_ms):  # type: ignore[no-untyped-def]
    """Surprise and severity of a run; both 0 until the series has moved often enough to know it moves."""
    if c.moves < c.min_moves or run == 0.0:
        return 0.0, 0.0
    share = (c.repeats + 1.0) / (c.seen + 2.0)
    return -run * math.log(share), run_ms / max(c.min_ms, FACTOR * c.longest_ms)


@part
def _move(c, ts, value):  # type: ignore[no-untyped-def]
    """The run has ended: remember how long it was, unless it was a fault."""
    c.alive += 1
    if c.active == 0 and c.frozen == 0:
        c.longest_ms = max(c.longest_ms, c.run_ms)
        c.moves += 1.0
    elif c.alive >= MOVES_TO_LEAVE:
        c.active = 0
    c.run, c.run_ms, c.held, c.onset, c.count = 0.0, 0.0, value, ts, 0


@kernel
def _update(slot, ts, value, rows, out):  # type: ignore[no-untyped-def]
    surprise, severity, _low, _high, _judged, active, onset, count = out
    for i in range(len(slot)):
        c = rows[slot[i]]
        active[i], onset[i], count[i] = c.active, c.onset, c.count
        if not math.isfinite(value[i]):
            continue
        first = c.seen == 0.0
        same = not first and abs(value[i] - c.held) <= c.tolerance
        dt = 0.0 if first else float(ts[i] - c.last_ts)
        observed = min(max(dt, 0.0), GAP_PERIODS * c.period_ms)
        run, run_ms = (c.run + 1.0, c.run_ms + observed) if same else (0.0, 0.0)
        surprise[i], severity[i] = _judge(c, run, run_ms)
        if not first and dt <= 0.0:
            continue
        c.last_ts = ts[i]
        c.count += 1
        if same:
            c.run, c.run_ms, c.alive = run, run_ms, 0
            if severity[i] >= 1.0 and c.frozen == 0:
                c.active = 1
        else:
            _move(c, ts[i], value[i])
        if c.frozen == 0 and (c.active == 0 or first):
            c.seen += 1.0
            c.repeats += same
        active[i], onset[i], count[i] = c.active, c.onset, c.count
