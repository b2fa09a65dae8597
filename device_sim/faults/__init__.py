"""The simulator's fault library: one file each, one line here.

Names are those of the detectors' fault catalogue, as plain text: the simulator does not see it. Others
come by the entry point ``forewarn.simulator_fault``.
"""

from device_sim.faults.battery_wear import BATTERY_WEAR
from device_sim.faults.blocked_filter import BLOCKED_FILTER
from device_sim.faults.brake_wear import BRAKE_WEAR
from device_sim.faults.burst_pipe import BURST_PIPE
from device_sim.faults.catalyst_wear import CATALYST_WEAR
from device_sim.faults.cell_imbalance import CELL_IMBALANCE
from device_sim.faults.charging_fault import CHARGING_FAULT
from device_sim.faults.charging_interrupted import CHARGING_INTERRUPTED
from device_sim.faults.compressor_wear import COMPRESSOR_WEAR
from device_sim.faults.condenser_dirty import CONDENSER_DIRTY
from device_sim.faults.coolant_leak import COOLANT_LEAK
from device_sim.faults.device_moved import DEVICE_MOVED
from device_sim.faults.door_left_open import DOOR_LEFT_OPEN
from device_sim.faults.door_seal import DOOR_SEAL
from device_sim.faults.drain_blocked import DRAIN_BLOCKED
from device_sim.faults.drum_bearing import DRUM_BEARING
from device_sim.faults.elevated_resting_heart_rate import ELEVATED_RESTING_HEART_RATE
from device_sim.faults.evaporator_icing import EVAPORATOR_ICING
from device_sim.faults.exercise_period import EXERCISE_PERIOD
from device_sim.faults.fan_wear import FAN_WEAR
from device_sim.faults.fault import Fault
from device_sim.faults.filter_replaced import FILTER_REPLACED
from device_sim.faults.firmware_regression import FIRMWARE_REGRESSION
from device_sim.faults.freezer_compressor_wear import FREEZER_COMPRESSOR_WEAR
from device_sim.faults.freezer_icing import FREEZER_ICING
from device_sim.faults.guests import GUESTS
from device_sim.faults.heater_scale import HEATER_SCALE
from device_sim.faults.holiday import HOLIDAY
from device_sim.faults.hub_offline import HUB_OFFLINE
from device_sim.faults.intake_leak import INTAKE_LEAK
from device_sim.faults.intermittent_contact import INTERMITTENT_CONTACT
from device_sim.faults.labelled import LABELLED
from device_sim.faults.leaking_valve import LEAKING_VALVE
from device_sim.faults.misfire import MISFIRE
from device_sim.faults.misfit_wearable import MISFIT_WEARABLE
from device_sim.faults.new_brakes import NEW_BRAKES
from device_sim.faults.new_driver import NEW_DRIVER
from device_sim.faults.new_habits import NEW_HABITS
from device_sim.faults.pack_cooling_fault import PACK_COOLING_FAULT
from device_sim.faults.pump_bearing import PUMP_BEARING
from device_sim.faults.pump_cavitation import PUMP_CAVITATION
from device_sim.faults.refrigerant_leak import REFRIGERANT_LEAK
from device_sim.faults.roof_box import ROOF_BOX
from device_sim.faults.running_toilet import RUNNING_TOILET
from device_sim.faults.sensor_drift import SENSOR_DRIFT
from device_sim.faults.sensor_dropout import SENSOR_DROPOUT
from device_sim.faults.sensor_spikes import SENSOR_SPIKES
from device_sim.faults.sensor_stuck import SENSOR_STUCK
from device_sim.faults.setpoint_changed import SETPOINT_CHANGED
from device_sim.faults.silent import SILENT
from device_sim.faults.slow_puncture import SLOW_PUNCTURE
from device_sim.faults.stuck_damper import STUCK_DAMPER
from device_sim.faults.thermostat_stuck import THERMOSTAT_STUCK
from device_sim.faults.traction_battery_fade import TRACTION_BATTERY_FADE
from device_sim.faults.uplink_degraded import UPLINK_DEGRADED
from device_sim.faults.warm_food import WARM_FOOD
from device_sim.faults.water_leak import WATER_LEAK
from device_sim.faults.weak_12v_battery import WEAK_12V_BATTERY
from device_sim.faults.weather_spell import COLD_SPELL, HOT_SPELL
from device_sim.faults.wifi_flapping import WIFI_FLAPPING
from device_sim.faults.winter_tyres import WINTER_TYRES
from kit.plugins import Registry

FAULTS: Registry[Fault] = Registry(
    "simulator_fault",
    {
        fault.name: fault
        for fault in (
            COOLANT_LEAK,
            CHARGING_FAULT,
            REFRIGERANT_LEAK,
            BATTERY_WEAR,
            SENSOR_STUCK,
            SILENT,
            COMPRESSOR_WEAR,
            EVAPORATOR_ICING,
            BLOCKED_FILTER,
            FAN_WEAR,
            COLD_SPELL,
            HOT_SPELL,
            SETPOINT_CHANGED,
            DOOR_SEAL,
            DOOR_LEFT_OPEN,
            FREEZER_COMPRESSOR_WEAR,
            FREEZER_ICING,
            CONDENSER_DIRTY,
            WARM_FOOD,
            THERMOSTAT_STUCK,
            MISFIRE,
            INTAKE_LEAK,
            CATALYST_WEAR,
            WINTER_TYRES,
            NEW_BRAKES,
            NEW_DRIVER,
            ROOF_BOX,
            SLOW_PUNCTURE,
            BRAKE_WEAR,
            WEAK_12V_BATTERY,
            PUMP_BEARING,
            PUMP_CAVITATION,
            CELL_IMBALANCE,
            TRACTION_BATTERY_FADE,
            CHARGING_INTERRUPTED,
            PACK_COOLING_FAULT,
            STUCK_DAMPER,
            LEAKING_VALVE,
            FILTER_REPLACED,
            *LABELLED,
            SENSOR_DRIFT,
            SENSOR_SPIKES,
            SENSOR_DROPOUT,
            INTERMITTENT_CONTACT,
            HUB_OFFLINE,
            WIFI_FLAPPING,
            WATER_LEAK,
            BURST_PIPE,
            RUNNING_TOILET,
            UPLINK_DEGRADED,
            DEVICE_MOVED,
            DRAIN_BLOCKED,
            HEATER_SCALE,
            DRUM_BEARING,
            MISFIT_WEARABLE,
            ELEVATED_RESTING_HEART_RATE,
            FIRMWARE_REGRESSION,
            HOLIDAY,
            GUESTS,
            NEW_HABITS,
            EXERCISE_PERIOD,
        )
    },
)
