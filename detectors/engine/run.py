"""Frames that are scored together: a small frame costs as much as a large one, and many small ones come."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from detectors.algorithms.detector import Ints
from ingest.reading import Frame, ReadingBatch


@dataclass(slots=True)
class Run:
    """Frames that are scored together, each with the log's and the receive time as of it."""

    frames: list[Frame] = field(default_factory=list)
    log_ms: list[int] = field(default_factory=list)
    received_ms: list[int] = field(default_factory=list)
    readings: int = 0

    def __len__(self) -> int:
        return self.readings

    def add(self, frame: Frame, log_ms: int, received_ms: int) -> None:
        """One more frame."""
        self.frames.append(frame)
        self.log_ms.append(log_ms)
        self.received_ms.append(received_ms)
        self.readings += len(frame.readings)

    def apart(self) -> list[Run]:
        """Each frame as a run of its own."""
        rows = zip(self.frames, self.log_ms, self.received_ms, strict=True)
        return [Run([frame], [log_ms], [received_ms], len(frame.readings)) for frame, log_ms, received_ms in rows]

    def columns(self) -> tuple[ReadingBatch, Ints]:
        """All readings, and the place of the frame of each."""
        batches = [frame.readings for frame in self.frames]
        lengths = [len(batch) for batch in batches]
        return ReadingBatch.concat(batches) if len(batches) > 1 else batches[0], np.repeat(
            np.arange(len(batches)), lengths
        )
