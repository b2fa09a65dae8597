"""Fleet events: what error codes say about failures, by the product's engine and by counting.

Run from the project's root: ``python tests/benchmarks/bench_events.py [FOLDER]``. The engine watches 100 machines for a
year of errors and replaced parts, an hour at a time. An alarm is right when the machine fails within 48 hours; a
failure is foretold when an alarm came in the 48 hours before it. The profile was made on machines 1 to 50.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from detectors.engine.engine import Engine
from detectors.engine.program import compile_profiles
from detectors.finding import Finding
from ingest.reading import Frame, ReadingBatch, series_id
from ingest.registry.devices import Device
from ingest.wire.device_types.production_machine import PRODUCTION_MACHINE
from kit.clock import to_ms
from tests.benchmarks.baselines import plain_z, trees
from tests.benchmarks.recorded import Floats, events, folder, lines, say

HOUR_MS = 3_600_000
WITHIN = 48.0  # hours
BEGIN_MS = 1_767_225_600_000
BEGIN = np.datetime64("2019-06-01")  # of the recording

Said = dict[int, list[tuple[int, int, float]]]


def names(path: Path) -> list[str]:
    """The machines, in the order of `events`."""
    return sorted({row[1] for row in lines(path / "PdM_errors.csv")[1:]})


def said(path: Path) -> Said:
    """By hour what the machines reported: (machine, signal, state)."""
    known, hourly = names(path), defaultdict[int, list[tuple[int, int, float]]](list)
    for file, signal in (("PdM_errors.csv", "error"), ("PdM_maint.csv", "replaced")):
        described = PRODUCTION_MACHINE.signal(signal)
        for stamp, name, what in lines(path / file)[1:]:
            hour = int((np.datetime64(stamp) - BEGIN) / np.timedelta64(1, "h"))
            hourly[hour].append((known.index(name), described.number, float(described.states.index(what))))
    return hourly


def watched(machines: int, hourly: Said) -> list[Finding]:
    """What the engine raises about all of them."""
    devices = {no: Device(no, "t", str(no - 1), "production_machine", "", "", "", "UTC", None)
               for no in range(1, machines + 1)}  # fmt: skip
    engine = Engine(compile_profiles(), lambda numbers: {no: devices[no] for no in numbers}, heartbeat_ms=HOUR_MS)
    found: list[Finding] = []
    for hour in range(min(hourly), max(hourly) + 72):
        series, ts, values = list[int](), list[int](), list[float]()
        for machine, signal, state in hourly.get(hour, []):
            mine = series_id(machine + 1, signal)
            ts.append(BEGIN_MS + hour * HOUR_MS + 1000 * series.count(mine))  # codes of one hour follow each other
            series.append(mine)
            values.append(state)
        found += engine.process(Frame(BEGIN_MS + (hour + 1) * HOUR_MS, ReadingBatch.of(series, ts, values)))
    return [finding for finding in found if finding.kind == "raised"]


def alarms_of(found: list[Finding], machine: int) -> Floats:
    """The hours of a machine's findings."""
    return np.array([(to_ms(one.detected) - BEGIN_MS) // HOUR_MS for one in found if one.device == str(machine)], float)


def daily(hours: Floats) -> Floats:
    """Codes a day, as a table of one signal."""
    return np.bincount((hours // 24).astype(int), minlength=480).astype(float)[:, None]


def told(name: str, alarms: list[Floats], failures: list[Floats]) -> None:
    """A line: precision, recall and lead."""
    right, number, leads, missed = 0, 0, [], 0
    for mine, broken in zip(alarms, failures, strict=True):
        number += len(mine)
        right += sum(bool(((broken >= at) & (broken <= at + WITHIN)).any()) for at in mine)
        for at in broken:
            before = mine[(mine <= at) & (mine >= at - WITHIN)]
            leads += [at - before[0]] if len(before) else []
            missed += not len(before)
    recall = len(leads) / (len(leads) + missed)
    lead = f"{np.median(leads):6.1f}" if leads else "     -"
    say(f"{name:<44}{number:>8}{right / max(number, 1):>11.2f}{recall:>9.2f}{lead:>9} h")


def main() -> None:
    """Print the table."""
    path = folder("azure_pdm_events")
    codes, failures = events(path)
    say(f"{len(codes)} machines, a year, {sum(map(len, failures))} failures")
    say(f"{'alarm':<44}{'alarms':>8}{'precision':>11}{'recall':>9}{'median lead':>9}")
    found = watched(len(codes), said(path))
    for half, mine in (("1-50", range(1, 51)), ("51-100", range(51, 101))):
        chosen = [at for at, name in enumerate(names(path)) if int(name) in mine]
        for kind, findings in (("finding", found), ("contact", [one for one in found if one.contact])):
            alarms = [alarms_of(findings, machine) for machine in chosen]
            told(f"forewarn, any {kind}, machines {half}", alarms, [failures[machine] for machine in chosen])
    for name, score in (("plain z of codes a day", plain_z), ("river HalfSpaceTrees, codes a day", trees)):
        scores = [score(daily(hours)) for hours, _ in codes]
        level = np.quantile(np.concatenate(scores), 0.98)
        alarms = [24.0 * (np.flatnonzero(each > level) + 1) for each in scores]  # known when the day is over
        told(f"{name}, highest 2 %", alarms, failures)


if __name__ == "__main__":
    main()
