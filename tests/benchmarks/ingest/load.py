"""The load: a process that publishes ready-made packets at QoS 1 over several sockets and counts acknowledgements.

It never has more than `--backlog` messages on the way to the consumer, so that the broker is not measured as a
queue. Prints ``ready``, waits for a line, publishes for `--seconds`, waits for every acknowledgement, and prints
what it did as one JSON line. With `--faults` it makes that many further devices overheat, one after the other.
"""

from __future__ import annotations

import argparse
import json
import selectors
import socket
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.ingest.packets import DISCONNECT, HOT, Block, Shape, opened
from tests.benchmarks.ingest.progress import Progress

STEP_MS = 1000  # event time between two messages of a device
ROUNDS = 4  # messages of each device that go out in one piece; at a given rate 1, for an even flow
WINDOW = 4000  # unacknowledged messages a connection
FAULT_STEP_MS = 60_000
FAULT_MESSAGES = 4  # the last of them completes the three minutes


@dataclass
class Link:
    """One connection with its devices."""

    socket: socket.socket
    block: Block
    devices: int
    sent: int = 0
    acked: int = 0
    odd: int = 0
    pending: memoryview = field(default_factory=lambda: memoryview(b""))

    def room(self) -> bool:
        return not self.pending and self.sent - self.acked < WINDOW

    def prepare(self, ts: int, shape: Shape, rounds: int) -> None:
        """Make the next messages of the devices."""
        step = STEP_MS * shape.times
        made = [
            self.block.fill(ts + number * step, STEP_MS, self.sent + number * self.devices).tobytes()
            for number in range(rounds)
        ]
        self.sent += rounds * self.devices
        self.pending = memoryview(b"".join(made))

    def send(self) -> None:
        if self.pending:
            try:
                self.pending = self.pending[self.socket.send(self.pending) :]
            except BlockingIOError:
                return

    def receive(self) -> None:
        got = len(self.socket.recv(1 << 16))
        if not got:
            raise ConnectionError("the broker hung up")
        self.odd += got
        self.acked += self.odd // 4
        self.odd %= 4


class Load:
    """All connections together."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._shape = Shape(arguments.signals, arguments.times)
        self._rate, self._backlog = arguments.rate, arguments.backlog
        self._rounds = 1 if arguments.rate else ROUNDS
        self._progress = Progress(arguments.progress)
        self._links: list[Link] = []
        self._selector = selectors.DefaultSelector()
        names = [f"car-{number:05}" for number in range(arguments.devices)]
        share = -(-len(names) // arguments.links)
        for number in range(arguments.links):
            mine = names[number * share : (number + 1) * share]
            if mine:
                link = Link(opened(arguments.port, f"load-{number}"), Block(mine, self._shape), len(mine))
                link.socket.setblocking(False)
                self._selector.register(link.socket, selectors.EVENT_READ, link)
                self._links.append(link)
        self._ts = [int(time.time() * 1000) - arguments.past_s * 1000] * len(self._links)
        self._faults = Faults(arguments.port, arguments.faults) if arguments.faults else None

    @property
    def sent(self) -> int:
        return sum(link.sent for link in self._links)

    @property
    def acked(self) -> int:
        return sum(link.acked for link in self._links)

    def warm(self) -> None:
        """Every device once, so that consumers know them all; and the beginnings of the faults."""
        for number in range(len(self._links)):
            self._prepare(number)
        self._until_acked()
        if self._faults:
            self._faults.begin()

    def run(self, seconds: float, most: int) -> dict[str, object]:
        """Publish for that long, or `most` messages, and wait for the broker."""
        before, began = self.sent, time.time()
        while (now := time.time()) < began + seconds and self.sent < before + most:
            allowed = self._progress.value + self._backlog
            if self._rate:
                allowed = min(allowed, before + int((now - began) * self._rate))
            idle = True
            for number, link in enumerate(self._links):
                if link.room() and self.sent < allowed:
                    self._prepare(number)
                    idle = False
            self._exchange(0.001 if idle else 0.0)
            if self._faults:
                self._faults.until((now - began) / seconds)
        if self._faults:
            self._faults.until(1.0)
        self._until_acked()
        told: dict[str, object] = {"began": began, "acked": time.time(), "messages": self.sent - before}
        if self._faults:
            told["faults"] = self._faults.published
        for link in self._links:
            link.socket.setblocking(True)
            link.socket.sendall(DISCONNECT)
        return told

    def _prepare(self, number: int) -> None:
        self._links[number].prepare(self._ts[number], self._shape, self._rounds)
        self._ts[number] += self._rounds * STEP_MS * self._shape.times
        self._links[number].send()

    def _until_acked(self) -> None:
        while any(link.pending or link.acked < link.sent for link in self._links):
            self._exchange(0.05)

    def _exchange(self, wait_s: float) -> None:
        for key, _events in self._selector.select(wait_s):
            key.data.receive()
        for link in self._links:
            link.send()


class Faults:
    """Devices that overheat: all but the last message before the run, the last one at even distances during it."""

    def __init__(self, port: int, number: int) -> None:
        self._link = opened(port, "load-faults")
        self._blocks = [(name, Block([name], Shape(), HOT)) for name in (f"hot-{at:05}" for at in range(number))]
        self._ts = int(time.time() * 1000) - FAULT_MESSAGES * FAULT_STEP_MS
        self._mid = 0
        self.published: dict[str, float] = {}

    def begin(self) -> None:
        for _name, block in self._blocks:
            for number in range(FAULT_MESSAGES - 1):
                self._send(block, number)

    def until(self, share: float) -> None:
        """Complete the faults that are due at this share of the run."""
        while len(self.published) < min(1.0, share) * len(self._blocks):
            name, block = self._blocks[len(self.published)]
            self.published[name] = time.time()
            self._send(block, FAULT_MESSAGES - 1)

    def _send(self, block: Block, number: int) -> None:
        self._link.sendall(block.fill(self._ts + number * FAULT_STEP_MS, 0, self._mid).tobytes())
        self._mid += 1


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser()
    for name, kind, default in (
        ("port", int, None),
        ("devices", int, 1000),
        ("links", int, 16),
        ("signals", int, 12),
        ("times", int, 1),
        ("seconds", float, 10.0),
        ("most", int, sys.maxsize),
        ("rate", float, 0.0),
        ("backlog", int, 40_000),
        ("past_s", int, 3600),
        ("faults", int, 0),
        ("progress", Path, None),
    ):
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind, default=default, required=default is None)
    arguments = parser.parse_args()
    load = Load(arguments)
    load.warm()
    sys.stdout.write(json.dumps({"warm": load.sent}) + "\n")
    sys.stdout.flush()
    sys.stdin.readline()
    sys.stdout.write(json.dumps(load.run(arguments.seconds, arguments.most)) + "\n")


if __name__ == "__main__":
    main()
