"""The device says nothing any more: no power, no network, or broken."""

from __future__ import annotations

from device_sim.faults.fault import Fault, Occurrence
from device_sim.models.machine import Rows, State


def hush(occurrence: Occurrence, rows: Rows, _memory: State) -> Rows:
    """The rows that are sent in spite of the fault."""
    return rows.keep(occurrence.severity(rows.ts) == 0)


SILENT = Fault(
    name="silent",
    label="Device falls silent",
    about="Messages end from one moment to the next and do not come back.",
    device_types=(),
    course="sudden",
    depths=(1.0, 1.0),
    noticed=None,
    report=hush,
)
