"""What devices say that is no reading: booked once, in order, whatever fails, and without waiting for the store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from ingest.log.frames import encode
from ingest.log.sqlite import SqliteLog
from ingest.reading import DeviceEvent, EventKind, Frame, ReadingBatch
from ingest.registry.devices import Device
from ingest.writer import events
from ingest.writer.events import EventBooker
from kit.clock import from_ms
from kit.db import transaction

NOW = 1_763_750_000_000
Tell = Callable[..., None]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    with closing(SqliteLog(tmp_path, 2, 50_000_000)) as log:
        yield log


@pytest.fixture
def tell(log: SqliteLog, fleet: list[Device]) -> Tell:
    """Append a frame with events of ``(device, kind, second, body)``."""
    count = 0

    def tell(*said: tuple[str, EventKind, int, bytes]) -> None:
        nonlocal count
        count += 1
        found = tuple(DeviceEvent(device, kind, NOW + second * 1000, body) for device, kind, second, body in said)
        log.append(0, encode(Frame(NOW + count * 60_000, ReadingBatch.empty(), (), found)), f"{count}")

    return tell


def statuses(engine: Engine) -> dict[str, tuple[bool, int]]:
    """By device: online, and since which second."""
    query = text("SELECT d.identifier, s.online, s.since FROM device_status s JOIN device d ON d.no = s.device_no")
    with transaction(engine) as session:
        rows = session.execute(query).all()
    return {name: (online, round((since - from_ms(NOW)).total_seconds())) for name, online, since in rows}


def kept(engine: Engine) -> list[tuple[str, bytes]]:
    with transaction(engine) as session:
        return [tuple(row) for row in session.execute(text("SELECT kind, body FROM device_event ORDER BY id"))]


def test_the_last_word_about_being_online_counts_and_repeating_it_changes_nothing(
    engine: Engine, log: SqliteLog, tell: Tell
) -> None:
    booker = EventBooker(engine, log, "demo")
    tell(("car-0", EventKind.ONLINE, 1, b""), ("car-1", EventKind.ONLINE, 2, b""), ("car-0", EventKind.OFFLINE, 3, b""))
    booker.step()
    assert statuses(engine) == {"car-0": (False, 3), "car-1": (True, 2)}
    tell(
        ("car-1", EventKind.ONLINE, 9, b""), ("car-0", EventKind.ONLINE, 11, b""), ("car-0", EventKind.ONLINE, 12, b"")
    )
    booker.step()
    assert statuses(engine) == {"car-0": (True, 11), "car-1": (True, 2)}


def test_help_and_events_are_kept_once_though_they_are_delivered_twice(
    engine: Engine, log: SqliteLog, tell: Tell
) -> None:
    said = (("car-0", EventKind.HELP, 1, b"smoke"), ("car-0", EventKind.EVENT, 1, b"door open"))
    tell(*said)
    tell(*said, ("car-0", EventKind.HELP, 2, b"smoke"))
    EventBooker(engine, log, "demo").step()
    assert kept(engine) == [("help", b"smoke"), ("event", b"door open"), ("help", b"smoke")]


def test_a_failure_in_the_middle_books_nothing_and_the_next_step_all(
    engine: Engine, log: SqliteLog, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(("car-0", EventKind.HELP, 1, b"a"))
    booker = EventBooker(engine, log, "demo")

    def fail(*_arguments: object) -> None:
        raise RuntimeError("in the middle")

    with monkeypatch.context() as patch:
        patch.setattr(events, "_announcements", fail)
        with pytest.raises(RuntimeError):
            booker.step()
    assert not kept(engine)
    booker.step()
    booker.step()
    assert kept(engine) == [("help", b"a")]


def test_two_that_read_at_once_book_once(engine: Engine, log: SqliteLog, tell: Tell) -> None:
    first, second = EventBooker(engine, log, "demo"), EventBooker(engine, log, "demo")
    first.step()
    second.step()
    tell(("car-0", EventKind.HELP, 1, b"a"))
    first.step()
    with pytest.raises(Exception, match="moved by another process"):
        second.step()
    second.step()
    assert len(kept(engine)) == 1


def test_odd_events_harm_nobody(engine: Engine, log: SqliteLog, tell: Tell) -> None:
    tell(
        ("nobody", EventKind.HELP, 1, b"a"),
        ("car-0", EventKind.HELP, 10**9, b"\x00\xff"),
        ("car-0", EventKind.COMMAND_ANSWER, 1, b"garbage"),
        ("car-0", EventKind.ANNOUNCEMENT, 1, b"spBv1.0/a\x00\xff/NBIRTH/x\nbody\x00"),
        ("car-0", EventKind.ANNOUNCEMENT, 1, b"no line feed"),
    )
    log.append(0, b"damaged", "damaged")
    tell(("car-1", EventKind.HELP, 1, b"b"))
    EventBooker(engine, log, "demo").step()
    assert kept(engine) == [("help", b"\x00\xff"), ("help", b"b")]
    with transaction(engine) as session:
        at = session.execute(text("SELECT at FROM device_event ORDER BY id LIMIT 1")).scalar_one()
    assert at == from_ms(NOW + 60_000)


def test_the_newest_announcement_of_a_topic_is_kept(engine: Engine, log: SqliteLog, tell: Tell) -> None:
    tell(("car-0", EventKind.ANNOUNCEMENT, 1, b"t\nold"), ("car-0", EventKind.ANNOUNCEMENT, 2, b"t\nnew\nline"))
    EventBooker(engine, log, "demo").step()
    with transaction(engine) as session:
        assert session.execute(text("SELECT topic, body FROM announcement")).all() == [("t", b"new\nline")]


def test_old_events_are_dropped(engine: Engine, log: SqliteLog, tell: Tell) -> None:
    tell(("car-0", EventKind.HELP, 1, b"a"))
    EventBooker(engine, log, "demo").step()
    with transaction(engine) as session:
        events.forget_before(session, NOW + 86_400_000)
    assert kept(engine)
    with transaction(engine) as session:
        events.forget_before(session, NOW + 31 * 86_400_000)
    assert not kept(engine)
