"""Throw generated and damaged payloads at every codec and dialect, through the gateway's own door, and count.

    python -m tests.benchmarks.fuzz_codecs --payloads 1000000 --seed 1

Prints what came of them: readings taken, refusals by reason, events; and ends with the line ``crashes N``. A payload
counts as a crash when anything is raised, when a codec fails (reason ``codec_failed``), when the readings received are
not the readings taken and refused together, or when the log could not write down what became of it.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import sys
import time
import traceback
from collections import Counter, defaultdict
from typing import Any

import cbor2
import numpy as np

from ingest.config import Config
from ingest.gateway.gather import Columns
from ingest.gateway.judge import REASONS
from ingest.gateway.known import Known
from ingest.gateway.payload import Limits, PayloadReader
from ingest.gateway.routes import Router
from ingest.log.frames import encode
from ingest.reading import ReadingBatch
from ingest.wire.codecs import CODECS
from ingest.wire.device_types import DEVICE_TYPES
from ingest.wire.dialects.sparkplug_proto import build
from ingest.wire.message import Message

NOW = 1_763_750_000_000
NONE = np.empty(0, np.int64)
SIGNALS = {signal.name: signal for signal in DEVICE_TYPES.get("heat_pump").signals}
ROUTES = [
    {"format": "sparkplug_b"},
    {"format": "thingsboard_gateway"},
    {"format": "home_assistant", "listen": ["state/#"], "convert": {"power": [0.5, 1]}},
    {"format": "mapping", "topic": "plant/{device}", "time": "/at", "values": {"power": "/el/0/kw", "mode": "/m~1x"}},
    {"format": "aws_shadow", "topic": "$aws/things/{device}/shadow/update", "rename": {"a.b": "power"}},
]
KEYS = (
    *SIGNALS, "ts", "values", "signals", "seq", "clock", "device", "historical", "n", "bn", "bt", "bv", "bs", "s", "v",
    "vs", "vb", "vd", "t", "bver", "state", "reported", "metadata", "timestamp", "current", "at", "el", "m/x", "~",
    "stat_t", "val_tpl", "dev", "ids", "avty", "avty_t", "cmps", "p", "pl_on", "hp-1", "must_", "", "\0", "k" * 300,
    "\ud800",
)  # fmt: skip
ODD = (
    0, 1, -1, 34.5, True, False, None, "", "online", "NaN", "heating", "P0301", NOW, NOW // 1000, str(NOW), -60, 2**53,
    2**64, 10**30, -(10**400), 1e308, -0.0, float("nan"), float("inf"), "2026-11-21T20:00:00Z", "state/hp-1", "\udfff",
    "9999-12-31T23:59:59+23:59", "{{ value_json.a['b'][0] | round(1) }}", "{{ value }}", "{{ x / 2 }}", "x" * 3000,
)  # fmt: skip
METRIC_VALUES: tuple[dict[str, Any], ...] = (
    {"float_value": 30.0}, {"int_value": 2**32 - 1}, {"long_value": 2**64 - 1}, {"string_value": "heating"},
    {"double_value": float("nan")}, {"boolean_value": True}, {"dataset_value": b"x"}, {"is_null": True}, {},
)  # fmt: skip
INSERTED = (b"[" * 40, b"NaN", b'"', b"\\u0000", b"9" * 50, b"\xff", b"{}", b",")
LABELS = {"bn": -2, "bt": -3, "bv": -5, "bs": -6, "bver": -1, "n": 0, "v": 2, "vs": 3, "vb": 4, "s": 5, "t": 6, "vd": 8}


class Devices:
    """A registry of two heat pumps and an edge node's pump."""

    def __init__(self) -> None:
        names = ("hp-1", "hp-2", "edge.pump")
        self._known = {name: Known(name, n << 8, n % 2, SIGNALS) for n, name in enumerate(names)}

    def look_up(self, identifiers: object) -> None:
        """Nobody else is registered."""

    def get(self, identifier: str) -> Known | None:
        return self._known.get(identifier)


class Maker:
    """Makes payloads, good, odd and damaged; the same seed makes the same ones."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._topics = [f"fw/v1/demo/hp-1/telemetry/{name}" for name in CODECS]
        self._topics += ["fw/v1/demo/hp-1/telemetry"] * 3
        self._topics += [f"fw/v1/demo/hp-1/{channel}" for channel in ("status", "help", "event", "cmd/ack", "x")]
        self._topics += [f"spBv1.0/g/{kind}/edge" for kind in ("NBIRTH", "NDATA", "NDEATH")]
        self._topics += [f"spBv1.0/g/{kind}/edge/pump" for kind in ("DBIRTH", "DDATA", "DDATA", "DDEATH")]
        self._topics += [f"v1/gateway/{channel}" for channel in ("telemetry", "connect", "disconnect")]
        self._topics += ["homeassistant/sensor/hp-1/power/config", "homeassistant/device/hp-1/config", "state/hp-1"]
        self._topics += ["plant/hp-1", "$aws/things/hp-1/shadow/update", "plant/\ufffd", ""]

    def next(self) -> tuple[str, bytes]:
        """A topic and a payload."""
        topic = self._random.choice(self._topics)
        payload = self._payload(topic)
        return topic, self._damaged(payload) if self._random.random() < 0.4 else payload

    def _payload(self, topic: str) -> bytes:
        kind = self._random.random()
        if kind < 0.03:
            return self._random.randbytes(self._random.randrange(200))
        if topic.startswith("spBv1.0"):
            return self._sparkplug()
        last = topic.rpartition("/")[2]
        codec = CODECS.get(last if last in CODECS else "forewarn_json")
        if kind < 0.4:
            return codec.encode([self._message() for _ in range(self._random.randrange(4))])
        content = self._content(4)
        if codec.name == "senml_cbor":
            return cbor2.dumps(_labelled(content))
        return json.dumps(content).encode()

    def _message(self) -> Message:
        names = self._random.sample(list(SIGNALS), self._random.randrange(4))
        clock: Any = self._random.choice(["ok", "ok", "none"])
        ts = None if clock == "none" else NOW - self._random.randrange(10**9)
        return Message(ts=ts, clock=clock, signals={name: self._random.uniform(-50, 150) for name in names})

    def _content(self, depth: int) -> Any:
        kind = self._random.random()
        if depth == 0 or kind < 0.3:
            return self._random.choice(ODD)
        if kind < 0.5:
            return [self._content(depth - 1) for _ in range(self._random.randrange(4))]
        return {self._random.choice(KEYS): self._content(depth - 1) for _ in range(self._random.randrange(6))}

    def _sparkplug(self) -> bytes:
        metrics = []
        for _ in range(self._random.randrange(5)):
            metric: dict[str, Any] = {"datatype": self._random.randrange(23)}
            if self._random.random() < 0.6:
                metric["name"] = self._random.choice([*SIGNALS, "bdSeq", "Node Control/Rebirth", ""])
            if self._random.random() < 0.6:
                metric["alias"] = self._random.randrange(6)
            metric |= self._random.choice(METRIC_VALUES)
            metrics.append(metric)
        seq = self._random.choice([None, self._random.randrange(300)])
        return build(NOW - self._random.randrange(10**9), seq, metrics)

    def _damaged(self, payload: bytes) -> bytes:
        damaged = bytearray(payload)
        for _ in range(self._random.randrange(1, 5)):
            at = self._random.randrange(len(damaged) + 1)
            what = self._random.random()
            if what < 0.4 and at < len(damaged):
                damaged[at] = self._random.randrange(256)
            elif what < 0.6:
                del damaged[at : at + self._random.randrange(1, 9)]
            elif what < 0.8:
                damaged[at:at] = self._random.choice(INSERTED)
            else:
                damaged[at:at] = damaged[: self._random.randrange(20)]
        return bytes(damaged)


def _labelled(content: Any) -> Any:
    """The content with SenML's integer labels for its names, and what CBOR cannot say left out."""
    if isinstance(content, dict):
        return {LABELS.get(key, _sayable(key)): _labelled(value) for key, value in content.items()}
    if isinstance(content, list):
        return [_labelled(value) for value in content]
    return _sayable(content)


def _sayable(value: Any) -> Any:
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def run(payloads: int, seed: int) -> tuple[Counter[str], list[str]]:
    """What came of so many payloads, by outcome; and each crash as text."""
    devices: Any = Devices()
    reader = PayloadReader(
        Router("demo", Config.model_validate({"routes": ROUTES})), devices, Limits(20_000, 30 * 86_400_000), 2
    )
    maker, found, crashes = Maker(seed), Counter[str](), list[str]()
    for number in range(payloads):
        topic, payload = maker.next()
        columns: defaultdict[int, Columns] = defaultdict(Columns)
        try:
            reader.read(topic, payload, NOW + number, columns.__getitem__)
            for into in columns.values():
                _count(into, NOW + number, found)
        except Exception:  # noqa: BLE001 - whatever it is, it is what we look for
            crashes.append(f"{topic!r} {payload!r}\n{traceback.format_exc()}")
    return found, crashes


def _count(into: Columns, received_ms: int, found: Counter[str]) -> None:
    frame = into.frame(received_ms, ReadingBatch.empty(), NONE, NONE)
    encode(frame)
    refused = sum(refusal.count for refusal in frame.refusals)
    assert frame.received == len(frame.readings) + refused, "the account does not balance"
    assert np.isfinite(frame.readings.value).all(), "a reading is not finite"
    for refusal in frame.refusals:
        assert refusal.reason in REASONS, refusal.reason
        assert refusal.reason != "codec_failed", refusal.detail
        found[f"refused: {refusal.reason}"] += refusal.count
    found["readings"] += len(frame.readings)
    found["events"] += len(frame.events)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--payloads", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    started = time.perf_counter()
    found, crashes = run(options.payloads, options.seed)
    seconds = time.perf_counter() - started
    for what, count in sorted(found.items(), key=lambda pair: -pair[1]):
        sys.stdout.write(f"{what:28} {count:>12,}\n")
    for crash in crashes[:5]:
        sys.stdout.write(crash)
    sys.stdout.write(f"{options.payloads:,} payloads in {seconds:.0f} s, seed {options.seed}\ncrashes {len(crashes)}\n")


if __name__ == "__main__":
    main()
