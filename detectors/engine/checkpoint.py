"""The engine's state as bytes: what a worker commits together with its log offset."""

from __future__ import annotations

import zlib

import msgspec

from detectors.engine.engine import Engine
from detectors.engine.flood import Floods
from detectors.errors import StateUnreadable
from detectors.faults.fusion import Patient

FORM = 1
LEVEL = 1  # of zlib: histograms are mostly zeros, so the fastest level already gives a tenth of the size


class _Saved(msgspec.Struct):
    """Layout of a checkpoint."""

    version: str
    log_ms: int
    received_ms: int
    fleet: bytes
    states: dict[str, bytes]
    patients: dict[int, Patient]
    floods: Floods = {}


def version(engine: Engine) -> str:
    """Names everything that the bytes depend on; bytes of another version cannot be loaded."""
    return f"{FORM}/{engine.program.version}"


def dump(engine: Engine) -> bytes:
    """All that the engine knows."""
    saved = _Saved(
        version(engine),
        engine.log_ms,
        engine.received_ms,
        engine.fleet.columns.dump(),
        {name: state.dump() for name, state in engine.states.items()},
        engine.patients,
        engine.floods,
    )
    return zlib.compress(msgspec.msgpack.encode(saved), LEVEL)


def load(engine: Engine, data: bytes) -> None:
    """Make a fresh engine go on where the dumped one was. Raises StateUnreadable."""
    try:
        saved = msgspec.msgpack.decode(zlib.decompress(data), type=_Saved)
    except (zlib.error, msgspec.DecodeError):
        raise StateUnreadable("the detector", "damaged", version(engine)) from None
    if saved.version != version(engine):
        raise StateUnreadable("the detector", saved.version, version(engine))
    engine.fleet.restore(saved.fleet)
    for name, state in engine.states.items():
        state.load(saved.states[name])
    engine.log_ms, engine.received_ms = saved.log_ms, saved.received_ms
    engine.patients, engine.floods = saved.patients, saved.floods
    engine.watch_slots()
