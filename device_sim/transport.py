"""The simulator's MQTT client: publishes at QoS 1 with a bounded window and knows what the broker acknowledged.

MQTT 5 where the broker speaks it, because its acknowledgement says when nobody was subscribed (reason 16): such a
message reached nobody and is sent again, so that a fleet may start before its gateway. Otherwise MQTT 3.1.1.
"""

from __future__ import annotations

import ssl
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from device_sim import metrics
from device_sim.commands import ACK, answer
from device_sim.errors import BrokerUnreachable, DeliveryIncomplete
from ingest.wire.topics import command
from kit.settings import Broker
from kit.supervise import Stop

CONNECT_S = 10.0
KEEP_ALIVE_S = 30
NOBODY_LISTENS = 0x10
UNHEARD_PAUSE_S = 0.5  # between two tries of a message that nobody was subscribed to
LOOK_S = 0.5  # how soon a stop is noticed while waiting
STOP_GRACE_S = 4.0  # for acknowledgements on their way; longer and a supervisor kills the process


@dataclass(slots=True)
class Delivered:
    """What the broker acknowledged so far; `refused` are messages that it took notice of and did not accept."""

    messages: int = 0
    readings: int = 0
    refused: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Sent:
    topic: str
    payload: bytes
    readings: int


class Publisher:
    """One connection. `publish` blocks while the window is full; `drain` waits until everything is acknowledged.

    Reconnects by itself and repeats what was not acknowledged: delivery is at least once. A set `stop` cuts waiting
    short. `presence` is a topic with a retained ``online``, and ``offline`` as the last will. What comes on the topics
    of `commands` is answered at once. One thread at a time.
    """

    def __init__(
        self,
        broker: Broker,
        client_id: str = "",
        *,
        window: int = 200,
        presence: str | None = None,
        commands: Sequence[str] = (),
        stop: Stop | None = None,
    ) -> None:
        self._broker = broker
        self._client_id = client_id or f"sim-{uuid.uuid4().hex[:12]}"
        self._window = window
        self._presence = presence
        self._commands = tuple(commands)
        self._stop = stop or Stop()
        self._changed = threading.Condition()
        self._pending: dict[int, _Sent] = {}
        self._early: dict[int, ReasonCode] | None = None
        self._unheard: list[_Sent] = []
        self._alone = False
        self._connected = False
        self._connections = 0
        self._failure = ""
        self.delivered = Delivered()
        self._client = self._open()

    @property
    def mqtt5(self) -> bool:
        """Whether the broker says when nobody listens."""
        return self._client.protocol == MQTTProtocolVersion.MQTTv5

    def publish(self, topic: str, payload: bytes, readings: int = 0, timeout_s: float = 60.0) -> None:
        """Hand a message to the broker. Raises DeliveryIncomplete when the window stays full for `timeout_s`.

        Until a first message was heard they go one by one, so that a late subscriber hears them in order.
        """
        self._await(
            lambda: len(self._pending) + len(self._unheard) < (self._window if self.delivered.messages else 1),
            timeout_s,
        )
        self._send(_Sent(topic, payload, readings))
        metrics.messages_sent.inc()

    def drain(self, timeout_s: float) -> None:
        """Wait until the broker has acknowledged every message. Raises DeliveryIncomplete past `timeout_s`."""
        self._await(lambda: not self._pending and not self._unheard, timeout_s)

    def close(self) -> None:
        """Say goodbye; what is not acknowledged by now is left to the next run. Safe to call twice."""
        if self._presence and self._connected:
            self._client.publish(self._presence, b"offline", qos=1, retain=True).wait_for_publish(2.0)
        self._client.disconnect()
        self._client.loop_stop()
        metrics.in_flight.set(0)

    def _await(self, reached: Callable[[], bool], timeout_s: float) -> None:
        """Wait for `reached`, sending again what nobody heard. A stop leaves a short grace for what is on its way."""
        deadline, hurried = time.monotonic() + timeout_s, False
        while True:
            if self._stop.is_set() and not hurried:
                deadline, hurried = min(deadline, time.monotonic() + STOP_GRACE_S), True
            with self._changed:
                left = max(0.0, deadline - time.monotonic())
                self._changed.wait_for(lambda: reached() or bool(self._unheard), min(LOOK_S, left))
                if reached():
                    return
                if time.monotonic() >= deadline:
                    raise DeliveryIncomplete(len(self._pending) + len(self._unheard), self._why())
                again, self._unheard = self._unheard, []
            if again:
                time.sleep(UNHEARD_PAUSE_S)
                for sent in again:
                    self._send(sent)

    def _why(self) -> str:
        if not self._connected:
            return self._failure or "the connection to the broker is lost"
        return "nobody is subscribed, the gateway does not run" if self._alone else "the broker does not answer"

    def _send(self, sent: _Sent) -> None:
        # paho holds its own lock while it tells us of an acknowledgement, so ours may not be held while it publishes;
        # an acknowledgement that overtakes `publish` waits in `_early`
        with self._changed:
            self._early = {}
        info = self._client.publish(sent.topic, sent.payload, qos=1)
        with self._changed:
            early, self._early = self._early, None
            if info.rc not in {MQTTErrorCode.MQTT_ERR_SUCCESS, MQTTErrorCode.MQTT_ERR_NO_CONN}:
                raise DeliveryIncomplete(1, mqtt.error_string(info.rc).rstrip("."))
            if early and info.mid in early:
                self._settle(sent, early[info.mid])
            else:
                self._pending[info.mid] = sent
            metrics.in_flight.set(len(self._pending))

    def _settle(self, sent: _Sent, reason: ReasonCode) -> None:
        """Count an acknowledgement; the caller holds the lock."""
        if reason.value == NOBODY_LISTENS:
            self._alone = True
            self._unheard.append(sent)
            metrics.messages_unheard.inc()
        elif reason.is_failure:
            self.delivered.refused += 1
            self.delivered.reason = str(reason)
        else:
            self._alone = False
            self.delivered.messages += 1
            self.delivered.readings += sent.readings
            metrics.messages_acknowledged.inc()

    def _open(self) -> mqtt.Client:
        """Connect with MQTT 5, else with 3.1.1. Raises BrokerUnreachable with the last reason."""
        address = self._broker.url or ""
        host, port, secure = _address(address)
        for version in (MQTTProtocolVersion.MQTTv5, MQTTProtocolVersion.MQTTv311):
            client = self._client_of(version, secure)
            try:
                client.connect(host, port, KEEP_ALIVE_S)
            except (OSError, ValueError) as error:
                raise BrokerUnreachable(address, getattr(error, "strerror", None) or str(error)) from error
            client.loop_start()
            with self._changed:
                self._changed.wait_for(lambda: self._connected or bool(self._failure), CONNECT_S)
            if self._connected:
                return client
            client.disconnect()
            client.loop_stop()
            failure, self._failure = self._failure, ""
        raise BrokerUnreachable(address, failure or "it does not answer")

    def _client_of(self, version: MQTTProtocolVersion, secure: bool) -> mqtt.Client:
        broker = self._broker
        client = mqtt.Client(CallbackAPIVersion.VERSION2, self._client_id, protocol=version)
        if broker.username:
            client.username_pw_set(broker.username, broker.password.get_secret_value() if broker.password else None)
        if secure:
            client.tls_set_context(ssl.create_default_context(cafile=str(broker.ca_file) if broker.ca_file else None))
        if self._presence:
            client.will_set(self._presence, b"offline", qos=1, retain=True)
        client.max_inflight_messages_set(self._window)
        client.max_queued_messages_set(0)
        client.reconnect_delay_set(1, 15)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        return client

    def _on_connect(
        self, client: mqtt.Client, _data: Any, _flags: Any, reason: ReasonCode, properties: Properties | None
    ) -> None:
        with self._changed:
            if reason.is_failure:
                self._failure = str(reason)
            else:
                self._connected, self._failure = True, ""
                self._connections += 1
                limit = getattr(properties, "ReceiveMaximum", None)
                if limit:
                    self._window = min(self._window, int(limit))
            self._changed.notify_all()
        if not reason.is_failure and self._presence:
            client.publish(self._presence, b"online", qos=1, retain=True)
        if not reason.is_failure and self._commands:
            client.subscribe([(topic, 1) for topic in self._commands])
        if self._connections > 1:
            metrics.reconnects.inc()

    def _on_disconnect(self, _client: mqtt.Client, _data: Any, _flags: Any, reason: ReasonCode, _props: Any) -> None:
        with self._changed:
            if not self._connected and not self._failure:
                self._failure = f"it ended the connection ({reason})"
            self._connected = False
            self._changed.notify_all()

    def _on_publish(self, _client: mqtt.Client, _data: Any, mid: int, reason: ReasonCode, _props: Any) -> None:
        with self._changed:
            sent = self._pending.pop(mid, None)
            if sent is not None:
                self._settle(sent, reason)
            elif self._early is not None:
                self._early[mid] = reason
            metrics.in_flight.set(len(self._pending))
            self._changed.notify_all()

    @staticmethod
    def _on_message(client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        answered = answer(bytes(message.payload), time.time_ns() // 1_000_000)
        if answered is not None:
            client.publish(message.topic + ACK, answered, qos=1)


def _address(url: str) -> tuple[str, int, bool]:
    """Host, port and whether it is TLS. Raises BrokerUnreachable when `url` is no broker's address."""
    if not url:
        raise BrokerUnreachable("(none)", "no address is configured")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BrokerUnreachable(url, str(error)) from error
    if parts.scheme not in {"mqtt", "mqtts"} or not parts.hostname:
        raise BrokerUnreachable(url, "the address is not of the form mqtt://host:port")
    secure = parts.scheme == "mqtts"
    return parts.hostname, port or (8883 if secure else 1883), secure


class Links:
    """The connections of a fleet: one for all, or one for each device with its own status and last will."""

    def __init__(
        self, broker: Broker, tenant: str, devices: list[str], *, each: bool, window: int, stop: Stop | None = None
    ) -> None:
        self._publishers: dict[str, Publisher] = {}
        self._shared: Publisher | None = None
        told = {device: command(tenant, device) for device in devices}
        try:
            if each:
                for device in devices:
                    status = f"fw/v1/{tenant}/{device}/status"
                    self._publishers[device] = Publisher(
                        broker, f"sim-{device}", window=window, presence=status, commands=(told[device],), stop=stop
                    )
            else:
                self._shared = Publisher(broker, window=window, commands=tuple(told.values()), stop=stop)
        except BrokerUnreachable:
            self.close()
            raise

    def of(self, device: str) -> Publisher:
        """The connection that `device` speaks over."""
        return self._shared or self._publishers[device]

    def all(self) -> list[Publisher]:
        """Every connection."""
        return [self._shared] if self._shared else list(self._publishers.values())

    def drain(self, timeout_s: float) -> None:
        """Wait for every acknowledgement. Raises DeliveryIncomplete."""
        for publisher in self.all():
            publisher.drain(timeout_s)

    def delivered(self) -> Delivered:
        """The sum of what was acknowledged."""
        total = Delivered()
        for publisher in self.all():
            part = publisher.delivered
            total.messages += part.messages
            total.readings += part.readings
            total.refused += part.refused
            total.reason = part.reason or total.reason
        return total

    def close(self) -> None:
        """Close every connection."""
        for publisher in self.all():
            publisher.close()
