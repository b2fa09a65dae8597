"""The gateway's connection to the broker: a persistent session with manual acknowledgement, in both directions.

MQTT knows no negative acknowledgement: what is not acknowledged comes back after the next connect, and only then.
So every packet carries the epoch of its connection, and an acknowledgement of an older epoch is dropped: its packet
id may mean another message by now. When no more fits, nothing more is read; the broker and the network hold it.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode

from ingest import metrics
from ingest.errors import NotPublished
from ingest.gateway.inbox import WAITING_MOST, Inbox
from ingest.gateway.packets import Packets
from ingest.gateway.receive import FastClient, PlainClient
from ingest.gateway.status import Status
from kit.clock import SystemClock
from kit.errors import ServiceError
from kit.logs import get
from kit.settings import Broker

KEEPALIVE_S = 30  # longer notices a dead link late, shorter drops the session while the machine is busy
STOP_S = 5.0  # for the last acknowledgements to leave; longer makes a stop hang on a dead link
PUBLISH_S = 5.0  # for the broker to take one message over; longer keeps the caller waiting for a dead link
PUBLISH_MOST = 1000  # messages to devices under way; more are refused rather than kept in memory

_log = get("gateway.mqtt")
_CLIENTS = {"fast": FastClient, "plain": PlainClient}


class Connection:
    """Receives subscriptions into an inbox and publishes. `take` and `acknowledge` belong to one thread."""

    def __init__(
        self,
        broker: Broker,
        client_id: str,
        filters: Sequence[str],
        receive: Literal["fast", "plain"] = "fast",
        folder: Path | None = None,
        *,
        waiting_most: int = WAITING_MOST,
        keepalive_s: int = KEEPALIVE_S,
    ) -> None:
        """Prepare a connection under `client_id`, which the broker knows its session by.

        `folder` is where the status file goes, None for none. Raises ServiceError for an unusable broker address.
        """
        host, port, tls = address(broker)
        self._filters = tuple(filters)
        self._status = Status(client_id, f"{host}:{port}", self._filters, folder)
        kind = _CLIENTS[receive]
        self._inbox = Inbox(waiting_most, kind.linger_s)
        self._last_message_ms = 0
        self._started = self._stopping = False
        self._why = ""  # a better reason for the end of a connection than paho's
        self._told = ""  # why the broker cannot be reached: said once, not every few seconds
        self.connected = False
        self._client = kind(self._inbox, client_id)
        self._prepare(broker, tls)
        self._client.connect_async(host, port, keepalive_s)

    def start(self) -> None:
        """Connect in the background, and again whenever the connection is lost."""
        self._started = True
        self._client.loop_start()

    def stop(self) -> None:
        """Send what is acknowledged and leave the broker; the session stays there and keeps what comes in."""
        self._stopping = True
        last = threading.Timer(STOP_S, self._cut, [socket.SHUT_RDWR])
        last.daemon = True
        last.start()
        self._client.disconnect()
        self._client.loop_stop()
        last.cancel()
        self._status.ended()

    def take(self, most: int, most_bytes: int, wait_s: float) -> Packets:
        """Packets in order of arrival, up to `most` or just over `most_bytes`; waits up to `wait_s` for the first."""
        packets = self._inbox.take(most, most_bytes, wait_s)
        if len(packets):
            self._last_message_ms = SystemClock().now_ms()
            metrics.last_message.set(self._last_message_ms / 1000)
        return packets

    def acknowledge(self, packets: Packets) -> None:
        """Tell the broker that these are safe; those of an earlier connection come again and are dropped here."""
        self._client.acknowledge(packets)

    def idle(self) -> bool:
        """Whether this and every sibling stand and nothing is waiting: silence then is the devices' own."""
        return self.connected and self._inbox.is_empty() and self._status.siblings_vouch()

    def report(self) -> bool:
        """Write the status file, and see that the connection's thread lives; a step for `kit.supervise`."""
        if self._started and not self._stopping and self._client.loop_start() == MQTTErrorCode.MQTT_ERR_SUCCESS:
            _log.error("the connection's thread had ended by an error of ours; it was started again")
            self._cut()
        self._status.beat(self.connected and self._inbox.is_empty(), self._last_message_ms)
        return False

    def publish(self, topic: str, payload: bytes, qos: int = 1, wait_s: float = PUBLISH_S) -> None:
        """Send one message and return when the broker has taken it over. From any thread.

        Raises NotPublished when it has not within `wait_s`. The message may arrive all the same, later and even
        twice: its receiver must know it by an id, and a time after which it means nothing. A broker of MQTT 3.1.1
        takes over, and drops, what its access list forbids.
        """
        if not self.connected:
            raise NotPublished(topic, "the gateway is not connected to the broker")
        try:
            info = self._client.publish(topic, payload, qos)
            info.wait_for_publish(wait_s)
            published = info.is_published()
        except (ValueError, RuntimeError) as error:  # no topic to publish on; too many under way, the link just lost
            raise NotPublished(topic, str(error)) from error
        if not published:
            raise NotPublished(topic, f"the broker has not taken it over within {wait_s:g} s")

    def _prepare(self, broker: Broker, tls: bool) -> None:
        client = self._client
        if broker.username:
            client.username_pw_set(broker.username, broker.password.get_secret_value() if broker.password else None)
        if tls:
            client.tls_set(ca_certs=str(broker.ca_file) if broker.ca_file else None)
        client.reconnect_delay_set(min_delay=1, max_delay=5)
        client.max_queued_messages_set(PUBLISH_MOST)
        client.enable_logger(logging.getLogger("paho"))
        client.suppress_exceptions = True  # an error in a callback (a closed stderr) is logged; else it ends the thread
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect

    def _on_connect(self, client: mqtt.Client, _data: Any, flags: mqtt.ConnectFlags, code: ReasonCode, _p: Any) -> None:
        if code.is_failure:
            self._why = "refused"
            _log.error("the broker refuses the gateway", reason=str(code), fix="check [broker] username and password")
            return
        client.subscribe([(topic, 1) for topic in self._filters])
        if former := [topic for topic in self._status.former_filters if topic not in self._filters]:
            client.unsubscribe(former)
        if self._status.connected(flags.session_present):
            metrics.sessions_lost.inc()
            _log.error(
                "the broker has lost the gateway's session: messages that it had taken over may be gone",
                fix="look for gaps with `forewarn ledger`, and let the broker keep its sessions on disk",
            )
        _log.info("connected to the broker", session_present=flags.session_present)

    def _on_connect_fail(self, _client: mqtt.Client, _data: Any) -> None:
        self._lost("unreachable")
        if self._client.failure != self._told:
            self._told = self._client.failure
            _log.warning("the broker cannot be reached", reason=self._told, fix="`forewarn doctor` says more")

    def _on_subscribe(self, _client: mqtt.Client, _data: Any, _mid: int, codes: list[ReasonCode], _p: Any) -> None:
        if refused := _refused(self._filters, codes):
            _log.error("the broker refuses the subscription", topics=refused, fix="allow it in the broker's ACL")
            self._why = "refused"
            self._cut()  # and ask again: the list may be mended meanwhile
            return
        self.connected = True
        self._told = ""
        self._status.subscribed()
        metrics.broker_connected.set(1)

    def _on_disconnect(self, _client: mqtt.Client, _data: Any, _flags: Any, code: ReasonCode, _p: Any) -> None:
        self.connected = False
        metrics.broker_connected.set(0)
        if not self._stopping:
            self._lost(self._why or _reason(code))
        self._why = ""
        _log.info("disconnected from the broker", reason=str(code))

    def _lost(self, reason: str) -> None:
        """Count why a connection ended or was not made; another one is being made."""
        metrics.reconnects.labels(reason).inc()
        self._status.disconnected(reason)

    def _cut(self, how: int = socket.SHUT_WR) -> None:
        """End this connection: without more, the broker reads our last acknowledgements and hangs up."""
        open_socket = self._client.socket()
        if open_socket is not None:
            self.connected = False
            with contextlib.suppress(OSError):  # it is gone already; past TLS, whose own shutdown would unwrap it
                socket.socket.shutdown(cast("socket.socket", open_socket), how)


def _refused(filters: Sequence[str], codes: Sequence[ReasonCode]) -> list[str]:
    return [topic for topic, code in zip(filters, codes, strict=False) if code.is_failure]


def _reason(code: ReasonCode) -> str:
    """A short word for why paho says that a connection ended."""
    return {"Keep alive timeout": "keepalive", "Protocol error": "protocol"}.get(code.getName(), "closed")


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
