"""The recorded data sets that the benchmarks read, as arrays."""

from __future__ import annotations

import csv
import gzip
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RECORDED = Path(__file__).parents[3] / "shared" / "data"
Floats = NDArray[np.float64]


def say(line: str) -> None:
    """One line of a report."""
    sys.stdout.write(line + "\n")


def folder(name: str) -> Path:
    """The folder of a data set: the first argument, else where the recordings lie. Ends the program if absent."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else RECORDED / name
    if not path.is_dir():
        say(f"The recorded data is not at {path}; give its folder.")
        raise SystemExit(0)
    return path


def lines(path: Path) -> list[list[str]]:
    """The rows of a CSV file, packed or not."""
    with (
        gzip.open(path, "rt", encoding="utf-8")
        if path.suffix == ".gz"
        else path.open(encoding="utf-8", errors="replace") as text
    ):
        return list(csv.reader(text))


def engines(path: Path) -> list[Floats]:
    """C-MAPSS: per engine (cycles, settings and sensors), run to failure."""
    with gzip.open(path / "train_FD001.txt.gz", "rt") as text:
        rows = np.loadtxt(text, skiprows=1)
    return [rows[rows[:, 0] == unit, 2:] for unit in np.unique(rows[:, 0])]


def events(path: Path) -> tuple[list[tuple[Floats, Floats]], list[Floats]]:
    """Fleet events: per machine (hours, error numbers) and the hours of its failures, counted from 2019-06-01."""
    start = np.datetime64("2019-06-01")

    def hours(stamp: str) -> float:
        return float((np.datetime64(stamp) - start) / np.timedelta64(1, "h"))

    errors: dict[str, list[tuple[float, float]]] = {}
    failures: dict[str, set[float]] = {}
    for stamp, machine, error in lines(path / "PdM_errors.csv")[1:]:
        errors.setdefault(machine, []).append((hours(stamp), float(error.removeprefix("error"))))
    for stamp, machine, _ in lines(path / "PdM_failures.csv")[1:]:
        failures.setdefault(machine, set()).add(hours(stamp))
    names = sorted(errors)
    told = [np.array(sorted(errors[name])) for name in names]
    return [(rows[:, 0], rows[:, 1]) for rows in told], [np.array(sorted(failures.get(name, ()))) for name in names]


def hydraulic(path: Path) -> tuple[Floats, Floats]:
    """Hydraulic rig: per load cycle the mean and the rise of four temperatures (n, 8), and the cooler's condition."""
    columns = []
    for number in (1, 2, 3, 4):
        with gzip.open(path / f"TS{number}.txt.gz", "rt") as text:
            seconds = np.loadtxt(text)
        columns += [seconds.mean(axis=1), seconds[:, -1] - seconds[:, 0]]
    with gzip.open(path / "profile.txt.gz", "rt") as text:
        profile = np.loadtxt(text)
    return np.stack(columns, axis=1), profile[:, 0]


def batteries(path: Path) -> dict[str, Floats]:
    """Lithium cells: the capacity (Ah) after each cycle of discharge."""
    return {
        cell.stem: np.array([float(row[-1]) for row in lines(cell)[1:] if row]) for cell in sorted(path.glob("B*.csv"))
    }


def drives(path: Path) -> dict[str, tuple[list[str], Floats]]:
    """OBD-II: per drive the names of its signals and the rows, one a second; rows that were cut short are left out."""
    found = {}
    for drive in sorted(path.glob("*.csv.gz")):
        header, *rows = lines(drive)
        names = [name.split()[0] for name in header if name.strip()]
        whole = [
            row[: len(names)]
            for row in rows
            if len(row) >= len(names) and all(cell.strip() for cell in row[: len(names)])
        ]
        found[drive.name.removesuffix(".csv.gz")] = (names, np.array(whole, float))
    return found


AIR = (
    "supply_air_temp", "heating_setpoint", "cooling_setpoint", "outdoor_temp", "mixed_air_temp", "return_air_temp",
    "fan_on", "fan_speed", "outdoor_damper", "return_damper", "exhaust_damper", "cooling_valve", "heating_valve",
    "occupied",
)  # fmt: skip
SHARES = ("fan_speed", "outdoor_damper", "return_damper", "exhaust_damper", "cooling_valve", "heating_valve")


def air_handler_days(path: Path) -> dict[str, tuple[bool, dict[str, Floats]]]:
    """Air handler: per date whether it is labelled faulty, and its signals minute by minute, in our units."""
    days: dict[str, list[list[str]]] = {}
    for row in lines(path)[1:]:
        days.setdefault(row[0].split()[0], []).append(row)
    return {date: (float(rows[0][15]) > 0, _air(rows)) for date, rows in days.items()}


def _air(rows: list[list[str]]) -> dict[str, Floats]:
    columns = {}
    for at, name in enumerate(AIR, 1):
        cells = [row[at].strip() for row in rows]
        column = np.array([float(cell) if cell and not cell.startswith("#") else np.nan for cell in cells])
        if name.endswith(("temp", "setpoint")):
            column = (column - 32) / 1.8
        columns[name] = column * 100 if name in SHARES else column
    return columns
