from __future__ import annotations

import numpy as np
import pytest

from detectors.scoring.scorer import Scorer
from detectors.scoring.shape import Shape, cycle_of

Column = np.ndarray[tuple[int], np.dtype[np.float64]]
MINUTE = 60_000


def beats(seed: int, wrong: int = 0, period: int = 60) -> tuple[Column, int]:
    """Sixty noisy beats, that number `wrong` (if any) backwards; and the row at which this one begins."""
    chance = np.random.default_rng(seed)
    phase = np.arange(period) / period
    beat = np.exp(-(((phase - 0.3) / 0.06) ** 2)) + 0.4 * np.exp(-(((phase - 0.7) / 0.1) ** 2))
    parts = [(beat[::-1] if number == wrong else beat) * chance.normal(1, 0.02) for number in range(1, 61)]
    return np.concatenate(parts) + chance.normal(0, 0.02, 60 * period), (wrong - 1) * period


def test_a_beat_backwards_is_the_strangest_row_and_mostly_asks_for_attention() -> None:
    asked = 0
    for seed in range(5):
        x, begins = beats(seed, 40)
        rows = Scorer(1).score(np.arange(len(x)) * 1000, x[:, None])
        assert begins <= np.argmax(rows.severity) < begins + 120
        asked += int(rows.attention[begins : begins + 120].any())
    assert asked >= 3


def test_even_beats_are_not_strange() -> None:
    for seed in range(5):
        x, _ = beats(seed)
        assert Shape().score(np.arange(len(x)) * 1000, x).max() < 4.5


def test_a_cycle_of_a_day_is_left_to_the_clock() -> None:
    x, _ = beats(1, 40, period=72)
    assert not Shape().score(np.arange(len(x)) * 20 * MINUTE, x).any()


@pytest.mark.parametrize("kind", ["noise", "walk", "constant", "empty", "huge"])
def test_what_has_no_cycle_has_no_shape(kind: str) -> None:
    noise = np.random.default_rng(2).normal(0, 1, 3000)
    x = {
        "noise": noise,
        "walk": noise.cumsum(),
        "constant": np.ones(3000),
        "empty": np.full(3000, np.nan),
        "huge": np.where(noise > 3, 1e300, noise),
    }[kind]
    assert cycle_of(x) == 0
    assert not Shape().score(np.arange(3000) * 1000, x).any()


def test_any_cut_gives_the_same_and_nothing_looks_ahead() -> None:
    x, _ = beats(3, 40)
    x[::17] = np.nan
    ts = np.arange(len(x)) * 1000
    whole, cut = Shape().score(ts, x), Shape()
    parts = [cut.score(ts[at : at + 7], x[at : at + 7]) for at in range(0, len(x), 7)]
    assert np.array_equal(whole, np.concatenate(parts))
    assert np.array_equal(whole[:2000], Shape().score(ts[:2000], x[:2000]))


def test_the_bank_is_thinned_and_goes_on() -> None:
    x = np.tile(beats(4)[0], 3)
    z = Shape().score(np.arange(len(x)) * 1000, x)
    assert np.isfinite(z).all()
    assert z.max() < 8
