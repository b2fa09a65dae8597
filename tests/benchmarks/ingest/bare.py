"""The ceilings: a subscriber that only acknowledges (`subscribe`), and a sink in the broker's place (`sink`).

Both read in large chunks and take packets apart in compiled code; nothing is decoded, nothing is kept.
"""

from __future__ import annotations

import argparse
import selectors
import socket
import sys
from pathlib import Path

import numpy as np

from tests.benchmarks.ingest.packets import exactly, opened, scan, subscribe
from tests.benchmarks.ingest.progress import Progress

CHUNK = 1 << 18


class Reader:
    """One connection's bytes: packets out, acknowledgements back."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self._buffer = bytearray(4 * CHUNK)
        self._view = memoryview(self._buffer)
        self._array = np.frombuffer(self._buffer, np.uint8)
        self._acks = np.empty(4 * CHUNK, np.uint8)
        self._held = 0

    def take(self) -> int:
        """One chunk; how many messages it completed, -1 at the end of the connection."""
        got = self._link.recv_into(self._view[self._held :], CHUNK)
        if not got:
            return -1
        size = self._held + got
        count, used = scan(self._array, size, self._acks)
        if count:
            self._link.sendall(self._acks[: 4 * count].tobytes())
        self._held = size - used
        self._array[: self._held] = self._array[used:size].copy()
        return int(count)


def subscriber(port: int, progress: Progress) -> None:
    """Take the telemetry of all devices until it is ended."""
    link = opened(port, "bare")
    link.sendall(subscribe("fw/v1/demo/+/telemetry"))
    exactly(link, 5)
    reader = Reader(link)
    _say("ready")
    while (count := reader.take()) >= 0:
        progress.value += count


def sink(progress: Progress) -> None:
    """Accept every connection and acknowledge what comes, as a broker without subscribers would."""
    server = socket.create_server(("127.0.0.1", 0))
    waiting = selectors.DefaultSelector()
    waiting.register(server, selectors.EVENT_READ, None)
    _say(str(server.getsockname()[1]))
    while True:
        for key, _events in waiting.select():
            if key.data is None:
                link, _address = server.accept()
                exactly(link, exactly(link, 2)[1])
                link.sendall(b"\x20\x02\x00\x00")
                waiting.register(link, selectors.EVENT_READ, Reader(link))
            elif (count := key.data.take()) < 0:
                waiting.unregister(key.fileobj)
            else:
                progress.value += count


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser()
    parser.add_argument("how", choices=("subscribe", "sink"))
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--progress", type=Path, required=True)
    arguments = parser.parse_args()
    scan(np.zeros(4, np.uint8), 0, np.zeros(4, np.uint8))
    progress = Progress(arguments.progress)
    if arguments.how == "sink":
        sink(progress)
    else:
        subscriber(arguments.port, progress)


if __name__ == "__main__":
    main()
