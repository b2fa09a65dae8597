"""Recorded OBD-II drives of a healthy car: false alarms per hour, and faults injected on top.

Run from the project's root: ``python tests/benchmarks/bench_drives.py [FOLDER]``. Faults begin at half of the drive.
What is called "by chance" is an alarm in that half of the drive as it was. The product's engine knows the signals by
name; `detectors score` knows nothing; the others are cut off at the threshold that gives them as many alarms on the
healthy drives as `detectors score` asks attention.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from detectors.engine.program import Program, compile_profiles
from detectors.scoring.scorer import Scorer
from tests.benchmarks.baselines import apart, plain_z, trees
from tests.benchmarks.product import findings
from tests.benchmarks.recorded import Floats, drives, folder, say

WANTED = {
    "ENGINE_RPM": "rpm", "VEHICLE_SPEED": "speed", "COOLANT_TEMPERATURE": "coolant_temp",
    "INTAKE_AIR_TEMP": "intake_temp", "INTAKE_MANIFOLD_PRESSURE": "manifold_pressure",
    "CONTROL_MODULE_VOLTAGE": "voltage", "ENGINE_RUN_TINE": "run_time", "LONG_TERM_FUEL_TRIM_BANK_1": "fuel_trim_long",
}  # fmt: skip
Drive = tuple[list[str], Floats]


def changed(drive: Drive, signal: str, change: Callable[[Floats], Floats]) -> Drive:
    """The drive with `change` made to the second half of a signal."""
    names, rows = drive[0], drive[1].copy()
    half, at = len(rows) // 2, names.index(signal)
    rows[half:, at] = change(rows[half:, at])
    return names, rows


def climb(per_minute: float, most: float) -> Callable[[Floats], Floats]:
    """So much a minute on top, at most `most`."""
    return lambda x: x + np.sign(most) * np.minimum(np.arange(len(x)) * abs(per_minute) / 60, abs(most))


FAULTS: dict[str, Callable[[Drive], Drive]] = {
    "no fault: by chance": lambda drive: drive,
    "coolant climbs 3 °C a minute by 35": lambda drive: changed(drive, "COOLANT_TEMPERATURE", climb(3, 35)),
    "voltage falls 0.3 V a minute by 2.4": lambda drive: changed(drive, "CONTROL_MODULE_VOLTAGE", climb(-0.3, -2.4)),
    "voltage falls by 2.4 V at once": lambda drive: changed(drive, "CONTROL_MODULE_VOLTAGE", lambda x: x - 2.4),
    "long-term fuel trim climbs by 25 %": lambda drive: changed(drive, "LONG_TERM_FUEL_TRIM_BANK_1", climb(3, 25)),
}


def engine_rows(program: Program, drive: Drive) -> list[int]:
    """Rows at which the product raises a finding to tell."""
    columns = {WANTED[name]: drive[1][:, at] for at, name in enumerate(drive[0]) if name in WANTED}
    found = [finding for finding in findings(program, "vehicle", columns, 1000) if finding.contact]
    return [round(finding.detected.timestamp()) - 1_767_225_600 for finding in found]


def score_rows(drive: Drive) -> tuple[list[int], list[int]]:
    """Rows that call for attention, and for a contact."""
    rows = Scorer(len(drive[0])).score(np.arange(len(drive[1]), dtype=np.int64) * 1000, drive[1])
    return np.flatnonzero(rows.attention).tolist(), np.flatnonzero(rows.contact).tolist()


def main() -> None:
    """Print the table."""
    recorded, program = list(drives(folder("carobd")).values()), compile_profiles()
    hours = sum(len(rows) for _, rows in recorded) / 3600
    attention = sum(len(score_rows(drive)[0]) for drive in recorded)
    others: dict[str, Callable[[Drive], list[int]]] = {}
    for name, score in (("plain z", plain_z), ("river HalfSpaceTrees", trees)):
        scores = [score(rows) for _, rows in recorded]
        grid = np.unique(np.quantile(np.concatenate(scores), np.linspace(0.9, 1, 300)))
        level = next(at for at in grid if sum(len(apart(each >= at)) for each in scores) <= attention)
        others[name] = lambda drive, score=score, level=level: apart(score(drive[1]) >= level)  # type: ignore[misc]
    detectors: dict[str, Callable[[Drive], list[int]]] = {
        "forewarn engine": lambda drive: engine_rows(program, drive),
        "forewarn score, contact": lambda drive: score_rows(drive)[1],
        "forewarn score, attention": lambda drive: score_rows(drive)[0],
        **others,
    }
    say(f"{len(recorded)} drives, {hours:.1f} hours\n{'':<38}" + "".join(f"{name:>27}" for name in detectors))
    false = [sum(len(rows_of(drive)) for drive in recorded) / hours for rows_of in detectors.values()]
    say(f"{'false alarms an hour, healthy':<38}" + "".join(f"{rate:>27.2f}" for rate in false))
    long = [drive for drive in recorded if len(drive[1]) > 3000]
    for name, fault in FAULTS.items():
        cells = []
        for rows_of in detectors.values():
            delays = [delay for drive in long if (delay := first_after(rows_of, fault(drive))) is not None]
            middle = f"{np.median(delays) / 60:.0f} min" if delays else "-"
            cells.append(f"{len(delays)} of {len(long)}, {middle}")
        say(f"{name:<38}" + "".join(f"{cell:>27}" for cell in cells))


def first_after(rows_of: Callable[[Drive], list[int]], drive: Drive) -> int | None:
    """Rows from the fault's beginning to the first alarm after it."""
    half = len(drive[1]) // 2
    return next((row - half for row in rows_of(drive) if row >= half), None)


if __name__ == "__main__":
    main()
