"""Events that nobody takes back: what a device reports only when something happens ends by the log's time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from detectors.algorithms.detector import Ints
from detectors.algorithms.state import SlotState
from detectors.engine.fleet import Fleet
from detectors.faults.fusion import Patient, Symptom


def expired(
    fleet: Fleet, patients: Mapping[int, Patient], events: SlotState, slot_of: Ints, log_ms: int
) -> Iterator[tuple[int, Symptom]]:
    """The symptoms of events of which none came for the watch's `expires_ms`, by device; `slot_of` is by watch."""
    for device in sorted(patients):
        kind = fleet.type_of(device)
        watches, first = (kind.profile.watches if kind else ()), int(fleet.columns["watch_at"][device])
        for place, symptom in sorted(patients[device].symptoms.items()):
            if place >= len(watches) or watches[place].detector != "event":
                continue
            row = events.rows[slot_of[first + place]]
            if 0.0 < row["expires_ms"] <= log_ms - int(row["last_ts"]):
                yield device, symptom
