"""The catalogue of device types: one file each, one line here.

Others come by the entry point ``forewarn.device_type``.
"""

from ingest.wire.catalogue import DeviceType
from ingest.wire.device_types.air_handler import AIR_HANDLER
from ingest.wire.device_types.battery_cell import BATTERY_CELL
from ingest.wire.device_types.circulation_pump import CIRCULATION_PUMP
from ingest.wire.device_types.electric_vehicle import ELECTRIC_VEHICLE
from ingest.wire.device_types.freezer import FREEZER
from ingest.wire.device_types.gait_sensor import GAIT_SENSOR
from ingest.wire.device_types.heat_pump import HEAT_PUMP
from ingest.wire.device_types.hub import HUB
from ingest.wire.device_types.hydraulic_rig import HYDRAULIC_RIG
from ingest.wire.device_types.leak_sensor import LEAK_SENSOR
from ingest.wire.device_types.production_machine import PRODUCTION_MACHINE
from ingest.wire.device_types.room_sensor import ROOM_SENSOR
from ingest.wire.device_types.turbofan import TURBOFAN
from ingest.wire.device_types.vehicle import VEHICLE
from ingest.wire.device_types.washing_machine import WASHING_MACHINE
from ingest.wire.device_types.water_meter import WATER_METER
from ingest.wire.device_types.wearable import WEARABLE
from kit.plugins import Registry

DEVICE_TYPES: Registry[DeviceType] = Registry(
    "device_type",
    {
        kind.name: kind
        for kind in (
            VEHICLE,
            HEAT_PUMP,
            AIR_HANDLER,
            WEARABLE,
            FREEZER,
            CIRCULATION_PUMP,
            ELECTRIC_VEHICLE,
            HYDRAULIC_RIG,
            TURBOFAN,
            BATTERY_CELL,
            PRODUCTION_MACHINE,
            GAIT_SENSOR,
            WATER_METER,
            HUB,
            ROOM_SENSOR,
            LEAK_SENSOR,
            WASHING_MACHINE,
        )
    },
)
