"""The baseline: what one would write in an afternoon. paho `on_message`, json, a river detector a signal, Points.

One Point a message with a field a signal (a Point a reading would be twice as slow), written by influxdb-client in
its batching mode. Debian's InfluxDB 1.6 knows only ``/write``, so the client's path is bent to it.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections import defaultdict
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write.point import Point
from influxdb_client.client.write_api import WriteOptions
from influxdb_client.domain.write_precision import WritePrecision
from river.anomaly import GaussianScorer

from tests.benchmarks.ingest.progress import Progress

DATABASE = "plain"
GRACE = 10  # readings before the detector says anything; its own default of 100 would never be passed here


class Pipeline:
    """Everything in the callback, as the examples of these libraries show it."""

    def __init__(self, influx: str, progress: Progress) -> None:
        self._client = InfluxDBClient(influx, token="", org="-")
        _bend(self._client.api_client)
        self._store = self._client.write_api(write_options=WriteOptions(batch_size=5000, flush_interval=1000))
        self._detectors: dict[tuple[str, str], GaussianScorer] = defaultdict(lambda: GaussianScorer(grace_period=GRACE))
        self._progress = progress
        self.alerts = 0

    def on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        device = message.topic.split("/")[3]
        content = json.loads(message.payload)
        for entry in content if isinstance(content, list) else [content]:
            point = Point("telemetry").tag("device", device).time(entry["ts"], WritePrecision.MS)
            for name, value in entry["signals"].items():
                detector = self._detectors[device, name]
                if detector.score_one(None, value) > 0.9999:
                    self.alerts += 1
                detector.learn_one(None, value)
                point = point.field(name, value)
            self._store.write(DATABASE, "-", point)
        self._progress.value += 1

    def close(self) -> None:
        """Write what is still held."""
        self._store.close()
        self._client.close()


def _bend(api: Any) -> None:
    send = api.request

    def request(method: str, url: str, query_params: Any = None, **rest: Any) -> Any:
        if url.endswith("/api/v2/write"):
            url, query_params = url.replace("/api/v2/write", "/write"), [("db", DATABASE), ("precision", "ms")]
        return send(method, url, query_params=query_params, **rest)

    api.request = request


def main() -> None:
    """Run until SIGTERM, then write the rest and say so."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--influx", required=True)
    parser.add_argument("--progress", type=Path, required=True)
    arguments = parser.parse_args()
    pipeline, stop = Pipeline(arguments.influx, Progress(arguments.progress)), threading.Event()
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="plain")
    client.on_message = pipeline.on_message
    client.on_subscribe = lambda *_: (sys.stdout.write("ready\n"), sys.stdout.flush())
    client.connect("127.0.0.1", arguments.port)
    client.subscribe("fw/v1/demo/+/telemetry", qos=1)
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    client.loop_start()
    stop.wait()
    client.loop_stop()
    pipeline.close()
    sys.stdout.write("stored\n")


if __name__ == "__main__":
    main()
