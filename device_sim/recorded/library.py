"""The recorded data sets by name. Out-of-tree ones come by the entry point ``forewarn.recorded_set``.

A recording is named by its set and its own name: ``carobd/drive4``, ``cmapss/FD001#17``. The folder of the data is the
setting ``[device_sim] recordings``; in it, one folder a set.
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from device_sim.config import Config
from device_sim.errors import RecordingMissing
from device_sim.faults.fault import Fault, Occurrence
from device_sim.models.machine import Identity
from device_sim.recorded.overlays import goes_over
from device_sim.recorded.sets import SETS
from device_sim.recorded.tape import Life, Tape
from kit.settings import load

if TYPE_CHECKING:
    from device_sim.stream import DeviceSpec


def names(folder: Path | None = None) -> list[str]:
    """Every recording of the sets that are there, as it is named in a scenario."""
    root = folder or _configured()
    return [
        f"{name}/{one}" for name, known in SETS.items() if (root / name).is_dir() for one in known.names(root / name)
    ]


def tape(recording: str, folder: Path | None = None) -> Tape:
    """The recorded life of that name.

    Raises RecordingMissing when there is none, or its data is not there; RecordingUnusable when that is damaged.
    """
    return _tape(recording, folder or _configured())


def truth_of(spec: DeviceSpec, seed: int, start_ms: int, end_ms: int, folder: Path | None = None) -> list[Occurrence]:
    """What the labels of the device's recording say goes wrong in its life from `start_ms` to `end_ms`."""
    life = Life(Identity(seed, spec.id, spec.time_zone), start_ms)
    return tape(spec.recording, folder).plan.truth(life, end_ms)


def strikes(fault: Fault, spec: DeviceSpec) -> bool:
    """Whether the fault can strike that device, be its life recorded or not."""
    if not spec.recording:
        return fault.strikes(spec.type)
    return goes_over(fault, spec.type, tape(spec.recording).signals)


@cache
def _tape(recording: str, root: Path) -> Tape:
    name, _, one = recording.partition("/")
    if name not in SETS:
        raise RecordingMissing(
            recording, "there is no such set", _nearest(recording, [known for known, _ in SETS.items()])
        )
    if not (root / name).is_dir():
        raise RecordingMissing(
            recording,
            f"there is no folder {root / name}",
            "Put the data there, or name the folder of all sets with FOREWARN__DEVICE_SIM__RECORDINGS.",
        )
    known = SETS.get(name).names(root / name)
    if one not in known:
        raise RecordingMissing(recording, f"the set has no '{one}'", _nearest(one, known))
    return SETS.get(name).open(root / name, one)


def _nearest(word: str, known: list[str]) -> str:
    listed = ", ".join(known[:12]) + (f" and {len(known) - 12} more" if len(known) > 12 else "")
    near = get_close_matches(word, known, 1)
    return f"Did you mean '{near[0]}'? It knows: {listed}." if near else f"It knows: {listed or 'nothing'}."


@cache
def _configured() -> Path:
    return load().of(Config).recordings.absolute()
