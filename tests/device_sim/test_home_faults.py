"""What ails home equipment shows where an engineer would look by the middle of its course; the benign harms nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from device_sim.faults import FAULTS
from device_sim.models.chance import generator
from device_sim.models.machine import DAY_MS, HOUR_MS, Floats, Rows
from device_sim.stream import DeviceSpec, DeviceStream

START = int(datetime(2026, 1, 12, tzinfo=UTC).timestamp() * 1000)  # a Monday in winter
ONSET, FAILURE, END = START + 3 * DAY_MS, START + 13 * DAY_MS, START + 17 * DAY_MS
MIDDLE = ONSET + 5 * DAY_MS, ONSET + 7 * DAY_MS
LATE = FAILURE, END
SEEDS = (1, 2, 3)


class Pair:
    """The healthy and the ailing twin."""

    def __init__(self, fault: str, kind: str, seed: int) -> None:
        spec = DeviceSpec(f"{kind}-1", kind, "m", "1", "l", "o", "Europe/Berlin")
        self.truth = FAULTS.get(fault).draw(generator(seed, fault), spec.id, kind, ONSET, FAILURE)
        self.well = DeviceStream(spec, seed, START).window(ONSET, END)
        self.ill = DeviceStream(spec, seed, START, [self.truth]).window(ONSET, END)

    def mean(self, signal: str, span: tuple[int, int], where: str = "", low: float = 0.5) -> tuple[float, float]:
        """Mean of the well and of the ill twin in `span`, where another signal is at least `low`."""

        def of(rows: Rows) -> float:
            part = rows.between(*span).columns
            chosen = part[signal][part[where] >= low] if where else part[signal]
            return float(np.nanmean(chosen))

        return of(self.well), of(self.ill)

    def ill_late(self, signal: str) -> Floats:
        """The values of the ill twin after the failure."""
        return self.ill.between(*LATE).columns[signal]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_worn_compressor_shakes_and_runs_hot_before_the_backup_heater_takes_over(seed: int) -> None:
    pair = Pair("compressor_wear", "heat_pump", seed)
    well, ill = pair.mean("compressor_vibration", MIDDLE, "compressor_speed", 15)
    assert ill > 1.6 * well
    well, ill = pair.mean("discharge_temp", MIDDLE, "compressor_speed", 15)
    assert ill > well + 5
    assert pair.ill_late("backup_heater").mean() > 0.1
    assert pair.well.columns["backup_heater"].mean() < 0.02


@pytest.mark.parametrize("seed", SEEDS)
def test_a_unit_that_ices_up_defrosts_again_and_again_and_gets_far_too_cold(seed: int) -> None:
    pair = Pair("evaporator_icing", "heat_pump", seed)
    assert (pair.ill.columns["mode"] == 3).sum() > 1.2 * (pair.well.columns["mode"] == 3).sum()
    well, ill = pair.mean("evaporator_temp", LATE, "compressor_speed", 15)
    assert ill < well - 6


@pytest.mark.parametrize("seed", SEEDS)
def test_a_blocked_strainer_starves_the_flow_and_in_the_end_locks_the_unit_out(seed: int) -> None:
    pair = Pair("blocked_filter", "heat_pump", seed)
    well, ill = pair.mean("flow_rate", MIDDLE, "flow_rate", 1)
    assert ill < 0.75 * well
    assert pair.ill_late("compressor_speed").max() == 0
    assert pair.ill_late("indoor_temp").min() < 16


@pytest.mark.parametrize("seed", SEEDS)
def test_a_worn_outdoor_fan_turns_slower_over_a_colder_evaporator(seed: int) -> None:
    pair = Pair("fan_wear", "heat_pump", seed)
    well, ill = pair.mean("outdoor_fan_speed", MIDDLE, "outdoor_fan_speed", 1)
    assert ill < 0.85 * well
    well, ill = pair.mean("evaporator_temp", LATE, "compressor_speed", 15)
    assert ill < well - 4


@pytest.mark.parametrize("seed", SEEDS)
def test_filter_and_fan_of_an_air_handler_are_told_apart_by_the_pressure_drop(seed: int) -> None:
    filters, fan = Pair("blocked_filter", "air_handler", seed), Pair("fan_wear", "air_handler", seed)
    well, blocked = filters.mean("filter_pressure_drop", MIDDLE, "fan_on")
    assert blocked > 1.6 * well
    well, worn = fan.mean("filter_pressure_drop", MIDDLE, "fan_on")
    assert worn < 0.75 * well
    well, shaking = fan.mean("fan_vibration", MIDDLE, "fan_on")
    assert shaking > 1.8 * well
    assert filters.mean("return_air_temp", LATE)[1] < filters.mean("return_air_temp", LATE)[0]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_stuck_damper_lets_the_winter_in_whatever_its_signal_says(seed: int) -> None:
    pair = Pair("stuck_damper", "air_handler", seed)
    well, ill = pair.mean("mixed_air_temp", MIDDLE, "fan_on")
    assert ill < well - 5
    well, ill = pair.mean("heating_valve", MIDDLE, "fan_on")
    assert ill > well + 15
    well, ill = pair.mean("outdoor_damper", MIDDLE, "occupied")
    assert abs(ill - well) < 6


@pytest.mark.parametrize("seed", SEEDS)
def test_a_leaking_valve_heats_air_that_nobody_wants_heated(seed: int) -> None:
    pair = Pair("leaking_valve", "air_handler", seed)

    late = pair.ill.between(*LATE).columns
    shut = (late["heating_valve"] < 1) & (late["fan_on"] == 1) & (np.roll(late["fan_on"], 15) == 1)
    assert np.median((late["supply_air_temp"] - late["mixed_air_temp"])[shut & (late["cooling_valve"] < 1)]) > 5
    assert pair.mean("heating_valve", LATE, "fan_on")[1] < 0.8 * pair.mean("heating_valve", LATE, "fan_on")[0]


@pytest.mark.parametrize("fault", ["door_seal", "freezer_compressor_wear", "freezer_icing", "condenser_dirty"])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_freezer_works_harder_and_after_its_failure_the_food_thaws(fault: str, seed: int) -> None:
    pair = Pair(fault, "freezer", seed)
    assert pair.mean("power", (FAILURE - 2 * DAY_MS, FAILURE))[1] > 1.1 * pair.mean("power", LATE)[0]
    frozen = pair.well.columns["cabinet_setpoint"][0]
    assert np.median(pair.ill_late("cabinet_temp")) > frozen + 3
    before = pair.ill.between(ONSET, ONSET + 4 * DAY_MS).columns["cabinet_temp"]
    assert np.median(before) < frozen + 2


@pytest.mark.parametrize("seed", SEEDS)
def test_each_fault_of_a_freezer_has_a_sign_of_its_own_by_the_middle(seed: int) -> None:
    hot = Pair("condenser_dirty", "freezer", seed).mean("condenser_temp", MIDDLE, "compressor_duty", 100)
    assert hot[1] > hot[0] + 4
    shakes = Pair("freezer_compressor_wear", "freezer", seed).mean(
        "compressor_vibration", MIDDLE, "compressor_duty", 100
    )
    assert shakes[1] > 1.8 * shakes[0]
    seal = Pair("door_seal", "freezer", seed)
    assert seal.mean("compressor_duty", MIDDLE)[1] > 1.4 * seal.mean("compressor_duty", MIDDLE)[0]
    assert (seal.ill.columns["mode"] == 2).sum() > 1.5 * (seal.well.columns["mode"] == 2).sum()
    iced = Pair("freezer_icing", "freezer", seed).mean("evaporator_temp", MIDDLE, "mode", 2)
    assert iced[1] < iced[0] - 4, "defrosts stay cold"


@pytest.mark.parametrize("seed", SEEDS)
def test_a_door_left_open_says_so_at_once_and_all_is_well_after_somebody_shut_it(seed: int) -> None:
    pair = Pair("door_left_open", "freezer", seed)
    assert pair.truth.end_ms is not None
    during = pair.ill.between(ONSET, pair.truth.end_ms).columns
    assert (during["door_open_time"] == 300).all()
    assert during["cabinet_temp"].max() > pair.well.columns["cabinet_setpoint"][0] + 4
    later = pair.truth.end_ms + 12 * HOUR_MS, END
    well, ill = pair.mean("cabinet_temp", later)
    assert abs(well - ill) < 0.5


@pytest.mark.parametrize("seed", SEEDS)
def test_of_a_failing_bearing_kurtosis_tells_first_and_the_motor_gives_in_last(seed: int) -> None:
    pair = Pair("pump_bearing", "circulation_pump", seed)
    early = ONSET + DAY_MS, ONSET + 3 * DAY_MS
    well, ill = pair.mean("vibration_kurtosis", early)
    assert ill > well + 0.8
    assert pair.mean("bearing_temp", early)[1] < pair.mean("bearing_temp", early)[0] + 3
    assert pair.mean("vibration", MIDDLE)[1] > 2 * pair.mean("vibration", MIDDLE)[0]
    assert pair.mean("bearing_temp", MIDDLE)[1] > pair.mean("bearing_temp", MIDDLE)[0] + 5
    assert pair.mean("pump_speed", LATE)[1] < 0.85 * pair.mean("pump_speed", LATE)[0]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_pump_cavitates_once_the_pressure_at_its_inlet_is_gone(seed: int) -> None:
    pair = Pair("pump_cavitation", "circulation_pump", seed)
    assert pair.mean("inlet_pressure", MIDDLE)[1] < pair.mean("inlet_pressure", MIDDLE)[0] - 0.7
    assert pair.mean("vibration", MIDDLE)[1] == pytest.approx(pair.mean("vibration", MIDDLE)[0], rel=0.1)
    assert pair.mean("vibration", LATE)[1] > 2.5 * pair.mean("vibration", LATE)[0]
    assert pair.mean("pump_head", LATE)[1] < 0.85 * pair.mean("pump_head", LATE)[0]


@pytest.mark.parametrize("seed", SEEDS)
def test_warm_food_costs_some_hours_of_cooling_and_thaws_nothing(seed: int) -> None:
    pair = Pair("warm_food", "freezer", seed)
    assert pair.truth.end_ms is not None
    span = ONSET, pair.truth.end_ms
    assert pair.mean("power", span)[1] > 1.2 * pair.mean("power", span)[0]
    cooling = pair.ill.columns["mode"] < 2
    assert np.quantile(pair.ill.columns["cabinet_temp"][cooling], 0.99) < -12


@pytest.mark.parametrize(
    ("fault", "kind", "signal", "most"),
    [
        ("setpoint_changed", "heat_pump", "indoor_temp", 3.5),
        ("setpoint_changed", "freezer", "cabinet_temp", 3.5),
        ("cold_spell", "heat_pump", "indoor_temp", 1.0),
        ("hot_spell", "freezer", "cabinet_temp", 0.5),
        ("filter_replaced", "air_handler", "return_air_temp", 0.3),
    ],
)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_benign_change_leaves_the_device_doing_its_work(
    fault: str, kind: str, signal: str, most: float, seed: int
) -> None:
    pair = Pair(fault, kind, seed)
    assert FAULTS.get(fault).expects == "nothing"
    well, ill = pair.mean(signal, (ONSET + DAY_MS, END))
    assert abs(well - ill) < most


@pytest.mark.parametrize(
    ("fault", "kind", "signal", "near"),
    [
        ("compressor_wear", "heat_pump", "compressor_vibration", 0.2),
        ("evaporator_icing", "heat_pump", "evaporator_temp", 1.5),
        ("blocked_filter", "heat_pump", "indoor_temp", 1.0),
        ("fan_wear", "heat_pump", "outdoor_fan_speed", 60),
        ("stuck_damper", "air_handler", "mixed_air_temp", 0.5),
        ("leaking_valve", "air_handler", "cooling_valve", 0.5),
        ("door_seal", "freezer", "cabinet_temp", 0.5),
        ("freezer_icing", "freezer", "cabinet_temp", 0.5),
        ("condenser_dirty", "freezer", "condenser_temp", 1.0),
        ("pump_bearing", "circulation_pump", "vibration_kurtosis", 0.1),
        ("pump_cavitation", "circulation_pump", "pump_head", 0.01),
    ],
)
def test_what_was_mended_is_well_again_within_three_days(fault: str, kind: str, signal: str, near: float) -> None:
    spec = DeviceSpec(f"{kind}-1", kind, "m", "1", "l", "o", "Europe/Berlin")
    truth = FAULTS.get(fault).draw(generator(1, fault), spec.id, kind, ONSET, FAILURE)
    well, mended = DeviceStream(spec, 1, START), DeviceStream(spec, 1, START, [truth])
    mended.window(START, FAILURE)
    mended.mend(fault, FAILURE + DAY_MS)
    later = FAILURE + 4 * DAY_MS, FAILURE + 6 * DAY_MS
    one, other = (float(np.nanmean(life.window(*later).columns[signal])) for life in (well, mended))
    assert abs(one - other) < near
