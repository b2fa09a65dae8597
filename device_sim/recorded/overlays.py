"""What wear does to recorded signals: for faults of a model's physics, the same knobs turned on a recorded life.

Simple laws with the size that the fault has on such a machine; where a knob has no law here, its fault cannot be put
on a recording.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from device_sim.faults.fault import Fault
from device_sim.models.machine import Floats, Instants, Rows, Wear, quantised

SOAK_MS = 180_000.0  # an engine block takes minutes to follow its load
HEAT_K = 80.0  # K above the thermostat's at full load with no coolant at all: less never boils, more boils at idle
THERMOSTAT_K = 45.0  # K that an open thermostat costs in the air stream of a motorway
FLAT_V = 12.1  # what a battery gives that nobody charges, with the ignition's load on it


@dataclass(frozen=True, slots=True)
class Overlay:
    """`over` gives the rows as a worn device sends them; `knobs` are those that it knows, with what they stand for."""

    knobs: dict[str, str]
    over: Callable[[Rows, Wear], Rows]


def _car(rows: Rows, wear: Wear) -> Rows:
    """Coolant warms with the load that it cannot carry away; a dead alternator leaves the battery's voltage."""
    columns, running = dict(rows.columns), rows.columns["rpm"] > 0
    work = np.where(running, rows.columns["engine_load"] / 100.0 * rows.columns["rpm"] / 3000.0, 0.0)
    wind = np.where(running, np.clip(rows.columns["speed"] / 110.0, 0.0, 1.2), 0.0)
    lost, open_by = 1.0 - wear.knob("coolant_fill", rows.ts), 1.0 - wear.knob("thermostat", rows.ts)
    shift = lost * HEAT_K * _soaked(rows.ts, work) - open_by * THERMOSTAT_K * _soaked(rows.ts, wind)
    columns["coolant_temp"] = columns["coolant_temp"] + quantised(shift, 1.0)
    dead = 1.0 - wear.knob("alternator", rows.ts)
    sag = np.where(running, dead * np.maximum(columns["voltage"] - FLAT_V, 0.0), 0.0)
    columns["voltage"] = columns["voltage"] - quantised(sag, 0.001)
    return Rows(rows.ts, columns)


OVERLAYS = {
    "vehicle": Overlay(
        {
            "coolant_fill": "part of the coolant that is there",
            "thermostat": "how well it closes",
            "alternator": "part of its output",
        },
        _car,
    )
}


def goes_over(fault: Fault, device_type: str, signals: tuple[str, ...]) -> bool:
    """Whether that fault can be put on a recorded life of that type, in which those signals were recorded."""
    if not fault.strikes(device_type) or not set(fault.signals.get(device_type, ())) <= set(signals):
        return False
    if fault.knobs is None:
        return True
    overlay = OVERLAYS.get(device_type)
    return overlay is not None and set(fault.knobs(np.zeros(1))) <= set(overlay.knobs)


def _soaked(ts: Instants, value: Floats) -> Floats:
    """`value` as something heavy follows it, with the time constant of an engine block."""
    out, level, before = np.empty(len(value)), 0.0, 0
    for row, (now, wanted) in enumerate(zip(ts.tolist(), np.nan_to_num(value).tolist(), strict=True)):
        share = 1.0 - np.exp(-(now - before) / SOAK_MS) if row else 1.0
        level += (wanted - level) * float(share)
        out[row], before = level, now
    return out
