"""A machine that plays a tape: recorded days in place of physics, with what a fault does to them on top."""

from __future__ import annotations

from device_sim.models.machine import Day, Identity, Rows, State, Wear
from device_sim.recorded.overlays import OVERLAYS
from device_sim.recorded.tape import Life, Tape


class Recorded:
    """See `device_sim.models.machine.Machine`. It has no state: a day depends on the plan and the wear alone."""

    def __init__(self, identity: Identity, tape: Tape, start_ms: int) -> None:
        self.signals = tape.signals
        self._tape = tape
        self._life = Life(identity, start_ms)

    def first_state(self) -> State:
        """Nothing is carried from day to day."""
        return {}

    def day(self, day: Day, state: State, wear: Wear) -> tuple[Rows, State]:
        """What was recorded for `day`, and what ails the device on top of it."""
        parts: list[Rows] = []
        if day.end_ms > self._life.start_ms:
            for begin, piece in self._tape.plan.placed(self._life, day):
                moved = Rows(piece.rows.ts + begin, piece.rows.columns)
                # over midnight: the day before plays the beginning, this one the rest
                parts.append(moved.between(day.start_ms, day.end_ms))
        rows = Rows.join(parts, self.signals)
        overlay = OVERLAYS.get(self._tape.device_type)
        return (overlay.over(rows, wear) if overlay and len(rows) else rows), state
