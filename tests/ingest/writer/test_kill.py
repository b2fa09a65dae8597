"""The writer as a process that is killed at random moments: every reading is booked once, as what it was."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import closing

import pytest

from ingest import build
from ingest.log.frames import encode
from ingest.reading import Frame, ReadingBatch
from ingest.registry.devices import Device
from kit.settings import Settings
from tests.ingest.support import Books, Process, until

NOW = 1_763_750_000_000
FRAMES, READINGS, KILLS = 400, 1_000, 6


@pytest.mark.slow
def test_a_writer_that_is_killed_again_and_again_books_each_reading_once(
    settings: Settings, fleet: list[Device], role: Callable[[str], Process], books: Books, environment: dict[str, str]
) -> None:
    environment["FOREWARN__INGEST__FLUSH_READINGS"] = "5000"
    chance = random.Random(7)
    writer = role("writer")
    with closing(build.open_log(settings)) as log:
        for n in range(FRAMES):
            times = [NOW + n * READINGS * 10 + k * 10 for k in range(READINGS)]
            batch = ReadingBatch.of([fleet[n % 3].no << 8] * READINGS, times, [1.0] * READINGS)
            log.append(n % 4, encode(Frame(NOW + n, batch, received=READINGS)), f"{n}")
    for kill in range(KILLS):
        before = FRAMES * READINGS * kill // (KILLS + 1)
        until(lambda before=before: books.counts().received >= before, "the writer goes on")  # type: ignore[misc]
        time.sleep(chance.random() * 0.3)
        writer.kill()
        writer.start()
    until(lambda: books.counts().received == FRAMES * READINGS, "everything is booked")
    counts = books.counts()
    assert (counts.stored, counts.duplicate) == (FRAMES * READINGS, 0)
    assert sum(len(books.stored(device)) for device in fleet[:3]) == FRAMES * READINGS
