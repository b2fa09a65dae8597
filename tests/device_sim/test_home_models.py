"""Home equipment lives as the real things do, in every season: laws of physics and habits of people, over seeds."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from device_sim.faults.fault import Occurrence
from device_sim.models import MODELS
from device_sim.models.machine import DAY_MS, Floats, Identity, Instants, Rows, State
from device_sim.models.weather import Weather
from device_sim.stream import DeviceSpec, DeviceStream

SEEDS = (1, 2, 3)
WINTER = int(datetime(2026, 1, 12, tzinfo=UTC).timestamp() * 1000)  # a Monday
SUMMER = int(datetime(2026, 7, 13, tzinfo=UTC).timestamp() * 1000)  # a Monday
HOME = ("heat_pump", "air_handler", "freezer", "circulation_pump")


class Turned:
    """A wear with one knob turned for good."""

    def __init__(self, **knobs: float) -> None:
        self._knobs = knobs

    def knob(self, name: str, ts: Instants) -> Floats:
        return np.full(len(ts), self._knobs.get(name, 1.0))

    def report(self, rows: Rows, _memory: State) -> Rows:
        return rows


def lived(kind: str, seed: int, start_ms: int, days: int = 6, **knobs: float) -> Rows:
    """A life with knobs turned from the first day on."""
    spec = DeviceSpec(f"{kind}-1", kind, "m", "1", "l", "o", "Europe/Berlin")
    stream = DeviceStream(spec, seed, start_ms)
    stream._ailments = Turned(**knobs)  # type: ignore[assignment]
    return stream.window(start_ms + DAY_MS, start_ms + days * DAY_MS)


@pytest.mark.parametrize("kind", HOME)
def test_home_equipment_has_the_knobs_of_people_and_weather(kind: str) -> None:
    assert {"usage", "rhythm", "outdoor", "setpoint"} <= set(MODELS.get(kind)(Identity(1, "d", "UTC")).knobs)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("start", [WINTER, SUMMER])
def test_a_freezer_keeps_its_band_and_cools_about_a_third_of_the_time(seed: int, start: int) -> None:
    columns = lived("freezer", seed, start).columns
    cold = columns["cabinet_temp"][columns["mode"] < 2] - columns["cabinet_setpoint"][columns["mode"] < 2]
    assert abs(np.median(cold)) < 0.6
    assert np.quantile(np.abs(cold), 0.9) < 2.2
    assert 20 < columns["compressor_duty"].mean() < 50
    assert 20 < columns["power"].mean() < 55  # 180 to 480 kWh a year


@pytest.mark.parametrize("seed", SEEDS)
def test_a_freezer_melts_its_ice_now_and_then_and_its_fins_are_colder_than_its_air(seed: int) -> None:
    columns = lived("freezer", seed, WINTER).columns
    defrosts = (np.diff((columns["mode"] == 2).astype(int)) == 1).sum()
    assert 2 <= defrosts <= 10
    assert columns["evaporator_temp"][columns["mode"] == 2].max() > 2
    cooling = columns["compressor_duty"] == 100
    assert (columns["evaporator_temp"] < columns["cabinet_temp"])[cooling].mean() > 0.97
    assert columns["condenser_temp"][cooling].mean() > columns["ambient_temp"][cooling].mean() + 8


@pytest.mark.parametrize("seed", SEEDS)
def test_a_freezer_that_nobody_opens_works_less(seed: int) -> None:
    home, away = lived("freezer", seed, SUMMER).columns, lived("freezer", seed, SUMMER, usage=0.0).columns
    assert home["door_openings"].sum() > 10
    assert away["door_openings"].sum() == away["door_open_time"].sum() == 0
    assert away["power"].mean() < home["power"].mean()


@pytest.mark.parametrize("seed", SEEDS)
def test_an_air_handler_keeps_its_hall_while_people_are_in(seed: int) -> None:
    for start in (WINTER, SUMMER):
        columns = lived("air_handler", seed, start).columns
        afternoon = (columns["occupied"] == 1) & (np.roll(columns["occupied"], 300) == 1)
        assert 19.5 < columns["return_air_temp"][afternoon].mean() < 24.5
        assert (columns["fan_on"] >= columns["occupied"]).all()
        assert (columns["outdoor_damper"] + columns["return_damper"]).round(3).max() == 100


@pytest.mark.parametrize("seed", SEEDS)
def test_an_air_handler_heats_in_winter_cools_in_summer_and_never_both(seed: int) -> None:
    winter, summer = (lived("air_handler", seed, start).columns for start in (WINTER, SUMMER))
    assert winter["heating_valve"].mean() > summer["heating_valve"].mean() + 5
    assert summer["cooling_valve"].mean() > winter["cooling_valve"].mean()
    for columns in (winter, summer):
        assert ((columns["heating_valve"] > 5) & (columns["cooling_valve"] > 5)).mean() < 0.002
        assert (columns["heating_setpoint"] < columns["cooling_setpoint"]).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_mixed_air_lies_between_outdoor_and_return_air(seed: int) -> None:
    columns = lived("air_handler", seed, WINTER).columns
    on = (columns["fan_on"] == 1) & (np.roll(columns["fan_on"], 10) == 1)
    mixed, outdoor, back = (columns[name][on] for name in ("mixed_air_temp", "outdoor_temp", "return_air_temp"))
    assert (mixed > outdoor - 1).all()
    assert (mixed < back + 1).all()


def test_people_with_a_later_rhythm_open_the_freezer_later() -> None:
    def noon(rows: Rows) -> float:
        hour = rows.ts / 3_600_000 % 24
        return float(np.average(hour, weights=rows.columns["door_openings"]))

    usual, later = lived("freezer", 1, WINTER, days=12), lived("freezer", 1, WINTER, days=12, rhythm=1.3)
    assert noon(later) > noon(usual) + 1


@pytest.mark.parametrize("seed", SEEDS)
def test_nobody_comes_to_a_hall_on_holiday(seed: int) -> None:
    columns = lived("air_handler", seed, WINTER, usage=0.0).columns
    assert columns["occupied"].max() == 0
    assert columns["fan_power"].mean() < 400


@pytest.mark.parametrize("seed", SEEDS)
def test_a_pump_follows_the_affinity_laws_and_the_cold(seed: int) -> None:
    winter, summer = (lived("circulation_pump", seed, start).columns for start in (WINTER, SUMMER))
    assert winter["flow_rate"].mean() > 1.3 * summer["flow_rate"].mean()
    assert np.corrcoef(winter["pump_head"], winter["pump_speed"] ** 2)[0, 1] > 0.95
    hydraulic = 100 * winter["pump_head"] * winter["flow_rate"] / 60
    assert (hydraulic < winter["power"]).all()
    assert abs(winter["vibration_kurtosis"].mean() - 3) < 0.15
    assert winter["vibration"].max() < 2.8  # ISO 10816-7: good for a pump of this size


@pytest.mark.parametrize("kind", ["heat_pump", "circulation_pump"])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_colder_world_makes_heating_work_harder(kind: str, seed: int) -> None:
    usual, cold = lived(kind, seed, WINTER).columns, lived(kind, seed, WINTER, outdoor=0.4).columns
    assert cold["power"].mean() > 1.1 * usual["power"].mean()


def test_a_spell_moves_the_weather_of_everyone_by_as_much_and_not_at_once() -> None:
    ts = np.arange(WINTER, WINTER + 3 * DAY_MS, 300_000)
    spell = Occurrence("d", "cold_spell", WINTER + DAY_MS, WINTER + DAY_MS, depth=0.8)

    class Spell(Turned):
        def knob(self, name: str, ts: Instants) -> Floats:
            return 1.0 - spell.severity(ts) * spell.depth

    weather = Weather(1, "Europe/Berlin")
    shift = weather.felt(ts, Spell()) - weather.outdoor(ts)
    assert (shift[ts < WINTER + DAY_MS] == 0).all()
    assert shift[-1] == pytest.approx(-8.0)
    assert np.abs(np.diff(shift)).max() < 2.0
