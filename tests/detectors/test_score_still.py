from __future__ import annotations

import numpy as np

from detectors.scoring.scorer import Scorer
from detectors.scoring.still import Still

MINUTE_MS = 60_000


def turbine(stops_at: tuple[int, ...], rows: int = 9000) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Speed, power, temperature and the angle of the blades, which are turned away for 60 rows at each stop."""
    chance = np.random.default_rng(5)
    wind = 8 + chance.normal(0, 1, rows)
    x = np.stack([2 * wind, wind**2, 40 + chance.normal(0, 1, rows), chance.normal(0, 0.1, rows)], axis=1)
    for at in stops_at:
        x[at : at + 60, :2] = 0.0
        x[at : at + 60, 3] += 90
    return x


def test_a_machine_that_is_off_for_an_hour_is_no_fault_and_one_that_turns_its_blades_away_in_motion_is() -> None:
    x = turbine((6000,))
    ts = np.arange(len(x)) * MINUTE_MS
    assert not Scorer(4).score(ts, x).contact.any()
    x[6000:6060, :2] = x[5000:5060, :2]
    assert 6000 <= np.flatnonzero(Scorer(4).score(ts, x).contact)[0] < 6060


def test_several_signals_must_stand_still_that_move_all_the_time() -> None:
    x = turbine((500,), 700)
    off = np.flatnonzero(Still(4).off(x))
    assert off.tolist() == list(range(502, 560))
    x[500:560, 1] = np.arange(60)
    assert not Still(4).off(x).any()
    x[:, 1] = np.arange(700) // 100  # a counter that hardly ever moves says nothing
    assert not Still(4).off(x).any()


def test_missing_readings_neither_stand_still_nor_move() -> None:
    x = turbine((500,), 700)
    x[::2] = np.nan
    off = Still(4).off(x)
    assert off[510:560].all()
    assert not off[:504].any()


def test_any_cut_gives_the_same() -> None:
    x = turbine((1500, 2800), 3500)
    ts = np.arange(len(x)) * MINUTE_MS
    whole, cut = Scorer(4).score(ts, x), Scorer(4)
    parts = [cut.score(ts[at : at + 7], x[at : at + 7]) for at in range(0, len(x), 7)]
    for name in ("surprise", "severity", "alert_score", "contact"):
        assert np.array_equal(getattr(whole, name), np.concatenate([getattr(part, name) for part in parts])), name
