from __future__ import annotations

import numpy as np

from detectors.scoring.modes import Modes, modes_of
from detectors.scoring.scorer import Scorer

Floats = np.ndarray[tuple[int, int], np.dtype[np.float64]]


def flights(seed: int, rows: int = 240, wears_from: int = 150) -> Floats:
    """Ten signals that a mode of six moves by a hundred standard deviations, and wear by five in ninety rows."""
    chance = np.random.default_rng(seed)
    flown = chance.integers(0, 6, rows)
    x = chance.normal(0, 100, (6, 10))[flown] + chance.normal(0, 1, (rows, 10))
    x[wears_from:, :6] += np.arange(rows - wears_from)[:, None] / 18
    return x


def test_wear_is_seen_through_six_operating_points() -> None:
    for seed in range(5):
        x = flights(seed)
        contact = np.flatnonzero(Scorer(10).score(np.arange(len(x)) * 1000, x).contact)
        assert len(contact) == 1
        assert 150 < contact[0] < 215


def test_operating_points_alone_are_hardly_ever_news() -> None:
    called = [Scorer(10).score(np.arange(400) * 1000, flights(seed, 400, 400)).contact.sum() for seed in range(12)]
    assert sum(called) <= 1


def test_a_level_that_stays_is_no_mode() -> None:
    x = np.random.default_rng(1).normal(0, 1, (300, 5))
    x[200:] += 500
    assert len(modes_of(x)[0]) == 0


def test_a_switch_that_explains_nothing_is_no_mode() -> None:
    chance = np.random.default_rng(1)
    x = chance.normal(0, 1, (300, 5))
    x[:, 0] = chance.integers(0, 2, 300)
    assert len(modes_of(x)[0]) == 0


def test_where_there_are_no_modes_columns_may_hold_anything() -> None:
    for x in (np.full((100, 2), np.nan), np.zeros((100, 2)), np.tile([1e30, -1e30], (100, 1))):
        assert len(modes_of(x)[0]) == 0
    alternating = np.where(np.arange(100) % 2, 1e308, -1e308)[:, None].repeat(2, axis=1)
    severity, _ = Modes(2).score(np.arange(100) * 1000, alternating)
    assert np.isfinite(severity).all()


def test_any_cut_gives_the_same_also_once_the_sample_is_thinned() -> None:
    x = np.concatenate([flights(3, 1500, 1500), flights(3, 1500, 900)])
    x[::13, 2] = np.nan
    ts = np.arange(len(x)) * 1000
    whole, cut = Modes(10), Modes(10)
    severity, active = whole.score(ts, x)
    parts = [cut.score(ts[at : at + 17], x[at : at + 17]) for at in range(0, len(x), 17)]
    assert np.array_equal(severity, np.concatenate([part[0] for part in parts]))
    assert np.array_equal(active, np.concatenate([part[1] for part in parts]))
