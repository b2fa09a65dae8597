"""The Parquet store under kills, damage, full disks and readers in other processes."""

from __future__ import annotations

import random
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import duckdb
import numpy as np
import pytest
from structlog.testing import capture_logs

from ingest.reading import ReadingBatch, series_id
from ingest.store.errors import StoreLocked, StoreUnavailable
from ingest.store.parquet import merge, tender
from ingest.store.parquet import store as store_module
from ingest.store.parquet.engine import Engine
from ingest.store.parquet.segments import Segment, find
from ingest.store.parquet.shelf import Shelf
from ingest.store.parquet.store import ParquetStore
from ingest.store.protocol import keep
from tests.ingest.store.children import STEP_MS, T0, A, span

DAY = 86_400_000
CHILDREN = Path(__file__).with_name("children.py")


class Open(Protocol):
    def __call__(self, root: Path, *, read_only: bool = False) -> ParquetStore: ...


@pytest.fixture
def opened() -> Iterator[Open]:
    """Opens stores and closes them after the test."""
    with ExitStack() as stack:

        def open_one(root: Path, *, read_only: bool = False) -> ParquetStore:
            store = ParquetStore(root, read_only=read_only)
            stack.callback(store.close)
            return store

        yield open_one


@contextmanager
def child(what: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, str(CHILDREN), what, *map(str, arguments)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def finished(what: str, *arguments: object) -> list[str]:
    with child(what, *arguments) as process:
        output, _ = process.communicate()
        assert process.returncode == 0
    return output.splitlines()


def numbers(store: ParquetStore) -> list[int]:
    """The readings of series A by number; that each has its number as value is checked on the way."""
    found = store.read([A], T0, T0 + 10**12)
    number = (found.ts - T0) // STEP_MS
    np.testing.assert_array_equal(found.value, number)
    return number.tolist()


def files(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*.parquet") if path.parent.name != "aside")


@pytest.mark.slow
def test_kill_9_at_random_moments_loses_nothing_acknowledged(opened: Open, tmp_path: Path) -> None:
    root = tmp_path / "store"
    stored = 0
    for _ in range(6):
        with child("write_for_ever", root, stored) as process:
            assert process.stdout
            process.stdout.readline()
            time.sleep(random.uniform(0.0, 0.4))
            process.kill()
            acknowledged = [
                int(line) for line in process.stdout.read().splitlines(keepends=True) if line.endswith("\n")
            ]
        store = opened(root)
        found = numbers(store)
        assert found == list(range(len(found)))
        assert len(found) >= max(acknowledged, default=stored)
        assert store.count() == len(found)
        assert not list(root.rglob("*.tmp"))
        store.close()
        stored = len(found)
    assert stored


@pytest.mark.slow
def test_dying_at_any_step_of_writes_and_merges_leaves_all_or_nothing(opened: Open, tmp_path: Path) -> None:
    steps = int(finished("die_at_each_step", tmp_path)[0])
    assert steps > 4 * 3
    for folder in sorted(tmp_path.iterdir()):
        acknowledged = (folder / "acknowledged").stat().st_size
        reader = opened(folder / "store", read_only=True)
        before = numbers(reader)
        assert before == list(range(len(before)))
        assert acknowledged <= len(before) <= acknowledged + 1
        store = opened(folder / "store")
        assert numbers(store) == before
        assert numbers(reader) == before
        assert 20 - keep(store, span(0, 20)).sum() == len(before)
        assert numbers(store) == list(range(20))
        assert store.count() == 20
        store.close()


@pytest.mark.slow
def test_a_reader_in_another_process_never_sees_a_gap_or_a_double_during_merges(
    opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merge, "FAN_IN", 2)
    store = opened(tmp_path)
    keep(store, span(0, 1))
    with child("read_until_told", tmp_path) as process:
        assert process.stdin
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        for at in range(1, 150):
            keep(store, span(at, at + 1))
            if at % 40 == 0:  # an erasure rewrites segments under the reader's eyes
                other = series_id(2, 0)
                keep(store, ReadingBatch.of([other], [T0 + at * STEP_MS], [1.0]))
                assert store.erase(2) == 1
            if at % 10 == 0:  # not faster than the reader looks
                assert process.stdout.readline() == "looked\n"
        process.stdin.write("x")
        process.stdin.close()
        *looks, seen = process.stdout.read().splitlines()
    assert set(looks) <= {"looked"}
    assert 0 < int(seen) <= 150
    assert numbers(store) == list(range(150))


def test_small_segments_of_a_day_become_few_and_stay_readable(opened: Open, tmp_path: Path) -> None:
    store = opened(tmp_path)
    for at in range(200):
        keep(store, span(at * 5, at * 5 + 5))
    store.settle()
    assert len(files(tmp_path)) < 2 * merge.FAN_IN
    assert numbers(store) == list(range(1000))


def test_large_segments_are_left_alone_by_small_merges(opened: Open, tmp_path: Path) -> None:
    store = opened(tmp_path)
    keep(store, span(0, 20_000))
    large = files(tmp_path)
    for at in range(20_000, 20_050):
        keep(store, span(at, at + 1))
    store.settle()
    assert large[0] in files(tmp_path)
    assert store.count() == 20_050


@pytest.mark.slow
def test_a_full_disk_is_told_and_leaves_nothing_half_written(opened: Open, tmp_path: Path) -> None:
    problem, left, count, after = finished("fill_the_disk", tmp_path)
    assert problem.startswith("full: There is no room left")
    assert (left, count) == ("2", "10")  # the first segment and the lock
    assert after == f"4990 0 {10 + 20 + 4990}"


def test_a_failed_merge_does_not_fail_the_write(opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = opened(tmp_path)

    def no_room(*_: object) -> None:
        raise StoreUnavailable("no room for a merge")

    monkeypatch.setattr(Engine, "rewrite", no_room)
    with capture_logs() as logs:
        for at in range(30):
            assert keep(store, span(at, at + 1)).sum() == 1
            store.settle()
    assert [entry["event"] for entry in logs] == ["segments not merged"]
    assert numbers(store) == list(range(30))


def test_only_one_process_writes(opened: Open, tmp_path: Path) -> None:
    with child("hold", tmp_path) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        with pytest.raises(StoreLocked):
            opened(tmp_path)
        assert opened(tmp_path, read_only=True).count() == 0
        process.kill()
    opened(tmp_path).close()


@pytest.mark.parametrize("damage", ["empty", "cut", "text", "middle"])
def test_a_damaged_segment_is_set_aside_and_the_others_are_read(opened: Open, tmp_path: Path, damage: str) -> None:
    root = tmp_path / "store"
    store = opened(root)
    keep(store, span(0, 3000))
    keep(store, span(3000, 3010))
    content = bytearray(files(root)[0].read_bytes())
    content[100:400] = b"\xff" * 300
    damaged = {"empty": b"", "cut": content[:-20], "text": b"hello" * 99, "middle": bytes(content)}[damage]
    files(root)[0].write_bytes(damaged)
    reader = opened(root, read_only=True)
    with capture_logs() as logs:
        assert numbers(reader) == list(range(3000, 3010))
        assert reader.count() == 10
        assert numbers(store) == list(range(3000, 3010))
    assert [entry["event"] for entry in logs] == [
        "file of the telemetry store skipped",
        "file of the telemetry store set aside",
    ]
    assert [path.read_bytes() for path in (root / "aside").iterdir()] == [damaged]
    assert keep(store, span(0, 3010)).sum() == 3000
    store.close()
    assert numbers(opened(root)) == list(range(3010))


def test_files_that_are_not_ours_are_set_aside_at_open(opened: Open, tmp_path: Path) -> None:
    store = opened(tmp_path)
    keep(store, span(0, 10))
    store.close()
    day = files(tmp_path)[0].parent
    (day / "notes.txt").write_text("mine")
    (day / "1.tmp").write_text("half a segment")
    (tmp_path / "lost+found").mkdir()
    (tmp_path / "2025-99-99").mkdir()
    (tmp_path / "README").write_text("mine")
    with capture_logs() as logs:
        assert numbers(opened(tmp_path)) == list(range(10))
    assert len(logs) == 1
    assert [path.name for path in (tmp_path / "aside").iterdir()] == [f"{day.name}_notes.txt"]
    assert [path.name for path in day.iterdir()] == [path.name for path in files(tmp_path)]


def test_strange_folder_names_are_only_names(opened: Open, tmp_path: Path) -> None:
    root = tmp_path / "it's [a] *?{b} x=1 'ü"
    store = opened(root)
    for at in range(20):
        keep(store, span(at, at + 1))
    assert numbers(opened(root, read_only=True)) == list(range(20))
    assert store.erase(1) == 20


def test_a_file_that_cannot_be_opened_is_not_taken_for_damaged(
    opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened(tmp_path)
    keep(store, span(0, 10))

    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    content = files(tmp_path)[0].read_bytes()
    files(tmp_path)[0].write_bytes(b"")
    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_bytes", refuse)
        with pytest.raises(StoreUnavailable, match="Permission denied"):
            numbers(store)
    files(tmp_path)[0].write_bytes(content)
    assert numbers(store) == list(range(10))


def test_a_folder_that_cannot_be_made_is_told(opened: Open, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable):
        opened(tmp_path / "file" / "store")


def test_a_closed_store_says_so(opened: Open, tmp_path: Path) -> None:
    store = opened(tmp_path)
    keep(store, span(0, 1))
    store.close()
    with pytest.raises(StoreUnavailable):
        keep(store, span(1, 2))
    with pytest.raises(StoreUnavailable):
        numbers(store)


def test_any_parquet_reader_can_read_the_segments(opened: Open, tmp_path: Path) -> None:
    store = opened(tmp_path)
    keep(store, span(0, 10))
    keep(store, ReadingBatch.of([A], [T0 + 3 * DAY], [7.5]))
    with duckdb.connect() as other:
        found = other.execute(f"SELECT count(*), max(value) FROM '{tmp_path}/*/*.parquet'").fetchall()
    assert found == [(11, 9.0)]
    assert [path.parent.name for path in files(tmp_path)] == ["2025-11-21", "2025-11-24"]


def test_an_erased_device_leaves_no_trace_in_the_files(opened: Open, tmp_path: Path) -> None:
    store = opened(tmp_path)
    other = series_id(2, 7)
    for day in range(3):
        keep(store, ReadingBatch.of([A, other], [T0 + day * DAY] * 2, [1234.5, 2.0]))
    keep(store, ReadingBatch.of([A], [T0 + 10 * DAY], [1234.5]))
    assert store.erase(1) == 4
    assert store.count() == 3
    with duckdb.connect() as raw:
        found = raw.execute(f"SELECT DISTINCT series FROM '{tmp_path}/**/*.parquet'").fetchall()
    assert found == [(other,)]
    assert len(find(tmp_path)) == len(files(tmp_path)) == 3


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 4
    path.write_bytes(content)


def test_a_name_carries_the_checksum_of_its_file(opened: Open, tmp_path: Path) -> None:
    keep(opened(tmp_path), span(0, 10))
    (path,) = files(tmp_path)
    assert path.stem.endswith(f"_{zlib.crc32(path.read_bytes()):08x}")


def test_a_segment_of_an_earlier_version_without_checksum_is_read_and_merged(opened: Open, tmp_path: Path) -> None:
    store = opened(tmp_path)
    keep(store, span(0, 10))
    (path,) = files(tmp_path)
    path.rename(path.with_name(path.name.rpartition("_")[0] + ".parquet"))
    for at in range(10, 30):
        keep(store, span(at, at + 1))
    store.settle()
    assert numbers(store) == list(range(30))


def test_a_lost_bit_is_not_merged_into_a_sound_segment(opened: Open, tmp_path: Path) -> None:
    store = opened(tmp_path)
    for at in range(merge.FAN_IN - 1):
        keep(store, span(at * 100, at * 100 + 100))
    damaged = files(tmp_path)[2]
    flip_a_bit(damaged)
    for at in range(merge.FAN_IN - 1, merge.FAN_IN + 1):
        keep(store, span(at * 100, at * 100 + 100))
    store.settle()
    assert store.stats().set_aside == 1
    assert [path.name for path in (tmp_path / "aside").iterdir()] == [f"{damaged.parent.name}_{damaged.name}"]
    assert numbers(store) == [n for n in range(900) if not 200 <= n < 300]


def test_segments_are_read_over_one_after_the_other(
    opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tender, "VERIFY_S", 0.0)
    monkeypatch.setattr(merge, "FAN_IN", 100)
    store = opened(tmp_path)
    keep(store, span(0, 10))
    keep(store, span(10, 20))
    flip_a_bit(files(tmp_path)[1])
    for at in range(20, 30):
        keep(store, span(at, at + 1))
        store.settle()
    assert store.stats().set_aside == 1
    assert numbers(store) == [*range(10), *range(20, 30)]


def test_an_erasure_does_not_claim_what_lies_in_a_damaged_segment(opened: Open, tmp_path: Path) -> None:
    store = opened(tmp_path)
    other = series_id(2, 0)
    keep(store, ReadingBatch.of([A, A, other], [T0, T0 + 1, T0], [1.0, 2.0, 3.0]))
    keep(store, ReadingBatch.of([A, other], [T0 + 2, T0 + 3], [1.0, 2.0]))
    flip_a_bit(files(tmp_path)[0])
    assert store.erase(1) == 1
    assert store.stats().set_aside == 1
    assert store.count() == 1


def test_a_bug_in_a_merge_is_not_swallowed(opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = opened(tmp_path)

    def broken(_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(merge, "due", broken)
    keep(store, span(0, 1))
    with pytest.raises(ZeroDivisionError):
        store.settle()


def test_a_backlog_is_merged_in_parts_of_bounded_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merge, "MOST_ROWS", 1_000_000)
    day = [Segment(Path(), n, n, 0, 0, 1, 100_000) for n in range(50)]
    assert merge.due(day) == day[:10]
    assert merge.due([replace(one, rows=500_000) for one in day]) == [replace(one, rows=500_000) for one in day[:8]]


def test_a_writer_faster_than_its_merges_gives_way(
    opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "MOST_SEGMENTS", 3)
    store = opened(tmp_path)
    for at in range(60):
        keep(store, span(at, at + 1))
        assert len(find(tmp_path)) <= 3 + merge.FAN_IN + 1
    assert numbers(store) == list(range(60))


@pytest.mark.slow
def test_the_newest_reading_is_found_whichever_segment_holds_it(opened: Open, tmp_path: Path) -> None:
    store = opened(tmp_path)
    random_ = random.Random(5)
    newest: dict[int, int] = {}
    for _ in range(40):
        rows = {(series_id(random_.randint(1, 4), 0), T0 + random_.randint(0, 3 * DAY)) for _ in range(3)}
        keep(store, ReadingBatch.of([s for s, _ in rows], [t for _, t in rows], [float(t) for _, t in rows]))
        for series, ts in rows:
            newest[series] = max(newest.get(series, 0), ts)
        found = store.latest([series_id(device, 0) for device in range(6)])
        assert dict(zip(found.series.tolist(), found.ts.tolist(), strict=True)) == newest
        assert found.value.tolist() == found.ts.tolist()


def test_damaged_files_are_named_by_a_process_that_only_reads(opened: Open, tmp_path: Path) -> None:
    keep(opened(tmp_path), span(0, 10))
    keep(opened(tmp_path / "other"), span(0, 10))
    reader = opened(tmp_path, read_only=True)
    assert reader.damaged() == []
    flip_a_bit(files(tmp_path)[0])
    assert reader.damaged() == [str(files(tmp_path)[0])]
    assert len(files(tmp_path)) == 2


def test_writes_go_on_while_a_device_is_erased(opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = opened(tmp_path)
    other = series_id(2, 0)
    for at in range(5):
        keep(store, ReadingBatch.of([A, other], [T0 + at] * 2, [1.0, 2.0]))
    erase_from = Shelf.erase_from
    written = []

    def erase_slowly(shelf: Shelf, segment: Segment, theirs: str) -> int:
        if not written:
            written.append(keep(store, ReadingBatch.of([A, other], [T0 + 99] * 2, [1.0, 2.0])))
        return erase_from(shelf, segment, theirs)

    monkeypatch.setattr(Shelf, "erase_from", erase_slowly)
    assert store.erase(1) == 6
    assert len(store.read([A], 0, T0 + DAY)) == 0
    assert len(store.read([other], 0, T0 + DAY)) == 6
