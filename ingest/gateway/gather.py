"""What is being gathered for one partition: good readings as columns, refusals and events beside them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ingest.reading import DeviceEvent, Frame, ReadingBatch, Refusal

DETAIL_CHARS = 200
TOPIC_CHARS = 500
WHOLE_BYTES = 65_536  # payloads up to this are kept whole; smaller cannot be judged again, larger fill the log
SAMPLE_BYTES = 512  # of a larger one; enough to see what the device does


class Columns:
    """The readings, refusals and events of one partition while a batch is being gathered.

    `received` counts readings as payloads are opened, before anything is judged: whoever opens a payload adds to it,
    and every reading then ends in `series` … `seq` or in `refuse`.
    """

    __slots__ = (
        "_packet",
        "_packets",
        "_refused",
        "events",
        "quality",
        "received",
        "refusals",
        "seq",
        "series",
        "ts",
        "value",
    )

    def __init__(self) -> None:
        self.series: list[int] = []
        self.ts: list[int] = []
        self.value: list[float] = []
        self.quality: list[int] = []
        self.seq: list[int] = []
        self.received = 0
        self.refusals: list[Refusal] = []
        self.events: list[DeviceEvent] = []
        self._refused: dict[str, tuple[int, str]] = {}
        self._packet = 0
        self._packets: list[int] = []

    def begin(self, packet: int) -> None:
        """What is added from here on belongs to this packet, by its place in the batch."""
        self._packets.extend([self._packet] * (len(self.series) - len(self._packets)))
        self._packet = packet

    def refuse(self, reason: str, detail: str, count: int = 1) -> None:
        """Count readings of the payload at hand as refused; the first detail of a reason stands for all."""
        before, first = self._refused.get(reason, (0, detail))
        self._refused[reason] = (before + max(count, 1), first)

    def end_payload(self, device: str, topic: str, payload: bytes) -> None:
        """The payload at hand is done: make one refusal of each reason, with a sample."""
        for reason, (count, detail) in self._refused.items():
            whole = len(payload) <= WHOLE_BYTES
            sample = payload if whole else payload[:SAMPLE_BYTES]
            self.refusals.append(Refusal(device, reason, _printable(detail), count, sample, topic[:TOPIC_CHARS], whole))
        self._refused.clear()

    def throttle(self, device: str, topic: bytes, payload: bytes, messages: int) -> None:
        """Note that a device sent more than it may; `payload` is the first of the `messages` that were not opened."""
        detail, named = f"{messages:,} messages above the rate", topic.decode("utf-8", "replace")[:TOPIC_CHARS]
        self.refusals.append(Refusal(device, "throttled", detail, messages, payload[:SAMPLE_BYTES], named))

    def frame(
        self, received_ms: int, others: ReadingBatch, packets: NDArray[np.int64], ends: NDArray[np.int64]
    ) -> Frame:
        """What was gathered and `others`, received at that time, all readings in order of arrival.

        `others` came with `packets`, ascending and none of them gathered here; those of the n-th end at `ends[n]`.
        """
        self.begin(0)
        batch = others
        if self.series:
            mine = ReadingBatch.of_columns(self.series, self.ts, self.value, self.quality, self.seq)
            before = np.searchsorted(packets, np.array(self._packets, np.int64))
            batch = _inserted(others, np.concatenate([[0], ends])[before], mine)
        return Frame(received_ms, batch, tuple(self.refusals), tuple(self.events), self.received)


def _inserted(batch: ReadingBatch, at: NDArray[np.int64], more: ReadingBatch) -> ReadingBatch:
    """`batch` with the readings of `more`, each before the one that is at its place now."""
    if not len(batch):
        return more
    return ReadingBatch(
        np.insert(batch.series, at, more.series),
        np.insert(batch.ts, at, more.ts),
        np.insert(batch.value, at, more.value),
        np.insert(batch.quality, at, more.quality),
        np.insert(batch.seq, at, more.seq),
    )


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:DETAIL_CHARS])
