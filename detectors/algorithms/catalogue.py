"""Every registered detector. Out-of-tree ones come by the entry point ``forewarn.detector``."""

from collections.abc import Mapping

from detectors.algorithms.cadence import Cadence
from detectors.algorithms.counter import Counter
from detectors.algorithms.departure import Departure
from detectors.algorithms.detector import Detector, Local
from detectors.algorithms.drift import Drift
from detectors.algorithms.event import Event
from detectors.algorithms.flap import Flap
from detectors.algorithms.limit import Limit
from detectors.algorithms.rate import Rate
from detectors.algorithms.seasonal import Seasonal
from detectors.algorithms.shift import Shift
from detectors.algorithms.silence import Silence
from detectors.algorithms.spike import Spike
from detectors.algorithms.stuck import Stuck
from detectors.algorithms.variance import Variance
from kit.plugins import Registry

DETECTORS: Registry[Detector] = Registry(
    "detector",
    {
        detector.name: detector
        for detector in (
            Seasonal(),
            Stuck(),
            Limit(),
            Departure(),
            Shift(),
            Variance(),
            Rate(),
            Drift(),
            Counter(),
            Flap(),
            Event(),
            Spike(),
            Silence(),
            Cadence(),
        )
    },
)

BY_CLOCK = frozenset({"silence", "cadence"})
"""Those that judge devices by when they were heard; a profile watches with the others."""

HABITUAL = frozenset({"seasonal", "departure", "shift", "variance", "rate"})
"""Those that hold a series against its own habits: what lasts may become a habit."""

OF_THE_HOUR: Mapping[str, Local] = {detector.name: detector for detector in (Seasonal(), Shift(), Variance())}
"""Those whose habits have hours of the day: they are told what time it is where the device is."""
