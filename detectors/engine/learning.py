"""What the series of a device may learn: nothing while it is in trouble, and everything anew once it is another device.

Looked at when the log's clock is swept, so that it depends on the frames alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from detectors.algorithms.catalogue import HABITUAL
from detectors.algorithms.detector import Ints
from detectors.algorithms.state import SlotState
from detectors.engine.fleet import Fleet
from detectors.faults.fusion import UNUSUAL, Patient, Symptom
from detectors.faults.known.general import OF_THE_LINE

DAY_MS = 86_400_000
FROZEN_MS = 30 * DAY_MS  # of one episode at the most; longer, and a season passes unlearned for a fault nobody mends
NORMAL_MS = 7 * DAY_MS  # without growth until a symptom is the new normal; 3 swallows a slow fault that pauses
NAMED_MS = 21 * DAY_MS  # likewise where it speaks for a named fault that never was strong enough for the customer


class Learning:
    """See the module. `states` are the engine's, by detector."""

    def __init__(self, fleet: Fleet, states: Mapping[str, SlotState]) -> None:
        self._fleet = fleet
        self._states = states

    def freeze(self, patients: Mapping[int, Patient], slot_of: Ints, now_ms: int) -> None:
        """Stop the learning of devices with an open episode, and let the others learn. `slot_of` is by watch."""
        frozen = self._fleet.columns["frozen"]
        before = set(np.flatnonzero(frozen).tolist())
        now = {device for device, patient in patients.items() if patient.open and _in_trouble(patient, now_ms)}
        for device in before ^ now:
            frozen[device] = device in now
            self._set(device, slot_of, device in now)

    def normal(self, patients: Mapping[int, Patient]) -> Iterator[tuple[int, Symptom]]:
        """The symptoms that are what their device does now: long there, not growing, no fault that anyone was told."""
        for device in sorted(patients):
            patient, kind = patients[device], self._fleet.type_of(device)
            if kind is None or not patient.symptoms or _told(patient):
                continue
            watches = kind.profile.watches
            for place, symptom in sorted(patient.symptoms.items()):
                if place < len(watches) and watches[place].detector in HABITUAL and _is_steady(patient, symptom):
                    yield device, symptom

    def _set(self, device: int, slot_of: Ints, frozen: bool) -> None:
        kind, first = self._fleet.type_of(device), int(self._fleet.columns["watch_at"][device])
        for place, watch in enumerate(kind.profile.watches if kind else ()):
            if watch.detector in HABITUAL:
                self._states[watch.detector]["frozen"][slot_of[first + place]] = frozen


def _in_trouble(patient: Patient, now_ms: int) -> bool:
    return any(
        name not in OF_THE_LINE and now_ms - episode.onset <= FROZEN_MS for name, episode in patient.open.items()
    )


def _told(patient: Patient) -> bool:
    return any(episode.told and name not in OF_THE_LINE for name, episode in patient.open.items())


def _is_steady(patient: Patient, symptom: Symptom) -> bool:
    named = any(symptom.key in episode.keys for name, episode in patient.open.items() if name != UNUSUAL)
    return symptom.ts - symptom.since >= (NAMED_MS if named else NORMAL_MS)
