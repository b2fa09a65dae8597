"""Telemetry over HTTP: who may send, what is answered, and that 202 means what PUBACK means."""

from __future__ import annotations

import base64
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import httpx2
import pytest
from sqlalchemy import Engine

from api.rest.door import Door
from ingest.build import open_intake, open_log
from ingest.errors import LogFull, LogUnavailable
from ingest.gateway.intake import Intake
from ingest.identity import credentials
from ingest.log.frames import decode
from ingest.log.protocol import partition_of
from ingest.reading import Frame
from ingest.registry.devices import Device, DeviceSpec, register
from kit.clock import SystemClock
from kit.db import transaction
from kit.settings import Settings
from tests.api.conftest import Running

JSON = "application/json"


@pytest.fixture
def car(engine: Engine) -> Device:
    with transaction(engine) as session:
        register(session, DeviceSpec("demo", "car-2", "vehicle"))
        return register(session, DeviceSpec("demo", "car-1", "vehicle"))


@pytest.fixture
def key(engine: Engine, car: Device) -> str:
    with transaction(engine) as session:
        return credentials.give_key(session, car)


def message(speed: float = 50.0, back_s: int = 0) -> dict[str, object]:
    return {"ts": SystemClock().now_ms() - 1000 * back_s, "signals": {"speed": speed, "rpm": 2000}}


def post(running: Running, body: object, key: str, device: str = "car-1", **headers: str) -> httpx2.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"content-type": JSON, "authorization": f"Bearer {key}"} | headers
    return running.client().post(f"/api/v1/devices/{device}/telemetry", content=content, headers=sent)


def basic(device: str, key: str) -> str:
    return "Basic " + base64.b64encode(f"{device}:{key}".encode()).decode()


def frames(settings: Settings, device: str = "car-1") -> list[Frame]:
    with closing(open_log(settings)) as log:
        rows = log.read(partition_of("demo", device, log.partitions), 0, 1000)
    return [decode(data) for _offset, data in rows]


def test_what_is_answered_with_202_is_in_the_log(running: Running, settings: Settings, key: str, car: Device) -> None:
    answer = post(running, message(61.5), key)
    assert answer.status_code == 202, answer.text
    assert answer.json() == {"received": 2, "accepted": 2, "refused": []}
    (frame,) = frames(settings)
    assert sorted(frame.readings.value.tolist()) == [61.5, 2000.0]
    assert {series >> 8 for series in frame.readings.series.tolist()} == {car.no}
    assert frame.received == 2


def test_a_device_may_say_who_it_is_by_basic(running: Running, settings: Settings, key: str) -> None:
    client = running.client()
    headers = {"authorization": basic("car-1", key)}
    assert client.post("/api/v1/telemetry", json=message(), headers=headers).status_code == 202
    assert client.post("/api/v1/devices/car-1/telemetry", json=message(), headers=headers).status_code == 202
    assert client.post("/api/v1/devices/car-2/telemetry", json=message(), headers=headers).status_code == 403
    assert len(frames(settings)) == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer nonsense",
        "Basic !!!",
        "Basic Y2FyLTE=",
        basic("car-1", "wrong"),
        basic("a/b", "x"),
        "Digest x",
    ],
)
def test_without_a_live_key_nothing_is_taken(
    running: Running, settings: Settings, key: str, authorization: str
) -> None:
    for path in ("/api/v1/telemetry", "/api/v1/devices/car-1/telemetry"):
        answer = running.client().post(path, json=message(), headers={"authorization": authorization})
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Basic")
        assert answer.headers["content-type"] == "application/problem+json"
    assert frames(settings) == []


def test_a_bearer_alone_does_not_say_which_device(running: Running, key: str) -> None:
    headers = {"authorization": f"Bearer {key}"}
    assert running.client().post("/api/v1/telemetry", json=message(), headers=headers).status_code == 401


def test_a_key_that_was_revoked_opens_nothing(running: Running, engine: Engine, key: str, car: Device) -> None:
    assert post(running, message(), key).status_code == 202
    with transaction(engine) as session:
        credentials.revoke(session, car)
    assert post(running, message(), key).status_code == 401


def test_one_bad_reading_is_told_and_drags_nobody_down(running: Running, settings: Settings, key: str) -> None:
    mixed = {"ts": SystemClock().now_ms(), "signals": {"speed": 50, "rpm": "fast", "wings": 2}}
    answer = post(running, mixed, key)
    assert answer.status_code == 202
    said = answer.json()
    assert (said["received"], said["accepted"]) == (3, 1)
    assert {refused["reason"]: refused["count"] for refused in said["refused"]} == {
        "wrong_type": 1,
        "unknown_signal": 1,
    }
    (frame,) = frames(settings)
    assert frame.received == len(frame.readings) + sum(refusal.count for refusal in frame.refusals)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{", "undecodable"),
        (b"\xff\xfe", "undecodable"),
        ({"ts": 1763750000000, "signals": {"speed": 1}, "device": "car-2"}, "device_mismatch"),
        ({"ts": 4102444800000, "signals": {"speed": 1}}, "clock_ahead"),
    ],
)
def test_what_is_all_bad_is_422_with_its_reason_and_is_kept_for_the_ledger(
    running: Running, settings: Settings, key: str, body: object, reason: str
) -> None:
    answer = post(running, body, key)
    assert answer.status_code == 422
    assert [refused["reason"] for refused in answer.json()["refused"]] == [reason]
    (frame,) = frames(settings)
    assert [refusal.reason for refusal in frame.refusals] == [reason]


def test_an_unknown_format_is_415_and_one_may_be_named(running: Running, key: str) -> None:
    assert post(running, message(), key, **{"content-type": "text/plain"}).status_code == 415
    assert post(running, message(), key, **{"content-encoding": "gzip"}).status_code == 415
    client, headers = running.client(), {"authorization": basic("car-1", key)}
    assert client.post("/api/v1/telemetry?format=morse", json=message(), headers=headers).status_code == 415
    named = client.post("/api/v1/telemetry?format=forewarn_json", content=json.dumps(message()), headers=headers)
    assert named.status_code == 202


def test_a_foreign_format_goes_by_its_content_type(running: Running, settings: Settings, key: str) -> None:
    pack = [{"bn": "", "bt": SystemClock().now_ms() / 1000, "n": "speed", "u": "km/h", "v": 12.5}]
    answer = post(running, pack, key, **{"content-type": "application/senml+json; charset=utf-8"})
    assert (answer.status_code, answer.json()["accepted"]) == (202, 1), answer.text
    assert frames(settings)[0].readings.value.tolist() == [12.5]


@pytest.mark.parametrize("device", ["%00", "car%201", "%F0%9F%90%9F", "a" * 500])
def test_a_device_that_cannot_be_is_a_stranger(running: Running, key: str, device: str) -> None:
    assert post(running, message(), key, device=device).status_code == 401


def test_a_body_may_be_as_large_as_over_mqtt_and_no_larger(running: Running, key: str) -> None:
    batch = [message(back_s=n) for n in range(2000)]
    assert len(json.dumps(batch)) > 64 * 1024
    assert post(running, batch, key).json()["accepted"] == 4000
    assert post(running, b" " * (256 * 1024 + 1), key).status_code == 413


@pytest.mark.slow
def test_requests_that_come_together_share_appends_and_lose_nothing(
    running: Running, settings: Settings, key: str
) -> None:
    def send(n: int) -> httpx2.Response:
        return post(running, message(back_s=n), key)

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(send, range(80)))
    assert {answer.status_code for answer in answers} == {202}
    assert {answer.json()["accepted"] for answer in answers} == {2}
    kept = frames(settings)
    assert sum(len(frame.readings) for frame in kept) == 160
    assert sum(frame.received for frame in kept) == 160


def test_a_full_log_is_503_and_later_it_goes_on(running: Running, settings: Settings, key: str) -> None:
    assert post(running, message(), key).status_code == 202
    intake = running.site.door.ready().result()
    log, full = intake._log, threading.Event()
    usual = log.append_many

    def bounded(entries):  # type: ignore[no-untyped-def]
        if full.is_set():
            raise LogFull(settings.data_path("log"), 1)
        return usual(entries)

    log.append_many = bounded  # type: ignore[method-assign]
    full.set()
    refused = post(running, message(), key)
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) > 0
    full.clear()
    assert post(running, message(), key).status_code == 202
    assert len(frames(settings)) == 2


def test_a_door_that_could_not_be_opened_is_tried_again(settings: Settings) -> None:
    tries: list[int] = []

    def opener() -> Intake:
        tries.append(1)
        if len(tries) == 1:
            raise LogUnavailable(settings.data_path("log"), "the disk sleeps")
        return open_intake(settings)

    with closing(Door(opener)) as door:
        assert isinstance(door.ready().exception(), LogUnavailable)
        assert door.ready().result() is door.ready().result()
    assert len(tries) == 2


def test_the_description_names_the_routes_and_their_answers(running: Running) -> None:
    described = running.client().get("/api/openapi.json").json()
    for path in ("/v1/telemetry", "/v1/devices/{identifier}/telemetry"):
        route = described["paths"][path]["post"]
        assert {"202", "401", "403", "413", "415", "422", "429", "503"} <= set(route["responses"])
        assert JSON in route["requestBody"]["content"]
