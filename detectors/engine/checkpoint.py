"""The engine's state as bytes: what a worker commits together with its log offset."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

import msgspec

from detectors.algorithms.state import SlotState
from detectors.engine.engine import Engine
from detectors.engine.flood import Floods
from detectors.errors import StateUnreadable
from detectors.faults.fusion import Patient

FORM = 2
LEVEL = 1  # of zlib: histograms are mostly zeros, so the fastest level already gives a tenth to a sixth of the size
_SUM = struct.Struct("<I")  # of all before it: what is damaged must be refused, not believed


class _Saved(msgspec.Struct):
    """Layout of a checkpoint; each state is compressed for itself, so that one at a time lies in memory twice."""

    version: str
    log_ms: int
    received_ms: int
    fleet: bytes
    states: dict[str, bytes]
    patients: dict[int, Patient]
    floods: Floods = {}


class _Saving(msgspec.Struct):
    """The same layout while it is written: what the engine goes on changing is bytes already."""

    version: str
    log_ms: int
    received_ms: int
    fleet: bytes
    states: dict[str, bytes]
    patients: msgspec.Raw
    floods: msgspec.Raw


def version(engine: Engine) -> str:
    """Names everything that the bytes depend on; bytes of another version cannot be loaded."""
    return f"{FORM}/{engine.program.version}"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the engine knew at one moment, in memory of its own: `dump` may be called in another thread."""

    version: str
    log_ms: int
    received_ms: int
    fleet: SlotState
    states: dict[str, SlotState]
    patients: bytes
    floods: bytes

    def dump(self) -> bytes:
        """All of it as bytes for `load`."""
        saved = _Saving(
            self.version,
            self.log_ms,
            self.received_ms,
            _packed(self.fleet),
            {name: _packed(state) for name, state in self.states.items()},
            msgspec.Raw(self.patients),
            msgspec.Raw(self.floods),
        )
        data = msgspec.msgpack.encode(saved)
        return data + _SUM.pack(zlib.crc32(data))


def snapshot(engine: Engine) -> Snapshot:
    """A copy of all that the engine knows; far quicker than its bytes are made."""
    return Snapshot(
        version(engine),
        engine.log_ms,
        engine.received_ms,
        engine.fleet.columns.copy(),
        {name: state.copy() for name, state in engine.states.items()},
        msgspec.msgpack.encode(engine.patients),
        msgspec.msgpack.encode(engine.floods),
    )


def dump(engine: Engine) -> bytes:
    """All that the engine knows."""
    return snapshot(engine).dump()


def load(engine: Engine, data: bytes) -> None:
    """Make a fresh engine go on where the dumped one was. Raises StateUnreadable, and has changed nothing then."""
    body = memoryview(data)[: -_SUM.size]
    try:
        if _SUM.unpack(data[-_SUM.size :]) != (zlib.crc32(body),):
            raise StateUnreadable("the detector", "damaged", version(engine))
        saved = msgspec.msgpack.decode(body, type=_Saved)
    except (struct.error, msgspec.DecodeError):
        raise StateUnreadable("the detector", "damaged", version(engine)) from None
    if saved.version != version(engine) or engine.states.keys() != saved.states.keys():
        raise StateUnreadable("the detector", saved.version, version(engine))
    engine.fleet.restore(zlib.decompress(saved.fleet))
    for name, state in engine.states.items():
        state.load(zlib.decompress(saved.states[name]))
    engine.log_ms, engine.received_ms = saved.log_ms, saved.received_ms
    engine.patients, engine.floods = saved.patients, saved.floods
    engine.watch_slots()


def _packed(state: SlotState) -> bytes:
    return zlib.compress(state.dump(), LEVEL)
