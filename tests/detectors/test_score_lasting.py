from __future__ import annotations

import numpy as np

from detectors.scoring.lasting import Lasting
from detectors.scoring.scorer import Scorer

Floats = np.ndarray[tuple[int, int], np.dtype[np.float64]]


def plant(rows: int = 12_000) -> Floats:
    """Four noisy signals; one is off by three standard deviations for a quarter of the rows, from the middle on."""
    x = np.random.default_rng(3).normal(20, 1, (rows, 4))
    x[rows // 2 : rows * 3 // 4, 1] += 3
    return x


def test_a_long_fault_is_far_out_to_its_last_row_and_forgiven_after_it() -> None:
    x = plant()
    far = Lasting(4).score(np.arange(len(x)) * 1000, x)
    assert np.quantile(far[6050:9000], 0.05) > 1.5
    assert np.quantile(far[2000:6000], 0.99) < 1.5
    assert np.quantile(far[9100:], 0.9) < 1.5


def test_the_scores_of_a_table_do_not_forget_it() -> None:
    x = plant()
    rows = Scorer(4).score(np.arange(len(x)) * 1000, x)
    for score in (rows.surprise, rows.severity):
        assert np.median(score[8500:9000]) > np.quantile(score[4000:6000], 0.8)


def test_a_counter_and_a_constant_are_never_far() -> None:
    x = np.zeros((3000, 2))
    x[:, 0] = np.arange(3000) ** 2
    assert not Lasting(2).score(np.arange(3000) * 1000, x).any()


def test_late_rows_and_missing_readings_are_not_learned() -> None:
    x = plant(4000)
    ts = np.arange(4000) * 1000
    plain = Lasting(4).score(ts, x)
    twice = Lasting(4)
    twice.score(ts[:200], x[:200])
    assert not twice.score(ts[:100], 1e9 + x[:100]).any()
    assert np.isfinite(Lasting(4).score(ts, np.where(x > 20, x, np.nan))).all()
    assert plain.max() < 17


def test_any_cut_gives_the_same() -> None:
    x = plant(3000)
    x[::9, 2] = np.nan
    ts = np.arange(3000) * 10_000
    cut = Lasting(4)
    parts = [cut.score(ts[at : at + 7], x[at : at + 7]) for at in range(0, 3000, 7)]
    assert np.array_equal(Lasting(4).score(ts, x), np.concatenate(parts))
