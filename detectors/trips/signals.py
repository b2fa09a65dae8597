"""Which signals of a device type tell of a trip: by name and unit, so that other makers' types are understood too."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ingest.reading import SIGNAL_BITS
from ingest.wire.catalogue import DeviceType

SPEED, RPM, FORWARD, BACKWARD, SIDEWAYS, ODOMETER = range(6)
CHANNELS = 6
NO_CHANNEL = -1
_OF = {
    ("speed", "km/h"): SPEED,
    ("rpm", "{rpm}"): RPM,
    ("acceleration_max", "m/s2"): FORWARD,
    ("braking_max", "m/s2"): BACKWARD,
    ("cornering_max", "m/s2"): SIDEWAYS,
    ("odometer", "km"): ODOMETER,
}


def channels(kind: DeviceType) -> NDArray[np.int8] | None:
    """The channel of each signal number of a type, `NO_CHANNEL` for others; None for a type that makes no trips."""
    table = np.full(1 << SIGNAL_BITS, NO_CHANNEL, np.int8)
    for signal in kind.signals:
        table[signal.number] = _OF.get((signal.name, signal.unit), NO_CHANNEL)
    return table if (table == SPEED).any() else None
