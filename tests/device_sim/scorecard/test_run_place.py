"""A run has a place of its own: settings over settings, a database and a folder that end with it, a log in memory."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from sqlalchemy import text

from detectors.config import Config as DetectorsConfig
from device_sim.scorecard.run.memory_log import MemoryLog
from device_sim.scorecard.run.place import PREFIX, clear_left_behind, laid_over, private
from ingest.config import Config
from kit.db import connect, declared
from kit.errors import SettingsError
from kit.settings import Core, Database, Settings


def tables(settings: Settings) -> set[str]:
    engine = connect(settings)
    try:
        with engine.connect() as connection:
            return set(connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")))
    finally:
        engine.dispose()


def test_an_overlay_changes_what_it_names_and_nothing_else(settings: Settings) -> None:
    over = laid_over(settings, {"ingest": {"heartbeat_s": 60, "store": {"kind": "influx"}}})
    assert (over.of(Config).heartbeat_s, over.of(Config).store.kind) == (60.0, "influx")
    assert over.of(Config).store.influx == settings.of(Config).store.influx
    assert over.of(DetectorsConfig) is settings.of(DetectorsConfig)
    assert settings.of(Config).heartbeat_s == 5.0


@pytest.mark.parametrize(
    ("overlay", "said"),
    [
        ({"nosuch": {}}, "Unknown configuration section 'nosuch'"),
        ({"ingest": {"heart_beat": 5}}, "Unknown setting 'ingest.heart_beat'"),
        ({"ingest": {"heartbeat_s": "often"}}, "Setting 'ingest.heartbeat_s' is not usable"),
        ({"ingest": 5}, "'ingest' must be a table"),
        ({"ingest": {"store": 7}}, "Setting 'ingest.store' is not usable"),
    ],
)
def test_an_overlay_that_cannot_be_is_told_with_its_key(
    settings: Settings, overlay: dict[str, object], said: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        laid_over(settings, overlay)
    assert said in caught.value.problem
    assert caught.value.fix


@pytest.mark.slow
def test_two_places_at_once_do_not_meet_and_leave_nothing_behind(settings: Settings) -> None:
    with private(settings, {}) as one, private(settings, {"core": {"tenant": "other"}}) as other:
        folders = {place.of(Core).data_dir.absolute() for place in (one, other, settings)}
        assert len(folders) == 3
        assert len({place.of(Database).url for place in (one, other, settings)}) == 3
        assert tables(one) == tables(other)
        assert tables(one) >= set(declared().tables)
        kept = [place.of(Core).data_dir for place in (one, other)]
        assert all(folder.stat().st_mode & 0o077 == 0 for folder in kept)  # customers' data may be in there
    assert not any(folder.parent.exists() for folder in kept)


@pytest.mark.slow
def test_readings_of_a_run_never_reach_the_servers_of_the_installation(settings: Settings) -> None:
    ours = laid_over(settings, {"ingest": {"store": {"kind": "influx"}}})
    with private(ours, {"ingest": {"store": {"kind": "influx"}}}) as place:
        assert place.of(Config).store.kind == "parquet"
        assert place.of(Database).url != settings.of(Database).url


@pytest.mark.slow
def test_an_error_in_the_run_leaves_nothing_behind(settings: Settings) -> None:
    folders = []

    def run() -> None:
        with private(settings, {}) as place:
            folders.append(place.of(Core).data_dir.parent)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run()
    assert not folders[0].exists()


@pytest.mark.slow
def test_what_a_killed_run_left_behind_is_cleared_by_the_next(settings: Settings) -> None:
    script = (
        "import os, signal, sys\n"
        "from kit.settings import load\n"
        "from device_sim.scorecard.run.place import private\n"
        "with private(load(environ={}), {}) as place:\n"
        "    print(place.data_path('x').parent.parent, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    folder = Path(done.stdout.strip())
    assert folder.parent == Path(tempfile.gettempdir())
    assert folder.name.startswith(PREFIX)
    clear_left_behind()
    assert not folder.exists()


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog(3)


def test_the_log_counts_each_partition_from_one_and_reads_on_after_an_offset(log: MemoryLog) -> None:
    assert log.append_many([(0, b"a", "1"), (0, b"b", "2"), (2, b"c", "1")]) == [1, 2, 1]
    assert log.read(0, 0, 10) == [(1, b"a"), (2, b"b")]
    assert log.read(0, 1, 10) == [(2, b"b")]
    assert log.read(0, -4, 1) == [(1, b"a")]
    assert log.read(1, 0, 10) == []
    assert (log.bounds(0), log.bounds(1)) == ((1, 2), (1, 0))


def test_an_append_that_is_repeated_appends_nothing(log: MemoryLog) -> None:
    assert [log.append(0, b"a", "1"), log.append(0, b"a", "1"), log.append(1, b"a", "1")] == [1, 1, 1]


def test_trimming_drops_the_oldest_and_keeps_the_offsets(log: MemoryLog) -> None:
    log.append_many([(1, bytes(10), str(n)) for n in range(5)])
    assert log.trim(1, 3) == 3
    assert log.trim(1, 2) == 0
    assert (log.bounds(1), log.size_bytes()) == ((4, 5), 20)
    assert [at for at, _data in log.read(1, 0, 10)] == [4, 5]
    assert log.trim(1, 99) == 2
    assert log.bounds(1) == (6, 5)
    assert log.append(1, b"", "new") == 6


def test_a_partition_that_is_none_is_refused(log: MemoryLog) -> None:
    with pytest.raises(ValueError, match="no partition 3"):
        log.append_many([(0, b"a", "1"), (3, b"b", "1")])
    assert log.bounds(0) == (1, 0)
