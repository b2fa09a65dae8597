"""Simulated devices answer commands: over the real broker, and whatever comes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, strategies

from device_sim.clients import Publisher
from device_sim.commands import answer
from device_sim.links import Links
from kit.settings import Broker

NOW = 1_767_225_600_000


def command(name: str = "identify", expires: int = NOW + 60_000) -> bytes:
    return json.dumps({"id": "7", "name": name, "arguments": {}, "expires": expires}).encode()


def test_a_device_shows_itself_and_says_what_it_cannot_do() -> None:
    assert json.loads(answer(command(), NOW) or b"") == {"id": "7", "ok": True, "message": "It showed itself."}
    refused = json.loads(answer(command("report_now"), NOW) or b"")
    assert (refused["ok"], refused["message"]) == (False, "A simulated device cannot report now.")


def test_what_is_expired_or_no_command_is_not_answered() -> None:
    assert answer(command(expires=NOW - 1), NOW) is None
    for payload in (b"", b"[]", b"3", b"{}", b'{"id": 1, "name": "identify", "expires": "soon"}'):
        assert answer(payload, NOW) is None


@given(strategies.binary(max_size=100))
def test_no_bytes_make_a_device_fail(payload: bytes) -> None:
    assert answer(payload, NOW) is None


@pytest.mark.parametrize("each", [True, False])
def test_every_connection_of_a_fleet_answers_for_its_devices(broker_url: str, listener: Any, each: bool) -> None:
    wanted = {f"fw/v1/demo/{device}/cmd/ack" for device in ("a", "b")}
    links = Links(Broker(url=broker_url), "demo", ["a", "b"], each=each, window=10)
    staff = Publisher(Broker(url=broker_url))

    def answered() -> bool:
        for topic in wanted:
            staff.publish(topic.removesuffix("/ack"), command(expires=1 << 60))
        return wanted <= {topic for topic, _payload in listener.heard}

    try:
        listener.wait_until(answered)
    finally:
        links.close()
        staff.close()
