"""Line protocol, and the store on a server: what is sent, and what happens when the server does not play along."""

from __future__ import annotations

import json
import re
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ingest.reading import ReadingBatch, device_no, series_id, signal_no
from ingest.store.config import InfluxConfig
from ingest.store.errors import StoreFull, StoreRefused, StoreUnavailable
from ingest.store.influx.influxql import identifier
from ingest.store.influx.lines import encode
from ingest.store.influx.store import InfluxStore
from ingest.store.protocol import keep
from tests.ingest.store.servers import InfluxServer, VictoriaServer

T0 = 1_763_683_200_000
A = series_id(1, 0)
LINE = re.compile(r"reading,device=(\d+),signal=(\d+) v=([-+.e\d]+)(?:,q=(\d+))?(?:,seq=(\d+))? (\d+)", re.ASCII)


def one(ts: int = T0, value: float = 1.0) -> ReadingBatch:
    return ReadingBatch.of([A], [ts], [value])


@st.composite
def batches(draw: st.DrawFn) -> ReadingBatch:
    n = draw(st.integers(1, 20))
    quiet = draw(st.booleans())
    return ReadingBatch(
        draw(arrays(np.int64, n, elements=st.integers(0, 2**62))),
        draw(arrays(np.int64, n, elements=st.integers(1, 9 * 10**12))),
        draw(arrays(np.float64, n, elements=st.floats(allow_nan=False, allow_infinity=False))),
        np.zeros(n, np.uint8) if quiet else draw(arrays(np.uint8, n)),
        np.full(n, -1) if quiet else draw(arrays(np.int64, n, elements=st.integers(-1, 2**53))),
    )


@given(batches())
def test_each_line_says_exactly_its_reading(batch: ReadingBatch) -> None:
    lines = encode(batch).decode("ascii").split("\n")
    assert len(lines) == len(batch)
    columns = (batch.series, batch.ts, batch.value, batch.quality, batch.seq)
    for line, (series, ts, value, quality, seq) in zip(
        lines, zip(*(column.tolist() for column in columns), strict=True), strict=True
    ):
        match = LINE.fullmatch(line)
        assert match, line
        device, signal, v, q, number, time = match.groups()
        assert (int(device), int(signal), int(time)) == (device_no(series), signal_no(series), ts)
        assert float(v) == value
        assert (int(q or 0), int(number) if number else -1) == (quality, seq)


@pytest.fixture(scope="module")
def influxd(server_url: Callable[[str], str]) -> str:
    return server_url("influxdb")


# A server takes the characters that it knows to be printable, without slashes.
# The server makes a folder of the name and lists it by pattern: a name with a pattern's signs breaks its compaction.
NAMES = st.text(
    st.characters(max_codepoint=0x24F, exclude_characters="/\\\0[]*?", exclude_categories=["C", "Z"]),
    min_size=1,
    max_size=30,
)
HOSTILE = st.sampled_from(
    ['"; DROP DATABASE x; --', "' OR 1=1", "a&db=b", "a b", "%22", 'x" WITH DURATION 1h', "ü€😀", "#;"]
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(NAMES | HOSTILE)
def test_any_database_name_is_only_a_name(influxd: str, name: str) -> None:
    if name in {".", ".."}:
        return
    with closing(InfluxStore(InfluxConfig(url=influxd, database=name))) as store:
        store.erase(1)
        assert keep(store, one()).sum() == 1
        assert len(store.read([A], T0, T0 + 1)) == 1
        assert store.count() == 1


@pytest.fixture(scope="module")
def victoria(server_url: Callable[[str], str]) -> str:
    return server_url("victoriametrics")


LABELS = st.text(st.characters(exclude_categories=["C"], exclude_characters="/\\[]*?"), min_size=1, max_size=30)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LABELS | HOSTILE | st.sampled_from(['"} or {db!="', '",db!="', "a{b}c,d=e"]))
def test_any_label_of_victoriametrics_is_only_a_label(victoria: str, name: str) -> None:
    with (
        closing(InfluxStore(InfluxConfig(url=victoria, server="victoriametrics", database=name))) as store,
        closing(InfluxStore(InfluxConfig(url=victoria, server="victoriametrics", database=f"{name}2"))) as other,
    ):
        keep(other, one())
        store.erase(1)
        keep(store, one(T0 + 5))
        assert store.read([A], T0, T0 + 9).ts.tolist() == [T0 + 5]
        assert other.read([A], T0, T0 + 9).ts.tolist() == [T0]


def test_an_identifier_cannot_end_early() -> None:
    assert identifier('a"b\\c\nd') == '"a\\"b\\\\c\\nd"'


def test_a_server_that_is_down_is_told_and_used_again_when_it_is_back(tmp_path: Path) -> None:
    server = InfluxServer(tmp_path / "influxd")
    server.start()
    try:
        with closing(InfluxStore(InfluxConfig(url=server.url))) as store:
            keep(store, one())
            server.stop()
            for call in (lambda: keep(store, one(T0 + 1)), lambda: store.read([A], T0, T0 + 9), store.count):
                with pytest.raises(StoreUnavailable, match="does not answer"):
                    call()
            server.start()
            both = ReadingBatch.concat([one(), one(T0 + 1)])
            assert keep(store, both).tolist() == [False, True]  # killed: what was acknowledged is still there
            assert store.read([A], T0, T0 + 9).ts.tolist() == [T0, T0 + 1]
    finally:
        server.stop()


@pytest.mark.slow
def test_readings_that_a_killed_server_forgot_are_noticed_and_stored_again(tmp_path: Path) -> None:
    server = VictoriaServer(tmp_path / "vm")
    server.start()
    try:
        with closing(InfluxStore(InfluxConfig(url=server.url, server="victoriametrics"))) as store:
            both = ReadingBatch.concat([one(), one(T0 + 1)])
            keep(store, both)
            assert store.rewind_ms > 0
            server.stop()  # kill -9 at once: what it holds in memory is gone
            time.sleep(1.1)  # it tells its start in seconds
            server.start()
            with pytest.raises(StoreUnavailable, match="started anew"):
                store.fresh(one(T0 + 2))
            keep(store, both)
            keep(store, one(T0 + 2))
            assert store.read([A], T0, T0 + 9).ts.tolist() == [T0, T0 + 1, T0 + 2]
            assert not keep(store, both).any()
            assert store.stats().bytes >= 0
    finally:
        server.stop()


def test_a_store_opens_while_its_server_is_away() -> None:
    config = InfluxConfig(url="http://127.0.0.1:1", timeout_s=1)
    with closing(InfluxStore(config)) as store, pytest.raises(StoreUnavailable):
        keep(store, one())


@dataclass
class Played:
    """A server played by the test: answers what it is told and keeps what it was asked."""

    url: str
    answers: list[tuple[int, str]]
    asked: list[tuple[str, dict[str, Any], bytes]] = field(default_factory=list)


@contextmanager
def played(*answers: tuple[int, str]) -> Iterator[Played]:
    state = Played("", list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            state.asked.append((self.path, dict(self.headers), body))
            status, text = state.answers.pop(0) if state.answers else (204, "")
            self.send_response(status)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


OK = (200, '{"results":[{"statement_id":0}]}\n')


@pytest.mark.parametrize(
    ("status", "text", "error"),
    [
        (400, '{"error":"partial write: max-values-per-tag limit exceeded"}', StoreRefused),
        (401, '{"error":"authorization failed"}', StoreRefused),
        (404, '{"error":"database not found"}', StoreRefused),
        (413, "too large", StoreRefused),
        (429, "slow down", StoreUnavailable),
        (500, '{"error":"engine: write /data/wal: no space left on device"}', StoreFull),
        (503, "<html>a proxy</html>", StoreUnavailable),
        (507, "", StoreFull),
    ],
)
def test_what_a_server_says_to_a_write_has_a_meaning(status: int, text: str, error: type[Exception]) -> None:
    with played(OK, OK, (status, text), OK) as server, closing(InfluxStore(InfluxConfig(url=server.url))) as store:
        with pytest.raises(error) as told:
            keep(store, one())
        assert type(told.value) is error
        assert keep(store, one()).sum() == 1


@pytest.mark.parametrize("answer", ["", "<html>sign in</html>", "[1, 2", '{"results": 7}', '{"data":{"result":3}}'])
@pytest.mark.parametrize("server_kind", ["influxdb", "victoriametrics"])
def test_an_answer_that_makes_no_sense_is_no_crash(server_kind: Any, answer: str) -> None:
    with (
        played(*[(200, answer)] * 9) as server,
        closing(InfluxStore(InfluxConfig(url=server.url, server=server_kind))) as store,
    ):
        for call in (lambda: store.read([A], T0, T0 + 9), lambda: store.latest([A]), store.count):
            try:
                assert not call()
            except StoreUnavailable as error:
                assert "unknown answer" in error.problem  # noqa: PT017 - either is right


def test_secrets_travel_in_headers_only() -> None:
    config = {"token": "t0ken", "username": "me", "password": "pa:ss"}
    with played(OK, OK) as server:
        with closing(InfluxStore(InfluxConfig.model_validate({"url": server.url, "token": "t0ken"}))) as store:
            keep(store, one())
        assert {headers["Authorization"] for _, headers, _ in server.asked} == {"Token t0ken"}
        del config["token"]
        with closing(InfluxStore(InfluxConfig.model_validate({"url": server.url, **config}))) as store:
            store.count()
        assert server.asked[-1][1]["authorization"] == "Basic bWU6cGE6c3M="
        for path, _, body in server.asked:
            assert "t0ken" not in path
            assert b"t0ken" not in body


def test_a_bucket_is_emptied_by_predicate() -> None:
    """InfluxDB 2.x deletes through its own API; this checks the request as its manual gives it, not the server."""
    counted = (200, '{"results":[{"series":[{"name":"reading","columns":["time","count"],"values":[[0,3]]}]}]}')
    with played(OK, counted) as server:
        config = InfluxConfig(url=server.url, org="acme", database="my bucket")
        with closing(InfluxStore(config)) as store:
            assert store.erase(17) == 3
        path, _, body = server.asked[-1]
        assert path.startswith("/api/v2/delete?")
        assert urllib.parse.parse_qs(path.partition("?")[2]) == {"org": ["acme"], "bucket": ["my bucket"]}
        assert json.loads(body)["predicate"] == '_measurement="reading" AND device="17"'


def test_a_large_batch_goes_out_in_parts_and_a_retry_sends_only_the_rest(influxd: str) -> None:
    n = 45_000
    batch = ReadingBatch.of([A] * n, list(range(T0, T0 + n)), [1.5] * n)
    with closing(InfluxStore(InfluxConfig(url=influxd, database="parts"))) as store:
        keep(store, batch.take(np.arange(20_000)))
    with closing(InfluxStore(InfluxConfig(url=influxd, database="parts"))) as store:
        again = keep(store, batch)
        assert (int(again.sum()), len(again)) == (25_000, 45_000)
        assert store.count() == n
