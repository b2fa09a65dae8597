"""What is watched on each device type: one file each, one line here. Others: entry point ``forewarn.profile``."""

from detectors.faults.profile import Profile
from detectors.faults.profiles.air_handler import AIR_HANDLER
from detectors.faults.profiles.battery_cell import BATTERY_CELL
from detectors.faults.profiles.circulation_pump import CIRCULATION_PUMP
from detectors.faults.profiles.electric_vehicle import ELECTRIC_VEHICLE
from detectors.faults.profiles.freezer import FREEZER
from detectors.faults.profiles.gait_sensor import GAIT_SENSOR
from detectors.faults.profiles.heat_pump import HEAT_PUMP
from detectors.faults.profiles.hub import HUB
from detectors.faults.profiles.hydraulic_rig import HYDRAULIC_RIG
from detectors.faults.profiles.leak_sensor import LEAK_SENSOR
from detectors.faults.profiles.production_machine import PRODUCTION_MACHINE
from detectors.faults.profiles.room_sensor import ROOM_SENSOR
from detectors.faults.profiles.turbofan import TURBOFAN
from detectors.faults.profiles.vehicle import VEHICLE
from detectors.faults.profiles.washing_machine import WASHING_MACHINE
from detectors.faults.profiles.water_meter import WATER_METER
from detectors.faults.profiles.wearable import WEARABLE
from kit.plugins import Registry

ALL = (
    VEHICLE,
    ELECTRIC_VEHICLE,
    HEAT_PUMP,
    AIR_HANDLER,
    FREEZER,
    CIRCULATION_PUMP,
    WASHING_MACHINE,
    WATER_METER,
    HUB,
    ROOM_SENSOR,
    LEAK_SENSOR,
    WEARABLE,
    PRODUCTION_MACHINE,
    TURBOFAN,
    BATTERY_CELL,
    HYDRAULIC_RIG,
    GAIT_SENSOR,
)

PROFILES: Registry[Profile] = Registry("profile", {profile.device_type: profile for profile in ALL})
