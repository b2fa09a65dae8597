"""MQTT by hand, so that load and bare subscribers cost next to nothing: whole PUBLISH packets in one byte matrix."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]

DISCONNECT = b"\xe0\x00"
# name in Forewarn JSON and what its values look like; `#` is a digit that changes from message to message. A warm
# engine on the road, so that every watch of a vehicle has something to judge in every message.
SIGNALS = (
    ("rpm", "21##.5"),
    ("run_time", "19##.0"),
    ("speed", "7#.#"),
    ("coolant_temp", "8#.#"),
    ("voltage", "13.9#"),
    ("intake_temp", "2#.#"),
    ("manifold_pressure", "4#.#"),
    ("fuel_trim_long", "1.#"),
    ("engine_load", "3#.#"),
    ("throttle", "1#.#"),
    ("fuel_level", "5#.#"),
    ("catalyst_temp", "4##.#"),
)
HOT = {"coolant_temp": "118.#"}  # beyond the fixed limit: three minutes of event time of it are a finding


def length_bytes(length: int) -> bytes:
    """MQTT's variable-length number."""
    out = bytearray()
    while True:
        length, digit = divmod(length, 128)
        out.append(digit | (128 if length else 0))
        if not length:
            return bytes(out)


def connect(name: str) -> bytes:
    """CONNECT of MQTT 3.1.1 with a clean session and no keep-alive."""
    body = b"\x00\x04MQTT\x04\x02\x00\x00" + len(name).to_bytes(2, "big") + name.encode()
    return b"\x10" + length_bytes(len(body)) + body


def subscribe(topic: str) -> bytes:
    """SUBSCRIBE at QoS 1."""
    body = b"\x00\x01" + len(topic).to_bytes(2, "big") + topic.encode() + b"\x01"
    return b"\x82" + length_bytes(len(body)) + body


def opened(port: int, name: str) -> socket.socket:
    """A connection that the broker has accepted."""
    link = socket.create_connection(("127.0.0.1", port))
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    link.sendall(connect(name))
    exactly(link, 4)
    return link


def exactly(link: socket.socket, size: int) -> bytes:
    """The next `size` bytes."""
    got = b""
    while len(got) < size:
        more = link.recv(size - len(got))
        if not more:
            raise ConnectionError("the other side hung up")
        got += more
    return got


@dataclass(frozen=True, slots=True)
class Shape:
    """What a message looks like: how many signals at how many times."""

    signals: int = 12
    times: int = 1

    @property
    def readings(self) -> int:
        """In one message."""
        return self.signals * self.times


class Block:
    """One message of each device as rows of equal length; `fill` makes the next round of them."""

    def __init__(self, devices: list[str], shape: Shape, values: dict[str, str] | None = None) -> None:
        rows = [self._row(device, shape, values or {}) for device in devices]
        self.matrix: Bytes = (
            np.frombuffer(b"".join(row for row, _mid in rows), np.uint8).reshape(len(devices), -1).copy()
        )
        self._mid = rows[0][1]
        first = bytes(self.matrix[0])
        self._digits = np.flatnonzero((self.matrix[0] == ord("#")) & (np.arange(len(first)) > self._mid))
        self._times = [at + 5 for at in range(len(first)) if first.startswith(b'"ts":', at)]
        self._rng = np.random.default_rng(3)

    def fill(self, ts: int, step_ms: int, first_mid: int) -> Bytes:
        """The next round: event times `ts`, `ts` + `step_ms` …, fresh values, packet ids from `first_mid` on."""
        for number, at in enumerate(self._times):
            self.matrix[:, at : at + 13] = np.frombuffer(b"%d" % (ts + number * step_ms), np.uint8)
        self.matrix[:, self._digits] = self._rng.integers(48, 58, (len(self.matrix), len(self._digits)), np.uint8)
        mids = (first_mid + np.arange(len(self.matrix))) % 65535 + 1
        self.matrix[:, self._mid], self.matrix[:, self._mid + 1] = mids >> 8, mids & 255
        return self.matrix

    @staticmethod
    def _row(device: str, shape: Shape, values: dict[str, str]) -> tuple[bytes, int]:
        body = ",".join(f'"{name}":{values.get(name, form)}' for name, form in SIGNALS[: shape.signals])
        element = f'{{"ts":1234567890123,"signals":{{{body}}}}}'
        payload = element if shape.times == 1 else "[" + ",".join([element] * shape.times) + "]"
        topic = f"fw/v1/demo/{device}/telemetry".encode()
        rest = len(topic).to_bytes(2, "big") + topic + b"\x00\x00" + payload.encode()
        head = b"\x32" + length_bytes(len(rest))
        return head + rest, len(head) + 2 + len(topic)


@njit(cache=True)
def scan(data: Any, size: int, acks: Any) -> tuple[int, int]:
    """Take PUBLISH packets from `data`; their PUBACKs go to `acks`. How many, and how many bytes they took."""
    at, count = 0, 0
    while at + 2 <= size:
        length, shift, head = 0, 0, at + 1
        while head < size:
            byte = int(data[head])
            length |= (byte & 127) << shift
            head += 1
            shift += 7
            if byte < 128:
                break
        else:
            break
        if head + length > size:
            break
        if data[at] >> 4 == 3 and data[at] & 6:
            mid = head + 2 + (int(data[head]) << 8 | int(data[head + 1]))
            acks[4 * count], acks[4 * count + 1] = 0x40, 2
            acks[4 * count + 2], acks[4 * count + 3] = data[mid], data[mid + 1]
            count += 1
        at = head + length
    return count, at
