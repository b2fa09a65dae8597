"""Whether the signals of each device move together as on its peers: `detectors.fleet.coupling` over the engine's fleet.

Types with vital signs take no part: what they say may only be judged with consent, and not together with others'.
"""

from __future__ import annotations

from detectors.algorithms.detector import Floats, Ints
from detectors.algorithms.state import SlotState
from detectors.engine.fleet import Fleet
from detectors.engine.presence import Seen
from detectors.engine.program import Program
from detectors.faults.fusion import Symptom
from detectors.fleet import coupling
from detectors.fleet.coupling import Broken

PLACE = 2  # of the symptom behind the watches of a profile; those of presence come before it


class Coupled:
    """See the module. The states belong to the engine, which saves them."""

    def __init__(self, program: Program, fleet: Fleet, states: dict[str, SlotState]) -> None:
        self._fleet = fleet
        self._states = states
        states.update(coupling.states([None if kind.vitals else kind.device_type for kind in program.types.values()]))

    def grow(self) -> None:
        """Give every known device and signal its place."""
        self._states["coupling_series"].grow(self._fleet.signals)
        self._states["coupling_devices"].grow(len(self._fleet.devices))

    def hear(self, batch: tuple[Ints, Ints, Ints, Floats]) -> None:
        """Take over readings ``(device slot, signal number, ts, value)``."""
        coupling.hear(self._states, self._fleet.columns.rows, batch)

    def look(self, log_ms: int) -> list[Seen]:
        """What changed since the last look; and every hour of the log's time let the devices teach each other."""
        coupling.learn(self._states, log_ms)
        return [Seen(broken.device, self._symptom(broken)) for broken in coupling.moved(self._states)]

    def _symptom(self, broken: Broken) -> Symptom:
        kind = self._fleet.type_of(broken.device)
        return Symptom(
            key="coupling",
            watch=(len(kind.profile.watches) if kind else 0) + PLACE,
            active=broken.active,
            onset=broken.onset,
            ts=broken.ts,
            count=0,
            surprise=0.0,
            severity=broken.severity,
            value=broken.severity,
            low=0.0,
            high=1.0,
            first=float(broken.first),
            second=float(broken.second),
            unusual=True,
        )
