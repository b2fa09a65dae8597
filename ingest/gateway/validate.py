"""From payloads to frames: decode, judge, and gather what is good as columns and what is not as refusals.

Each reading is judged by itself, so a broken one never drags its neighbours down. Times: more than five minutes
ahead is refused; older than `history_days` is refused; older than a day without the `historical` mark is taken and
marked `Quality.CLOCK_OFF`; a device without a clock gets the receive time, one millisecond apart within a burst.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ingest.errors import Undecodable
from ingest.gateway.judge import Refused, event_time, value_of
from ingest.gateway.known import Known, KnownDevices
from ingest.log.protocol import partition_of
from ingest.reading import Frame, Quality, ReadingBatch, Refusal
from ingest.wire import topics
from ingest.wire.catalogue import Kind
from ingest.wire.message import Codec, Message

AHEAD_MS = 5 * 60_000  # smaller refuses devices with an ordinary drift, larger lets a wrong clock hide a fault for long
STALE_MS = 24 * 3_600_000  # smaller marks a parked car's evening as a wrong clock, larger believes a dead clock battery
SAMPLE_BYTES = 512  # of a refused payload; enough to see what the device does, too little to keep somebody's data
DETAIL_CHARS = 200
_SEQ_END = 1 << 63


@dataclass(frozen=True, slots=True)
class Limits:
    """What the gateway takes."""

    payload_bytes: int
    history_ms: int


class Columns:
    """The readings and refusals of one partition while a batch is being gathered."""

    __slots__ = ("_refused", "quality", "refusals", "seq", "series", "ts", "value")

    def __init__(self) -> None:
        self.series: list[int] = []
        self.ts: list[int] = []
        self.value: list[float] = []
        self.quality: list[int] = []
        self.seq: list[int] = []
        self.refusals: list[Refusal] = []
        self._refused: dict[str, tuple[int, str]] = {}

    def refuse(self, reason: str, detail: str, count: int = 1) -> None:
        """Count readings of the payload at hand as refused; the first detail of a reason stands for all."""
        before, first = self._refused.get(reason, (0, detail))
        self._refused[reason] = (before + max(count, 1), first)

    def end_payload(self, device: str, payload: bytes) -> None:
        """The payload at hand is done: make one refusal of each reason."""
        for reason, (count, detail) in self._refused.items():
            self.refusals.append(Refusal(device, reason, _printable(detail), count, payload[:SAMPLE_BYTES]))
        self._refused.clear()

    def frame(self, received_ms: int) -> Frame:
        """What was gathered, received at that time."""
        batch = ReadingBatch.of_columns(self.series, self.ts, self.value, self.quality, self.seq)
        return Frame(received_ms, batch, tuple(self.refusals))


class Validator:
    """Turns payloads into frames, one for each partition that has any. Keeps no state but the last clockless time."""

    def __init__(self, tenant: str, codec: Codec, known: KnownDevices, partitions: int, limits: Limits) -> None:
        self._tenant = tenant
        self._codec = codec
        self._known = known
        self._partitions = partitions
        self._limits = limits
        self._clockless: dict[int, int] = {}

    def frames(self, payloads: Iterable[tuple[str, bytes]], received_ms: int) -> dict[int, Frame]:
        """The frames of ``(topic, payload)`` pairs by partition, readings in the order of arrival."""
        taken = [(topics.device_of(topic, self._tenant), topic, payload) for topic, payload in payloads]
        self._known.look_up(name for name, _topic, _payload in taken if name is not None)
        columns: dict[int, Columns] = {}
        for name, topic, payload in taken:
            known = self._known.get(name) if name is not None else None
            at = known.partition if known else partition_of(self._tenant, name or "", self._partitions)
            into = columns.get(at)
            if into is None:
                into = columns[at] = Columns()
            if name is None:
                into.refuse("bad_topic", topic)
            else:
                self._payload(name, known, payload, received_ms, into)
            into.end_payload(name or "", payload)
        return {at: found.frame(received_ms) for at, found in columns.items()}

    def _payload(self, name: str, known: Known | None, payload: bytes, received_ms: int, into: Columns) -> None:
        if len(payload) > self._limits.payload_bytes:
            into.refuse("too_large", f"{len(payload):,} bytes")
            return
        try:
            decoded = self._codec.decode(payload)
        except Undecodable as error:
            into.refuse("undecodable", error.reason)
            return
        if decoded.broken:
            into.refuse("undecodable", decoded.broken[0], len(decoded.broken))
        for message in decoded.messages:
            if known is None:
                into.refuse("unknown_device", name, len(message.signals))
            else:
                self._message(known, message, received_ms, into)

    def _message(self, known: Known, message: Message, received_ms: int, into: Columns) -> None:
        try:
            ts, quality = self._head(known, message, received_ms)
        except Refused as no:
            into.refuse(no.reason, no.detail, len(message.signals))
            return
        signals, base, before = known.signals, known.base, len(into.series)
        for name, value in message.signals.items():
            signal = signals.get(name)
            if signal is None:
                into.refuse("unknown_signal", name)
                continue
            kind = type(value)
            if signal.kind is Kind.NUMBER and (kind is float or kind is int) and signal.low <= value <= signal.high:
                into.value.append(value)  # the usual case, without a call
            else:
                try:
                    into.value.append(value_of(signal, value))
                except Refused as no:
                    into.refuse(no.reason, no.detail)
                    continue
            into.series.append(base | signal.number)
        taken = len(into.series) - before
        into.ts.extend([ts] * taken)
        into.quality.extend([quality] * taken)
        into.seq.extend([message.seq if 0 <= message.seq < _SEQ_END else -1] * taken)

    def _head(self, known: Known, message: Message, received_ms: int) -> tuple[int, int]:
        """Event time and quality of a message. Raises Refused when all of it cannot be taken."""
        if message.device is not None and message.device != known.name:
            raise Refused("device_mismatch", f"the payload says {message.device}")
        quality = int(Quality.HISTORICAL) if message.historical else 0
        if message.clock == "none":
            ts = max(received_ms, self._clockless.get(known.base, 0) + 1)
            self._clockless[known.base] = ts
            return ts, quality | Quality.NO_CLOCK
        ts = event_time(message.ts)
        if ts > received_ms + AHEAD_MS:
            raise Refused("clock_ahead", f"{(ts - received_ms) / 60_000:,.0f} minutes ahead")
        if ts < max(received_ms - self._limits.history_ms, 1):
            raise Refused("clock_behind", f"{(received_ms - ts) / 86_400_000:,.0f} days behind")
        if ts < received_ms - STALE_MS and not message.historical:
            quality |= Quality.CLOCK_OFF
        return ts, quality


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:DETAIL_CHARS])
