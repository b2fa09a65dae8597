"""The account and the log as a person at the command line sees them, and as doctor does."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
import typer
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from ingest import build, ledger, offsets
from ingest.cli import register
from ingest.ledger import Counts
from ingest.log.frames import encode
from ingest.offsets import Position
from ingest.reading import Frame, ReadingBatch
from ingest.writer.cli import since_of
from kit.clock import SystemClock
from kit.db import transaction
from kit.settings import Settings

HOUR_MS = 3_600_000
Run = Callable[..., Result]


@pytest.fixture
def run(settings: Settings, engine: Engine) -> Run:
    root = typer.Typer()
    register(root)

    def run(*words: str) -> Result:
        return CliRunner().invoke(root, list(words), obj=settings)

    return run


@pytest.fixture
def booked(engine: Engine) -> int:
    """A car with a gap an hour ago, and an hour of nobody's that does not balance; the hour of now."""
    hour = SystemClock().now_ms() // HOUR_MS
    with transaction(engine) as session:
        ledger.book(session, "demo", {("car-0", hour - 1): Counts(10, 8, 2, missing=3)})
        ledger.book(session, "demo", {("car-0", hour - 100): Counts(5, 5), ("", hour - 2): Counts(3)})
    return hour


def test_the_ledger_command_tells_sums_hours_and_what_does_not_balance(run: Run, booked: int) -> None:
    sums = {row["device"]: row for row in json.loads(run("ledger", "--json").stdout)}
    assert sums["car-0"]["received"] == 15
    assert sums["car-0"]["missing"] == 3
    assert sums["(not registered)"]["received"] == 3
    (only,) = json.loads(run("ledger", "--device", "car-0", "--since", "24h", "--json").stdout)
    assert (only["stored"], only["duplicate"]) == (8, 2)
    found = run("ledger", "--unbalanced", "--json")
    assert found.exit_code == 1
    assert [row["received"] for row in json.loads(found.stdout)] == [3]
    assert run("ledger", "--unbalanced", "--device", "car-0").exit_code == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("24h", datetime(2025, 11, 20, 12, tzinfo=UTC)),
        (" 7d ", datetime(2025, 11, 14, 12, tzinfo=UTC)),
        ("2025-11-01", datetime(2025, 11, 1, tzinfo=UTC)),
        ("2025-11-01T14:00+02:00", datetime(2025, 11, 1, 12, tzinfo=UTC)),
    ],
)
def test_a_time_may_be_a_span_or_a_date(text: str, expected: datetime) -> None:
    assert since_of(text, datetime(2025, 11, 21, 12, tzinfo=UTC)) == expected


@pytest.mark.parametrize("text", ["", "yesterday", "-4h", "99999999999d", "2025-13-01"])
def test_another_time_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        since_of(text, datetime(2025, 11, 21, 12, tzinfo=UTC))


def fill(settings: Settings, engine: Engine, age: timedelta) -> None:
    """Three entries of that age in partition 0, of which the writer has taken over one."""
    received_ms = SystemClock().now_ms() - round(age.total_seconds() * 1000)
    entry = encode(Frame(received_ms, ReadingBatch.of([1], [received_ms], [1.0])))
    with closing(build.open_log(settings)) as log:
        log.append_many([(0, entry, f"{n}") for n in range(3)])
    with transaction(engine) as session:
        offsets.advance(session, "writer", 0, Position(), Position(1, received_ms))


def test_the_log_commands_tell_what_is_held_and_who_is_behind(run: Run, settings: Settings, engine: Engine) -> None:
    fill(settings, engine, timedelta(hours=2))
    found = json.loads(run("log", "status", "--json").stdout)
    assert found["partitions"][0] == {"partition": 0, "first": 1, "last": 3, "writer": 1}
    assert 7200 <= found["behind_s"]["writer"] < 7300
    assert 7200 <= found["oldest_s"] < 7300
    assert run("log", "status").exit_code == 0
    assert json.loads(run("log", "check", "--json").stdout) == {"entries": 3, "damaged": []}
    with closing(build.open_log(settings)) as log:
        log.append(2, b"damaged", "damaged")
    found = run("log", "check", "--json")
    assert found.exit_code == 1
    assert json.loads(found.stdout)["damaged"] == [{"partition": 2, "offset": 1}]
    assert "1" in run("log", "check").stdout


def test_a_salvaged_log_goes_on_after_its_readers(run: Run, settings: Settings, engine: Engine) -> None:
    fill(settings, engine, timedelta(hours=2))
    path = settings.data_path("log") / "log.sqlite"
    path.write_bytes(b"noise" * 10_000)
    assert run("log", "salvage", "--yes", "--json").exit_code == 0
    with closing(build.open_log(settings)) as log:
        assert log.append(0, b"", "next") == 2
    assert run("log", "salvage").exit_code == 1


def doctor(settings: Settings, name: str) -> tuple[bool, str]:
    check = {check.name: check for check in build.doctor(settings)}[name]
    return check.ok, check.detail + check.fix


def test_doctor_tells_a_reader_that_stands_still(settings: Settings, engine: Engine) -> None:
    fill(settings, engine, timedelta(minutes=2))
    assert doctor(settings, "log reader writer") == (True, "2 min behind")
    with transaction(engine) as session:
        offsets.advance(session, "detector", 0, Position(), Position(1, 1))
    fill_old = encode(Frame(SystemClock().now_ms() - 3 * HOUR_MS, ReadingBatch.empty()))
    with closing(build.open_log(settings)) as log:
        log.append(1, fill_old, "old")
    ok, text = doctor(settings, "log reader detector")
    assert not ok
    assert "3 h behind" in text
    assert doctor(settings, "log")[0]


def test_doctor_tells_an_hour_that_does_not_balance(settings: Settings, engine: Engine) -> None:
    assert doctor(settings, "ledger") == (True, "every hour of the last 7 days balances")
    with transaction(engine) as session:
        ledger.book(session, "demo", {("car-0", SystemClock().now_ms() // HOUR_MS): Counts(3, 2)})
    ok, text = doctor(settings, "ledger")
    assert not ok
    assert "forewarn ledger --unbalanced" in text


def test_doctor_tells_damaged_entries_and_a_damaged_file(settings: Settings, engine: Engine) -> None:
    with closing(build.open_log(settings)) as log:
        log.append(3, b"damaged", "1")
    assert doctor(settings, "log entries") == (False, "damaged in partitions [3]Run `forewarn log check`.")
    (settings.data_path("log") / "log.sqlite").write_bytes(b"noise" * 10_000)
    ok, text = doctor(settings, "log")
    assert not ok
    assert "damaged" in text
    assert "forewarn log salvage" in text


def test_late_messages_are_taken_off_the_newest_gap(engine: Engine) -> None:
    with transaction(engine) as session:
        ledger.book(session, "demo", {("car-0", 1): Counts(missing=2), ("car-0", 2): Counts(missing=2)})
        assert ledger.fill_back(session, "demo", "car-0", 3) == 3
        assert [line.counts.missing for line in ledger.of_device(session, "demo", "car-0")] == [0, 1]
        assert ledger.fill_back(session, "demo", "car-0", 9) == 1
        assert ledger.fill_back(session, "demo", "car-1", 9) == 0
