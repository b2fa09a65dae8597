"""Every registered detector. Out-of-tree ones come by the entry point ``forewarn.detector``."""

from detectors.algorithms.departure import Departure
from detectors.algorithms.detector import Detector
from detectors.algorithms.limit import Limit
from detectors.algorithms.seasonal import Seasonal
from detectors.algorithms.silence import Silence
from detectors.algorithms.stuck import Stuck
from kit.plugins import Registry

DETECTORS: Registry[Detector] = Registry(
    "detector", {detector.name: detector for detector in (Seasonal(), Stuck(), Limit(), Departure(), Silence())}
)
