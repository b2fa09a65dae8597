"""A wristband that fits badly, a heart that is up, a wearer who trains: three things that must not look alike."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from device_sim.faults import FAULTS
from device_sim.models.chance import generator
from device_sim.models.machine import Rows
from device_sim.stream import DeviceSpec, DeviceStream

DAY = 86_400_000
START = int(datetime(2026, 11, 2, tzinfo=UTC).timestamp() * 1000)
ONSET, FAILURE, END = START + 6 * DAY, START + 9 * DAY, START + 13 * DAY
SLEEPING, RESTING, WALKING, RUNNING = range(4)
SEEDS = range(1, 6)


def lives(fault: str, seed: int, since: int = FAILURE) -> tuple[Rows, Rows]:
    """The usual rows and the others, both from the failure or another instant on."""
    spec = DeviceSpec("band", "wearable", "m", "1", "l", "o", "Europe/Berlin")
    truth = FAULTS.get(fault).draw(generator(seed, fault), spec.id, "wearable", ONSET, FAILURE)
    usual = DeviceStream(spec, seed, START).window(since, END)
    return usual, DeviceStream(spec, seed, START, [truth]).window(since, END)


def asleep(rows: Rows) -> float:
    return float(np.nanmean(rows.columns["heart_rate"][rows.columns["activity"] == SLEEPING]))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_loose_band_loses_contact_quality_and_pulses(seed: int) -> None:
    usual, loose = lives("misfit_wearable", seed)
    for signal, by in (("contact_quality", 25), ("signal_quality", 20), ("skin_temp", 0.5)):
        assert loose.columns[signal].mean() < usual.columns[signal].mean() - by
    heard = [np.isfinite(rows.columns["heart_rate"]).mean() for rows in (usual, loose)]
    assert heard[1] < 0.75 * heard[0]
    assert np.array_equal(loose.columns["steps"], usual.columns["steps"])


@pytest.mark.parametrize("seed", SEEDS)
def test_a_high_resting_pulse_shows_in_sleep_and_at_rest_and_not_in_what_the_wearer_does(seed: int) -> None:
    usual, high = lives("elevated_resting_heart_rate", seed)
    assert asleep(high) > asleep(usual) + 7
    assert high.columns["resting_heart_rate"][-1] > usual.columns["resting_heart_rate"][-1] + 5
    for signal in ("activity", "steps", "movement", "signal_quality"):
        assert np.array_equal(high.columns[signal], usual.columns[signal]), signal


@pytest.mark.parametrize("seed", SEEDS)
def test_training_raises_the_pulse_of_runs_and_leaves_nights_alone(seed: int) -> None:
    usual, trained = lives("exercise_period", seed)
    runs = [(rows.columns["activity"] == RUNNING).sum() for rows in (usual, trained)]
    assert runs[1] > runs[0]
    assert trained.columns["steps"].sum() > usual.columns["steps"].sum() + 5000
    assert asleep(trained) == pytest.approx(asleep(usual), abs=0.5)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_band_in_a_drawer_reads_no_body(seed: int) -> None:
    _, away = lives("holiday", seed, since=ONSET)
    aside = away.between(ONSET, ONSET + 4 * DAY).columns
    assert aside["skin_contact"].max() == 0
    assert np.isnan(aside["heart_rate"]).all()
    assert aside["steps"].max() == 0
    assert aside["skin_temp"].max() < 26


@pytest.mark.parametrize("seed", SEEDS)
def test_movement_follows_activity_and_direction_is_told_on_the_way_only(seed: int) -> None:
    usual, _ = lives("holiday", seed)
    columns = usual.columns
    worn = columns["skin_contact"] > 0
    level = [
        columns["movement"][worn & (columns["activity"] == doing)].mean() for doing in (SLEEPING, RESTING, WALKING)
    ]
    assert level == sorted(level)
    told = np.isfinite(columns["direction"])
    assert np.array_equal(told, worn & (columns["activity"] >= WALKING))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_resting_pulse_is_that_of_the_quietest_sleep(seed: int) -> None:
    usual, _ = lives("holiday", seed)
    night = usual.columns["heart_rate"][usual.columns["activity"] == SLEEPING]
    assert np.nanpercentile(night, 2) - 3 <= np.median(usual.columns["resting_heart_rate"]) <= np.nanmedian(night)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_bad_firmware_reads_the_pulse_badly_and_empties_the_battery(seed: int) -> None:
    usual, worse = lives("firmware_regression", seed)
    assert worse.columns["signal_quality"].mean() < usual.columns["signal_quality"].mean() - 15

    def fall(rows: Rows) -> float:
        step = np.diff(rows.columns["battery_level"])
        return float(-step[step <= 0].mean())

    assert fall(worse) > 1.5 * fall(usual)
