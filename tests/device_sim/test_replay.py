"""Recordings, good and broken, through the reader and over a real broker."""

from __future__ import annotations

import gzip
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from device_sim.clients import Publisher
from device_sim.errors import RecordingUnusable
from device_sim.replay.mapping import Mapping, load, parse
from device_sim.replay.player import Options, Player
from device_sim.replay.reader import Reader, Tally
from device_sim.replay.recording import Recording
from ingest.errors import InvalidIdentifier
from kit.clock import VirtualClock, from_ms
from kit.settings import Broker
from kit.supervise import Stop

NOW = 1_780_000_000_000
DATA = Path(__file__).parents[3] / "shared" / "data"
MAPPING = """
device_type = "heat_pump"
[time]
column = "t"
format = "%Y-%m-%d %H:%M"
{extra}
[signals]
outdoor_temp = "out"
power = {{ column = "kw", unit = "kW->W" }}
mode = "mode"
backup_heater = "heater"
"""


def mapping(extra: str = "") -> Mapping:
    return parse(MAPPING.format(extra=extra), "test")


def recording(folder: Path, text: str, name: str = "r.csv") -> Recording:
    path = folder / name
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, "utf-8")
    return Recording(path)


def player(table: Recording, how: Mapping, **options: Any) -> Player:
    return Player(table, how, "demo", "d-1", Options(**options), clock=VirtualClock(NOW))


def test_cells_become_values_in_the_signals_units_and_bad_ones_are_left_out_and_counted(tmp_path: Path) -> None:
    table = recording(
        tmp_path,
        "\ufefft, out ,kw,mode,heater\n"
        "2020-01-01 00:00,1.5,2,heating,1\n"
        "2020-01-01 00:05,#VALUE!,nan,off,false\n"
        "\n"
        "2020-01-01 00:10,,1e999,defrost\n"
        "yesterday,1,1,off,0\n"
        "2020-01-01 00:15,two,0.5,,ON\n",
    )
    tally = Tally()
    rows = list(Reader(table, mapping()).rows(tally))
    assert [signals for _, signals in rows] == [
        {"outdoor_temp": 1.5, "power": 2000.0, "mode": "heating", "backup_heater": True},
        {"mode": "off", "backup_heater": False},
        {"mode": "defrost"},
        {"power": 500.0, "backup_heater": True},
    ]
    assert tally.rows == 4
    assert tally.skipped_rows == {"empty_row": 1, "bad_time": 1}
    assert tally.skipped_cells == {"missing": 3, "not_finite": 2, "short_row": 1, "not_a_number": 1}


def test_a_row_without_any_value_is_not_sent_and_counted(tmp_path: Path, broker_url: str, listener: Any) -> None:
    table = recording(tmp_path, "t,out,kw,mode,heater\n2020-01-01 00:00,,,,\n2020-01-01 00:05,1,,,\n")
    account = played(player(table, mapping()), broker_url)
    listener.wait_for(1)
    assert (account["rows"], account["rows_sent"], account["skipped_rows"]) == (2, 1, {"no_value": 1})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no header line"),
        ("\n\n", "no header line"),
        ("a,b\n1,2\n", "no column 'out'"),
        ("t,out,kw,mode,heater\n", "no row has a time"),
        ("t,out,kw,mode,heater\nx,1,1,off,0\ny,1,1,off,0\n", "2 × bad_time"),
        ("\x00\x01\x02", "no column"),
    ],
)
def test_a_table_that_does_not_fit_is_refused_with_what_it_has(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(RecordingUnusable) as caught:
        player(recording(tmp_path, text), mapping())
    assert says in caught.value.problem
    assert caught.value.fix


def test_a_file_that_is_not_there_or_not_gzip_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingUnusable, match="No such file"):
        Recording(tmp_path / "none.csv")
    (tmp_path / "fake.csv.gz").write_text("t,out\n")
    with pytest.raises(RecordingUnusable, match="damaged"):
        Recording(tmp_path / "fake.csv.gz")


def played(player: Player, url: str) -> dict[str, Any]:
    publisher = Publisher(Broker(url=url))
    try:
        return player.play(publisher, Stop(), lambda _: None)
    finally:
        publisher.close()


def lines(count: int) -> str:
    start = datetime(2020, 1, 1)  # noqa: DTZ001 - as recorders write it
    rows = [f"{start + timedelta(minutes=n):%Y-%m-%d %H:%M},{n / 10},0.{n % 10},heating,0" for n in range(count)]
    return "t,out,kw,mode,heater\n" + "\n".join(rows) + "\n"


def test_every_row_arrives_once_in_order_and_the_account_says_so(
    tmp_path: Path, broker_url: str, listener: Any
) -> None:
    account = played(player(recording(tmp_path, lines(1234), "r.csv.gz"), mapping()), broker_url)
    listener.wait_until(lambda: len(listener.rows("d-1")) >= 1234)
    heard = listener.rows("d-1")
    assert [row["signals"]["outdoor_temp"] for row in heard] == [n / 10 for n in range(1234)]
    assert account["rows"] == account["rows_sent"] == 1234
    assert account["readings_sent"] == account["readings_acknowledged"] == 1234 * 4
    assert account["messages_sent"] == account["messages_acknowledged"] == 25
    assert account["skipped_cells"] == {}
    assert json.loads(json.dumps(account)) == account


def test_a_truncated_file_gives_what_it_still_holds_and_says_that_it_is_damaged(
    tmp_path: Path, broker_url: str, listener: Any
) -> None:
    whole = gzip.compress(lines(20_000).encode())
    path = tmp_path / "cut.csv.gz"
    path.write_bytes(whole[: len(whole) // 2])
    account = played(player(Recording(path), mapping()), broker_url)
    assert 1000 < account["rows_sent"] < 20_000
    assert account["readings_acknowledged"] == account["readings_sent"]
    assert "damaged" in account["damage"]
    listener.wait_until(lambda: len(listener.rows("d-1")) >= account["rows_sent"])


@pytest.mark.parametrize(
    ("base", "last"),
    [
        ("whole_days", from_ms(NOW).replace(hour=1, minute=39, second=0, microsecond=0)),
        ("original", datetime.fromisoformat("2020-01-01T01:39:00+00:00")),
        ("end_at_now", from_ms(NOW)),
    ],
)
def test_the_time_base_puts_the_last_row_where_it_says(
    base: str, last: datetime, tmp_path: Path, broker_url: str, listener: Any
) -> None:
    account = played(player(recording(tmp_path, lines(100)), mapping(f'base = "{base}"')), broker_url)
    assert datetime.fromisoformat(account["last_event"]) == last
    listener.wait_until(lambda: len(listener.rows("d-1")) >= 100)
    heard = listener.rows("d-1")
    assert heard[-1]["ts"] == round(last.timestamp() * 1000)
    assert all(row.get("historical", False) == (row["ts"] < NOW - 120_000) for row in heard)


def test_rows_from_the_future_are_refused_before_anything_is_sent(tmp_path: Path) -> None:
    table = recording(tmp_path, lines(100))
    with pytest.raises(RecordingUnusable, match="in the future"):
        player(table, mapping('base = "start_at_now"'))
    with pytest.raises(RecordingUnusable, match="in the future"):
        player(table, mapping(), start_ms=NOW - 60_000)
    player(table, mapping('base = "start_at_now"'), speed=1.0)


def test_start_and_limit_choose_where_and_how_much(tmp_path: Path, broker_url: str, listener: Any) -> None:
    start = NOW - 86_400_000
    account = played(player(recording(tmp_path, lines(100)), mapping(), start_ms=start, limit=10), broker_url)
    assert account["rows_sent"] == 10
    assert datetime.fromisoformat(account["first_event"]) == from_ms(start)


@pytest.mark.slow
def test_at_a_speed_rows_go_out_as_they_fall_due(tmp_path: Path, broker_url: str, listener: Any) -> None:
    account = played(player(recording(tmp_path, lines(8)), mapping(), speed=600.0), broker_url)
    assert account["messages_sent"] == 8  # a minute of recording each 0.1 s: none shares a message with the next
    assert account["seconds"] >= 0.7
    listener.wait_for(8)


def test_a_stop_ends_the_replay_and_what_was_sent_is_acknowledged(
    tmp_path: Path, broker_url: str, listener: Any
) -> None:
    stop = Stop()
    publisher = Publisher(Broker(url=broker_url))
    table = player(recording(tmp_path, lines(500)), mapping(), rows_each=10)
    account = table.play(publisher, stop, lambda done: stop.set() if done > 100 * 60_000 else None)
    publisher.close()
    assert account["interrupted"]
    assert 0 < account["rows_sent"] < 500
    assert account["readings_acknowledged"] == account["readings_sent"]


def test_a_name_that_cannot_be_a_device_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidIdentifier):
        Player(recording(tmp_path, lines(2)), mapping(), "demo", "a/#", Options(), clock=VirtualClock(NOW))


def real(*names: str) -> Path:
    path = DATA.joinpath(*names)
    if not path.exists():
        pytest.skip(f"recorded data is not here: {path}")
    return path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("names", "how", "rows", "skipped"),
    [
        (("lbnl_ahu", "SZCAV.csv.gz"), "lbnl_ahu", 21600, {"missing": 90}),
        (("lbnl_ahu", "SZVAV.csv.gz"), "lbnl_ahu", 15839, {"missing": 1181}),
        (("carobd", "drive4.csv.gz"), "carobd", 4389, {}),
        (("carobd", "idle1.csv.gz"), "carobd", 1213, {"short_row": 3}),
        (("carobd", "idle2.csv.gz"), "carobd", 1225, {}),
    ],
    ids=lambda value: value[-1] if isinstance(value, tuple) else None,
)
def test_real_recordings_arrive_whole(
    names: tuple[str, ...], how: str, rows: int, skipped: dict[str, int], broker_url: str, listener: Any
) -> None:
    account = played(player(Recording(real(*names)), load(how)), broker_url)
    listener.wait_until(lambda: len(listener.rows("d-1")) >= rows, seconds=90)
    assert account["rows_sent"] == rows
    assert account["skipped_cells"] == skipped
    signals = len(load(how).sources)
    assert account["readings_acknowledged"] == rows * signals - sum(skipped.values())
    assert sum(len(row["signals"]) for row in listener.rows("d-1")) == account["readings_sent"]


def test_an_air_handlers_fahrenheit_and_fractions_arrive_as_celsius_and_percent(broker_url: str, listener: Any) -> None:
    played(player(Recording(real("lbnl_ahu", "SZCAV.csv.gz")), load("lbnl_ahu"), limit=1), broker_url)
    listener.wait_for(1)
    signals = listener.rows("d-1")[0]["signals"]
    assert signals["supply_air_temp"] == pytest.approx((72.99 - 32) / 1.8, abs=1e-6)
    assert signals["fan_speed"] == 50
    assert signals["fan_on"] is True
    assert signals["occupied"] is False
