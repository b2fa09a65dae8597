from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from detectors.errors import TableError
from detectors.faults.profiles import PROFILES
from detectors.scoring import reader
from detectors.scoring.reader import Layout, Table
from detectors.scoring.score import COLUMNS, score_table
from detectors.scoring.scorer import Scorer
from detectors.scoring.times import Clock, epoch_ms, many_epoch_ms
from detectors.scoring.worth import LEVELS, add, slow_share, worth
from kit.cli import app
from kit.plugins import parts

MINUTE = 60_000


def scored(text: str, scorer: Scorer | None = None, layout: Layout | None = None) -> list[dict[str, str]]:
    out = io.StringIO()
    score_table(Table(io.StringIO(text), layout), out, lambda signals: scorer or Scorer(signals), lambda rows: None)
    return list(csv.DictReader(io.StringIO(out.getvalue())))


def table(rows: int, fault_at: int = 0, signals: int = 1) -> str:
    """A daily wave at five minutes with noise; from `fault_at` on the last signal is far off."""
    chance = np.random.default_rng(5)
    wave = 20 + 5 * np.sin(np.arange(rows) * 2 * np.pi / 288)[:, None] + chance.normal(0, 0.3, (rows, signals))
    if fault_at:
        wave[fault_at:, -1] += 40
    lines = [f"{1_700_000_000 + 300 * at}," + ",".join(f"{x:.3f}" for x in row) for at, row in enumerate(wave)]
    return "\n".join(["time," + ",".join(f"s{n}" for n in range(signals)), *lines]) + "\n"


def test_every_row_is_scored_under_its_own_time_and_a_fault_is_noticed_and_called_grave() -> None:
    text = table(3000, fault_at=2500)
    rows = scored(text)
    assert [row["time"] for row in rows] == [line.split(",")[0] for line in text.splitlines()[1:]]
    assert tuple(rows[0])[1:] == COLUMNS
    attention = [at for at, row in enumerate(rows) if row["attention"] == "1"]
    assert any(2500 <= at < 2530 for at in attention)
    assert [at for at, row in enumerate(rows) if row["contact"] == "1"] == [2500]
    assert float(rows[2500]["severity"]) > 20
    for row in rows:
        assert (row["attention"] == "1") == (float(row["alert_score"]) > 0)


def test_a_healthy_table_calls_for_no_contact() -> None:
    assert all(row["contact"] == "0" for row in scored(table(4000, signals=2)))


def test_the_worst_signal_speaks_for_the_row() -> None:
    rows = scored(table(2000, fault_at=1500, signals=3))
    assert sum(row["contact"] == "1" for row in rows) == 1


def test_the_size_of_the_chunks_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    text = table(1500, fault_at=1200, signals=2)
    whole = scored(text)
    monkeypatch.setattr(reader, "CHUNK_ROWS", 7)
    assert scored(text) == whole


def test_no_row_sees_what_comes_after_it() -> None:
    text = table(1500, fault_at=1200)
    part = "\n".join(text.splitlines()[:1001]) + "\n"
    assert scored(part) == scored(text)[:1000]


def wearing(rows: int, wears_from: int, seed: int = 3) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Twelve noisy signals; from `wears_from` on half of them creep, a standard deviation in thirty rows."""
    x = np.random.default_rng(seed).normal(50, 2, (rows, 12))
    x[wears_from:, :6] += 2 / 30 * np.arange(rows - wears_from)[:, None]
    return x


@pytest.mark.slow
def test_wear_that_no_signal_shows_alone_calls_for_one_contact_and_keeps_calling_for_attention() -> None:
    for seed in range(5):
        rows = Scorer(12).score(np.arange(260) * 1000, wearing(260, 140, seed))
        (at,) = np.flatnonzero(rows.contact)
        assert 140 < at < 200
        assert rows.attention[at]
        assert (np.diff(rows.severity[at::20]) > 0).all()


def test_a_machine_that_does_not_wear_is_left_alone() -> None:
    for seed in range(20):
        assert not Scorer(12).score(np.arange(400) * 1000, wearing(400, 400, seed)).contact.any()


def test_random_walks_have_no_reference_and_call_for_no_contact() -> None:
    for seed in range(10):
        walk = np.random.default_rng(seed).normal(0, 1, (2000, 5)).cumsum(axis=0)
        assert not Scorer(5).score(np.arange(2000) * 1000, walk).contact.any()


def test_weather_under_noise_is_no_wear() -> None:
    for seed in range(4):
        chance = np.random.default_rng(seed)
        weather = chance.normal(0, 1, (400, 5)).cumsum(axis=0).repeat(10, axis=0) / 8
        assert not Scorer(5).score(np.arange(4000) * 1000, weather + chance.normal(0, 1, (4000, 5))).contact.any()


def test_a_past_is_worth_its_rows_in_noise_and_hardly_any_in_a_slow_course() -> None:
    chance = np.random.default_rng(1)
    noise, walk = chance.normal(0, 1, 4096), chance.normal(0, 0.1, 4096).cumsum()
    columns = np.stack([noise, 0.2 * noise + walk], 1)
    levels = np.zeros((2, LEVELS, 2))
    for row, cells in enumerate(columns):
        add(levels, 0, row, cells[0])
        add(levels, 1, row, cells[1])
    of_noise, of_walk = worth(levels, np.full(2, 4096.0), columns.var(axis=0))
    assert 400 < of_noise <= 4096
    assert of_walk < 6


def test_a_mean_keeps_what_is_slow_and_little_of_noise() -> None:
    chance = np.random.default_rng(1)
    columns = np.stack([chance.normal(0, 1, 4096), np.sin(np.arange(4096) / 100)], 1)
    levels = np.zeros((2, LEVELS, 3))
    for row, cells in enumerate(columns):
        add(levels, 0, row, cells[0])
        add(levels, 1, row, cells[1])
    shares = slow_share(levels, np.array([4096.0, 4096.0, 0.0]), np.array([*columns.var(axis=0), 0.0]), 12)
    assert shares[0] < 0.1
    assert shares[1] > 0.95
    assert shares[2] == 1.0


def test_the_second_day_of_a_table_is_held_against_it_less_than_the_fifth() -> None:
    chance = np.random.default_rng(4)
    for day, told in ((1.3, False), (5, True)):
        x = chance.normal(0, 1, (7 * 1440, 6))
        x[int(day * 1440) :, :3] += 1.3
        contact = Scorer(6).score(np.arange(len(x)) * 60_000, x).contact
        assert bool(contact[: int(day * 1440) + 60].any()) is told


def test_first_rows_are_not_severe() -> None:
    rows = Scorer(1).score(np.arange(50) * 1000, np.r_[np.zeros(20), 1e9, np.zeros(29)][:, None])
    assert (rows.severity <= np.sqrt(np.arange(1, 51))).all()


@pytest.mark.parametrize("signals", [1, 4, 70])
def test_columns_that_are_empty_constant_or_huge_score_finitely(signals: int) -> None:
    x = np.random.default_rng(1).normal(0, 1, (700, signals))
    x[:, 0] = np.where(np.arange(700) < 400, 7.0, 1e300)
    x[:, -1:] = np.nan if signals > 1 else x[:, :1]
    x[::7] = np.nan
    rows = Scorer(signals).score(np.arange(700) * 1000, x)
    for column in (rows.surprise, rows.severity, rows.alert_score):
        assert np.isfinite(column).all()
        assert (column >= 0).all()


@pytest.mark.parametrize("signals", [1, 3])
def test_any_cut_into_calls_gives_the_same(signals: int) -> None:
    x = np.random.default_rng(2).normal(0, 1, (3500, signals))
    x[2000:2600] += 15
    ts = np.arange(3500) * 1000
    whole, cut = Scorer(signals).score(ts, x), Scorer(signals)
    parts = [cut.score(ts[at : at + 7], x[at : at + 7]) for at in range(0, 3500, 7)]
    for name in COLUMNS:
        assert np.array_equal(getattr(whole, name), np.concatenate([getattr(part, name) for part in parts])), name


def test_grace_rows_raise_nothing() -> None:
    rows = scored(table(1500, fault_at=1200), Scorer(1, grace=1400))
    assert not any(row["attention"] == "1" for row in rows[:1400])


@pytest.mark.parametrize(
    "stamp", ["2026-05-01 12:30:00", "2026-05-01T12:30:00Z", "2026-05-01", "1777638600", "1777638600000"]
)
def test_times_may_be_iso_or_epoch(stamp: str) -> None:
    assert len(scored(f"t,a\n{stamp},1\n")) == 1


def test_empty_cells_are_missing_and_blank_lines_are_no_rows() -> None:
    rows = scored("t,a,b\n1,,2\n\n2, ,\n3,1,\n")
    assert [row["t"] for row in rows] == ["1", "2", "3"]
    assert float(rows[1]["surprise"]) == 0


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("", 1, "empty"),
        ("\n\n", 1, "no signal"),
        ("t\0,a\0\n", 1, "not text"),
        ("t\n1\n", 1, "no signal"),
        ("t,a,a\n", 1, "two columns"),
        ("t,,a\n", 1, "no name"),
        ("1,2\n3,4\n", 1, "not a header"),
        ("t,a\n1,2\nx,3\n", 3, "not a time"),
        ("t,a\n1,2\n,3\n", 3, "not a time"),
        ("t,a\n1,2\n3/11/2017 0:00,3\n", 3, "not a time"),
        ("t,a\n1e300,2\n", 2, "not a time"),
        ("t,a\nnan,2\n", 2, "not a time"),
        ("t,a\n1,2\n2,high\n", 3, "'high' in column 'a'"),
        ("t,a\n1,2\n2,NA\n", 3, "not a number"),
        ("t,a\n1,2\n2,inf\n", 3, "not a number"),
        ("t,a\n1,2\n2,1e999\n", 3, "not a number"),
        ("t,a\n1,1_000\n", 2, "not a number"),
        ("t,a\n1,2,3\n", 2, "3 cells"),
    ],
)
def test_a_cell_that_cannot_be_used_is_named_by_its_line(text: str, line: int, says: str) -> None:
    with pytest.raises(TableError, match=says) as caught:
        scored(text)
    assert caught.value.line in {line, line + 1}


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_columns_may_be_separated_by_comma_semicolon_tab_or_bar(mark: str) -> None:
    assert scored(table(700, fault_at=500).replace(",", mark)) == scored(table(700, fault_at=500))


def test_a_decimal_comma_is_read_where_it_separates_nothing() -> None:
    text = table(300)
    assert scored(text.replace(",", ";").replace(".", ",")) == scored(text)


def test_chosen_columns_are_ignored_and_chosen_words_are_missing() -> None:
    layout = Layout(time="when", ignore=frozenset({"label", "id"}), missing=frozenset({"NA", "null"}))
    rows = scored("id,when,a,label\nx1,1,5,no\nx1,2,NA,yes\nx1,3,null,yes\n", layout=layout)
    assert [row["when"] for row in rows] == ["1", "2", "3"]


def test_nan_is_a_missing_reading_like_the_empty_cell() -> None:
    empty = scored("t,a,b\n1,,2\n2,1,\n3,1,2\n")
    assert scored("t,a,b\n1,nan,2\n2,1,NaN\n3,1,2\n") == empty


def test_truth_is_one_and_untruth_zero() -> None:
    assert scored("t,a\n1,True\n2,FALSE\n3,true\n") == scored("t,a\n1,1\n2,0\n3,1\n")


def test_an_index_without_a_name_is_no_signal() -> None:
    plain = scored("timestamp,a\n2020-01-01,1\n2020-01-02,2\n")
    assert scored(",timestamp,a\n0,2020-01-01,1\n10,2020-01-02,2\n") == plain
    assert scored(",when,a\n0,2020-01-01,1\n", layout=Layout(time="when"))[0]["when"] == "2020-01-01"
    assert [row[""] for row in scored(",a\n0,1\n1,2\n")] == ["0", "1"]


@pytest.mark.parametrize("unit", [1, 1_000, 1_000_000, 1_000_000_000])
def test_epoch_times_may_count_seconds_down_to_nanoseconds(unit: int) -> None:
    assert epoch_ms(str(1_700_000_000 * unit)) == 1_700_000_000_000
    assert many_epoch_ms([str(1_700_000_000 * unit)] * 2) == pytest.approx([1_700_000_000_000] * 2)


@pytest.mark.parametrize("stamp", ["2020-W01-1", "2020-01-01 10:00 PM", "2020-01-01T02:00:00+02:00", "01.03.2020"])
def test_dates_of_another_form_are_left_to_the_careful_reader(stamp: str) -> None:
    assert many_epoch_ms([stamp, stamp]) is None


def test_a_time_cell_that_needs_quotes_gets_them_back() -> None:
    assert [row["t"] for row in scored("t;a\n2020-01-01 00:00:00,5;1\n")] == ["2020-01-01 00:00:00,5"]


def test_a_table_without_times_counts_its_rows() -> None:
    assert [row["row"] for row in scored("a,b\n5,6\n5,7\n4,6\n", layout=Layout(time="none"))] == ["0", "1", "2"]


def test_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(TableError, match="no column 'x'"):
        scored("t,a\n1,2\n", layout=Layout(ignore=frozenset({"x"})))


def test_a_first_column_that_is_no_time_is_refused() -> None:
    noise = np.random.default_rng(0).normal(20, 1, (100, 2))
    with pytest.raises(TableError, match="goes back"):
        scored("a,b\n" + "\n".join(f"{a},{b}" for a, b in noise) + "\n")


def test_quick_and_careful_reading_agree() -> None:
    text = table(300, signals=3)
    quoted = "\n".join([text.splitlines()[0], *(f'"{line[:10]}"{line[10:]},' for line in text.splitlines()[1:])])
    assert scored(quoted) == scored(text)


def test_rows_before_a_fault_are_written() -> None:
    out = io.StringIO()
    with pytest.raises(TableError):
        score_table(Table(io.StringIO("t,a\n1,2\n2,2\n3,x\n")), out, Scorer, lambda rows: None)
    assert len(out.getvalue().splitlines()) == 3


def clocked(*stamps: int) -> list[int]:
    """The times that a clock makes of them, told one by one and at once."""
    ts = np.array(stamps, np.int64)
    one, whole = Clock(), Clock()
    single = [int(one.seen(ts[at : at + 1])[0][0]) for at in range(len(ts))]
    assert single == whole.seen(ts)[0].tolist()
    return single


def test_rows_under_one_coarse_time_share_it() -> None:
    assert clocked(0, 0, 60, 60, 120, 120) == [0, 1, 60, 90, 120, 150]


def test_a_misplaced_row_stays_late_and_a_clock_set_back_goes_on() -> None:
    assert clocked(10, 20, 15, 30) == [10, 20, 15, 30]
    back = clocked(*range(1000, 2000, 100), *range(0, 2000, 100))
    assert back[-5:] == [back[-6] + 100 * (n + 1) for n in range(5)]
    assert back[-1] > 1900


def test_out_of_order_rows_are_scored_and_counted() -> None:
    out = io.StringIO()
    summary = score_table(Table(io.StringIO("t,a\n1,1\n5,2\n3,3\n5,4\n6,5\n")), out, Scorer, lambda rows: None)
    assert (summary.rows, summary.out_of_order, summary.readings) == (5, 2, 5)
    assert len(out.getvalue().splitlines()) == 6


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("kit.logs.configure", lambda core, role: None)  # it would keep this test's stderr for ever
    if not any(group.name == "detectors" for group in app.registered_groups):
        for module in parts("cli"):
            if module.__name__ == "detectors.cli":
                module.register(app)
    return CliRunner()


def test_the_command_scores_a_packed_file_and_says_what_it_did(command: CliRunner, tmp_path: Path) -> None:
    with gzip.open(tmp_path / "in.csv.gz", "wt") as packed:
        packed.write(table(600))
    done = command.invoke(app, ["detectors", "score", "in.csv.gz", "out.csv", "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["rows"] == 600
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 601


def test_the_command_refuses_to_overwrite_its_source_and_names_a_missing_one(
    command: CliRunner, tmp_path: Path
) -> None:
    (tmp_path / "in.csv").write_text(table(10))
    for arguments in (["in.csv", "in.csv"], ["missing.csv", "out.csv"]):
        failed = command.invoke(app, ["detectors", "score", *arguments])
        assert failed.exit_code != 0
    assert (tmp_path / "in.csv").read_text() == table(10)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_mark_at_the_beginning_says_the_encoding(command: CliRunner, tmp_path: Path, encoding: str) -> None:
    text = table(30).replace("s0", "Wärme").replace("\n", "\r\n")
    (tmp_path / "in.csv").write_bytes(text.encode(encoding))
    (tmp_path / "in.csv.gz").write_bytes(gzip.compress(text.encode(encoding)))
    for name in ("in.csv", "in.csv.gz"):
        done = command.invoke(app, ["detectors", "score", name, "out.csv", "--json"])
        assert json.loads(done.stdout)["rows"] == 30


def test_binary_and_cut_files_are_a_sentence(command: CliRunner, tmp_path: Path) -> None:
    (tmp_path / "binary.csv").write_bytes(b"t,a\n1,\xff\xfe\x00\n")
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(table(5000).encode())[:-200])
    (tmp_path / "not.csv.gz").write_bytes(b"t,a\n1,2\n")
    for name in ("binary.csv", "cut.csv.gz", "not.csv.gz"):
        failed = command.invoke(app, ["detectors", "score", name, "out.csv"])
        assert isinstance(failed.exception, TableError), name


def test_the_list_names_every_profile(command: CliRunner) -> None:
    listed = command.invoke(app, ["detectors", "list", "--json"])
    assert {row["device_type"] for row in json.loads(listed.stdout)} == set(PROFILES)
