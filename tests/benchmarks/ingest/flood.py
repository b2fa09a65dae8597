"""One device that floods, among many that do not: how long the others' messages take to the log, with it and without.

A reading's event time is the moment before it is sent, so its delay is seen where it arrives: the log is read as the
detector reads it, only more often.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from ingest.log.frames import decode
from ingest.log.protocol import PartitionLog
from ingest.reading import device_no
from tests.benchmarks.ingest.packets import Block, Shape, opened

EACH_S = 0.2  # between two messages of an ordinary device
PIECE = 10  # messages that the flooding device sends at once
AT_ONCE = 200  # of its first messages, which use its burst up
SETTLE_S = 1.0  # for what is under way at the end of a phase
LOOK_S = 0.0005  # between two looks at the log; longer adds to what is measured


@dataclass
class Phase:
    """What was seen of the others: delays in ms; and how many messages of the flood were sent and throttled."""

    delays: list[float] = field(default_factory=list)
    sent: int = 0
    throttled: int = 0

    def quantile(self, share: float) -> float:
        ordered = sorted(self.delays)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


class Flood:
    """The devices, their connections, and a reader of the log. `flooder` must not be among `others`."""

    def __init__(self, port: int, log: PartitionLog, others: list[str], flooder: str, flooder_no: int) -> None:
        self._log = log
        self._at = [log.bounds(number)[1] for number in range(log.partitions)]
        self._flooder_no = flooder_no
        self._others = [(opened(port, name), Block([name], Shape())) for name in others]
        self._flood = opened(port, flooder)
        self._pieces = {size: Block([flooder] * size, Shape()) for size in (PIECE, AT_ONCE)}
        for link in (self._flood, *(link for link, _block in self._others)):
            link.setblocking(False)
        self._sent = self._flooded = 0

    def exhaust(self, messages: int, rate: float) -> Phase:
        """Let the flooding device use up its burst; the others are silent."""
        phase = Phase()
        for number in range(messages // AT_ONCE):
            self._piece(AT_ONCE)
            self._watch(time.time() + AT_ONCE / rate, phase)
            phase.sent = (number + 1) * AT_ONCE
        self._watch(time.time() + SETTLE_S, phase)
        return phase

    def run(self, seconds: float, rate: float) -> Phase:
        """The others publish for that long, and the flooding device `rate` messages a second; 0 for none."""
        phase, began = Phase(), time.time()
        sent = 0
        while (now := time.time()) < began + seconds:
            while sent < (now - began) / EACH_S * len(self._others):
                self._other()
                sent += 1
            while phase.sent < (now - began) * rate:
                self._piece(PIECE)
                phase.sent += PIECE
            self._look(phase)
            time.sleep(LOOK_S)
        self._watch(time.time() + SETTLE_S, phase)
        if len(phase.delays) != sent:
            raise RuntimeError(f"{len(phase.delays)} of {sent} messages reached the log")
        return phase

    def _other(self) -> None:
        link, block = self._others[self._sent % len(self._others)]
        _drain(link)
        link.sendall(block.fill(_now_ms(), 0, self._sent // len(self._others)).tobytes())
        self._sent += 1

    def _piece(self, size: int) -> None:
        _drain(self._flood)
        self._flood.setblocking(True)
        self._flood.sendall(self._pieces[size].fill(_now_ms(), 0, self._flooded).tobytes())
        self._flood.setblocking(False)
        self._flooded += size

    def _watch(self, until: float, phase: Phase) -> None:
        while time.time() < until:
            self._look(phase)
            time.sleep(LOOK_S)

    def _look(self, phase: Phase) -> None:
        for data in self._entries():
            now, frame = time.time() * 1000, decode(data)
            phase.throttled += sum(refusal.count for refusal in frame.refusals if refusal.reason == "throttled")
            readings = frame.readings
            others = readings.ts[device_no(readings.series) != self._flooder_no]
            phase.delays += [now - float(ts) for ts in others[:: Shape().readings]]  # a message's readings are together

    def _entries(self) -> Iterator[bytes]:
        for number in range(self._log.partitions):
            for offset, data in self._log.read(number, self._at[number], 100):
                self._at[number] = offset
                yield data


def _drain(link: socket.socket) -> None:
    """Take the acknowledgements that have come."""
    with contextlib.suppress(BlockingIOError):
        while link.recv(1 << 16):
            pass


def _now_ms() -> int:
    return int(time.time() * 1000)


def report(turns: list[tuple[Phase, Phase]]) -> str:
    """What the flood did to the others, over all turns of one phase without it and one with it."""
    quiet, loud = (Phase([delay for turn in turns for delay in turn[at].delays]) for at in (0, 1))
    sent, throttled = (sum(getattr(turn[1], name) for turn in turns) for name in ("sent", "throttled"))
    lines = [f"{len(turns)} turns; of the flood's {sent:,} messages {throttled:,} were throttled"]
    for name, phase in (("without", quiet), ("with", loud)):
        shown = ", ".join(f"p{share * 100:.0f} {phase.quantile(share):.1f} ms" for share in (0.5, 0.95, 0.99))
        lines.append(f"publish to log of the others, {name} the flood: {shown} ({len(phase.delays):,} messages)")
    more = [turn[1].quantile(0.95) / turn[0].quantile(0.95) - 1 for turn in turns]
    all_in_all = loud.quantile(0.95) / quiet.quantile(0.95) - 1
    lines.append(f"flood: p95 of the others {all_in_all:+.0%} (single turns {min(more):+.0%} to {max(more):+.0%})")
    return "\n".join(lines) + "\n"
