"""One number that two processes see: the messages that the consumer has taken, so that the load stays near it."""

from __future__ import annotations

import mmap
from pathlib import Path

import numpy as np


class Progress:
    """A counter in a small file."""

    def __init__(self, file: Path) -> None:
        with file.open("r+b") as opened:
            self._map = mmap.mmap(opened.fileno(), 8)
        self._cell = np.frombuffer(self._map, np.int64)

    @staticmethod
    def make(file: Path) -> Progress:
        """A new counter at 0."""
        file.write_bytes(bytes(8))
        return Progress(file)

    @property
    def value(self) -> int:
        return int(self._cell[0])

    @value.setter
    def value(self, number: int) -> None:
        self._cell[0] = number

    def reach(self, number: int) -> None:
        """Have at least `number`; nothing is written over a consumer that counts here itself."""
        if self.value >= number:
            return
        self.value = number
