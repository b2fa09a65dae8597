"""What is watched on each device type: one file each, one line here. Others: entry point ``forewarn.profile``."""

from detectors.faults.profile import Profile
from detectors.faults.profiles.air_handler import AIR_HANDLER
from detectors.faults.profiles.heat_pump import HEAT_PUMP
from detectors.faults.profiles.vehicle import VEHICLE
from detectors.faults.profiles.wearable import WEARABLE
from kit.plugins import Registry

PROFILES: Registry[Profile] = Registry(
    "profile", {profile.device_type: profile for profile in (VEHICLE, HEAT_PUMP, AIR_HANDLER, WEARABLE)}
)
