"""What is watched on a device type that has no profile yet: whether it still speaks, and nothing else."""

from detectors.faults.profile import Profile
from ingest.wire.catalogue import DeviceType

SILENT_AFTER_S = 2 * 3600  # shorter calls every restart of a router a silence
SILENT_PERIODS = 24  # for devices that speak seldom


def plain_profile(kind: DeviceType) -> Profile:
    """A profile of silence alone; it means nothing for a type that is not always on."""
    return Profile(kind.name, (), max(SILENT_AFTER_S, SILENT_PERIODS * kind.period_s))
