"""A hub, the rooms and the floors around it: people come and go, air is breathed, cells run down over years."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from device_sim.faults import FAULTS
from device_sim.models.chance import generator
from device_sim.models.machine import Rows
from device_sim.stream import DeviceSpec, DeviceStream

DAY, HOUR = 86_400_000, 3_600_000
START = int(datetime(2026, 11, 2, tzinfo=UTC).timestamp() * 1000)  # a Monday
ONSET, FAILURE, END = START + 6 * DAY, START + 13 * DAY, START + 20 * DAY
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


@pytest.mark.parametrize("seed", SEEDS)
def test_a_hub_counts_up_until_it_is_restarted(seed: int) -> None:
    columns = lived("hub", seed).columns
    step, restarted = np.diff(columns["uptime"]), np.diff(columns["restarts"])
    assert (step[restarted == 0] == 300).all()
    assert (columns["uptime"][1:][restarted == 1] < 300).all()
    assert restarted.sum() <= 4


@pytest.mark.parametrize("seed", SEEDS)
def test_phones_leave_with_their_people_and_come_back_at_night(seed: int) -> None:
    rows = lived("hub", seed)
    away = DeviceStream(
        DeviceSpec("hub-1", "hub", "m", "1", "l", "o", "Europe/Berlin"),
        seed,
        START,
        [replace(FAULTS.get("holiday").draw(generator(1), "hub-1", "hub", START), end_ms=None)],
    ).window(START, END)
    assert away.columns["children_online"].mean() < rows.columns["children_online"].mean() - 0.5
    hour = (rows.ts / HOUR + 1) % 24
    night = rows.columns["children_online"][(hour > 2) & (hour < 5)].mean()
    assert night >= rows.columns["children_online"][(hour > 10) & (hour < 15)].mean()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_bad_firmware_runs_out_of_memory_several_times_a_day_and_a_fix_ends_it(seed: int) -> None:
    healthy, ailing = lives("firmware_regression", "hub", seed)
    window = (ONSET, ONSET + 5 * DAY)
    assert ailing.between(*window).columns["memory_used"].max() > 90
    assert healthy.columns["memory_used"].max() < 75
    restarts = ailing.between(*window).columns["restarts"]
    assert restarts[-1] - restarts[0] >= 8
    after = ailing.between(ONSET + 13 * DAY, END).columns
    assert after["memory_used"].max() < 75


@pytest.mark.parametrize("seed", SEEDS)
def test_a_bad_line_is_weak_slow_and_lossy_long_before_it_is_at_its_worst(seed: int) -> None:
    healthy, ailing = lives("uplink_degraded", "hub", seed)
    middle = ((ONSET + FAILURE) // 2, FAILURE)
    for rows, other in ((healthy.between(*middle), ailing.between(*middle)),):
        assert other.columns["rssi"].mean() < rows.columns["rssi"].mean() - 4
        assert other.columns["packet_loss"].mean() > 10 * rows.columns["packet_loss"].mean()
    late, usual = ailing.between(FAILURE, END).columns, healthy.between(FAILURE, END).columns
    assert np.median(late["latency"]) > 2 * np.median(usual["latency"])


def test_a_hub_and_those_behind_it_fall_silent_and_come_back_together() -> None:
    fault, group = FAULTS.get("hub_offline"), "hub-1 offline"
    truth = fault.draw(generator(3), "hub-1", "hub", ONSET, group=group)
    quiet = []
    for kind in ("hub", "room_sensor", "leak_sensor"):
        spec = DeviceSpec(f"{kind}-9", kind, "m", "1", "l", "o", "Europe/Berlin", parent="hub-1")
        own = replace(truth, device=spec.id)
        rows = DeviceStream(spec, 1, START, [own]).window(START, END)
        assert own.end_ms
        assert len(rows.between(ONSET, own.end_ms)) == 0
        quiet.append((rows.ts[rows.ts < ONSET].max(), rows.ts[rows.ts > ONSET].min()))
    assert fault.together
    assert max(last for last, _ in quiet) < min(first for _, first in quiet)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_room_is_warm_in_winter_and_its_air_is_used_up_by_people(seed: int) -> None:
    healthy, empty = lives("holiday", "room_sensor", seed)
    columns = healthy.columns
    assert 17 < columns["room_temp"].mean() < 24
    assert 20 < columns["humidity"].mean() < 65
    window = (ONSET + DAY, ONSET + 4 * DAY)
    assert empty.between(*window).columns["co2"].max() < 520
    assert empty.between(*window).columns["motion"].max() == 0
    assert healthy.between(*window).columns["co2"].mean() > empty.between(*window).columns["co2"].mean() + 30


@pytest.mark.parametrize("seed", SEEDS)
def test_warmer_air_of_the_same_water_is_drier(seed: int) -> None:
    healthy, ailing = lives("firmware_regression", "room_sensor", seed)
    window = (ONSET, ONSET + 5 * DAY)
    one, other = healthy.between(*window).columns, ailing.between(*window).columns
    assert other["room_temp"].mean() > one["room_temp"].mean() + 1.5
    assert other["humidity"].mean() < 0.95 * one["humidity"].mean()


@pytest.mark.parametrize("kind", ["room_sensor", "leak_sensor"])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_sound_cell_lasts_for_years_and_a_worn_one_is_dead_when_it_has_failed(kind: str, seed: int) -> None:
    healthy, ailing = lives("battery_wear", kind, seed)
    fall = np.diff(healthy.columns["battery_level"])
    assert -fall[fall < 0].sum() < 5
    level = ailing.columns["battery_level"]
    middle = ailing.between((ONSET + FAILURE) // 2, FAILURE)
    assert len(middle) > 0
    assert middle.columns["battery_level"][0] < 0.65 * level[0]
    assert middle.columns["battery_voltage"].mean() < healthy.columns["battery_voltage"].mean() - 0.05
    assert len(ailing.between(FAILURE, END)) == 0


@pytest.mark.parametrize("kind", ["hub", "room_sensor", "leak_sensor"])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_moved_device_has_another_level_and_goes_on(kind: str, seed: int) -> None:
    healthy, moved = lives("device_moved", kind, seed)
    one, other = healthy.between(ONSET, END), moved.between(ONSET, END)
    assert len(one) == len(other)
    apart = [
        abs(other.columns[name].mean() - one.columns[name].mean())
        for name in ("rssi", "board_temp")
        if name in one.columns
    ]
    assert max(apart) > 2


@pytest.mark.parametrize("seed", SEEDS)
def test_life_three_hours_later_leaves_the_day_of_the_change_as_it_was(seed: int) -> None:
    healthy, later = lives("new_habits", "room_sensor", seed)
    same_day = (ONSET, ONSET + 20 * HOUR)
    assert healthy.between(*same_day).columns["co2"].tobytes() == later.between(*same_day).columns["co2"].tobytes()
    assert not np.array_equal(
        healthy.between(ONSET + 2 * DAY, END).columns["co2"], later.between(ONSET + 2 * DAY, END).columns["co2"]
    )
