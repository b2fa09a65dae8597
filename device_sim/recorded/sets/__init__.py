"""The data sets: one file each, one line here. Others come by the entry point ``forewarn.recorded_set``."""

from device_sim.recorded.sets.azure_pdm_events import AZURE_PDM_EVENTS
from device_sim.recorded.sets.carobd import CAROBD
from device_sim.recorded.sets.cmapss import CMAPSS
from device_sim.recorded.sets.daphnet import DAPHNET
from device_sim.recorded.sets.hydraulic import HYDRAULIC
from device_sim.recorded.sets.lbnl_ahu import LBNL_AHU
from device_sim.recorded.sets.nasa_battery import NASA_BATTERY
from device_sim.recorded.sets.recorded_set import RecordedSet
from device_sim.recorded.sets.wfdb_sample import WFDB_SAMPLE
from kit.plugins import Registry

SETS: Registry[RecordedSet] = Registry(
    "recorded_set",
    {
        one.name: one
        for one in (
            CAROBD,
            LBNL_AHU,
            HYDRAULIC,
            DAPHNET,
            WFDB_SAMPLE,
            CMAPSS,
            NASA_BATTERY,
            AZURE_PDM_EVENTS,
        )
    },
)
