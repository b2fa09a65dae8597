"""The models live as the real things do: a few laws of physics and habits, over many seeds."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from device_sim.models.machine import Rows
from device_sim.models.refrigerant import saturation_pressure
from device_sim.models.weather import Weather
from device_sim.stream import DeviceSpec, DeviceStream

DAY = 86_400_000
START = int(datetime(2026, 1, 5, tzinfo=UTC).timestamp() * 1000)  # a Monday in winter
SEEDS = range(1, 6)


def lived(kind: str, seed: int, days: int = 10) -> Rows:
    spec = DeviceSpec(f"{kind}-1", kind, "m", "1", "l", "o", "Europe/Berlin")
    return DeviceStream(spec, seed, START).window(START, START + days * DAY)


@pytest.mark.parametrize("seed", SEEDS)
def test_an_engine_starts_cold_and_settles_at_its_thermostat(seed: int) -> None:
    rows = lived("vehicle", seed)
    coolant, since = rows.columns["coolant_temp"], rows.columns["run_time"]
    assert coolant[since < 60].min() < 40
    warm = coolant[since > 900]
    assert 84 < np.median(warm) < 95
    assert warm.max() < 108


@pytest.mark.parametrize("seed", SEEDS)
def test_driving_faster_loads_the_engine_and_idling_keeps_it_slow(seed: int) -> None:
    columns = lived("vehicle", seed).columns
    fast, still = columns["speed"] > 50, columns["speed"] == 0
    assert columns["engine_load"][fast].mean() > columns["engine_load"][still].mean() + 8
    assert columns["rpm"][still].max() < 1000
    assert columns["manifold_pressure"][fast].mean() > columns["manifold_pressure"][still].mean()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_house_keeps_near_its_setpoint_and_cold_costs_power(seed: int) -> None:
    rows = lived("heat_pump", seed)
    columns = rows.columns
    assert np.abs(columns["indoor_temp"] - columns["setpoint"]).mean() < 1.0
    cold = columns["outdoor_temp"] < np.median(columns["outdoor_temp"])
    assert columns["power"][cold].mean() > columns["power"][~cold].mean()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_running_circuit_is_coupled_as_physics_says(seed: int) -> None:
    columns = lived("heat_pump", seed).columns
    heating, off = columns["mode"] == 1, columns["mode"] == 0
    steady = heating & np.roll(heating, 1) & np.roll(heating, 2)
    saturated = np.array([saturation_pressure(t) for t in columns["evaporator_temp"][steady]])
    assert np.abs(columns["low_pressure"][steady] - saturated).max() < 0.3
    assert (columns["evaporator_temp"][steady] < columns["outdoor_temp"][steady] + 0.5).mean() > 0.98
    heat = (columns["supply_temp"] - columns["return_temp"]) * columns["flow_rate"] * 4190 / 60
    performance = heat[steady].sum() / columns["power"][steady].sum()
    assert 2.0 < performance < 6.0
    assert columns["flow_rate"][off].max() == 0
    assert columns["compressor_speed"][off].max() == 0
    assert set(np.unique(columns["mode"])) == {0.0, 1.0, 2.0, 3.0}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_wearer_sleeps_at_night_and_the_heart_follows_the_body(seed: int) -> None:
    rows = lived("wearable", seed)
    columns = rows.columns
    hour = (rows.ts - START) / 3_600_000 % 24 + 1  # Berlin in winter
    night = (hour > 2) & (hour < 4.5)
    assert (columns["activity"][night] == 0).mean() > 0.95
    assert columns["steps"][columns["activity"] == 0].max() == 0
    rate = [np.nanmean(columns["heart_rate"][columns["activity"] == doing]) for doing in (0, 1, 2)]
    assert rate == sorted(rate)
    steps_a_day = columns["steps"].sum() / 10
    assert 3000 < steps_a_day < 30000


@pytest.mark.parametrize("seed", SEEDS)
def test_a_band_lasts_for_days_and_is_off_the_wrist_while_it_charges(seed: int) -> None:
    columns = lived("wearable", seed).columns
    level = columns["battery_level"]
    rising = np.diff(level, prepend=level[0]) > 1
    assert rising.any()
    assert level.min() > 5
    assert (columns["skin_contact"][rising] == 0).all()
    assert np.isnan(columns["heart_rate"][columns["skin_contact"] == 0]).all()


def test_weather_is_a_function_of_time_with_seasons_days_and_clouds() -> None:
    weather = Weather(3, "Europe/Berlin")
    hours = START + np.arange(0, 365 * 24, dtype=np.int64) * 3_600_000
    outdoor = weather.outdoor(hours)
    assert outdoor.tobytes() == np.concatenate([weather.outdoor(part) for part in np.array_split(hours, 7)]).tobytes()
    assert outdoor[170 * 24 : 230 * 24].mean() - outdoor[: 45 * 24].mean() > 12
    of_day = outdoor.reshape(-1, 24).mean(axis=0)
    assert of_day[13:16].mean() - of_day[3:6].mean() > 3
    sun = weather.sun(hours).reshape(-1, 24)
    assert sun[:, 0].max() == 0
    assert 0 < sun[:, 11].mean() <= 1
