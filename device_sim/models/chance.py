"""Chance that repeats itself: generators and noise that depend on nothing but a seed and a name."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)  # the constants of splitmix64 (Steele, Lea, Flood 2014)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def number(*key: str | int) -> int:
    """A 64-bit number that stands for `key`: the same on every machine and in every process."""
    text = "\x1f".join(str(part) for part in key)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def generator(*key: str | int) -> np.random.Generator:
    """A generator whose draws depend on `key` alone, so that no device disturbs the chance of another."""
    return np.random.Generator(np.random.PCG64(number(*key)))


def smooth_noise(seed: int, ts: NDArray[np.int64], period_ms: int) -> NDArray[np.float64]:
    """Noise in about -1 to 1 that changes smoothly over `period_ms`; a pure function of time.

    Value noise: a hashed random number at each lattice point, joined by smoothstep, so that any window of time can
    be asked for without the ones before it.
    """
    cell, offset = np.divmod(ts, period_ms)
    part = offset / period_ms
    weight = part * part * (3.0 - 2.0 * part)
    here, there = _lattice(seed, cell), _lattice(seed, cell + 1)
    return here + (there - here) * weight


def cell_noise(seed: int, ts: NDArray[np.int64], cell_ms: int) -> NDArray[np.float64]:
    """A number in [0, 1) for each cell of `cell_ms`, the same for all instants within it; a pure function of time."""
    return (_lattice(seed, ts // cell_ms) + 1.0) / 2.0


def _lattice(seed: int, cell: NDArray[np.int64]) -> NDArray[np.float64]:
    mixed = (cell.astype(np.uint64) + np.uint64(1)) * _GOLDEN ^ np.uint64(seed)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * _MIX_1
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIX_2
    mixed ^= mixed >> np.uint64(31)
    return (mixed >> np.uint64(11)).astype(np.float64) * (2.0 / 2**53) - 1.0
