"""kill -9 of the web process while devices send: what was answered with 202 is in the log, all of it."""

from __future__ import annotations

import json
import threading
import time
from contextlib import closing

import httpx2
import pytest
from sqlalchemy import Engine

from ingest.build import open_log
from ingest.identity import credentials
from ingest.log.frames import decode
from ingest.registry.devices import DeviceSpec, register
from kit.clock import SystemClock
from kit.db import transaction
from kit.services import free_port
from kit.settings import Database, Settings
from tests.ingest.support import Process, until

SENDERS = 4
KILLS = 3


class Device:
    """Sends one reading after the other, each with its own value, and remembers what was acknowledged."""

    def __init__(self, number: int, url: str, key: str) -> None:
        self.acknowledged: set[int] = set()
        self._url = f"{url}/api/v1/devices/car-{number}/telemetry"
        self._headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        start = SystemClock().now_ms() - 3_600_000
        sent = 0
        with httpx2.Client(timeout=30) as client:
            while not self._stop.is_set():
                body = json.dumps({"ts": start + sent, "seq": sent, "signals": {"rpm": sent % 10_000}})
                try:
                    answer = client.post(self._url, content=body, headers=self._headers)
                except httpx2.HTTPError:
                    time.sleep(0.05)  # the web process is away: the same reading again
                    continue
                if answer.status_code == 202:
                    self.acknowledged.add(start + sent)
                    sent += 1

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(60)


@pytest.mark.slow
def test_what_was_answered_with_202_survives_kill_9(engine: Engine, settings: Settings) -> None:
    port = free_port()
    url = settings.of(Database).url
    assert url is not None
    environment = {
        "FOREWARN__CORE__DATA_DIR": str(settings.data_path()),
        "FOREWARN__DATABASE__URL": url.get_secret_value(),
        "FOREWARN__API__PORT": str(port),
        "FOREWARN__INGEST__DEVICE_BURST": "1000000",
    }
    keys = []
    with transaction(engine) as session:
        for number in range(SENDERS):
            car = register(session, DeviceSpec("demo", f"car-{number}", "vehicle"))
            keys.append((car.no, credentials.give_key(session, car)))
    web = Process("web", environment)
    devices = [Device(number, f"http://127.0.0.1:{port}", key) for number, (_no, key) in enumerate(keys)]
    try:
        for _ in range(KILLS):
            before = [len(device.acknowledged) for device in devices]
            until(
                lambda before=before: all(
                    len(device.acknowledged) >= had + 40 for device, had in zip(devices, before, strict=True)
                ),
                "readings acknowledged",
            )
            web.kill()
            web.start()
    finally:
        for device in devices:
            device.stop()
        web.kill()
    kept = in_log(settings)
    for device, (number, _key) in zip(devices, keys, strict=True):
        assert len(device.acknowledged) >= 40 * KILLS
        assert device.acknowledged <= kept[number]


def in_log(settings: Settings) -> dict[int, set[int]]:
    """Event times of the readings in the log, by device number."""
    kept: dict[int, set[int]] = {}
    with closing(open_log(settings)) as log:
        for partition in range(log.partitions):
            for _offset, data in log.read(partition, 0, 1_000_000):
                batch = decode(data).readings
                for series, ts in zip(batch.series.tolist(), batch.ts.tolist(), strict=True):
                    kept.setdefault(series >> 8, set()).add(ts)
    return kept
