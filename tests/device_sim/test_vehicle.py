"""Cars of both drives: what a healthy one does, and what an engineer would see of each fault before it is complete."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import numpy as np
import pytest

from device_sim.faults import FAULTS
from device_sim.faults.fault import Occurrence
from device_sim.models.chance import generator
from device_sim.models.machine import Floats, Rows, State
from device_sim.models.starter_battery import StarterBattery
from device_sim.models.trouble import diagnosed
from device_sim.models.wheels import TYRES
from device_sim.stream import DeviceSpec, DeviceStream
from ingest.wire import codes

DAY = 86_400_000
START = int(datetime(2026, 11, 2, tzinfo=UTC).timestamp() * 1000)  # a Monday
ONSET, FAILURE, END = START + 7 * DAY, START + 17 * DAY, START + 21 * DAY
SEEDS = (1, 2, 3)
BOTH = ("vehicle", "electric_vehicle")


@cache
def lived(kind: str, seed: int, *faults: Occurrence, days: int = 21) -> Rows:
    spec = DeviceSpec("car", kind, "m", "1", "l", "o", "Europe/Berlin")
    return DeviceStream(spec, seed, START, faults).window(START, START + days * DAY)


def strike(fault: str, kind: str, seed: int) -> Occurrence:
    return FAULTS.get(fault).draw(generator(seed, fault), "car", kind, ONSET, FAILURE)


def twins(fault: str, kind: str, seed: int) -> tuple[Rows, Rows]:
    """The car without the fault and with it."""
    return lived(kind, seed), lived(kind, seed, strike(fault, kind, seed))


def halfway(rows: Rows, signal: str) -> Floats:
    """The signal over the third quarter of the way from onset to failure, where it was heard."""
    late = rows.between(ONSET + 5 * DAY, FAILURE - 2 * DAY).columns[signal]
    return late[~np.isnan(late)]


def codes_of(rows: Rows) -> list[tuple[str, int]]:
    """Every trouble code with its status, in order of time."""
    code, status = rows.columns["trouble_code"], rows.columns["trouble_status"]
    there = np.flatnonzero(~np.isnan(code))
    return [(codes.to_text(int(code[at])), int(status[at])) for at in there]


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("seed", range(1, 6))
def test_a_healthy_car_sets_no_code_and_starts_every_time(kind: str, seed: int) -> None:
    rows = lived(kind, seed)
    assert codes_of(rows) == []
    starts = rows.columns["start_voltage"]
    trips = (np.diff(rows.ts[rows.columns["tyre_pressure_front_left"] > 0], prepend=0) > 600_000).sum()
    assert np.isfinite(starts).sum() == trips
    assert np.nanmin(starts) > 10
    pressures = np.concatenate([rows.columns[tyre] for tyre in TYRES])
    assert 180 < np.nanmin(pressures) < np.nanmax(pressures) < 320


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("seed", SEEDS)
def test_tyres_gain_pressure_as_they_roll_and_in_warm_weather(kind: str, seed: int) -> None:
    rows = lived(kind, seed)
    columns = rows.columns
    rolling = np.isfinite(columns["odometer"])
    pressure, outdoor = columns[TYRES[0]][rolling], columns["outdoor_temp"][rolling]
    first = np.flatnonzero(np.isfinite(columns["start_voltage"][rolling]))
    ts = rows.ts[rolling]
    later = [at + 14 for at in first if at + 14 < len(ts) and ts[at + 14] - ts[at] == 14 * 60_000]
    assert np.mean([pressure[at] - pressure[at - 14] for at in later]) > 2
    warm = outdoor[first] > np.median(outdoor[first])
    assert pressure[first][warm].mean() > pressure[first][~warm].mean()


def test_hard_drivers_wear_brakes_faster_than_calm_ones() -> None:
    worn, hard = [], []
    for seed in range(8):
        columns = lived("vehicle", seed).columns
        pads, km = columns["pad_wear_front"], columns["odometer"]
        worn.append((pads[-50:].mean() - pads[:50].mean()) / (km[-1] - km[0]))
        hard.append(-columns["braking_max"].mean())
    assert np.corrcoef(worn, hard)[0, 1] > 0.5


@pytest.mark.parametrize("seed", SEEDS)
def test_an_electric_car_gets_home_what_it_drove_away(seed: int) -> None:
    columns = lived("electric_vehicle", seed).columns
    charging, driving = columns["charging_state"] == 1, columns["charging_state"] == 0
    assert charging.sum() > 50
    assert (columns["pack_current"][charging] > 0).all()
    assert columns["pack_current"][driving].mean() < -3
    assert (columns["charging_state"] == 2).sum() >= 2
    into = (columns["pack_current"] * columns["pack_voltage"])[charging].sum() * 300 / 3.6e6
    out = -(columns["pack_current"] * columns["pack_voltage"])[driving].sum() * 60 / 3.6e6
    driven = np.nanmax(columns["odometer"]) - np.nanmin(columns["odometer"])
    assert 0.1 < out / driven < 0.28  # kWh a km in November
    assert abs(into - out) < 60
    assert (columns["cell_voltage_max"] - columns["cell_voltage_min"]).max() < 0.05
    full, low = columns["range"][columns["charge_level"] > 70], columns["range"][columns["charge_level"] < 60]
    assert full.min() > np.median(low)


def test_a_code_is_pending_confirmed_permanent_and_forgotten_after_three_clean_drives() -> None:
    bad, good = {0x0171: np.array([False, True, True])}, {0x0171: np.zeros(3, np.bool_)}
    state: State = {}
    for status in (0, 1, 2, 2):
        now, columns = diagnosed(bad, state)
        state |= now
        assert np.flatnonzero(columns["trouble_code"] == 0x0171).tolist() == [1]
        assert columns["trouble_status"][1] == status
    for _ in range(3):
        now, columns = diagnosed(good, state)
        state |= now
        assert np.isnan(columns["trouble_code"]).all()
    assert diagnosed(bad, state)[1]["trouble_status"][1] == 0


def test_two_codes_of_one_minute_each_get_a_message_of_their_own() -> None:
    both = {0x0217: np.array([True, True]), 0x0562: np.array([True, True])}
    _, columns = diagnosed(both, {})
    assert columns["trouble_code"].tolist() == [0x0217, 0x0562]
    state, columns = diagnosed({0x0217: np.array([True]), 0x0562: np.array([True])}, {})
    assert columns["trouble_code"].tolist() == [0x0217]
    assert "code_0562" not in state


def test_a_start_takes_more_out_of_a_cold_worn_or_empty_battery() -> None:
    battery = StarterBattery(inner=0.12, least=7.2)

    def lowest(charge: float, strength: float, outdoor: float) -> float:
        return battery.start(charge, strength, outdoor, generator("still"))

    new = lowest(0.95, 1, 20)
    assert 10.5 < new < 12
    assert lowest(0.95, 1, -10) < new - 0.3
    assert lowest(0.95, 0.5, 20) < new - 0.8
    assert lowest(0.4, 1, 20) < new - 0.5
    assert lowest(0.95, 0.12, 0) < battery.least


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_weak_12v_battery_sags_at_the_start_long_before_the_car_stays_where_it_is(kind: str, seed: int) -> None:
    healthy, ailing = twins("weak_12v_battery", kind, seed)
    usual = healthy.columns["start_voltage"]
    assert halfway(ailing, "start_voltage").mean() < np.nanmean(usual) - 4 * np.nanstd(usual)
    assert np.nansum(ailing.between(ONSET, ONSET + 5 * DAY).columns["odometer"]) > 0
    stranded = ailing.between(FAILURE, END)
    assert len(stranded) < 0.5 * len(healthy.between(FAILURE, END))
    assert np.nanmin(stranded.columns["start_voltage"]) < (7.2 if kind == "vehicle" else 9.6)


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_slow_puncture_is_one_tyre_against_three(kind: str, seed: int) -> None:
    _, ailing = twins("slow_puncture", kind, seed)
    pressures = sorted(float(halfway(ailing, tyre).mean()) for tyre in TYRES)
    assert pressures[0] < 0.75 * pressures[1]
    assert pressures[3] - pressures[1] < 40
    at_last = [float(np.nanmean(ailing.between(FAILURE, END).columns[tyre])) for tyre in TYRES]
    assert min(at_last) < 70


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_binding_caliper_grinds_the_front_pads_away_and_heats_one_front_tyre(kind: str, seed: int) -> None:
    healthy, ailing = twins("brake_wear", kind, seed)
    assert halfway(ailing, "pad_wear_front").mean() > halfway(healthy, "pad_wear_front").mean() + 20
    assert np.nanmedian(ailing.between(FAILURE, END).columns["pad_wear_front"]) > 93
    assert halfway(ailing, "pad_wear_rear").tolist() == halfway(healthy, "pad_wear_rear").tolist()
    warmer = [halfway(ailing, tyre).mean() - halfway(healthy, tyre).mean() for tyre in TYRES]
    assert max(warmer) > 5
    assert max(warmer[2:]) < 1


@pytest.mark.parametrize("seed", SEEDS)
def test_a_thermostat_that_stays_open_keeps_the_engine_cold(seed: int) -> None:
    healthy, ailing = twins("thermostat_stuck", "vehicle", seed)
    warm = healthy.between(ONSET, END).columns["run_time"] > 900
    colder = healthy.between(ONSET, END).columns["coolant_temp"] - ailing.between(ONSET, END).columns["coolant_temp"]
    assert np.median(colder[warm]) > 6
    assert colder.max() > 20


@pytest.mark.parametrize("seed", SEEDS)
def test_a_misfire_comes_and_goes_with_its_code_pending_then_confirmed(seed: int) -> None:
    healthy, ailing = twins("misfire", "vehicle", seed)
    assert healthy.columns["misfires"].max() <= 3
    after = ailing.between(ONSET, END).columns["misfires"]
    assert (after > 25).any()
    assert (after <= 3).any()
    found = codes_of(ailing)
    assert found[0][1] == 0
    assert {code for code, _ in found} < {"P0301", "P0302", "P0303", "P0304"}
    assert len({code for code, _ in found}) == 1
    assert max(status for _, status in found) >= 1


def test_the_message_with_a_code_is_its_freeze_frame() -> None:
    _, ailing = twins("misfire", "vehicle", 1)
    with_code = np.isfinite(ailing.columns["trouble_code"])
    assert (ailing.columns["misfires"][with_code] > 25).all()
    assert np.isfinite(ailing.columns["rpm"][with_code]).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_an_intake_leak_asks_for_fuel_at_idle_most(seed: int) -> None:
    healthy, ailing = twins("intake_leak", "vehicle", seed)
    more = ailing.columns["fuel_trim_long"] - healthy.columns["fuel_trim_long"]
    late, idle = ailing.ts > ONSET + 5 * DAY, healthy.columns["speed"] == 0
    assert more[late & idle].mean() > 8
    assert more[late & idle].mean() > more[late & ~idle].mean() + 2
    assert ("P0171", 0) in codes_of(ailing)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_worn_catalyst_lets_the_rear_sensor_swing_and_sets_its_code(seed: int) -> None:
    healthy, ailing = twins("catalyst_wear", "vehicle", seed)
    assert halfway(healthy, "oxygen_swing").max() < 0.2
    assert np.median(halfway(ailing, "oxygen_swing")) > 0.25
    assert ("P0420", 0) in codes_of(ailing)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_weak_cell_falls_behind_and_takes_range_with_it(seed: int) -> None:
    healthy, ailing = twins("cell_imbalance", "electric_vehicle", seed)
    apart = halfway(ailing, "cell_voltage_max") - halfway(ailing, "cell_voltage_min")
    assert apart.mean() > 0.06
    late = ailing.between(FAILURE, END).columns["range"]
    assert np.nanmean(late) < 0.75 * np.nanmean(healthy.columns["range"])
    assert ("P0BBD", 0) in codes_of(ailing)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_fading_pack_takes_more_percent_for_the_same_way(seed: int) -> None:
    def used(rows: Rows) -> float:
        driving = rows.columns["charging_state"] == 0
        level, km = rows.columns["charge_level"][driving], rows.columns["odometer"][driving]
        fell = np.clip(-np.diff(level), 0, 5).sum() - np.clip(np.diff(level), 0, 1).sum()
        return float(fell / (km[-1] - km[0]))

    healthy, ailing = twins("traction_battery_fade", "electric_vehicle", seed)
    late = (FAILURE - 3 * DAY, END)
    assert used(ailing.between(*late)) > 1.3 * used(healthy.between(*late))
    assert ("P0A7F", 0) in codes_of(ailing)


@pytest.mark.parametrize("seed", SEEDS)
def test_interrupted_charging_leaves_the_car_on_its_cable_without_current(seed: int) -> None:
    healthy, ailing = twins("charging_interrupted", "electric_vehicle", seed)
    assert (healthy.columns["charging_state"] != 3).all()
    broken = ailing.columns["charging_state"] == 3
    assert broken.sum() > 20
    assert np.abs(ailing.columns["pack_current"][broken]).max() < 3
    assert (ailing.between(ONSET, END).columns["charging_state"] == 1).any()


@pytest.mark.parametrize("seed", SEEDS)
def test_without_coolant_flow_the_motor_runs_hot_and_the_pack_uneven(seed: int) -> None:
    healthy, ailing = twins("pack_cooling_fault", "electric_vehicle", seed)
    driving = healthy.columns["speed"] > 50
    late = driving & (healthy.ts > ONSET + 6 * DAY)
    assert (ailing.columns["motor_temp"] - healthy.columns["motor_temp"])[late].mean() > 8
    uneven = [rows.columns["pack_temp_max"] - rows.columns["pack_temp_min"] for rows in (healthy, ailing)]
    assert uneven[1][late].mean() > uneven[0][late].mean() + 2


@pytest.mark.parametrize("kind", BOTH)
def test_harmless_changes_show_where_they_should_and_set_no_code(kind: str) -> None:
    for name in ("winter_tyres", "new_brakes", "new_driver", "roof_box"):
        healthy, changed = twins(name, kind, 1)
        assert FAULTS.get(name).expects == "nothing"
        assert codes_of(changed) == []
        assert len(changed) > 0.8 * len(healthy)
        one, other = healthy.between(ONSET, END), changed.between(ONSET, END)
        if name == "winter_tyres":
            assert np.nanmean(other.columns[TYRES[0]]) > np.nanmean(one.columns[TYRES[0]]) + 5
        if name == "new_brakes":
            assert np.nanmax(other.columns["pad_wear_front"]) < 8
        if name == "new_driver":
            assert np.nanmin(other.columns["braking_max"]) < 1.2 * np.nanmin(one.columns["braking_max"])


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_repaired_car_is_its_healthy_twin_again_in_all_that_the_fault_touched(kind: str, seed: int) -> None:
    struck = strike("slow_puncture", kind, seed)
    mended = replace(struck, end_ms=FAILURE)
    healthy, ailing = lived(kind, seed), lived(kind, seed, mended)
    after = [rows.between(FAILURE, END) for rows in (healthy, ailing)]
    assert all(np.array_equal(after[0].columns[tyre], after[1].columns[tyre], equal_nan=True) for tyre in TYRES)


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.slow
@pytest.mark.parametrize("hour", range(0, 24, 2))
def test_a_fault_changes_nothing_before_its_onset_whatever_the_hour(kind: str, hour: int) -> None:
    """Also in the middle of a drive or of a night on the cable."""
    onset = START + 2 * DAY + hour * 3_600_000 + 1_234_567
    healthy = lived(kind, 1, days=4).between(START, onset)
    for name, fault in FAULTS.items():
        if fault.strikes(kind) and fault.knobs:
            struck = replace(strike(name, kind, hour), onset_ms=onset, failure_ms=onset, duty=1.0)
            ailing = lived(kind, 1, struck, days=4).between(START, onset)
            assert ailing.ts.tobytes() == healthy.ts.tobytes(), name
            assert all(ailing.columns[one].tobytes() == healthy.columns[one].tobytes() for one in ailing.columns), name


@pytest.mark.parametrize("kind", BOTH)
def test_what_a_workshop_mends_is_well_again(kind: str) -> None:
    """The car starts again, and a freed caliper comes with new pads."""
    mended = [replace(strike(name, kind, 1), end_ms=FAILURE + DAY) for name in ("weak_12v_battery", "brake_wear")]
    after = lived(kind, 1, *mended).between(FAILURE + DAY, END).columns
    assert np.nanmin(after["start_voltage"]) > 9.8
    assert np.nanmax(after["pad_wear_front"]) < 5


@pytest.mark.parametrize("seed", SEEDS)
def test_a_dead_alternator_ends_in_a_car_that_needs_a_jump_start(seed: int) -> None:
    rows = lived("vehicle", seed, replace(strike("charging_fault", "vehicle", seed), depth=1.0))
    stayed = rows.columns["engine_on"] == 0
    assert stayed.sum() >= 1
    assert rows.columns["start_voltage"][stayed].max() < 7.2
    assert (rows.columns["engine_on"][np.flatnonzero(stayed)[0] :] == 1).any()
