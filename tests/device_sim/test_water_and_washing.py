"""Water and washing machines: they live as their households do, and what ails them shows where a plumber would look."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from device_sim.faults import FAULTS
from device_sim.models.chance import generator
from device_sim.models.machine import Rows
from device_sim.models.wash_cycle import (
    DONE,
    DRAINING,
    FILLING,
    HEATING,
    PROGRAMMES,
    SPINNING,
    STOPPED,
    WASHING,
    Chosen,
    course,
    lasts_s,
    stages,
)
from device_sim.stream import DeviceSpec, DeviceStream

DAY, HOUR = 86_400_000, 3_600_000
START = int(datetime(2026, 11, 2, tzinfo=UTC).timestamp() * 1000)  # a Monday
ONSET, FAILURE, END = START + 6 * DAY, START + 14 * DAY, START + 22 * DAY
SEEDS = range(1, 6)


def lives(fault: str, kind: str, seed: int) -> tuple[Rows, Rows]:
    """The healthy device and the ailing one."""
    spec = DeviceSpec(f"{kind}-1", kind, "m", "1", "l", "o", "Europe/Berlin")
    truth = FAULTS.get(fault).draw(generator(seed, fault), spec.id, kind, ONSET, FAILURE)
    healthy = DeviceStream(spec, seed, START).window(START, END)
    return healthy, DeviceStream(spec, seed, START, [truth]).window(START, END)


def lived(kind: str, seed: int) -> Rows:
    spec = DeviceSpec(f"{kind}-1", kind, "m", "1", "l", "o", "Europe/Berlin")
    return DeviceStream(spec, seed, START).window(START, END)


def hour_of(rows: Rows) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.asarray((rows.ts / HOUR + 1) % 24)  # Berlin in winter


@pytest.mark.parametrize("seed", SEEDS)
def test_a_home_takes_as_much_water_as_people_do_and_most_of_it_by_day(seed: int) -> None:
    rows = lived("water_meter", seed)
    litres = rows.columns["flow"] * 5
    assert 60 < litres.sum() / 22 < 1000
    hour = hour_of(rows)
    night = litres[(hour > 1) & (hour < 5)].sum()
    assert night < 0.08 * litres.sum()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_counter_counts_the_flow_and_starts_from_zero_when_it_was_cut(seed: int) -> None:
    columns = lived("water_meter", seed).columns
    step = np.diff(columns["volume"])
    assert np.abs(step - 5 * columns["flow"][1:])[step >= 0].max() < 1.1
    fell = columns["volume"][1:][step < 0]
    assert (fell < 100).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_pressure_falls_with_the_flow_and_running_water_is_colder(seed: int) -> None:
    columns = lived("water_meter", seed).columns
    still, runs = columns["flow"] < 0.05, columns["flow"] > 5
    assert columns["pressure"][runs].mean() < columns["pressure"][still].mean() - 0.05
    assert columns["water_temp"][runs].mean() < columns["water_temp"][still].mean() - 0.5
    assert (columns["flow_peak"] >= columns["flow"] * 0.9 - 0.1).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_leak_never_lets_the_night_be_still_and_shows_by_the_middle_of_its_course(seed: int) -> None:
    healthy, ailing = lives("water_leak", "water_meter", seed)
    assert healthy.columns["night_flow"].max() < 12
    middle = ailing.between((ONSET + FAILURE) // 2, FAILURE).columns["night_flow"]
    assert middle.max() > healthy.columns["night_flow"].max() + 5
    late = ailing.between(FAILURE, END)
    assert late.columns["flow"].min() > 0.3
    assert (np.diff(ailing.between(ONSET + 2 * DAY, END).columns["night_flow"]) >= -6).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_leak_wets_the_floor_before_it_is_at_its_worst_and_a_dry_floor_stays_dry(seed: int) -> None:
    healthy, ailing = lives("water_leak", "leak_sensor", seed)
    assert healthy.columns["wet"].mean() < 0.02
    assert ailing.between(FAILURE, END).columns["wet"].min() == 1
    assert ailing.between(ONSET, FAILURE).columns["wet"].max() == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_a_burst_pipe_runs_full_at_once_and_takes_the_pressure_with_it(seed: int) -> None:
    healthy, ailing = lives("burst_pipe", "water_meter", seed)
    first = ailing.between(ONSET + 600_000, ONSET + 4 * HOUR).columns
    before = healthy.between(ONSET + 600_000, ONSET + 4 * HOUR).columns
    assert first["flow"].min() > 8.5
    assert (first["pressure"] < before["pressure"] - 0.2).all()
    assert ailing.between(END - DAY, END).columns["flow"].min() < 0.1


@pytest.mark.parametrize("seed", SEEDS)
def test_a_running_toilet_comes_and_goes(seed: int) -> None:
    healthy, ailing = lives("running_toilet", "water_meter", seed)
    more = (ailing.columns["flow"] - healthy.columns["flow"])[ailing.ts >= ONSET]
    runs = more > 0.5
    assert 0.2 < runs.mean() < 0.6
    assert 10 < (np.diff(runs.astype(int)) == 1).sum() < 80


@pytest.mark.parametrize("seed", SEEDS)
def test_an_empty_house_takes_no_water_and_does_no_laundry(seed: int) -> None:
    for kind in ("water_meter", "washing_machine"):
        healthy, away = lives("holiday", kind, seed)
        gone = away.between(ONSET, ONSET + 4 * DAY)
        if kind == "water_meter":
            assert (gone.columns["flow"] < 0.02).mean() > 0.99
        else:
            assert len(gone) == 0
            assert len(healthy) > 0


@pytest.mark.parametrize("seed", SEEDS)
def test_guests_take_more_of_everything(seed: int) -> None:
    healthy, full = lives("guests", "water_meter", seed)
    window = (ONSET, ONSET + 2 * DAY)
    assert full.between(*window).columns["flow"].sum() > 1.2 * healthy.between(*window).columns["flow"].sum()


def chosen(number: int = 1, heater: float = 1.0, drain: float = 1.0) -> Chosen:
    return Chosen(PROGRAMMES[number], 4.0, 15.0, 58.0, heater, drain)


def test_a_cycle_fills_heats_washes_drains_spins_and_is_done() -> None:
    plan = stages(chosen())
    order = [stage.phase for stage in plan]
    assert order[:3] == [FILLING, HEATING, WASHING]
    assert order[3:5] == [DRAINING, SPINNING]
    assert order[-2:] == [SPINNING, DONE]
    assert order.count(DRAINING) == PROGRAMMES[1].rinses + 1


def test_heating_brings_in_the_energy_that_the_water_needs() -> None:
    plan = stages(chosen())
    seconds = plan[1].seconds
    needed = (4.19 * plan[0].litres + 1.7 * 4.0 + 7.0) * 45.0
    assert seconds * 1.95 == pytest.approx(needed)
    assert plan[1].temp == pytest.approx(60.0)


def test_lime_makes_heating_long_and_in_the_end_lukewarm() -> None:
    clean, half, worst = (stages(chosen(heater=part))[1] for part in (1.0, 0.6, 0.2))
    assert half.seconds == pytest.approx(clean.seconds / 0.6)
    assert half.temp == pytest.approx(60.0)
    assert worst.temp < 45


def test_a_closed_drain_stops_the_cycle_with_water_in_the_drum() -> None:
    slow, closed = stages(chosen(drain=0.4)), stages(chosen(drain=0.08))
    assert slow[3].seconds == pytest.approx(58 / 0.4)
    assert [stage.phase for stage in closed] == [FILLING, HEATING, WASHING, DRAINING, STOPPED]


def test_a_course_never_loses_water_nor_time() -> None:
    plan = stages(chosen())
    seen = course(plan, np.arange(0.0, lasts_s(plan), 7.0), 55.0)
    assert (np.diff(seen.litres) >= 0).all()
    assert (np.diff(seen.heating) >= 0).all()
    assert seen.drained[0] == 55.0
    assert seen.drained[-1] == pytest.approx(58.0)
    assert seen.litres[-1] == pytest.approx(sum(stage.litres for stage in plan))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_machine_washes_some_times_a_week_and_ends_before_midnight(seed: int) -> None:
    rows = lived("washing_machine", seed)
    cycles = rows.columns["cycles"]
    assert 6 < cycles[-1] - cycles[0] < 60
    assert (np.diff(cycles) >= 0).all()
    starts = rows.ts[np.flatnonzero(np.diff(rows.ts, prepend=0) > 600_000)]
    assert len(set(cycles.tolist())) == len(starts)
    assert (hour_of(rows)[np.flatnonzero(np.diff(rows.ts) > 600_000)] > 5).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_draining_takes_longer_and_longer_until_the_machine_stops(seed: int) -> None:
    healthy, ailing = lives("drain_blocked", "washing_machine", seed)
    assert healthy.columns["drain_time"].max() < 80
    assert ailing.between((ONSET + FAILURE) // 2, FAILURE).columns["drain_time"].max() > 85
    assert ailing.between(FAILURE, END).columns["drain_time"].max() >= 285
    assert (ailing.between(FAILURE, END).columns["phase"] == STOPPED).any()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_scaled_heater_needs_some_times_as_long(seed: int) -> None:
    healthy, ailing = lives("heater_scale", "washing_machine", seed)
    usual = healthy.between(FAILURE, END).columns["heating_time"].max()
    assert ailing.between(FAILURE, END).columns["heating_time"].max() > 1.8 * usual
    heats = ailing.between(FAILURE, END).columns
    on = heats["power"][heats["phase"] == HEATING] > 1500
    assert on.mean() < 0.5


@pytest.mark.parametrize("seed", SEEDS)
def test_a_worn_bearing_is_heard_in_the_spin_alone(seed: int) -> None:
    healthy, ailing = lives("drum_bearing", "washing_machine", seed)
    sound, worn = (rows.between(FAILURE, END).columns for rows in (healthy, ailing))
    spin, wash = sound["drum_speed"] > 700, sound["phase"] == WASHING
    assert worn["vibration_kurtosis"][spin].mean() > sound["vibration_kurtosis"][spin].mean() + 2
    assert worn["vibration"][spin].mean() > sound["vibration"][spin].mean() + 0.5
    assert worn["power"][spin].mean() > 1.1 * sound["power"][spin].mean()
    assert abs(worn["vibration"][wash].mean() - sound["vibration"][wash].mean()) < 0.3
