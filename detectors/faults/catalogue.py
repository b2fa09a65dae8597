"""The fault catalogue: every cause that Forewarn can name, with the symptoms that give it away.

Out-of-tree faults come by the entry point ``forewarn.fault``.
"""

from __future__ import annotations

from detectors.faults.fault import Fault
from detectors.faults.known import climate, general, household, industrial, vehicles
from kit.plugins import Registry

FAULTS: Registry[Fault] = Registry(
    "fault",
    {fault.name: fault for known in (vehicles, climate, household, industrial, general) for fault in known.FAULTS},
)
