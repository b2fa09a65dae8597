"""The gateway's connection to the broker: a persistent session with manual acknowledgement. The only file with paho.

MQTT knows no negative acknowledgement: what is not acknowledged comes back after the next connect, and only then.
So every message carries the epoch of its connection, and an acknowledgement of an older epoch is dropped: its packet
id may mean another message by now. When more is waiting than fits, further messages are let go unacknowledged, and
once there is room again the connection is cut so that the broker sends them again, in order.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections import deque
from collections.abc import Iterable
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from ingest import metrics
from kit.errors import ServiceError
from kit.logs import get
from kit.settings import Broker

KEEPALIVE_S = 30  # longer notices a dead link late, shorter drops the session while the machine is busy
LINGER_S = 0.002  # after the first message of a batch; shorter makes many small appends, longer adds latency
WAITING_MOST = 20_000  # messages; less sheds in ordinary bursts, more holds memory while the log is full
WAITING_BYTES = 64_000_000

_log = get("gateway.mqtt")


class Inbound(NamedTuple):
    """One message as it came; `epoch` and `mid` are for its acknowledgement, `qos` 0 needs none."""

    epoch: int
    mid: int
    qos: int
    topic: str
    payload: bytes


class Subscriber:
    """Receives one subscription into a bounded queue. `take` and `acknowledge` belong to one thread."""

    def __init__(self, broker: Broker, client_id: str, topic: str, waiting_most: int = WAITING_MOST) -> None:
        self._topic = topic
        self._most = waiting_most
        self._waiting: deque[Inbound] = deque()
        self._bytes = 0
        self._lock = threading.Condition()
        self._epoch = 0
        self._shedding = False
        self.connected = False
        self._client = self._make_client(broker, client_id)

    def start(self) -> None:
        """Connect in the background, and again whenever the connection is lost."""
        self._client.loop_start()

    def stop(self) -> None:
        """Send what is acknowledged and leave the broker; the session stays there and keeps what comes in."""
        self._client.disconnect()
        self._client.loop_stop()

    def take(self, most: int, most_bytes: int, wait_s: float) -> list[Inbound]:
        """Messages in order of arrival, up to `most` or just over `most_bytes`; waits up to `wait_s` for the first.

        What was taken before is acknowledged by now, or never will be.
        """
        with self._lock:
            if not self._waiting:
                if self._shedding and not self._client.want_write():
                    self._ask_again()
                self._lock.wait(wait_s)
            if not self._waiting:
                return []
            few = len(self._waiting) < most
        if few:
            time.sleep(LINGER_S)
        taken: list[Inbound] = []
        size = 0
        with self._lock:
            while self._waiting and len(taken) < most and size < most_bytes:
                message = self._waiting.popleft()
                taken.append(message)
                size += len(message.payload)
            self._bytes -= size
        return taken

    def idle(self) -> bool:
        """Whether the connection stands and nothing is waiting: silence then is the devices' own."""
        with self._lock:
            return self.connected and not self._waiting and not self._shedding

    def acknowledge(self, messages: Iterable[Inbound]) -> None:
        """Tell the broker that these are safe; those of an earlier connection come again and are dropped here."""
        with self._lock:
            for message in messages:
                if message.qos and message.epoch == self._epoch:
                    self._client.ack(message.mid, message.qos)

    def _make_client(self, broker: Broker, client_id: str) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=False,
            protocol=mqtt.MQTTv311,
            manual_ack=True,
        )
        if broker.username:
            client.username_pw_set(broker.username, broker.password.get_secret_value() if broker.password else None)
        host, port, tls = address(broker)
        if tls:
            client.tls_set(ca_certs=str(broker.ca_file) if broker.ca_file else None)
        client.reconnect_delay_set(min_delay=1, max_delay=5)
        client.enable_logger(logging.getLogger("paho"))
        client.suppress_exceptions = True  # an error in a callback (a closed stderr) is logged; else it ends the thread
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.connect_async(host, port, KEEPALIVE_S)
        return client

    def _on_connect(self, client: mqtt.Client, _data: Any, flags: mqtt.ConnectFlags, code: ReasonCode, _p: Any) -> None:
        if code.is_failure:
            _log.error("the broker refuses the gateway", reason=str(code), fix="check [broker] username and password")
            return
        with self._lock:
            self._epoch += 1
            self._shedding = False
        client.subscribe(self._topic, qos=1)
        _log.info("connected to the broker", session_present=flags.session_present)

    def _on_subscribe(self, _client: mqtt.Client, _data: Any, _mid: int, codes: list[ReasonCode], _p: Any) -> None:
        if any(code.is_failure for code in codes):
            _log.error("the broker refuses the subscription", topic=self._topic, fix="allow it in the broker's ACL")
            return
        self.connected = True
        metrics.broker_connected.set(1)

    def _on_disconnect(self, _client: mqtt.Client, _data: Any, _flags: Any, code: ReasonCode, _p: Any) -> None:
        with self._lock:
            self._epoch += 1  # nothing may be acknowledged until the next connection has its own epoch
            self.connected = False
        metrics.broker_connected.set(0)
        _log.info("disconnected from the broker", reason=str(code))

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        payload = bytes(message.payload)
        with self._lock:
            if self._shedding or (self._waiting and self._is_full_for(payload)):
                self._shedding = True
                metrics.messages_shed.inc()
                return
            try:
                topic = message.topic
            except UnicodeDecodeError:
                topic = ""
            self._waiting.append(Inbound(self._epoch, message.mid, message.qos, topic, payload))
            self._bytes += len(payload)
            self._lock.notify()

    def _is_full_for(self, payload: bytes) -> bool:
        return len(self._waiting) >= self._most or self._bytes + len(payload) > WAITING_BYTES

    def _ask_again(self) -> None:
        """Have the broker send once more what is not acknowledged.

        Our half of the connection is closed: the broker reads our last acknowledgements and hangs up, then paho
        connects again.
        """
        open_socket = self._client.socket()
        if open_socket is not None and self.connected:
            _log.info("asking the broker again for what did not fit")
            self.connected = False
            with contextlib.suppress(OSError):  # it is gone already; past TLS, whose own shutdown would unwrap it
                socket.socket.shutdown(cast("socket.socket", open_socket), socket.SHUT_WR)


def address(broker: Broker) -> tuple[str, int, bool]:
    """Host, port and whether TLS is used. Raises ServiceError when the URL is missing or of another form."""
    if broker.url is None:
        raise ServiceError(
            "No MQTT broker is configured and no local one is running.",
            "Start everything with `forewarn up`, or set FOREWARN__BROKER__URL=mqtt://host:1883.",
        )
    try:
        parts = urlsplit(broker.url)
        tls = parts.scheme == "mqtts"
        if parts.scheme in {"mqtt", "mqtts"} and parts.hostname:
            return parts.hostname, parts.port or (8883 if tls else 1883), tls
    except ValueError:
        pass
    raise ServiceError(f"'{broker.url}' is no broker's address.", "Write mqtt://host:1883 or mqtts://host:8883.")
