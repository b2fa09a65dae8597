"""One periodic signal without a clock: one cycle has the wrong shape, within the usual range (as the UCR archive)."""

from __future__ import annotations

import numpy as np

from tests.benchmarks.tables.made import Made, creeping


def make(seed: int) -> Made:
    """Beats whose length and height vary a little; a beat is inverted, stretched, flat, noisy, lost or doubled."""
    chance = np.random.default_rng(seed)
    period, beats = float(chance.integers(40, 260)), 70
    fault, wrong = seed % 6, int(chance.integers(30, 66))
    harmonics = chance.normal(0, 1, (2, 5)) / np.arange(1, 6) ** 0.8
    parts, window = [], (0, 0)
    for beat in range(beats):
        long = round(period * (1 + chance.normal(0, 0.015)))
        phase = np.arange(long) / long
        if beat == wrong and fault == 1:
            phase = phase**1.8
        angles = 2 * np.pi * phase[:, None] * np.arange(1, 6)
        shape = np.cos(angles) @ harmonics[0] + np.sin(angles) @ harmonics[1]
        if beat == wrong:
            first = sum(map(len, parts))
            shape = _spoiled(chance, shape, fault)
            window = (first, first + len(shape) - 1)
        parts.append(shape * (1 + chance.normal(0, 0.03)))
    x = np.concatenate(parts)
    x += 0.04 * x.std() * chance.normal(0, 1, len(x)) + creeping(chance, len(x), 20 * period, 0.05 * x.std())
    return Made(1000, x[:, None], (window,))


def _spoiled(chance: np.random.Generator, shape: np.ndarray, fault: int) -> np.ndarray:  # type: ignore[type-arg]
    if fault == 0:
        return shape[::-1]
    if fault == 2:
        return np.full_like(shape, shape[0])
    if fault == 3:
        return shape + chance.normal(0, 0.35 * shape.std(), len(shape))
    if fault == 4:
        return 0.45 * shape
    return np.concatenate([shape[::2], shape[::2]]) if fault == 5 else shape
