"""MIT-BIH, record 100: heart rate from beat to beat out of the annotations of an ECG (Moody and Mark, 2001).

Reads the two formats itself: annotations of ``.atr`` and samples of format 212 (WFDB, signal(5) and annot(5)).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from device_sim.models.machine import Floats, Instants
from device_sim.recorded.sets.recorded_set import RecordedSet, even, stems, unusable
from device_sim.recorded.tape import Piece, Sequence, Stage, Tape

MINUTE_S = 60
WINDOW_S = 10
PEAKED = 5.0  # kurtosis above which a window holds clear beats (Li, Mark and Clifford, 2008)
BEATS = frozenset({*range(1, 14), 25, 30, 34, 35, 38, 41})
SKIP, NOTE, LONGEST_CODE = 59, 63, 49


def _names(folder: Path) -> list[str]:
    return stems(folder, "*.atr", ".atr")


def _open(folder: Path, name: str) -> Tape:
    """Half an hour over and over, a row a minute."""
    path = folder / f"{name}.hea"
    try:
        rate, leads = _header(path)
        beats = beat_samples((folder / f"{name}.atr").read_bytes()) / rate
        lead = samples_212((folder / f"{name}.dat").read_bytes())[::leads]
    except (OSError, ValueError, IndexError) as error:
        raise unusable(path, error) from None
    minutes = int(len(lead) / rate) // MINUTE_S
    columns = {
        "heart_rate": _rates(beats, minutes),
        "skin_contact": np.ones(minutes),
        "signal_quality": _clear(lead, rate, minutes),
    }
    piece = Piece(even(columns, 1000 * MINUTE_S), 1000 * MINUTE_S * minutes)
    return Tape("wearable", tuple(columns), Sequence((Stage(piece, 0),)))


def _header(path: Path) -> tuple[int, int]:
    """Samples a second and the number of leads."""
    lines = [line for line in path.read_text("latin-1").splitlines() if line and not line.startswith("#")]
    _, leads, rate, *_ = lines[0].split()
    if any(line.split()[1] != "212" for line in lines[1 : 1 + int(leads)]):
        raise ValueError("its samples are not of format 212")
    return int(rate), int(leads)


def beat_samples(data: bytes) -> Instants:
    """The sample number of every beat. Raises ValueError when the annotations are cut off."""
    words = np.frombuffer(data[: len(data) // 2 * 2], "<u2").astype(np.int64).tolist()
    found, now, at = list[int](), 0, 0
    while at < len(words):
        code, value = words[at] >> 10, words[at] & 1023
        at += 1
        if code == SKIP:
            if at + 2 > len(words):
                raise ValueError("the annotations are cut off")
            now += words[at] << 16 | words[at + 1]
            at += 2
        elif code == NOTE:
            at += (value + 1) // 2
        elif code <= LONGEST_CODE:
            if not code and not value:
                return np.array(found, np.int64)
            now += value
            found += [now] if code in BEATS else []
    raise ValueError("the annotations are cut off")


def samples_212(data: bytes) -> Floats:
    """Samples of 12 bits, two in three bytes."""
    triples = np.frombuffer(data[: len(data) // 3 * 3], np.uint8).astype(np.int64).reshape(-1, 3)
    first = triples[:, 0] | (triples[:, 1] & 15) << 8
    second = triples[:, 2] | (triples[:, 1] >> 4) << 8
    both = np.stack([first, second], axis=1).reshape(-1)
    return np.asarray(np.where(both > 2047, both - 4096, both), np.float64)


def _rates(beats: Floats, minutes: int) -> Floats:
    """Beats a minute, of the intervals that end in each minute."""
    ends, took = beats[1:], np.diff(beats)
    minute = (ends // MINUTE_S).astype(np.int64)
    return np.array([round(60.0 / took[minute == at].mean(), 1) if (minute == at).any() else np.nan
                     for at in range(minutes)])  # fmt: skip


def _clear(lead: Floats, rate: int, minutes: int) -> Floats:
    """Share of each minute, in percent, that shows clear beats."""
    windows = lead[: minutes * MINUTE_S * rate].reshape(minutes, -1, WINDOW_S * rate)
    centred = windows - windows.mean(axis=-1, keepdims=True)
    spread = np.maximum((centred**2).mean(axis=-1), 1e-9)
    peaked = (centred**4).mean(axis=-1) / spread**2 > PEAKED
    return np.asarray(np.round(100.0 * peaked.mean(axis=-1)), np.float64)


WFDB_SAMPLE = RecordedSet("wfdb_sample", "Heart rate from beat to beat, out of an ECG.", "the beats", _names, _open)
