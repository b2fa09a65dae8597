"""What a gateway tells of its connection, to `doctor` and to its siblings, across processes."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from ingest.config import Config
from ingest.gateway import status
from ingest.gateway.role import client_id_of
from ingest.gateway.status import Facts, Status
from kit.clock import SystemClock
from kit.errors import SettingsError
from kit.settings import load


def written(folder: Path, client_id: str, **facts: object) -> None:
    now = SystemClock().now_ms()
    known = {"written_ms": now, "caught_up_ms": now, "since_ms": now, "connected": True, **facts}
    folder.mkdir(exist_ok=True)
    (folder / f"{client_id}.json").write_bytes(msgspec.json.encode(Facts(client_id, "b:1", ("a",), **known)))  # type: ignore[arg-type]


def test_silence_is_vouched_for_only_while_every_sibling_stands_and_has_caught_up(tmp_path: Path) -> None:
    ours, now = Status("ours", "b:1", ("x",), tmp_path), SystemClock().now_ms()
    ours.subscribed()
    assert ours.siblings_vouch()
    written(tmp_path, "sibling")
    assert ours.siblings_vouch()
    for trouble in (
        {"connected": False},
        {"written_ms": now - status.STALE_MS},  # killed
        {"caught_up_ms": now - status.QUIET_MS},
    ):
        written(tmp_path, "sibling", **trouble)
        assert not ours.siblings_vouch(), trouble
    written(tmp_path, "sibling", written_ms=now - status.RETIRED_MS)
    assert ours.siblings_vouch()


def test_the_facts_outlive_the_process_but_not_another_broker(tmp_path: Path) -> None:
    first = Status("one/two", "b:1", ("a", "b"), tmp_path)
    assert not first.connected(session_present=False)
    first.subscribed()
    first.disconnected("keepalive")
    again = Status("one/two", "b:1", ("a",), tmp_path)
    assert again.former_filters == ("a", "b")
    assert again.facts.reconnects == {"keepalive": 1}
    assert again.connected(session_present=False)
    elsewhere = Status("one/two", "other:1", ("a",), tmp_path)
    assert not elsewhere.connected(session_present=False)
    assert elsewhere.facts.reconnects == {}


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"client_id": 5}', b"\xff\x00", b'{"client_id":"x"}'])
def test_a_spoilt_file_is_as_good_as_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "ours.json").write_bytes(content)
    assert status.read_all(tmp_path) == []
    assert list(status.checks(tmp_path, 0)) == []
    assert not Status("ours", "b:1", ("x",), tmp_path).connected(session_present=False)
    assert len(status.read_all(tmp_path)) == 1


def test_a_disk_that_takes_nothing_does_not_end_the_connection(tmp_path: Path) -> None:
    folder = tmp_path / "file"
    folder.write_bytes(b"")
    ours = Status("ours", "b:1", ("x",), folder)
    ours.subscribed()
    assert ours.facts.connected


@pytest.mark.parametrize(
    ("facts", "ok", "said"),
    [
        ({"last_message_ms": 1, "reconnects": {"closed": 2}}, True, "ended so far: closed 2"),
        ({}, True, "no message yet"),
        ({"connected": False}, False, "not connected"),
        ({"written_ms": 1}, None, ""),
        ({"sessions_lost": 1, "session_lost_ms": SystemClock().now_ms()}, False, "may be gone"),
        ({"sessions_lost": 1, "session_lost_ms": 1}, True, "connected"),
    ],
)
def test_the_doctor_says_how_the_connection_is(
    tmp_path: Path, facts: dict[str, object], ok: bool | None, said: str
) -> None:
    written(tmp_path, "ours", **facts)
    checks = list(status.checks(tmp_path, SystemClock().now_ms()))
    assert [check.ok for check in checks] == ([] if ok is None else [ok])
    assert all(said in check.detail and (check.ok or check.fix) for check in checks)


def test_the_doctor_misses_a_gateway_that_was_killed(tmp_path: Path) -> None:
    written(tmp_path, "ours", pid=os.getpid())
    (check,) = status.checks(tmp_path, SystemClock().now_ms() + status.STALE_MS)
    assert not check.ok
    assert "does not run" in check.detail


def test_filters_may_come_out_of_a_variable() -> None:
    environ = {"FOREWARN__INGEST__SUBSCRIBE": '["a/+", "b"]'}
    assert load(environ=environ).of(Config).subscribe == ("a/+", "b")
    for text in ("a/+", "[", "[1]", "{}"):
        with pytest.raises(SettingsError, match=r"ingest\.subscribe"):
            load(environ={"FOREWARN__INGEST__SUBSCRIBE": text})


def test_gateways_that_share_the_work_have_a_session_each_whatever_the_order_of_their_filters() -> None:
    def named(*filters: str) -> str:
        return client_id_of(Config.model_construct(client_id="gw", subscribe=filters), "demo")

    assert named() == "gw-demo"
    assert named("a", "b") == named("b", "a") != named("a")
