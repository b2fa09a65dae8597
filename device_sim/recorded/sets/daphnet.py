"""Daphnet: accelerometers on a walker with Parkinson's disease whose gait freezes at times (Bächlin et al., 2010)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from device_sim.models.machine import Floats
from device_sim.recorded.sets.recorded_set import RecordedSet, even, label, runs, stems, table, unusable
from device_sim.recorded.tape import Outings, Piece, Tape

RATE = 64  # Hz
WINDOW = 4 * RATE  # the freeze index is taken over four seconds (Moore et al., 2008)
STRIDE_HZ, TREMBLE_HZ = (0.5, 3.0), (3.0, 8.0)
G = 9.80665e-3  # m/s2 per thousandth of g
PLACES = {"ankle_motion": "ankle", "leg_motion": "leg", "trunk_motion": "trunk"}
AXES = ("horiz_fwd", "vert", "horiz_lateral")


def _names(folder: Path) -> list[str]:
    return stems(folder, "*.csv.gz", ".csv.gz")


def _open(folder: Path, name: str) -> Tape:
    """One walk a day: a row a second of the four seconds before."""
    path = folder / f"{name}.csv.gz"
    wanted = [f"{place}_{axis}" for place in PLACES.values() for axis in AXES]
    try:
        cells = np.array(table(path, [*wanted, "is_anomaly"]), np.float64)
    except ValueError as error:
        raise unusable(path, error) from None
    columns: dict[str, Floats] = {}
    for number, signal in enumerate(PLACES):
        windows = _windows(cells[:, 3 * number : 3 * number + 3])
        moved = windows - windows.mean(axis=-1, keepdims=True)
        columns[signal] = np.round(G * np.sqrt((moved**2).sum(axis=1).mean(axis=-1)), 3)
    columns["freeze_index"] = _freeze_index(_windows(cells[:, 1:2])[:, 0])
    frozen = _windows(cells[:, -1:])[:, 0, -RATE:].mean(axis=-1) > 0.5
    labels = tuple(label("freezing_of_gait", 1000 * one, None, 1000 * other) for one, other in runs(frozen))
    piece = Piece(even(columns, 1000), 1000 * len(frozen), labels)
    return Tape("gait_sensor", tuple(columns), Outings((piece,), 1, 1, (10.0, 11.0)))


def _windows(columns: Floats) -> Floats:
    """Four seconds before each second: (second, column, sample)."""
    return np.asarray(sliding_window_view(columns, WINDOW, axis=0)[::RATE], np.float64)


def _freeze_index(windows: Floats) -> Floats:
    """Power of the tremble by power of the stride."""
    power = np.abs(np.fft.rfft(windows - windows.mean(axis=-1, keepdims=True), axis=-1)) ** 2
    hertz = np.fft.rfftfreq(WINDOW, 1 / RATE)
    stride, tremble = (power[:, (hertz >= low) & (hertz < high)].sum(axis=1) for low, high in (STRIDE_HZ, TREMBLE_HZ))
    return np.asarray(np.round(tremble / np.maximum(stride, 1.0), 4), np.float64)


DAPHNET = RecordedSet(
    "daphnet",
    "Accelerometers of a walker whose gait freezes.",
    "freezing, by sample; the one walk that is here has none",
    _names,
    _open,
)
