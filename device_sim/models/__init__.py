"""Machines that live: one file per kind of device, one line here.

Others come by the entry point ``forewarn.simulator_model``. A model is a `Machine` class, built from an `Identity`.
"""

from device_sim.models.air_handler import AirHandler
from device_sim.models.circulation_pump import CirculationPump
from device_sim.models.electric_vehicle import ElectricVehicle
from device_sim.models.freezer import Freezer
from device_sim.models.heat_pump import HeatPump
from device_sim.models.hub import Hub
from device_sim.models.leak_sensor import LeakSensor
from device_sim.models.machine import MachineFactory
from device_sim.models.room_sensor import RoomSensor
from device_sim.models.vehicle import Vehicle
from device_sim.models.washing_machine import WashingMachine
from device_sim.models.water_meter import WaterMeter
from device_sim.models.wearable import Wearable
from kit.plugins import Registry

MODELS: Registry[MachineFactory] = Registry(
    "simulator_model",
    {
        "vehicle": Vehicle,
        "heat_pump": HeatPump,
        "wearable": Wearable,
        "freezer": Freezer,
        "circulation_pump": CirculationPump,
        "electric_vehicle": ElectricVehicle,
        "air_handler": AirHandler,
        "water_meter": WaterMeter,
        "hub": Hub,
        "room_sensor": RoomSensor,
        "leak_sensor": LeakSensor,
        "washing_machine": WashingMachine,
    },
)
