"""The simulator's fault library: one file each, one line here.

Names are those of the detectors' fault catalogue, as plain text: the simulator does not see it. Others
come by the entry point ``forewarn.simulator_fault``.
"""

from device_sim.faults.battery_wear import BATTERY_WEAR
from device_sim.faults.charging_fault import CHARGING_FAULT
from device_sim.faults.coolant_leak import COOLANT_LEAK
from device_sim.faults.fault import Fault
from device_sim.faults.refrigerant_leak import REFRIGERANT_LEAK
from device_sim.faults.sensor_stuck import SENSOR_STUCK
from device_sim.faults.silent import SILENT
from kit.plugins import Registry

FAULTS: Registry[Fault] = Registry(
    "simulator_fault",
    {
        fault.name: fault
        for fault in (COOLANT_LEAK, CHARGING_FAULT, REFRIGERANT_LEAK, BATTERY_WEAR, SENSOR_STUCK, SILENT)
    },
)
