"""Messages a second that the gateway's two ways of reading take from a socket, with nothing behind them.

A process of its own plays the broker: it answers the connect and the subscription and then writes ready PUBLISH
packets as fast as they are taken, so that no real broker is the limit. At QoS 1 every message is acknowledged.
Run: ``python tests/benchmarks/bench_receive.py``; the last line is the ratio of the fast way to paho's own at QoS 1.
"""

from __future__ import annotations

import multiprocessing
import socket
import statistics
import sys
import time
from collections import defaultdict
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Literal, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[2]))

from ingest.gateway.mqtt import Connection
from kit.settings import Broker

PAYLOAD = (
    b'{"ts":1763750000000,"seq":123456,"signals":{"coolant_temp":91.25,"rpm":2100,"speed":87.5,"oil_pressure":3.42,'
    b'"battery_voltage":13.81,"fuel_level":54.2,"intake_temp":31.0,"throttle":17.5,"load":33.1,"odometer":84213.7,'
    b'"ambient_temp":12.5,"tyre_pressure":2.31}}'
)
COUNTS = {"fast": 2_000_000, "plain": 60_000}
REPEAT = 3
BLOCK = 1000  # messages in one write of the fake broker


def packet(number: int, qos: int) -> bytes:
    topic = b"fw/v1/demo/car-%05d/telemetry" % (number % 1000)
    body = len(topic).to_bytes(2, "big") + topic + ((number % 65_535 + 1).to_bytes(2, "big") if qos else b"") + PAYLOAD
    return bytes([0x30 | qos << 1, len(body) & 127 | 128, len(body) >> 7]) + body


def play(listener: socket.socket, count: int, qos: int, done: Event) -> None:
    """Be the broker of one connection."""
    link, _address = listener.accept()
    link.recv(4096)
    link.sendall(b"\x20\x02\x00\x00")
    asked = link.recv(4096)
    link.sendall(b"\x90\x03" + asked[2:4] + b"\x01")
    block = b"".join(packet(number, qos) for number in range(BLOCK))
    waiting = 0  # bytes of acknowledgements still to come
    link.setblocking(False)
    for _ in range(count // BLOCK):
        view, waiting = memoryview(block), waiting + 4 * BLOCK * qos
        while view:
            try:
                view = view[link.send(view) :]
            except BlockingIOError:
                time.sleep(0.0005)
            waiting -= _drained(link)
    while waiting > 0:
        waiting -= _drained(link)
        time.sleep(0.001)
    done.set()


def _drained(link: socket.socket) -> int:
    try:
        return len(link.recv(1 << 20))
    except BlockingIOError:
        return 0


class Measured(NamedTuple):
    """Of one run: messages a second, CPU seconds a message in this process, messages a batch."""

    rate: float
    cpu: float
    batch: float


def run(receive: Literal["fast", "plain"], qos: int) -> Measured:
    """Receive `COUNTS` messages, and acknowledge them at QoS 1."""
    count, done = COUNTS[receive], multiprocessing.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        broker = multiprocessing.Process(target=play, args=(listener, count, qos, done))
        broker.start()
        url = f"mqtt://127.0.0.1:{listener.getsockname()[1]}"
        connection = Connection(Broker(url=url), "bench", ["#"], receive)
        connection.start()
        while not connection.connected:
            time.sleep(0.001)
        started, cpu, taken, batches = time.perf_counter(), time.process_time(), 0, 0
        while taken < count:
            packets = connection.take(2000, 4_000_000, 1.0)
            connection.acknowledge(packets)
            taken, batches = taken + len(packets), batches + 1
        assert done.wait(30), "an acknowledgement is missing"
        wall, cpu = time.perf_counter() - started, time.process_time() - cpu
        connection.stop()
        broker.join()
    assert taken == count
    return Measured(count / wall, cpu / count, count / batches)


def main() -> None:
    """Print medians of interleaved runs."""
    runs: dict[tuple[str, int], list[Measured]] = defaultdict(list)
    for _ in range(REPEAT):
        for qos in (0, 1):
            for way in ("plain", "fast"):
                runs[way, qos].append(run(way, qos))  # type: ignore[arg-type]
    sys.stdout.write(f"messages of {len(PAYLOAD)} B with 12 readings, socket to batch, medians of {REPEAT}\n")
    sys.stdout.write("receive  QoS    messages/s    CPU us a message    messages a batch\n")
    for (way, qos), found in sorted(runs.items()):
        rate, cpu, batch = (statistics.median(column) for column in zip(*found, strict=True))
        sys.stdout.write(f"{way:8} {qos:3} {rate:13,.0f} {cpu * 1e6:19.3f} {batch:19,.0f}\n")
    rates = {way: statistics.median(one.rate for one in runs[way, 1]) for way in ("fast", "plain")}
    sys.stdout.write(f"ratio {rates['fast'] / rates['plain']:.1f}\n")


if __name__ == "__main__":
    main()
